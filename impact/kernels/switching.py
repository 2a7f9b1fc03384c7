"""Effects of a treatment that changes for the first time, on or off, by any dose, against units of the same baseline.

A unit's baseline is its first treatment; F is the first period in which its treatment differs. Step ℓ is period
F − 1 + ℓ. For a switcher g at step ℓ, with controls of the same baseline that have not changed by then,

    DID_gℓ = Y_{g,F−1+ℓ} − Y_{g,F−1} − mean over controls of (Y_{F−1+ℓ} − Y_{F−1})
    DID_ℓ  = Σ_g N_g S_g DID_gℓ / Σ_g N_g,     S_g = 1 where treatment rises, −1 where it falls

Placebos replace Y_{F−1+ℓ} by Y_{F−1−ℓ}, with the same switchers and controls. The influence of a unit is its change
less the mean change of its cohort (switchers: same baseline, F and dose at F; controls: same baseline and period) times
√(n_c/(n_c − 1)); a cohort of one is joined with the other side of its comparison.
Source: de Chaisemartin and D'Haultfœuille (2024), eq. 4 to 7, and section 3 of its web appendix for the variance.
Shapes: U units, T periods, B baselines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Paths:
    """Units by periods, sorted by baseline and cluster.

    Arguments:
        y: (U, T) NaN where it is not used. weights: (U, T), 0 where y is NaN.
        distance: (U, T) treatment less its baseline, in absolute value.
        first: (U,) period of the first change, T where there is none. sign: (U,) 1 rises, −1 falls, 0 never changes.
        baseline: (U,) code of the units with the same baseline. cohort: (U,) code of baseline, first and first dose.
        cluster: (U,) whose distinct values are counted in a cohort.
        order: (U,) place of each unit among those given. pair_starts: first unit of each pair of baseline and cluster;
            baseline_starts: first pair of each baseline.
        crossed: (U, T) rows not used because treatment was on both sides of its baseline by then, in the order given;
            unsure: (U, T) rows not used because the unit was absent just before its first change.
    """

    y: Array
    weights: Array
    distance: Array
    first: Rows
    sign: Rows
    baseline: Rows
    cohort: Rows
    cluster: Rows
    order: Rows
    pair_starts: Rows
    baseline_starts: Rows
    crossed: Mask
    unsure: Mask


@dataclass(frozen=True, slots=True)
class Step:
    """Effect of one step: influence (U,), divided by n; numbers of the switchers compared and the sum of their weights.

    ``parts`` (U,) are what each unit adds to the value, in the order given.

    ``dose`` is the switchers' mean distance from their baseline in that period, ``total`` its mean sum up to then.
    """

    value: float
    influence: Array
    weight: float
    switchers: Rows
    dose: float
    total: float
    parts: Array


def switching_paths(
    y: Array, treatment: Array, *, weights: Array | None = None, group: Rows | None = None, cluster: Rows
) -> Paths:
    """Baselines, first changes and directions.

    Arguments:
        y, treatment: (U, T), NaN where the unit is absent. weights: (U, T) or None.
        group: (U,) codes: only units of the same group are compared. cluster: (U,) codes.

    A unit that is absent just before its first change may have changed earlier: from its absence on it is not used.
    From the period on in which treatment has been above and below its baseline, rows are not used either.
    """
    units, periods = treatment.shape
    each, time = np.arange(units), np.arange(periods)
    present = np.isfinite(y) & np.isfinite(treatment)
    start = treatment[each, np.argmax(present, axis=1)]
    gap = np.where(present, treatment - start[:, None], 0.0)
    above, below = (np.logical_or.accumulate(side, axis=1) for side in (gap > 0, gap < 0))
    crossed = present & above & below
    present = present & ~crossed
    changed = present & (gap != 0)
    first = np.where(changed.any(axis=1), np.argmax(changed, axis=1), periods)
    early = present & (time < first[:, None])
    last_early = periods - 1 - np.argmax(early[:, ::-1], axis=1)
    doubtful = (first < periods) & (last_early < first - 1)
    unsure = present & doubtful[:, None] & (time > last_early[:, None])
    present &= ~unsure
    first = np.where(doubtful, periods, first)
    switches = first < periods
    jump = np.where(switches, gap[each, np.minimum(first, periods - 1)], 0.0)
    # where a switcher is absent later on, its treatment is taken as that of its first change
    filled = np.where(present, gap, jump[:, None]) * (time >= first[:, None])
    base = _codes(start, np.zeros(units) if group is None else group)
    cohort = _codes(base, first, jump)
    pair = _codes(base, cluster)
    order = np.argsort(pair, kind="stable").astype(np.int64)
    pair_starts = _starts(pair[order])
    given = np.ones(treatment.shape) if weights is None else weights
    return Paths(
        y=np.where(present, y, np.nan)[order],
        weights=np.where(present, given, 0.0)[order],
        distance=np.abs(filled)[order],
        first=first[order],
        sign=np.sign(jump).astype(np.int64)[order],
        baseline=base[order],
        cohort=cohort[order],
        cluster=cluster[order],
        order=order,
        pair_starts=pair_starts,
        baseline_starts=_starts(base[order][pair_starts]),
        crossed=crossed,
        unsure=unsure,
    )


def _codes(*columns: npt.NDArray[np.float64] | Rows) -> Rows:
    """Codes of the distinct combinations, in the order of their values."""
    found = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values, codes = np.unique(column, return_inverse=True)
        found = np.unique(found * len(values) + codes, return_inverse=True)[1].astype(np.int64)
    return found


def _starts(codes: Rows) -> Rows:
    return np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]]).astype(np.int64)


def step_effect(
    paths: Paths, step: int, *, signs: tuple[int, ...] = (1, -1), placebo: bool = False, never: bool = False
) -> Step | None:
    """DID of one step (1, 2 …), or its placebo, over the switchers of the directions asked for; None without any.

    Arguments:
        never: compare with units that never change only.
    """
    periods = paths.y.shape[1]
    ahead = 2 * step if placebo else step
    if ahead >= periods:
        return None
    before = paths.y[:, ahead - step : periods - step]
    change = paths.y[:, ahead:] - before
    if placebo:
        usable = np.isfinite(change)
        change = paths.y[:, : periods - ahead] - before
        usable &= np.isfinite(change)
    else:
        usable = np.isfinite(change)
    window = _Window(
        change=np.where(usable, change, 0.0),
        weights=np.where(usable, paths.weights[:, ahead:], 0.0),
        time=np.arange(ahead, periods),
        step=step,
    )
    found = [_direction(paths, window, sign, never=never) for sign in signs]
    parts = [part for part in found if part is not None]
    if not parts:
        return None
    weight = sum(part.weight for part in parts)
    share = [part.weight / weight for part in parts]
    influence, added = np.empty(len(paths.order)), np.empty(len(paths.order))
    influence[paths.order] = sum(one * part.influence for one, part in zip(share, parts, strict=True))
    added[paths.order] = sum(one * part.parts for one, part in zip(share, parts, strict=True))
    return Step(
        value=sum(one * part.value for one, part in zip(share, parts, strict=True)),
        influence=influence,
        weight=weight,
        switchers=np.concatenate([part.switchers for part in parts]),
        dose=sum(one * part.dose for one, part in zip(share, parts, strict=True)),
        total=sum(one * part.total for one, part in zip(share, parts, strict=True)),
        parts=added,
    )


@dataclass(frozen=True, slots=True)
class _Window:
    """Changes (U, m) of one step and weights, both 0 where a value is missing; time (m,) the switchers' period."""

    change: Array
    weights: Array
    time: Rows
    step: int


def _direction(paths: Paths, window: _Window, sign: int, *, never: bool) -> Step | None:
    """The effect over the switchers of one direction, influence in the order of the paths."""
    w, change, time = window.weights, window.change, window.time
    periods = paths.y.shape[1]
    seen = w > 0
    later = paths.first >= periods if never else paths.first[:, None] > time
    control = seen & (later[:, None] if never else later)
    moves = seen & (paths.first[:, None] + window.step - 1 == time) & (paths.sign == sign)[:, None]
    mass, treated = baseline_sums(paths, w * control), baseline_sums(paths, w * moves)
    compared = ((mass > 0) & (treated > 0))[paths.baseline]
    control &= compared
    moves &= compared
    total = float(np.sum(w * moves))
    if total <= 0:
        return None
    ratio = np.divide(treated, mass, out=np.zeros_like(mass), where=mass > 0)[paths.baseline]
    load = sign * w * (moves - ratio * control) / total
    residual = _residuals(paths, window, control, moves)
    at = np.argmax(moves, axis=1)
    who = np.flatnonzero(moves.any(axis=1))
    share = w[who, at[who]] / total
    when = time[at[who]]
    sums = np.cumsum(paths.distance[who], axis=1)
    added = np.sum(load * change, axis=1)
    return Step(
        value=float(np.sum(added)),
        influence=np.sum(load * residual, axis=1),
        weight=total,
        switchers=paths.order[who],
        dose=float(share @ paths.distance[who, when]),
        total=float(share @ sums[np.arange(len(who)), when]),
        parts=added,
    )


def _residuals(paths: Paths, window: _Window, control: Mask, moves: Mask) -> Array:
    """Changes less their cohort's mean, times √(n/(n − 1)); cohorts of one are joined with the other side."""
    w, change = window.weights, window.change
    both = control | moves
    mean_control, n_control = _means(paths, w, change, control)
    mean_both, n_both = _means(paths, w, change, both)
    mean_moves, n_moves = _cohort_means(paths, window, moves)
    base = paths.baseline
    mean = np.where(moves, mean_moves[:, None], mean_control[base])
    size = np.where(moves, n_moves[:, None], n_control[base])
    alone = size <= 1
    mean = np.where(alone, mean_both[base], mean)
    size = np.where(alone, n_both[base], size)
    factor = np.sqrt(np.divide(size, size - 1.0, out=np.ones_like(size), where=size > 1))
    mean = np.where(size > 1, mean, 0.0)
    return np.where(both, factor * (change - mean), 0.0)


def _means(paths: Paths, w: Array, change: Array, chosen: Mask) -> tuple[Array, Array]:
    """(B, m) mean change of the chosen units of each baseline and number of their clusters."""
    mass = baseline_sums(paths, w * chosen)
    sums = baseline_sums(paths, w * chosen * change)
    return np.divide(sums, mass, out=np.zeros_like(mass), where=mass > 0), baseline_counts(paths, chosen)


def _cohort_means(paths: Paths, window: _Window, moves: Mask) -> tuple[Array, Array]:
    """(U,) mean change of each switcher's cohort and number of clusters in it, 0 for others."""
    at = np.argmax(moves, axis=1)
    who = np.flatnonzero(moves.any(axis=1))
    w, change = window.weights[who, at[who]], window.change[who, at[who]]
    cohort = paths.cohort[who]
    levels = int(paths.cohort.max()) + 1
    sums = np.bincount(cohort, weights=w * change, minlength=levels)
    mass = np.bincount(cohort, weights=w, minlength=levels)
    pairs = np.unique(np.stack([cohort, paths.cluster[who]]), axis=1)[0]
    count = np.bincount(pairs, minlength=levels)
    mean, size = np.zeros(len(paths.first)), np.zeros(len(paths.first))
    mean[who] = sums[cohort] / mass[cohort]
    size[who] = count[cohort]
    return mean, size


def baseline_sums(paths: Paths, values: Array) -> Array:
    """(B, m) sums over the units of each baseline."""
    starts = paths.pair_starts[paths.baseline_starts]
    return np.asarray(np.add.reduceat(values, starts, axis=0))


def baseline_counts(paths: Paths, chosen: Mask) -> Array:
    """(B, m) number of clusters with a chosen unit, by baseline."""
    pairs = np.logical_or.reduceat(chosen, paths.pair_starts, axis=0)
    return np.add.reduceat(pairs.astype(np.float64), paths.baseline_starts, axis=0)
