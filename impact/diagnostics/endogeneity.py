"""Endogeneity: whether least squares differs from the instrumented estimate by more than chance.

Durbin-Wu-Hausman as a regression: the first-stage residuals are added to the structural equation and tested together
under the model's variance, so that it holds with clusters. Rejecting says that the regressors are endogenous given that
the instruments are valid. Where the instruments explain a combination of the regressors without a rest, it is
exogenous: its residual adds nothing, and the test is of the independent residuals alone (degrees of freedom are the
rank of the contrast: Hausman and Taylor 1981). Sources: Durbin (1954); Wu (1973); Hausman (1978), Econometrica 46,
1251-1271; Hausman and Taylor (1981), Economics Letters 8, 239-245; Wooldridge (2010), section 6.3.1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import impact.kernels.least_squares as least_squares
from impact.core.arrays import Floats
from impact.core.findings import Finding, Question
from impact.core.options import NoOptions
from impact.core.registered import Diagnostic
from impact.core.stand_ins import regression_on
from impact.diagnostics._instruments import Model, finding, models, not_positive, of_joint
from impact.diagnostics._joint_test import joint_statistic, joint_test
from impact.diagnostics._sentences import both, listed, probability
from impact.diagnostics._subjects import nothing

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
    solution = least_squares.solve_least_squares(
        x,
        np.ascontiguousarray(own.responses[:, 0]),
        weights=linear.weights,
        reference_norms=_lengths(model, x.shape[1]),
    )
    left_out = [name for name, stays in zip(names, solution.kept[-count:], strict=True) if not stays]
    tested = count - len(left_out)
    if not tested:
        return nothing(
            model.question, model.result, both("instruments.no_residual", terms=listed(list(names)))
        )
    x = np.ascontiguousarray(x[:, solution.kept])
    extended = regression_on(
        model.estimate,
        names=[f"x{j}" for j in range(x.shape[1])],
        x=x,
        params=solution.params,
        residual=solution.residual,
        bread=solution.bread,
    )
    extended = replace(extended, df_resid=model.estimate.df_resid - tested)
    inference = model.infer(extended)
    gap, spread = solution.params[-tested:], inference.vcov[-tested:, -tested:]
    joint = joint_test(gap, spread, float(np.min(inference.df[-tested:])))
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
    sentences = [said]
    if left_out:
        sentences.append(both("instruments.residuals_left_out", terms=listed(left_out)))
    return finding(
        model,
        sentences,
        of_joint(joint),
        term=names[0] if count == 1 else "",
        details={"residuals_left_out": left_out} if left_out else None,
    )


def _lengths(model: Model, columns: int) -> Floats:
    """(columns,) Length of the regressor that each first-stage residual comes from; zero for the other columns."""
    responses, weights = model.instrumented.responses[:, 1:], model.linear.weights
    squares = responses**2 if weights is None else responses**2 * weights[:, None]
    found = np.zeros(columns)
    found[-responses.shape[1] :] = np.sqrt(squares.sum(axis=0))
    return found


DIAGNOSTIC = Diagnostic(
    summary="Endogeneity of the instrumented regressors (Durbin, Wu, Hausman)",
    options=NoOptions,
    examine=examine,
    references=(
        "Durbin 1954",
        "Wu 1973",
        "Hausman 1978",
        "Hausman and Taylor 1981",
        "Wooldridge 2010, section 6.3.1",
    ),
)
