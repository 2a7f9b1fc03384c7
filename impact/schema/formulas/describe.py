"""What was understood of a formula, in words: for ``impact show``."""

from __future__ import annotations

import impact.schema.expressions.tree as expressions
from impact.core.texts import text
from impact.schema.formulas.expand import expand_formula
from impact.schema.formulas.tree import AbsorbedEffect, Formula, Step, Term


def describe_formula(formula: Formula, *, language: str = "en") -> list[tuple[str, str]]:
    """Label and text of each part of a formula, in its order; empty parts are left out.

    Arguments:
        formula: the parsed formula.
        language: ``en`` or ``es``, for the labels.
    """
    lines = [
        ("outcome", ", ".join(outcome.text() for outcome in formula.outcomes)),
        ("regressors", _regressors(formula, language)),
        ("constant", text("formula.no_constant", language) if not formula.intercept else ""),
        ("offset", "" if formula.offset is None else expressions.spell(formula.offset)),
        ("absorbed", "; ".join(_effect(effect, language) for effect in formula.absorbed)),
        ("endogenous", _terms(formula.endogenous)),
        ("instruments", _terms(formula.instruments)),
        ("models", _models(formula)),
        (
            "estimator",
            text("formula.estimator.iv" if formula.endogenous else "formula.estimator.ols", language),
        ),
    ]
    return [(text(f"formula.label.{label}", language), shown) for label, shown in lines if shown]


def _terms(terms: tuple[Term | Step, ...]) -> str:
    return ", ".join(term.text() for term in terms)


def _regressors(formula: Formula, language: str) -> str:
    shown = _terms(formula.terms)
    spelled = {term.text() for term in formula.terms}
    origins = [f"${name}" for name, members in formula.sets if members and spelled.issuperset(members)]
    origin = f"      ({text('formula.from', language)} {', '.join(origins)})" if origins and shown else ""
    return (shown or text("formula.none", language)) + origin


def _effect(effect: AbsorbedEffect | Step, language: str) -> str:
    if isinstance(effect, Step):
        return effect.text()
    factor = " x ".join(effect.variables)
    if not effect.slopes:
        return factor
    key = "formula.with_slopes" if effect.intercept else "formula.slopes_only"
    return text(key, language, factor=factor, slopes=", ".join(effect.slopes))


def _models(formula: Formula) -> str:
    models = expand_formula(formula)
    return "; ".join(label for label, _ in models) if len(models) > 1 else ""
