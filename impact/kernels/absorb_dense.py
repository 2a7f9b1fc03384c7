"""Many small effects, unit slopes included: one direct solve of the normal equations without the largest effect.

The largest intercept effect is eliminated exactly; what is left is a dense matrix of the other effects' levels, taken
apart by its eigenvalues so that redundant levels (one for each connected component, slopes that do not vary) drop out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.compiled as compiled
from impact.kernels.factors import Effect

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

MOST_OTHERS = 300  # above, the eigenvalues cost more than the iterative method
MOST_CELLS = 30_000_000
SMALLEST_EIGENVALUE = 1e-11


@dataclass(frozen=True, slots=True)
class Part:
    """Levels of one effect: their codes, their number, and the slope's values or None for an intercept."""

    codes: Integers
    levels: int
    values: Floats | None


@dataclass(frozen=True, slots=True)
class DenseSystem:
    """The eliminated effect (N levels), the other parts (q levels together), and the inverse of what is left.

    Arguments:
        first: the eliminated part; totals: (N,) its weights; others: the other parts.
        links: (N, q) weighted sums of the others' values by level of the first; inverse: (q, q).
    """

    first: Part
    totals: Floats
    others: tuple[Part, ...]
    links: Floats
    inverse: Floats


def prepare(effects: Sequence[Effect], weights: Floats | None) -> DenseSystem | None:
    """The system, or None where there is no intercept effect or the others have too many levels."""
    parts = [part for effect in effects for part in _parts(effect)]
    intercepts = [part for part in parts if part.values is None]
    if not intercepts:
        return None
    first = max(intercepts, key=lambda part: part.levels)
    others = tuple(_centred(part, intercepts, weights) for part in parts if part is not first)
    size = sum(part.levels for part in others)
    if size > MOST_OTHERS or first.levels * size > MOST_CELLS:
        return None
    totals = compiled.group_counts(first.codes, first.levels, weights)
    links = np.hstack([_cross(first, part, weights) for part in others])
    table = np.block([[_cross(one, other, weights) for other in others] for one in others])
    left = table - links.T @ (links / _positive(totals)[:, None])
    return DenseSystem(first, totals, others, links, _inverse(left, np.diag(table)))


def remove(columns: Floats, system: DenseSystem, weights: Floats | None) -> int:
    """Replace the columns by their residuals in place; a direct solve needs no iteration."""
    first = system.first
    sums = compiled.group_sums(first.codes, first.levels, (columns,), weights)
    moments = np.vstack([_moments(part, columns, weights) for part in system.others])
    share = sums / _positive(system.totals)[:, None]
    gains = system.inverse @ (moments - system.links.T @ share)
    means = share - (system.links @ gains) / _positive(system.totals)[:, None]
    columns -= means[first.codes]
    start = 0
    for part in system.others:
        own = gains[start : start + part.levels][part.codes]
        columns -= own if part.values is None else own * part.values[:, None]
        start += part.levels
    return 0


def _parts(effect: Effect) -> list[Part]:
    found = [Part(effect.codes, effect.levels, None)] if effect.intercept else []
    return found if effect.slope is None else [*found, Part(effect.codes, effect.levels, effect.slope)]


def _centred(part: Part, intercepts: Sequence[Part], weights: Floats | None) -> Part:
    """A slope of unit size, centred in its levels where these have an intercept, too: the same span, better numbers."""
    if part.values is None:
        return part
    values = np.array(part.values, dtype=np.float64)
    if any(np.array_equal(one.codes, part.codes) for one in intercepts):
        counts = _positive(compiled.group_counts(part.codes, part.levels, weights))
        for _ in range(2):
            sums = compiled.group_sums(part.codes, part.levels, (values[:, None],), weights)[:, 0]
            values -= (sums / counts)[part.codes]
    size = float(np.sqrt(np.mean(np.square(values))))
    return Part(part.codes, part.levels, values / size if size > 0 else values)


def _cross(one: Part, other: Part, weights: Floats | None) -> Floats:
    """(levels of one, levels of other) weighted sums of the products of their values."""
    pair = one.codes.astype(np.int64) * other.levels + other.codes
    product = weights
    for values in (one.values, other.values):
        if values is not None:
            product = values if product is None else product * values
    found = np.bincount(pair, weights=product, minlength=one.levels * other.levels)
    return found.astype(np.float64).reshape(one.levels, other.levels)


def _moments(part: Part, columns: Floats, weights: Floats | None) -> Floats:
    """(levels, p) weighted sums of value times column."""
    product = part.values if weights is None else weights if part.values is None else weights * part.values
    return compiled.group_sums(part.codes, part.levels, (columns,), product)


def _inverse(matrix: Floats, diagonal: Floats) -> Floats:
    """Generalised inverse after scaling to a unit diagonal of the uneliminated table."""
    scale = np.where(diagonal > 0, 1.0 / np.sqrt(_positive(diagonal)), 0.0)
    values, vectors = np.linalg.eigh(matrix * scale[:, None] * scale)
    kept = values > SMALLEST_EIGENVALUE * max(float(values.max(initial=0.0)), 1.0)
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    found: Floats = inverse * scale[:, None] * scale
    return found


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, 1.0)
