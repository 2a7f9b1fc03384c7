"""Anderson-Rubin test and set: valid however weak the instruments, under any variance of the model.

The instruments must not move y − d b where b is the truth: their joint Wald test, F with as many degrees of freedom as
instruments. The set holds every b that is not rejected; it is found from all roots of a polynomial, so that empty,
unbounded and disjoint sets are told as such. Source: Anderson and Rubin (1949), Annals of Mathematical Statistics 20,
46-63; for other variances Chernozhukov and Hansen (2008), Economics Letters 100, 68-71.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

import impact.kernels.distributions as distributions
import impact.kernels.instruments.weak_instruments as weak
from impact.core.arrays import Floats
from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.reduced_forms import JointForm
from impact.core.registered import Diagnostic
from impact.diagnostics._instruments import (
    Model,
    finding,
    models,
    not_positive,
    of_joint,
    set_ends,
    set_words,
)
from impact.diagnostics._joint_test import joint_statistic, joint_test
from impact.diagnostics._sentences import both, listed, number, probability


class AndersonRubinOptions(Options):
    """Options of the Anderson-Rubin test."""

    at: float = Field(0.0, description="Value that is tested, of every endogenous regressor.")


def examine(question: Question, options: AndersonRubinOptions) -> tuple[Finding, ...]:
    """One finding a model: the test at a value and, with one endogenous regressor, the set.

    Raises:
        EstimationError: E643 the covariance of the reduced form is not positive definite.
    """
    asked, notes = models(question)
    return (*(_finding(model, options.at) for model in asked), *notes)


def _finding(model: Model, at: float) -> Finding:
    form, names = model.form(), model.instrumented.endogenous
    weights: Floats = np.array([1.0, *[-at] * len(names)])
    gap, spread = form.combined(weights)
    joint = joint_test(gap, spread, form.df)
    if joint is None:
        raise not_positive(model)
    statistic = of_joint(joint)
    said = both(
        "instruments.anderson_rubin",
        terms=listed(list(names)),
        at=number(at),
        model=model.label,
        statistic=joint_statistic(joint),
        p=probability(joint.p_value),
    )
    if len(names) > 1:
        return finding(model, [said, both("instruments.joint_only")], statistic, details={"at": at})
    pieces = _set(model, form)
    level = model.inference.level
    shown = both("instruments.set", level=f"{100 * level:g}", set=set_words(pieces))
    details = {"at": at, "level": level, "set": [list(piece) for piece in pieces]}
    return finding(model, [said, shown], statistic, term=names[0], details=details, ends=set_ends(pieces))


def _set(model: Model, form: JointForm) -> weak.Intervals:
    one = weak.one_regressor(form.params, form.covariance)
    count = len(one.y)
    bound = count * float(distributions.f_quantile(model.inference.level, count, form.df))
    try:
        return weak.anderson_rubin_set(one, bound)
    except weak.NotPositive as error:
        raise not_positive(model) from error


DIAGNOSTIC = Diagnostic(
    summary="Anderson-Rubin test and set, valid with weak instruments",
    options=AndersonRubinOptions,
    examine=examine,
    references=("Anderson and Rubin 1949", "Chernozhukov and Hansen 2008"),
)
