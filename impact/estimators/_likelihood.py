"""What the likelihood models of counts and choices share: outcome, separation, the fit, and its linear form.

At the estimate the scores are those of least squares of the working residual on the regressors, both without the
effects and with the information as weights: every variance of least squares applies to that linear form, and the
inverse information takes the place of σ² (X'X)⁻¹. Leverage corrections are those of one step from the estimate
(MacKinnon, Nielsen and Webb 2024 for the jackknife of logit).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._regression as regression
import impact.kernels.absorb as absorption
import impact.kernels.likelihood.glm as glm
import impact.kernels.likelihood.separation as separation
from impact.core.arrays import Floats
from impact.core.designs import INTERCEPT, Design
from impact.core.errors import ConvergenceError, DesignError, Notice
from impact.core.estimates import Estimate, Linear, Search
from impact.core.texts import fault, notice
from impact.estimators._adoption import keep_rows
from impact.kernels.likelihood.glm_absorbed import AbsorbedGlm, Limits, fit_absorbed

Mask = npt.NDArray[np.bool_]

MOST_DROPS = 50
FEW_STEPS = 60  # Newton steps in which a likelihood without separation has its maximum


class LikelihoodOptions(regression.AbsorptionOptions):
    """Options of likelihood models with absorbed effects."""

    steps: int = Field(FEW_STEPS, ge=1, description="Newton steps before the fit is given up.")


@dataclass(frozen=True, slots=True)
class Fitted:
    """A likelihood at its maximum: the rows it stands on, the fit, what was left out and what the reader should know.

    Arguments:
        design: rows that are informative, those given where all are. keyword: the estimator's. family: its likelihood.
        n_levels, n_separated: rows dropped because their level, or a combination of regressors, fits them exactly.
    """

    design: Design
    keyword: str
    family: glm.Family
    found: AbsorbedGlm
    dropped: dict[str, str]
    notices: tuple[Notice, ...] = ()
    n_levels: int = 0
    n_separated: int = 0

    @property
    def kept(self) -> npt.NDArray[np.int64]:
        """Positions of the kept terms among those of the design."""
        return np.flatnonzero(self.found.first.kept)


def fit_likelihood(
    design: Design,
    options: LikelihoodOptions,
    keyword: str,
    family: glm.Family,
    *,
    offset: Floats | None = None,
) -> Fitted:
    """The maximum of the likelihood on the rows that inform it.

    Arguments:
        offset: (n,) instead of that of the design.

    Raises:
        DesignError: E501, E502, E507 nothing to estimate, E548 an outcome that the family does not have, E503, E504
            a treatment that is absorbed or collinear, E547 a treatment or column that predicts the outcome exactly.
        ConvergenceError: E510 effects not absorbed, E549 no maximum in ``options.steps`` steps.
    """
    regression.refuse_empty(design)
    refuse_outcome(design, keyword, family)
    design = replace(design, offset=design.offset if offset is None else offset)
    design, n_levels = without_uninformative(design, keyword, family)
    n_separated = 0
    for _ in range(MOST_DROPS):
        found = _climb(design, options, family, stop=True)
        _refuse_lost(design, found, keyword, n_levels + n_separated)
        rows = _separated(design, found, options, family)
        if not rows.any():
            break
        design = keep_rows(design, ~rows, name="separated", reason="regressors fit the row exactly")
        n_separated += int(np.count_nonzero(rows))
        design, more = without_uninformative(design, keyword, family)
        n_levels += more
    if not found.converged:
        found = _climb(design, options, family, stop=False)
    if not found.converged:
        raise ConvergenceError(fault("E549", estimator=keyword, steps=options.steps))
    dropped = regression.dropped_terms_of(design, found.first)
    notices = regression.conditioning_notices(design, found.first)
    if n_levels or n_separated:
        notices = (*notices, notice("W528", levels=n_levels, separated=n_separated))
    return Fitted(design, keyword, family, found, dropped, notices, n_levels, n_separated)


def refuse_outcome(design: Design, keyword: str, family: glm.Family) -> None:
    """Counts from 0, or 0 and 1; of outcomes given as sums, persons' 0 and 1.

    Raises:
        DesignError: E548.
    """
    y = design.y
    wanted = "zero or more" if family == "poisson" else "0 and 1"
    bad = y < 0 if family == "poisson" else (y != 0) & (y != 1)
    if family != "poisson" and design.within_sum_of_squares is not None and design.weights is not None:
        # persons of 0 and 1 have this sum of squares about their mean, and no others do
        spread = design.weights * y * (1.0 - y)
        bad = (y < 0) | (y > 1) | (np.abs(design.within_sum_of_squares - spread) > 1e-6 * (1.0 + spread))
    if bad.any():
        example = f"{y[np.flatnonzero(bad)[0]]:g}"
        count = int(np.count_nonzero(bad))
        raise DesignError(
            fault(
                "E548", estimator=keyword, outcome=design.outcome, count=count, example=example, wanted=wanted
            )
        )


def without_uninformative(design: Design, keyword: str, family: glm.Family) -> tuple[Design, int]:
    """The design without levels whose outcomes are all zero (all 0 or all 1), counted; E547 where nothing is left."""
    if not design.absorb:
        return design, 0
    edges = [design.y == 0] if family == "poisson" else [design.y == 0, design.y == 1]
    every = np.ones(len(design.y), dtype=np.bool_)
    rows = separation.uninformative_rows(every, regression.effects_of(design.absorb), edges)
    count = int(np.count_nonzero(rows))
    if count == len(rows):
        effects = " + ".join(effect.factor.name for effect in design.absorb)
        raise DesignError(fault("E547", estimator=keyword, terms=effects, count=count))
    if not count:
        return design, 0
    reason = "only zeros in a level" if family == "poisson" else "one outcome in a level"
    return keep_rows(design, ~rows, name="uninformative", reason=reason), count


def _climb(design: Design, options: LikelihoodOptions, family: glm.Family, *, stop: bool) -> AbsorbedGlm:
    limits = Limits(options.tolerance, options.max_iterations, options.steps, stop)
    effects = regression.effects_of(design.absorb)
    try:
        return fit_absorbed(
            design.x, design.y, family, effects, weights=design.weights, offset=design.offset, limits=limits
        )
    except absorption.ConvergenceFailure as failure:
        raise regression.not_absorbed(options.max_iterations, failure.attained, options) from failure


def _refuse_lost(design: Design, found: AbsorbedGlm, keyword: str, dropped_rows: int) -> None:
    """E547 where a treatment has nothing left once rows that are fitted exactly are gone."""
    lost = [j for j in design.focus if not found.first.kept[j]]
    if dropped_rows and lost and not any(found.first.kept[j] for j in design.focus):
        names = ", ".join(design.terms[j].name for j in lost)
        raise DesignError(fault("E547", estimator=keyword, terms=names, count=dropped_rows))


def _separated(design: Design, found: AbsorbedGlm, options: LikelihoodOptions, family: glm.Family) -> Mask:
    """Rows that are to be dropped: those of counts that regressors separate.

    Raises:
        DesignError: E547 where a choice is predicted exactly: dropping rows would decide what the coefficient is.
    """
    if family != "poisson":
        if found.suspects.any() and not found.converged:
            terms = _predictors(design, found)
            count = int(np.count_nonzero(found.suspects))
            raise DesignError(fault("E547", estimator=family, terms=terms, count=count))
        return np.zeros(len(design.y), dtype=np.bool_)
    if not found.suspects.any():
        return np.zeros(len(design.y), dtype=np.bool_)
    zero = (design.y == 0).astype(np.float64)
    x = np.asfortranarray(design.x[:, found.first.kept])
    rows = np.zeros(len(design.y), dtype=np.bool_)
    for candidate in (np.where(found.suspects, np.maximum(-found.move, 0.0), 0.0), zero):
        rows = separation.separated_rows(
            x,
            design.y,
            regression.effects_of(design.absorb),
            candidate,
            tolerance=options.tolerance,
            max_iterations=options.max_iterations,
        )
        if rows.any():
            break
    return rows


def _predictors(design: Design, found: AbsorbedGlm) -> str:
    """Columns that predict the outcome on one side alone, else all whose coefficients run away."""
    names = [
        term.name
        for j, term in enumerate(design.terms)
        if found.first.kept[j] and separation.predicted_by(design.y, design.x[:, j])
    ]
    if names:
        return ", ".join(names)
    kept = [term.name for j, term in enumerate(design.terms) if found.first.kept[j]]
    others = [name for name in kept if name != INTERCEPT]
    return " + ".join(others)


# --- the estimate ---


def estimate_of(fitted: Fitted, given: Design, options: LikelihoodOptions) -> Estimate:
    """The record of a fitted likelihood.

    Arguments:
        given: the design before rows were dropped.

    Raises:
        DesignError: E505 no degrees of freedom.
    """
    design, found, kept = fitted.design, fitted.found, fitted.kept
    effects = regression.effects_of(design.absorb)
    levels, df_absorbed = regression.rank_of_effects(design.absorb, effects, exact=options.exact_df)
    n_obs = regression.number_of_observations(design)
    df_resid = n_obs - len(kept) - df_absorbed
    if df_resid <= 0:
        raise DesignError(fault("E505", n_obs=int(n_obs), k=len(kept) + df_absorbed))
    return Estimate(
        estimator=fitted.keyword,
        terms=tuple(design.terms[j] for j in kept),
        params=found.params,
        n_obs=n_obs,
        df_model=len(kept),
        df_resid=df_resid,
        df_absorbed=df_absorbed,
        n_units=design.panel.unit.levels if design.panel is not None else 0,
        linear=linear_of(fitted, options),
        effect_levels=levels,
        focus=regression.places_among(kept, design.focus),
        fit=_statistics(fitted),
        dropped_terms=fitted.dropped,
        notices=fitted.notices,
        design=None if design is given else design,
    )


def linear_of(fitted: Fitted, options: LikelihoodOptions) -> Linear:
    """The linear form at the maximum; its weights are the information of each row."""
    design, found = fitted.design, fitted.found
    return Linear(
        x=found.x,
        residual=found.residual,
        bread=found.bread,
        weights=found.working,
        weight_kind=design.weight_kind,
        row_sum_of_squares=_persons_squares(design, found),
        absorb=design.absorb,
        family=fitted.family,
        search=Search(options.tolerance, options.max_iterations, options.steps),
        predictor=found.predictor,
    )


def _persons_squares(design: Design, found: AbsorbedGlm) -> Floats | None:
    """(n,) squared scores by the predictor, summed over the persons of each row; None without frequency weights."""
    if design.weight_kind != "frequency" or design.weights is None:
        return None
    information = found.working / design.weights
    total = design.weights * np.square(information * found.residual)
    if design.within_sum_of_squares is None:
        return np.asarray(total)
    # a person's score is (y − mean) times information over slope, which is one for the canonical links
    return np.asarray(total + design.within_sum_of_squares * np.square(information / found.point.slope))


def _statistics(fitted: Fitted) -> dict[str, float]:
    """Deviance, log likelihood and McFadden's R² where the outcome of every person is known."""
    design, found = fitted.design, fitted.found
    weights = np.ones(len(design.y)) if design.weights is None else design.weights
    mean = float(np.average(design.y, weights=weights))
    statistics = {"mean_outcome": mean, "iterations": float(found.iterations), "attained": found.attained}
    sums = design.within_sum_of_squares is not None
    if sums and fitted.family == "poisson":
        return statistics
    null = null_likelihood(design.y, fitted.family, weights, design.offset, constant=found.constant)
    statistics["log_likelihood"] = found.log_likelihood
    statistics["deviance"] = -2.0 * found.log_likelihood if sums else found.deviance
    if null < 0:
        statistics["pseudo_r2"] = 1.0 - found.log_likelihood / null
    return statistics


def null_likelihood(
    y: Floats, family: glm.Family, weights: Floats, offset: Floats | None, *, constant: float | None = None
) -> float:
    """Log likelihood with a constant (and the offset) alone; ``constant``: of counts the sum of log y!, if known."""
    if offset is not None:
        ones = np.ones((len(y), 1))
        return glm.fit_glm(ones, y, family, weights=weights, offset=offset).log_likelihood
    total, persons = float(np.sum(weights * y)), float(np.sum(weights))
    mean = total / persons
    if family == "poisson":
        if constant is None:
            constant = float(np.sum(weights * glm.log_factorial(y)))
        return total * float(np.log(mean)) - total - constant
    return total * float(np.log(mean)) + (persons - total) * float(np.log1p(-mean))
