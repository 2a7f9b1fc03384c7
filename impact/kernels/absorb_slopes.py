"""Level-specific slopes (unit trends): centring and the closed form for a single effect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import impact.kernels.compiled as compiled
from impact.kernels.factors import Effect

Floats = npt.NDArray[np.float64]

SMALLEST_SLOPE = 1e-20


def centre_slope(effect: Effect, weights: Floats | None) -> Effect:
    """The same effect with its slope centred in each level (where there is an intercept) and of unit size.

    Slopes that do not vary in a level become exactly zero there: they have no coefficient.
    """
    if effect.slope is None:
        return effect
    slope = np.array(effect.slope, dtype=np.float64)[:, None]
    size = float(np.abs(slope).max(initial=0.0))
    slope /= size if size > 0 else 1.0
    codes, levels = effect.codes, effect.levels
    counts = compiled.group_counts(codes, levels, weights)
    filled = np.where(counts > 0, counts, 1.0)
    if effect.intercept:
        raw = _squares(slope, effect, weights)
        for _ in range(2):
            sums = compiled.group_sums(codes, levels, (slope,), weights)
            compiled.subtract((slope,), (codes,), (sums / filled[:, None],), slope)
        flat = _squares(slope, effect, weights) <= SMALLEST_SLOPE * raw
        slope[flat[codes]] = 0.0
    total = float(_squares(slope, effect, weights).sum())
    slope /= np.sqrt(total / counts.sum()) if total > 0 else 1.0
    return Effect(codes, levels, slope[:, 0], effect.intercept)


def remove(columns: Floats, effect: Effect, weights: Floats | None) -> int:
    """Subtract in place the level means and the level slopes of one effect whose slope ``centre_slope`` returned."""
    codes, levels = effect.codes, effect.levels
    if effect.intercept:
        counts = compiled.group_counts(codes, levels, weights)
        sums = compiled.group_sums(codes, levels, (columns,), weights)
        compiled.subtract((columns,), (codes,), (sums / np.where(counts > 0, counts, 1.0)[:, None],), columns)
    slope = effect.slope
    if slope is None:
        return 0
    square = _squares(slope[:, None], effect, weights)
    sums = compiled.group_sums(codes, levels, (columns,), slope if weights is None else slope * weights)
    gains = sums / np.where(square > 0, square, 1.0)[:, None]
    for j in range(columns.shape[1]):
        columns[:, j] -= gains[codes, j] * slope
    return 0


def _squares(slope: Floats, effect: Effect, weights: Floats | None) -> Floats:
    """(Weighted) sum of squares of the slope (n, 1) by level."""
    factor = slope[:, 0] if weights is None else slope[:, 0] * weights
    return compiled.group_sums(effect.codes, effect.levels, (slope,), factor)[:, 0]
