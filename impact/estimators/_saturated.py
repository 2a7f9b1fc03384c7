"""Saturated event study on a design: groups, cells, and the two roads to the same estimates.

Shapes: n rows, U units, T periods, C cells of cohort by period.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

import impact.estimators._regression as regression
from impact.core.arrays import Floats
from impact.core.designs import AbsorbedFactor, Adoption, Design, Term
from impact.core.estimates import Estimate, Influence
from impact.core.labels import number_label
from impact.estimators._adoption import Wide, adoption_of, first_rows, keep_rows, keep_units
from impact.kernels.factors import is_nested

Integers = npt.NDArray[np.int64]
# numbers in a matrix of dummies from which it is not formed where the errors do not need it
LARGEST_DUMMIES = 4_000_000
FEW_CLUSTERS = 50


@dataclass(frozen=True, slots=True)
class Cells:
    """Cohorts by periods, sorted by cohort and period.

    Arguments:
        cohorts: (G,) in ascending order. group: (C,) number of the cohort plus one, 0 being the comparison.
        period, base: (C,) codes of the period and of the cohort's base period. size: (C,) weight or number of rows.
        unit_group: (U,) group of each unit.
    """

    cohorts: Floats
    group: Integers
    period: Integers
    base: Integers
    size: Floats
    unit_group: Integers

    @property
    def estimated(self) -> npt.NDArray[np.bool_]:
        """(C,) cells that have rows and are not the base."""
        return np.asarray((self.size > 0) & (self.period != self.base), dtype=np.bool_)


def base_periods(adoption: Adoption, cohorts: Floats, reference: float) -> Integers:
    """(G,) code of the last period at or before cohort + reference in which the cohort has rows, −1 without one."""
    place = np.searchsorted(cohorts, adoption.cohort[adoption.unit.codes])
    inside = np.isfinite(adoption.cohort[adoption.unit.codes])
    seen = np.zeros((len(cohorts), adoption.time.levels), dtype=bool)
    seen[place[inside], adoption.time.codes[inside]] = True
    seen &= adoption.periods <= (cohorts + reference)[:, None]
    last = adoption.time.levels - 1 - np.argmax(seen[:, ::-1], axis=1)
    return np.where(seen.any(axis=1), last, -1).astype(np.int64)


def comparable(design: Design, reference: float, anticipation: float) -> Design:
    """The design without units that have no base period; where nobody is never treated, the last cohort is compared
    with, up to its treatment (Sun and Abraham 2021, section 4.1).
    """
    adoption = adoption_of(design, "did_sa")
    cohorts = np.unique(adoption.cohort[np.isfinite(adoption.cohort)])
    without = cohorts[base_periods(adoption, cohorts, reference) < 0]
    kept = ~np.isin(adoption.cohort, without)
    design = keep_units(
        design, kept, name="always treated", reason="no period before treatment to compare with"
    )
    adoption = adoption_of(design, "did_sa")
    if np.any(np.isinf(adoption.cohort)):
        return design
    last = float(adoption.cohort.max())
    before = adoption.periods[adoption.time.codes] < last - anticipation
    design = keep_rows(
        design,
        before,
        name="no comparison",
        reason=f"from {last - anticipation:g} on every unit is treated",
    )
    adoption = adoption_of(design, "did_sa")
    cohort = np.where(adoption.cohort == last, np.inf, adoption.cohort)
    return replace(design, adoption=replace(adoption, cohort=cohort))


def cells_of(design: Design, reference: float) -> Cells:
    """The cells of a design whose comparison units have an infinite cohort."""
    adoption = adoption_of(design, "did_sa")
    cohorts = np.unique(adoption.cohort[np.isfinite(adoption.cohort)])
    finite = np.isfinite(adoption.cohort)
    unit_group = np.where(finite, np.searchsorted(cohorts, adoption.cohort) + 1, 0).astype(np.int64)
    count, periods = len(cohorts), adoption.time.levels
    place = unit_group[adoption.unit.codes] * periods + adoption.time.codes
    weights = design.weights
    size = np.bincount(place, weights=weights, minlength=(count + 1) * periods)
    base = base_periods(adoption, cohorts, reference)
    return Cells(
        cohorts=cohorts,
        group=np.repeat(np.arange(1, count + 1), periods),
        period=np.tile(np.arange(periods), count),
        base=np.repeat(base, periods),
        size=size[periods:].astype(np.float64),
        unit_group=unit_group,
    )


def with_effects(design: Design) -> tuple[AbsorbedFactor, ...]:
    """Unit and period effects, then those of the model."""
    adoption = adoption_of(design, "did_sa")
    own = (AbsorbedFactor(adoption.unit), AbsorbedFactor(adoption.time))
    names = {effect.factor.name for effect in own}
    rest = tuple(
        effect
        for effect in design.absorb
        if effect.slope is not None or not effect.intercept or effect.factor.name not in names
    )
    return (*own, *rest)


def dummy_design(design: Design, cells: Cells) -> Design:
    """The regression with a dummy for each estimated cell, then the controls."""
    adoption = adoption_of(design, "did_sa")
    chosen = np.flatnonzero(cells.estimated)
    column = np.full((len(cells.cohorts) + 1, adoption.time.levels), -1, dtype=np.int64)
    column[cells.group[chosen], cells.period[chosen]] = np.arange(len(chosen))
    of_row = column[cells.unit_group[adoption.unit.codes], adoption.time.codes]
    x = np.zeros((len(design.y), len(chosen) + design.x.shape[1]), order="F")
    rows = np.flatnonzero(of_row >= 0)
    x[rows, of_row[rows]] = 1.0
    x[:, len(chosen) :] = design.x
    return replace(
        design,
        terms=(*(cell_term(adoption, cells, j) for j in chosen.tolist()), *design.terms),
        x=x,
        absorb=with_effects(design),
        focus=(),
        treatment=None,
        intercept=False,
    )


def cell_term(adoption: Adoption, cells: Cells, cell: int) -> Term:
    """The term of one cell, as ``aggregate_cells`` names it."""
    cohort = float(cells.cohorts[cells.group[cell] - 1])
    time = float(adoption.periods[cells.period[cell]])
    name = f"att_gt[{number_label(cohort)},{number_label(time)}]"
    return Term(name, "att_gt", cohort=cohort, time=time, event_time=time - cohort)


def unit_weights(design: Design, wide: Wide) -> Floats:
    """(U, T) weights of the rows, ones without any, zero where the unit is absent."""
    weights = wide.present.astype(np.float64)
    if design.weights is not None:
        weights[wide.present] = design.weights[wide.row[wide.present]]
    return weights


def needs_no_rows(design: Design, columns: int) -> bool:
    """Whether a matrix of so many columns would be large, and the errors asked for need none: those clustered by units
    or groups of them, where these are not so few that leverage corrections are shown as well.
    """
    unit = adoption_of(design, "did_sa").unit
    clusters = [*design.clusters.values()]
    nested = [is_nested(unit.codes, cluster.codes) for cluster in clusters]
    many = min((cluster.levels for cluster in clusters), default=0) >= FEW_CLUSTERS
    plain = design.x.shape[1] == 0 and len(with_effects(design)) == 2
    large = len(design.y) * columns > LARGEST_DUMMIES
    return large and plain and many and design.within_sum_of_squares is None and all(nested)


def by_units(
    design: Design, terms: Sequence[Term], params: Floats, influence: Floats, *, k: int, rss: float
) -> Estimate:
    """An estimate of k coefficients beside unit and period effects, with influence rows by unit.

    Arguments:
        params, influence: (m,) and (U, m) of the terms. rss: weighted sum of squared residuals.
    """
    effects = with_effects(design)
    levels, df_absorbed = regression.rank_of_effects(effects, regression.effects_of(effects), exact=False)
    n_obs = regression.number_of_observations(design)
    clusters = min(cluster.levels for cluster in design.clusters.values())
    first = first_rows(adoption_of(design, "did_sa").unit).astype(np.int32)
    return Estimate(
        estimator="",
        terms=tuple(terms),
        params=params,
        n_obs=n_obs,
        df_model=k,
        df_resid=n_obs - k - df_absorbed,
        df_absorbed=df_absorbed,
        influence=Influence(influence, first, df=clusters - 1.0, ssc="fixest", absorb=effects),
        effect_levels=levels,
        focus=(0,),
        fit=_fit_statistics(design, rss, n_obs - k - df_absorbed),
        design=replace(design, absorb=effects),
    )


def _fit_statistics(design: Design, rss: float, df_resid: float) -> dict[str, float]:
    """Mean of the outcome, sums of squares, R² and root mean squared error."""
    weights = np.ones_like(design.y) if design.weights is None else design.weights
    mean = float(np.average(design.y, weights=weights))
    tss = float(np.sum(weights * (design.y - mean) ** 2))
    df_total = regression.number_of_observations(design) - 1.0
    found = {"rss": rss, "tss": tss, "mean_outcome": mean, "rmse": float(np.sqrt(rss / weights.sum()))}
    found["sigma"] = float(np.sqrt(rss / df_resid))
    if tss > 0:
        found["r2"] = 1.0 - rss / tss
        found["r2_adjusted"] = 1.0 - (rss / df_resid) / (tss / df_total)
    return found
