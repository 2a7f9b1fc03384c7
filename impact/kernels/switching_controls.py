"""Controls of units whose treatment changes: their changes are taken out at the rate they have before any change.

For each baseline treatment b, over units that have not changed yet, from one period to the next,

    ΔY_gt = λ_bt + ΔX_gt'θ_b + u

by least squares, weighted like the effects; effects are then those of Y − X'θ_b. Through θ_b the influence of unit g
has the part −M_b'ψ_bg, with M_b the same comparison of the controls themselves and ψ_bg = (Σ ẊẊ')⁻¹ Σ_t Ẋ_gt u_gt,
each term times √(n/(n − 1)) with n the clusters in its mean. Source: de Chaisemartin and D'Haultfœuille (2024), web
appendix 1.2. Their Python program also subtracts θ_b from ψ_bg, whose mean is zero already, and so adds (M_b'θ_b)²/U
to the variance. Shapes: U units, T periods, k controls.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from impact.kernels.propensity import ComparisonError, inverse_of
from impact.kernels.switching import Paths, Step, baseline_counts, baseline_sums, step_effect

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Paths with the outcome adjusted; x: (k, U, T) in their order; influence: (U, k) of each unit's own θ_b."""

    paths: Paths
    x: Array
    influence: Array


def adjust(paths: Paths, x: Array) -> Adjustment:
    """The outcome less controls at their rates, baseline by baseline.

    Arguments:
        x: (k, U, T) controls, in the order of the units given.

    Raises:
        ComparisonError: "singular" where controls do not vary, or are combinations of each other, among the units of
            one baseline that have not changed.
    """
    x = np.where(np.isfinite(paths.y), x[:, paths.order], np.nan)
    size = paths.y.shape[1]
    change, steps = np.diff(paths.y, axis=1), np.diff(x, axis=2)
    used = np.isfinite(change) & (paths.first[:, None] > np.arange(1, size))
    w = np.where(used, paths.weights[:, 1:], 0.0)
    total = baseline_sums(paths, w)
    dy, dx = np.where(used, change, 0.0), np.where(used, steps, 0.0)
    dy = _centred(paths, dy, w, total)
    columns = np.array([_centred(paths, values, w, total) for values in dx])
    count = baseline_counts(paths, used)[paths.baseline]
    factor = np.sqrt(np.divide(count, count - 1.0, out=np.ones_like(count), where=count > 1))
    y = paths.y.copy()
    influence = np.zeros((len(y), len(x)))
    for b in range(int(paths.baseline.max()) + 1):
        own = np.flatnonzero(paths.baseline == b)
        if not (np.any(paths.sign[own] != 0) and np.any(used[own])):
            continue
        flat = columns[:, own].reshape(len(x), -1)
        weighted = flat * w[own].ravel()
        inverse = _inverse(weighted @ flat.T)
        theta = inverse @ (weighted @ dy[own].ravel())
        y[own] -= np.tensordot(theta, x[:, own], axes=1)
        residual = dy[own] - np.tensordot(theta, columns[:, own], axes=1)
        scores = np.sum(columns[:, own] * (w[own] * factor[own] * residual), axis=2)
        influence[own] = scores.T @ inverse
    return Adjustment(replace(paths, y=y), x, influence)


def _centred(paths: Paths, values: Array, w: Array, total: Array) -> Array:
    """Values (U, T − 1) less their mean by baseline and period, 0 where the weight is."""
    sums = baseline_sums(paths, w * values)
    means = np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
    return np.where(w > 0, values - means[paths.baseline], 0.0)


def _inverse(moments: Array) -> Array:
    scale = np.sqrt(np.diag(moments))
    if not np.all(scale > 0):
        raise ComparisonError("singular")
    return np.asarray(inverse_of(moments / np.outer(scale, scale)) / np.outer(scale, scale))


def adjusted_step(
    adjustment: Adjustment,
    step: int,
    *,
    signs: tuple[int, ...] = (1, -1),
    placebo: bool = False,
    never: bool = False,
) -> Step | None:
    """The effect or placebo of a step with the outcome adjusted, its influence with that of the adjustment."""
    paths = adjustment.paths
    found = step_effect(paths, step, signs=signs, placebo=placebo, never=never)
    if found is None:
        return None
    moved = np.zeros(len(paths.order))
    for j, values in enumerate(adjustment.x):
        own = step_effect(replace(paths, y=values), step, signs=signs, placebo=placebo, never=never)
        assert own is not None
        rates = np.bincount(paths.baseline, weights=own.parts[paths.order])
        moved[paths.order] += rates[paths.baseline] * adjustment.influence[:, j]
    return replace(found, influence=found.influence - moved)
