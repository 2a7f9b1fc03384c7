"""Conditional likelihood-ratio test and set of one endogenous regressor, valid however weak the instruments.

More powerful than Anderson-Rubin where there are more instruments than one; with one they are the same. The p-value
conditions on the strength of the first stage. Sources: Moreira (2003), Econometrica 71, 1027-1048; Andrews, Moreira and
Stock (2007), Journal of Econometrics 139, 116-132; for other variances Kleibergen (2005), Econometrica 73, 1103-1123.
"""

from __future__ import annotations

from pydantic import Field

import impact.kernels.instruments.weak_instruments as weak
from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.diagnostics._instruments import (
    Model,
    Statistic,
    finding,
    models,
    not_positive,
    set_ends,
    set_words,
)
from impact.diagnostics._sentences import both, number, probability
from impact.diagnostics._subjects import nothing


class ConditionalLrOptions(Options):
    """Options of the conditional likelihood-ratio test."""

    at: float = Field(0.0, description="Value of the endogenous regressor's coefficient that is tested.")


def examine(question: Question, options: ConditionalLrOptions) -> tuple[Finding, ...]:
    """One finding a model with one endogenous regressor; a note for the others.

    Raises:
        EstimationError: E643 the covariance of the reduced form is not positive definite.
    """
    asked, notes = models(question)
    return (*(_finding(model, options.at) for model in asked), *notes)


def _finding(model: Model, at: float) -> Finding:
    if len(model.instrumented.endogenous) > 1:
        return nothing(model.question, model.result, both("instruments.one_only"))
    form = model.form()
    if not form.crossed:
        why = both("instruments.not_crossed", kind=model.variance_kind)
        return nothing(model.question, model.result, why)
    one, level = weak.one_regressor(form.params, form.covariance), model.inference.level
    try:
        pieces = weak.conditional_lr_set(one, 1 - level)
    except weak.NotPositive as error:
        raise not_positive(model) from error
    statistic, strength, p_value = (float(found[0]) for found in weak.conditional_lr(one, at))
    said = both(
        "instruments.conditional_lr",
        term=model.instrumented.endogenous[0],
        at=number(at),
        model=model.label,
        statistic=number(statistic, digits=4),
        p=probability(p_value),
    )
    shown = both("instruments.set", level=f"{100 * level:g}", set=set_words(pieces))
    details = {
        "at": at,
        "level": level,
        "conditioned_on": strength,
        "set": [list(piece) for piece in pieces],
    }
    return finding(
        model,
        [said, shown],
        Statistic(statistic, None, None, p_value),
        term=model.instrumented.endogenous[0],
        details=details,
        ends=set_ends(pieces),
    )


DIAGNOSTIC = Diagnostic(
    summary="Conditional likelihood-ratio test and set of one endogenous regressor",
    options=ConditionalLrOptions,
    examine=examine,
    references=("Moreira 2003", "Andrews, Moreira and Stock 2007", "Kleibergen 2005"),
)
