"""Least squares on a design: what the estimators of linear models share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.kernels.absorb as absorption
import impact.kernels.least_squares as least_squares
from impact.core.arrays import Floats
from impact.core.designs import AbsorbedFactor, Design
from impact.core.errors import ConvergenceError, DesignError, Notice
from impact.core.estimates import Estimate, Linear
from impact.core.options import Options
from impact.core.texts import fault, notice
from impact.kernels.compiled import cross_product, is_constant, value_range

# what is left of an outcome, as a share of its range, that counts as nothing
ABSORBED_OUTCOME = 1e-10


class AbsorptionOptions(Options):
    """How effects are absorbed and counted."""

    tolerance: float = Field(
        1e-10, gt=0, le=1e-6, description="Largest group mean of an absorbed column, relative to its spread."
    )
    max_iterations: int = Field(10_000, ge=1, description="Iterations of absorption before it is given up.")
    exact_df: bool = Field(
        False,
        description="Count the rank of the effects by connected components, not as levels minus overlaps.",
    )


class RegressionOptions(AbsorptionOptions):
    """Options of least squares."""


def fit_regression(design: Design, options: RegressionOptions) -> Estimate:
    """Estimate the coefficients of ``design.terms``.

    Arguments:
        design: y (n,), x (n, k), weights, absorbed effects.
        options: tolerance and counting of the effects' rank.

    Returns:
        Estimate with the linear representation (absorbed x, residual, bread) that variances need.

    Raises:
        DesignError: E501 no rows, E502 outcome without variation, E503 a treatment is absorbed by the effects, E504 a
            treatment is a combination of other columns, E505 no degrees of freedom, E507 no regressor left.
        ConvergenceError: E510 absorption did not reach its tolerance.
    """
    refuse_empty(design)
    y, x, norms, attained = absorb_columns(design, options)
    solution = least_squares.solve_least_squares(
        x, y, weights=design.weights, protect=design.focus, reference_norms=norms
    )
    kept = np.flatnonzero(solution.kept)
    dropped = dropped_terms_of(design, solution)
    effects = effects_of(design.absorb)
    levels, df_absorbed = rank_of_effects(design.absorb, effects, exact=options.exact_df)
    n_obs = number_of_observations(design)
    df_model = len(kept)
    df_resid = n_obs - df_model - df_absorbed
    if df_resid <= 0:
        raise DesignError(fault("E505", n_obs=int(n_obs), k=df_model + df_absorbed))
    linear = Linear(
        x=x if len(kept) == x.shape[1] else np.ascontiguousarray(x[:, kept]),
        residual=solution.residual,
        bread=solution.bread,
        weights=design.weights,
        weight_kind=design.weight_kind,
        row_sum_of_squares=row_sum_of_squares(design, solution.residual),
        absorb=design.absorb,
    )
    return Estimate(
        estimator="ols",
        terms=tuple(design.terms[j] for j in kept),
        params=solution.params,
        n_obs=n_obs,
        df_model=df_model,
        df_resid=df_resid,
        df_absorbed=df_absorbed,
        n_units=design.panel.unit.levels if design.panel is not None else 0,
        linear=linear,
        effect_levels=levels,
        focus=places_among(kept, design.focus),
        fit={**fit_statistics(design, y, linear, df_resid, solution), "attained": attained},
        dropped_terms=dropped,
        notices=conditioning_notices(design, solution),
    )


def number_of_observations(design: Design) -> float:
    """N: the sum of frequency weights, otherwise the number of rows."""
    if design.weight_kind == "frequency" and design.weights is not None:
        return float(np.sum(design.weights))
    return float(len(design.y))


def refuse_empty(design: Design) -> None:
    """Rows, variation of the outcome and at least one regressor.

    Raises:
        DesignError: E501, E502, E507.
    """
    if len(design.y) == 0:
        raise DesignError(fault("E501", outcome=design.outcome))
    within = design.within_sum_of_squares
    constant = is_constant(design.y) and (within is None or not np.any(within > 0))
    if constant and len(design.y) > 1 and (design.intercept or design.absorb):
        raise DesignError(fault("E502", outcome=design.outcome, value=f"{design.y[0]:g}"))
    if design.x.shape[1] == 0:
        raise DesignError(fault("E507", outcome=design.outcome))


def places_among(kept: npt.NDArray[np.int64], columns: Sequence[int]) -> tuple[int, ...]:
    """Places of some columns among those that are kept, without those that are not."""
    position = {old: new for new, old in enumerate(kept.tolist())}
    return tuple(position[j] for j in columns if j in position)


def absorb_columns(design: Design, options: AbsorptionOptions) -> tuple[Floats, Floats, Floats | None, float]:
    """Outcome and regressors with the effects removed, lengths before that, and the largest remaining group mean."""
    if not design.absorb:
        return design.y, design.x, None, 0.0
    try:
        absorbed = absorption.absorb(
            (design.y, design.x),
            effects_of(design.absorb),
            weights=design.weights,
            tolerance=options.tolerance,
            max_iterations=options.max_iterations,
        )
    except absorption.ConvergenceFailure as failure:
        raise not_absorbed(options.max_iterations, failure.attained, options) from failure
    if not absorbed.converged:
        raise not_absorbed(absorbed.iterations, absorbed.attained, options)
    _refuse_absorbed_outcome(design, absorbed.columns[:, 0], float(absorbed.norms[0]))
    return absorbed.columns[:, 0], absorbed.columns[:, 1:], absorbed.norms[1:], absorbed.attained


def _refuse_absorbed_outcome(design: Design, y: Floats, length: float) -> None:
    """An outcome that the effects fit exactly leaves nothing to estimate (E527)."""
    within = design.within_sum_of_squares
    if within is not None and np.any(within > 0):
        return
    # No range exceeds √2 times the length about the mean: the first rows settle it nearly always.
    if design.weights is None and np.abs(y[:1024]).max() > 2.0 * ABSORBED_OUTCOME * length:
        return
    low, high = value_range(design.y)
    least, most = value_range(y)
    if max(most, -least) <= ABSORBED_OUTCOME * (high - low):
        raise DesignError(fault("E527", outcome=design.outcome, effects=_effect_names(design)))


def not_absorbed(iterations: int, attained: float, options: AbsorptionOptions) -> ConvergenceError:
    """E510: absorption ended before its tolerance."""
    found = fault("E510", iterations=iterations, attained=f"{attained:.1e}", tolerance=options.tolerance)
    return ConvergenceError(found)


def effects_of(absorb: tuple[AbsorbedFactor, ...]) -> list[absorption.Effect]:
    """Absorbed effects as the kernels take them."""
    return [
        absorption.Effect(effect.factor.codes, effect.factor.levels, effect.slope, effect.intercept)
        for effect in absorb
    ]


def rank_of_effects(
    absorb: tuple[AbsorbedFactor, ...], effects: list[absorption.Effect], *, exact: bool
) -> tuple[dict[str, int], int]:
    """Levels of each effect by name, and the number of parameters that the effects use."""
    levels: dict[str, int] = {}
    for effect in absorb:
        if effect.intercept:
            levels[effect.factor.name] = effect.factor.levels
        if effect.slope is not None:
            levels[f"{effect.factor.name}[{effect.slope_name}]"] = effect.factor.levels
    if exact and effects:
        return levels, int(absorption.rank_of_effects(effects).exact)
    intercepts = sum(effect.intercept for effect in absorb)
    return levels, sum(levels.values()) - max(intercepts - 1, 0)


def dropped_terms_of(design: Design, solution: least_squares.LeastSquares) -> dict[str, str]:
    """Names of the columns left out and why; a treatment among them is an error."""
    names = [term.name for term in design.terms]
    because = {dropped: tuple(names[j] for j in others) for dropped, others in solution.collinear_with}
    reasons: dict[str, str] = {}
    for j in np.flatnonzero(~solution.kept).tolist():
        if len(design.focus) > 1 and j in design.focus and np.ptp(design.x[:, j]) == 0:
            # an event period in which nobody is treated
            reasons[names[j]] = f"{design.x[0, j]:g} in every row"
        elif solution.absorbed[j]:
            if j in design.focus:
                raise DesignError(fault("E503", term=names[j], effects=_effect_names(design)))
            reasons[names[j]] = f"absorbed by {_effect_names(design)}"
        else:
            others = ", ".join(because.get(j, ())) or "other columns"
            if j in design.focus:
                raise DesignError(fault("E504", term=names[j], others=others))
            reasons[names[j]] = f"collinear with {others}"
    if not np.any(solution.kept):
        raise DesignError(fault("E507", outcome=design.outcome))
    return reasons


def _effect_names(design: Design) -> str:
    return " + ".join(effect.factor.name for effect in design.absorb) or "the effects"


def row_sum_of_squares(design: Design, residual: Floats) -> Floats | None:
    """Squared residuals summed over the persons of each row (n,), for frequency weights."""
    if design.weight_kind != "frequency" or design.weights is None:
        return None
    total = design.weights * residual**2
    return total if design.within_sum_of_squares is None else total + design.within_sum_of_squares


def fit_statistics(
    design: Design,
    y_absorbed: Floats,
    linear: Linear,
    df_resid: float,
    solution: least_squares.LeastSquares | None = None,
) -> dict[str, float]:
    """R², adjusted and within R², root mean squared error, mean of the outcome, residual sum of squares.

    Sums of squares that a ``solution`` of the same outcome and residual holds are not formed again.
    """
    weights = design.weights
    within = 0.0 if design.within_sum_of_squares is None else float(np.sum(design.within_sum_of_squares))
    n_obs = number_of_observations(design)
    mean = float(np.mean(design.y) if weights is None else np.sum(weights * design.y) / np.sum(weights))
    centre = mean if design.intercept or design.absorb else 0.0
    tss, rss, tss_within = (
        total + within for total in _sums_of_squares(design, y_absorbed, linear, centre, solution)
    )
    tss_within = tss_within if design.absorb else 0.0
    df_total = n_obs - (1 if design.intercept or design.absorb else 0)
    total = n_obs if weights is None else float(np.sum(weights))
    statistics = {"rss": rss, "tss": tss, "mean_outcome": mean, "rmse": float(np.sqrt(rss / total))}
    statistics["sigma"] = float(np.sqrt(rss / df_resid))
    if tss > 0:
        statistics["r2"] = 1.0 - rss / tss
        statistics["r2_adjusted"] = 1.0 - (rss / df_resid) / (tss / df_total)
    if tss_within > 0:
        statistics["r2_within"] = 1.0 - rss / tss_within
    return statistics


def _sums_of_squares(
    design: Design,
    y_absorbed: Floats,
    linear: Linear,
    centre: float,
    solution: least_squares.LeastSquares | None,
) -> tuple[float, float, float]:
    """(Weighted) squares of the outcome about the centre, of the residual, and of the outcome without its effects."""

    def squares(column: Floats, shift: float) -> float:
        return float(cross_product([column], design.weights, np.array([shift]))[0, 0])

    rss = squares(linear.residual, 0.0) if solution is None else solution.rss
    tss = squares(design.y, centre)
    if not design.absorb:
        return tss, rss, 0.0
    known = None if solution is None else solution.outcome_squares
    return tss, rss, squares(y_absorbed, 0.0) if known is None else known


def conditioning_notices(design: Design, solution: least_squares.LeastSquares) -> tuple[Notice, ...]:
    """W505 where the regressors are nearly collinear."""
    if solution.condition <= least_squares.WARN_CONDITION:
        return ()
    names = ", ".join(term.name for term in design.terms[:6])
    return (notice("W505", condition=f"{solution.condition:.1e}", terms=names),)
