"""Leverage of a least-squares fit with absorbed effects: that of the full model, dummies included."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from impact.kernels.absorb import absorb
from impact.kernels.absorb_slopes import centre_slope
from impact.kernels.bread_root import bread_root, is_delicate
from impact.kernels.factors import Effect
from impact.kernels.group_sums import group_counts
from impact.kernels.least_squares import leverage as within_leverage

Floats = npt.NDArray[np.float64]

LARGEST_TABLE = 50_000_000
LARGEST_WIDTH = 4000
SMALLEST_DIRECTION = 1e-10
SPANNED = 1e-7


class TooManyEffects(ValueError):
    """The exact projection on the effects would need a table of rows × levels that is too large."""

    def __init__(self, rows: int, levels: int) -> None:
        """Keep the size that was asked for."""
        super().__init__(f"a table of {rows} rows × {levels} levels is too large")
        self.rows = rows
        self.levels = levels


def full_leverage(x: Floats, bread: Floats, effects: Sequence[Effect], weights: Floats | None) -> Floats:
    """x_i'Bx_i + d_i'(D'WD)⁺d_i of each row (n,), not multiplied by the row's weight.

    The largest effect has a closed form (1/Σw of its level); what the others add is exact, from their dummies
    less their projection on the largest.

    Arguments:
        x: (n, k) absorbed regressors; bread: (k, k) inverse of x'Wx; effects: the absorbed effects D.
        weights: (n,) or None.

    Raises:
        TooManyEffects: the other effects have too many levels for an exact answer.
    """
    leverage: Floats
    if is_delicate(bread):
        coordinates = x @ bread_root(x, bread, weights)
        leverage = np.einsum("ij,ij->i", coordinates, coordinates)
    else:
        leverage = within_leverage(x, bread)
    if not effects:
        return leverage
    first = max(range(len(effects)), key=lambda f: (effects[f].intercept, effects[f].levels))
    others = [effect for f, effect in enumerate(effects) if f != first]
    leverage = leverage + _own_leverage(effects[first], weights)
    if others:
        columns = remaining_columns(others, [effects[first]], weights)
        root = columns @ inverse_root(columns, weights)
        leverage = leverage + np.einsum("ij,ij->i", root, root)
    return leverage


def remaining_columns(effects: Sequence[Effect], removed: Sequence[Effect], weights: Floats | None) -> Floats:
    """Dummies and slope columns of ``effects`` less their projection on ``removed``: (n, q).

    Raises:
        TooManyEffects: n × q is too large.
    """
    rows = len(effects[0].codes)
    width = sum(effect.levels * (int(effect.intercept) + int(effect.slope is not None)) for effect in effects)
    if width > LARGEST_WIDTH or rows * width > LARGEST_TABLE:
        raise TooManyEffects(rows, width)
    columns = np.zeros((rows, width), order="F")
    index = np.arange(rows)
    start = 0
    for effect in effects:
        if effect.intercept:
            columns[index, start + effect.codes] = 1.0
            start += effect.levels
        if effect.slope is not None:
            columns[index, start + effect.codes] = effect.slope
            start += effect.levels
    if not removed:
        return columns
    before = np.einsum("ij,ij->j", columns, columns)
    columns = absorb(columns, removed, weights=weights, overwrite=True).columns
    after = np.einsum("ij,ij->j", columns, columns)
    # What the removed effects span is zero but for rounding.
    columns[:, after <= SPANNED**2 * before] = 0.0
    return columns


def inverse_root(columns: Floats, weights: Floats | None) -> Floats:
    """R (q, r) with RR' the Moore–Penrose inverse of Z'WZ in unit-length columns: ZR is an orthonormal basis.

    Columns that are zero or combinations of others lose their direction: r is the rank.
    """
    weighted = columns if weights is None else columns * weights[:, None]
    gram = columns.T @ weighted
    length = np.sqrt(np.diagonal(gram))
    scale = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    values, vectors = np.linalg.eigh(gram * np.outer(scale, scale))
    kept = values > SMALLEST_DIRECTION * max(1.0, float(values.max(initial=0.0)))
    root: Floats = scale[:, None] * vectors[:, kept] / np.sqrt(values[kept])
    return root


def _own_leverage(effect: Effect, weights: Floats | None) -> Floats:
    """Leverage of one effect, intercept and slope, by level."""
    found = np.zeros(len(effect.codes))
    if effect.intercept:
        total = group_counts(effect.codes, effect.levels, weights)
        found += 1.0 / total[effect.codes]
    if effect.slope is not None:
        slope = centre_slope(effect, weights).slope
        assert slope is not None
        square = slope**2
        total = group_counts(effect.codes, effect.levels, square if weights is None else square * weights)
        own = total[effect.codes]
        found += np.divide(square, own, out=np.zeros_like(own), where=own > 0)
    return found
