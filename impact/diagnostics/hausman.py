"""Hausman's test that the unit effects of a random-effects model do not go with the regressors.

mundlak: unit means of the regressors that vary within units join the random-effects model; that their coefficients are
zero is tested with the model's own variance, so that clustering and heteroskedasticity are allowed for.

    y_it = x_it b + x̄_i a + c_i + e_it,   H₀: a = 0

classical: H = d′(V_within − V_random)⁻¹ d with d = b_within − b_random and each model's variance under independent
errors of equal variance; chi-squared under H₀ if random effects are efficient. H₀ rejected means that random effects
are biased and within ones are not. Sources: Hausman (1978); Mundlak (1978); Wooldridge (2010), section 10.7.3.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.designs import Design, Term
from impact.core.errors import DesignError, SpecError
from impact.core.estimates import Estimate
from impact.core.findings import Finding, ModelResult, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.texts import fault
from impact.diagnostics._event_rows import asked_models, label_of
from impact.diagnostics._joint_test import Joint, joint_statistic, joint_test
from impact.diagnostics._sentences import both, listed, probability, word
from impact.diagnostics._subjects import failed

INTERCEPT = "Intercept"
# deviation from the unit's mean, as a share of the column's size, that counts as none
CONSTANT_WITHIN = 1e-10


class HausmanOptions(Options):
    """Options of Hausman's test."""

    form: Literal["mundlak", "classical"] = Field(
        "mundlak",
        description="mundlak: of a random-effects model, by unit means and its own variance; classical: of a within "
        "and a random-effects model of the same rows, under independent errors.",
    )
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level of the test.")


def examine(question: Question, options: HausmanOptions) -> tuple[Finding, ...]:
    """mundlak: one finding a model; classical: one a pair (and group). warn where H₀ is rejected, else pass.

    Raises:
        SpecError: E619 a term is named, E675 models that the form cannot use. DesignError: E676 no regressor varies
            within units, E677 a covariance that cannot be inverted.
    """
    models = asked_models(question)
    if options.form == "classical":
        found = [_classical(question, options, pair) for pair in _pairs(question, models)]
    else:
        found = [_mundlak(question, options, result) for result in models]
    return (*found, *failed(question))


def is_random(result: ModelResult) -> bool:
    """Whether a model is one of random effects."""
    estimate = result.estimate
    return estimate is not None and estimate.estimator == "panel" and "theta" in estimate.fit


# --- unit means ---


def _mundlak(question: Question, options: HausmanOptions, result: ModelResult) -> Finding:
    design = result.design
    if not is_random(result) or design is None or design.panel is None:
        raise _unsuitable(question, options)
    extended = with_unit_means(design)
    means = {term.name for term in extended.terms[len(design.terms) :]}
    if not means:
        raise DesignError(fault("E676", test=question.test, model=label_of(result)))
    estimate = question.refit(result, extended)
    inference = question.infer(result, estimate, extended)
    positions = [j for j, term in enumerate(estimate.terms) if term.name in means]
    joint = joint_test(
        estimate.params[positions],
        inference.vcov[np.ix_(positions, positions)],
        float(np.min(inference.df[positions], initial=math.inf)),
    )
    if joint is None or not positions:
        raise DesignError(fault("E677", test=question.test, model=label_of(result), form=options.form))
    names = [estimate.terms[j].name for j in positions]
    rows = [
        {"term": name, "estimate": float(estimate.params[j]), "std_error": float(inference.std_error[j])}
        for name, j in zip(names, positions, strict=True)
    ]
    return _finding(question, options, (result.name, result.group, label_of(result)), joint, rows)


def with_unit_means(design: Design) -> Design:
    """The design with, as further columns, the unit means of those that vary within units."""
    assert design.panel is not None
    unit = design.panel.unit
    counts = np.bincount(unit.codes, minlength=unit.levels)
    terms, columns = list(design.terms), [design.x]
    for term, column in zip(design.terms, design.x.T, strict=True):
        means = (np.bincount(unit.codes, weights=column, minlength=unit.levels) / counts)[unit.codes]
        if np.max(np.abs(column - means)) > CONSTANT_WITHIN * np.max(np.abs(column), initial=0.0):
            terms.append(Term(f"mean({term.name})"))
            columns.append(means[:, None])
    return replace(design, terms=tuple(terms), x=np.ascontiguousarray(np.hstack(columns)))


# --- within against random ---


def _pairs(
    question: Question, models: tuple[ModelResult, ...]
) -> list[tuple[tuple[ModelResult, Estimate], tuple[ModelResult, Estimate]]]:
    """The within and the random model of each group, with their estimates.

    Raises:
        SpecError: E675.
    """
    found = []
    for group in dict.fromkeys(result.group for result in models):
        own = [result for result in models if result.group == group]
        random = [(one, one.estimate) for one in own if is_random(one) and one.estimate is not None]
        within = [(one, one.estimate) for one in own if _is_within(one) and one.estimate is not None]
        if len(own) != 2 or len(random) != 1 or len(within) != 1 or not _same_rows(own[0], own[1]):
            raise _unsuitable(question, HausmanOptions(form="classical"))
        found.append((within[0], random[0]))
    return found


def _is_within(result: ModelResult) -> bool:
    """Whether a model absorbs the effects of the panel's unit and is of the rows as they are."""
    estimate, design = result.estimate, result.design
    if estimate is None or estimate.linear is None or design is None or estimate.design is not None:
        return False
    absorbed = {effect.factor.name for effect in estimate.linear.absorb if effect.intercept}
    unit = None if design.panel is None else design.panel.unit.name
    return estimate.estimator in ("ols", "panel") and estimate.linear.weights is None and unit in absorbed


def _same_rows(first: ModelResult, second: ModelResult) -> bool:
    one, other = first.design, second.design
    return (
        one is not None
        and other is not None
        and one.outcome == other.outcome
        and np.array_equal(np.sort(one.sample.kept), np.sort(other.sample.kept))
    )


def _classical(
    question: Question,
    options: HausmanOptions,
    pair: tuple[tuple[ModelResult, Estimate], tuple[ModelResult, Estimate]],
) -> Finding:
    (within, consistent), (random, efficient) = pair
    names = [term.name for term in consistent.terms]
    others = [term.name for term in efficient.terms]
    shared = [name for name in names if name in others and name != INTERCEPT]
    label = f"{label_of(within)}, {label_of(random)}"
    if not shared:
        raise DesignError(fault("E676", test=question.test, model=label))
    first, second = [names.index(name) for name in shared], [others.index(name) for name in shared]
    difference = consistent.params[first] - efficient.params[second]
    covariance = _plain(consistent, first) - _plain(efficient, second)
    scale = np.sqrt(np.abs(np.diag(covariance)))
    if not np.all(scale > 0) or np.min(np.linalg.eigvalsh(covariance / np.outer(scale, scale))) <= 0:
        raise DesignError(fault("E677", test=question.test, model=label, form=options.form))
    joint = joint_test(difference, covariance, math.inf)
    if joint is None:
        raise DesignError(fault("E677", test=question.test, model=label, form=options.form))
    rows = [
        {"term": name, "within": float(consistent.params[i]), "random": float(efficient.params[j])}
        for name, i, j in zip(shared, first, second, strict=True)
    ]
    return _finding(question, options, (random.name, random.group, label), joint, rows)


def _plain(estimate: Estimate, positions: list[int]) -> Floats:
    """Variance with independent errors of equal variance of some coefficients."""
    assert estimate.linear is not None
    variance = estimate.fit["rss"] / estimate.df_resid * estimate.linear.bread
    return np.asarray(variance[np.ix_(positions, positions)])


# --- both ---


def _unsuitable(question: Question, options: HausmanOptions) -> SpecError:
    models = ", ".join(label_of(result) for result, _ in question.of)
    return SpecError(fault("E675", test=question.test, form=options.form, models=models))


def _finding(
    question: Question,
    options: HausmanOptions,
    about: tuple[str, str | None, str],
    joint: Joint,
    rows: list[dict[str, object]],
) -> Finding:
    name, group, label = about
    rejected = joint.p_value < options.alpha
    sentences = both(
        f"sensitivity.hausman_{'rejected' if rejected else 'kept'}",
        model=label,
        statistic=joint_statistic(joint),
        p=probability(joint.p_value),
        terms=listed([str(row["term"]) for row in rows]),
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=name,
        statistic=joint.statistic,
        df=float(joint.df),
        df2=None if math.isinf(joint.df2) else joint.df2,
        p_value=joint.p_value,
        verdict="warn" if rejected else "pass",
        sentence=word(sentences, language=question.language),
        details={"group": group, "form": options.form, "rows": rows, "sentences": sentences},
    )


DIAGNOSTIC = Diagnostic(
    summary="Do unit effects go with the regressors: random against within effects",
    options=HausmanOptions,
    examine=examine,
    references=("Hausman 1978", "Mundlak 1978", "Wooldridge 2010, section 10.7.3"),
)
