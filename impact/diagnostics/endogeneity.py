"""Endogeneity: whether least squares differs from the instrumented estimate by more than chance.

Durbin-Wu-Hausman as a regression: the first-stage residuals are added to the structural equation and tested together
under the model's variance, so that it holds with clusters. Rejecting says that the regressors are endogenous given that
the instruments are valid. Sources: Durbin (1954); Wu (1973); Hausman (1978), Econometrica 46, 1251-1271; Wooldridge
(2010), section 6.3.1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import impact.kernels.least_squares as least_squares
from impact.core.findings import Finding, Question
from impact.core.options import NoOptions
from impact.core.reduced_forms import regression_on
from impact.core.registered import Diagnostic
from impact.diagnostics._instruments import Model, finding, models, not_positive, of_joint
from impact.diagnostics._joint_test import joint_statistic, joint_test
from impact.diagnostics._sentences import both, listed, probability

ALPHA = 0.05


def examine(question: Question, options: NoOptions) -> tuple[Finding, ...]:
    """One finding a model: the joint test of its first-stage residuals.

    Raises:
        EstimationError: E643 the covariance of their coefficients is singular.
    """
    asked, notes = models(question)
    return (*(_finding(model) for model in asked), *notes)


def _finding(model: Model) -> Finding:
    own, linear = model.instrumented, model.linear
    names, count = own.endogenous, len(own.endogenous)
    exogenous = own.x[:, : own.n_exogenous]
    x = np.ascontiguousarray(np.column_stack([exogenous, own.responses[:, 1:], own.residual[:, 1:]]))
    y = np.ascontiguousarray(own.responses[:, 0])
    solution = least_squares.solve_least_squares(x, y, weights=linear.weights)
    extended = regression_on(
        model.estimate,
        names=[f"x{j}" for j in range(x.shape[1])],
        x=x,
        params=solution.params,
        residual=solution.residual,
        bread=solution.bread,
    )
    extended = replace(extended, df_resid=model.estimate.df_resid - count)
    inference = model.infer(extended)
    gap, spread = solution.params[-count:], inference.vcov[-count:, -count:]
    joint = joint_test(gap, spread, float(np.min(inference.df[-count:])))
    if joint is None:
        raise not_positive(model)
    rejects = joint.p_value < ALPHA
    said = both(
        "instruments.endogenous" if rejects else "instruments.exogenous",
        terms=listed(list(names)),
        model=model.label,
        statistic=joint_statistic(joint),
        p=probability(joint.p_value),
    )
    return finding(model, [said], of_joint(joint), term=names[0] if count == 1 else "")


DIAGNOSTIC = Diagnostic(
    summary="Endogeneity of the instrumented regressors (Durbin, Wu, Hausman)",
    options=NoOptions,
    examine=examine,
    references=("Durbin 1954", "Wu 1973", "Hausman 1978", "Wooldridge 2010, section 6.3.1"),
)
