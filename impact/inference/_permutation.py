"""Permutation inference: the estimate and its t as if other sets of units had been treated.

Treatment is assigned to whole units. Under the sharp hypothesis of no effect every set of units of the same
size (the candidates, within strata where asked) gives an estimate that might have been the actual one; the
p-value is the share of sets, the actual one included, whose estimate (or t) is at least as large. Sources:
Fisher (1935); Conley and Taber (2011); Ferman and Pinto (2019) for units of different size; MacKinnon and
Webb (2020) for t. Sets whose treatment is absorbed, or whose likelihood has no maximum, have no estimate: they
are left out of everything, p-values, intervals and power alike, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

import impact.kernels.permutation as distribution
from impact.core.arrays import Floats, Integers, Logicals
from impact.core.designs import Design, Treatment
from impact.core.errors import ConvergenceError, DesignError, EstimationError
from impact.core.estimates import Estimate, Linear
from impact.core.options import SetSize
from impact.core.permutations import Permutation
from impact.core.texts import fault
from impact.inference._intervals import linear_of, present_levels
from impact.inference._options import PermuteOptions
from impact.inference._refusals import effects_of, limits_of
from impact.inference._small_sample import convention, counted_parameters
from impact.kernels.absorb import ConvergenceFailure
from impact.kernels.assignments import count_sets, draw_sets, list_sets, with_actual
from impact.kernels.group_sums import group_counts
from impact.kernels.likelihood.reassign_likelihood import refit_sets
from impact.kernels.reassign import Regression, SetFits, fit_sets

LARGEST_LIST = 20_000
PROBES = 100
AGREEMENT = 1e-6


@dataclass(frozen=True, slots=True)
class Candidates:
    """Units that may be treated: (U,) eligible, None for all; (U,) strata codes, None for one stratum."""

    eligible: Logicals | None = None
    strata: Integers | None = None


def permute(
    estimate: Estimate,
    design: Design,
    options: PermuteOptions,
    *,
    seed: int,
    level: float,
    candidates: Candidates | None = None,
) -> Permutation:
    """The permutation distribution of the treatment terms of least squares, counts or choices.

    The smallest detectable effect ``mde80`` is the smallest d such that the test at 5 % rejects in 80 % of
    cases, a case being a set of units that is given ±d after the estimated effect has been removed from the
    outcome.

    Arguments:
        seed: of the draws; lists of sets need none. level: of the interval by inversion.
        candidates: units that ``options.among`` and ``options.within`` allow, by code of the treatment's
            unit.

    Raises:
        DesignError: E540 no treatment of whole units, E541 another unit, E543 no other set to compare with,
        E544 the
            actual treatment is absorbed.
        EstimationError: E542 where the model is not the least squares that is permuted.
        ConvergenceError: E545 where the effects could not be absorbed.
    """
    treatment = _treatment(design, options)
    linear = linear_of(estimate, "permute")
    columns, kept = _columns(estimate, design, treatment)
    regression = _regression(estimate, design, linear, treatment, kept)
    members, actual, enumerated = _sets(treatment, options, candidates or Candidates(), seed)
    probes = _probes(len(members), actual)
    fits = _fit(regression, members, actual, probes, linear, design)
    if fits.absorbed[actual]:
        raise DesignError(fault("E544", unit=treatment.unit.name))
    own = estimate.params[list(columns)]
    if not np.allclose(
        fits.estimates[actual], own, rtol=AGREEMENT, atol=AGREEMENT * float(np.abs(own).max())
    ):
        raise EstimationError(fault("E542", estimator=estimate.estimator))
    found = _record(treatment, members, actual, columns, fits, level=level)
    if len(found.members) < 2:
        raise DesignError(fault("E543", unit=treatment.unit.name, sets=len(members)))
    sizes = found.p_value_size
    if options.adjust == "size":
        singles = np.arange(regression.n_units, dtype=np.int32)[:, None]
        alone = _fit(regression, singles, 0, np.zeros(0, dtype=np.int64), linear, design)
        sizes = _size_adjusted(regression, treatment, found, alone.estimates)
    primary = options.statistic if isinstance(options.statistic, str) else options.statistic[0]
    return replace(
        _summarised(found),
        enumerated=enumerated,
        primary=primary,
        p_value_size=sizes,
        mde80=_detectable(found, fits, probes),
    )


def _treatment(design: Design, options: PermuteOptions) -> Treatment:
    treatment = design.treatment
    if treatment is None:
        raise DesignError(fault("E540"))
    if options.unit and options.unit != treatment.unit.name:
        raise DesignError(fault("E541", asked=options.unit, unit=treatment.unit.name))
    return treatment


def _columns(
    estimate: Estimate, design: Design, treatment: Treatment
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Positions of the treatment terms in the estimate, and which columns of the profile they are."""
    position = {term.name: j for j, term in enumerate(estimate.terms)}
    kept = tuple(j for j, own in enumerate(treatment.columns) if design.terms[own].name in position)
    if not kept:
        raise DesignError(fault("E544", unit=treatment.unit.name))
    return tuple(position[design.terms[treatment.columns[j]].name] for j in kept), kept


def _regression(
    estimate: Estimate, design: Design, linear: Linear, treatment: Treatment, kept: tuple[int, ...]
) -> Regression:
    """The model in the kernel's form; t as CR1 by the model's first cluster variable, else by the unit."""
    others = [j for j in range(design.x.shape[1]) if j not in treatment.columns]
    cluster = next(iter(design.clusters.values()), treatment.unit)
    if present_levels(cluster) < 2:
        cluster = treatment.unit
    groups = present_levels(cluster)
    k = counted_parameters(estimate, linear, convention(None), (cluster,))
    factor = groups / (groups - 1.0) * (estimate.n_obs - 1.0) / (estimate.n_obs - k) if groups > 1 else 1.0
    return Regression(
        y=design.y,
        controls=design.x[:, others],
        effects=effects_of(linear),
        weights=design.weights,
        unit=treatment.unit.codes,
        n_units=treatment.unit.levels,
        profile=np.ascontiguousarray(treatment.profile[:, list(kept)]),
        cluster=cluster.codes,
        n_clusters=cluster.levels,
        scale=float(np.sqrt(factor)),
    )


def _sets(
    treatment: Treatment, options: PermuteOptions, candidates: Candidates, seed: int
) -> tuple[Integers, int, bool]:
    """The sets (S, size) with the actual one among them, its row, and whether they are all there are."""
    unit = treatment.unit
    present = group_counts(unit.codes, unit.levels) > 0
    treated = np.flatnonzero(present & (treatment.treated != 0)).astype(np.int32)
    eligible = present if candidates.eligible is None else present & candidates.eligible
    stratum = np.zeros(unit.levels, dtype=np.int32) if candidates.strata is None else candidates.strata
    if options.sets != "same_size" and candidates.strata is not None:
        raise DesignError(fault("E546"))
    if options.sets == "same_size":
        codes = np.unique(stratum[treated])
        sizes = [int(np.count_nonzero(stratum[treated] == code)) for code in codes]
    else:
        codes = np.array([0])
        sizes = [options.sets.size if isinstance(options.sets, SetSize) else 1]
    strata = [np.flatnonzero(eligible & (stratum == code)).astype(np.int32) for code in codes]
    count = count_sets(strata, sizes)
    if count < 1 or not len(treated) or (count == 1 and options.sets == "same_size"):
        raise DesignError(fault("E543", unit=unit.name, sets=count))
    enumerated = count <= LARGEST_LIST
    sets = list_sets(strata, sizes) if enumerated else draw_sets(strata, sizes, options.reps, seed)
    members, actual = with_actual(sets, treated) if enumerated else _drawn(sets, treated)
    return members, actual, enumerated


def _drawn(sets: Integers, treated: Integers) -> tuple[Integers, int]:
    """The actual set first, then every draw (the same set drawn again stays a draw)."""
    width = max(sets.shape[1], len(treated))
    own = np.full((1, width), -1, dtype=np.int32)
    own[0, width - len(treated) :] = np.sort(treated)
    filler = np.full((len(sets), width - sets.shape[1]), -1, dtype=np.int32)
    return np.vstack([own, np.hstack([filler, sets])]), 0


def _probes(count: int, actual: int) -> npt.NDArray[np.int64]:
    """Rows of the sets that stand for the treated one in power: all up to 400, else 100 evenly spaced."""
    if count <= 4 * PROBES:
        return np.arange(count)
    return np.unique(np.append(np.linspace(0, count - 1, PROBES).astype(np.int64), actual))


def _fit(
    regression: Regression,
    members: Integers,
    actual: int,
    probes: npt.NDArray[np.int64],
    linear: Linear,
    design: Design,
) -> SetFits:
    try:
        if linear.family is not None:
            limits = limits_of(linear)
            return refit_sets(
                regression, linear.family, design.offset, members, actual, probes, limits=limits
            )
        return fit_sets(regression, members, actual, probes)
    except ConvergenceFailure as problem:
        raise ConvergenceError(fault("E545", attained=f"{problem.attained:.1e}")) from problem


def _usable(fits: SetFits) -> Logicals:
    """(S,) Sets with an estimate: their treatment is not absorbed, and their likelihood has a maximum."""
    return ~fits.absorbed & np.isfinite(fits.estimates).all(axis=1)


def _record(
    treatment: Treatment,
    members: Integers,
    actual: int,
    columns: tuple[int, ...],
    fits: SetFits,
    *,
    level: float,
) -> Permutation:
    """The distribution over the sets that have an estimate, its summaries still empty."""
    usable = _usable(fits)
    empty = np.full(len(columns), np.nan)
    return Permutation(
        columns=columns,
        unit=treatment.unit.name,
        unit_labels=treatment.unit.labels,
        members=members[usable],
        estimates=fits.estimates[usable],
        statistics=fits.statistics[usable],
        slopes=fits.slopes[usable],
        actual=int(np.count_nonzero(usable[:actual])),
        enumerated=True,
        n_left_out=int(fits.absorbed.sum()),
        n_not_fitted=int(np.count_nonzero(~usable & ~fits.absorbed)),
        p_value=empty,
        p_value_t=empty,
        p_value_size=empty,
        ci_low=empty,
        ci_high=empty,
        mde80=empty,
        smallest_p=1.0 / max(int(usable.sum()), 1),
        level=level,
    )


def _summarised(found: Permutation) -> Permutation:
    """With p-values by estimate and by t and the interval by inversion of the estimate."""
    terms = range(len(found.columns))
    ends = [distribution.interval(found, j, found.level) for j in terms]
    return replace(
        found,
        p_value=np.array([distribution.share_beyond(found.estimates[:, j], found.actual) for j in terms]),
        p_value_t=np.array([distribution.share_beyond(found.statistics[:, j], found.actual) for j in terms]),
        ci_low=np.array([low for low, _ in ends]),
        ci_high=np.array([high for _, high in ends]),
    )


def _detectable(found: Permutation, fits: SetFits, probes: npt.NDArray[np.int64]) -> Floats:
    """Smallest detectable effect of each treatment term, the estimated effects of all terms removed."""
    usable = _usable(fits)
    number_of = np.cumsum(usable) - 1
    chosen = usable[probes]
    null = found.estimates - np.einsum("sjl,l->sj", found.slopes, found.estimates[found.actual])
    crossings = fits.crossings[usable][:, chosen]
    rows = number_of[probes[chosen]]
    return np.array(
        [distribution.smallest_detectable(null[:, j], crossings[:, :, j], rows) for j in range(null.shape[1])]
    )


def _size_adjusted(
    regression: Regression, treatment: Treatment, found: Permutation, effects: Floats
) -> Floats:
    """p-values of the estimates over the spread that the units' sizes predict; effects (U, m) of each unit alone."""
    units = regression.n_units
    weights = group_counts(regression.unit, units, regression.weights)
    untreated = (treatment.treated == 0) & (weights > 0)
    p_values = []
    for j in range(effects.shape[1]):
        spread = distribution.predicted_spread(effects[:, j], weights, untreated, found.members)
        p_values.append(distribution.share_beyond(found.estimates[:, j] / spread, found.actual))
    return np.array(p_values)
