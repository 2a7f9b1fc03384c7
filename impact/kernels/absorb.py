"""Absorption of fixed effects: columns less their projection on dummies and level-specific slopes.

One effect has a closed form, two are solved directly by the Schur complement, more (or slopes beside others) by a
preconditioned iteration. Whatever the method, the residuals' group means are computed from the rows and decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.absorb_many as absorb_many
import impact.kernels.absorb_slopes as absorb_slopes
import impact.kernels.absorb_two as absorb_two
import impact.kernels.compiled as compiled
from impact.kernels.factors import Effect, Rank, rank_of_effects

__all__ = ["Absorbed", "ConvergenceFailure", "Effect", "Rank", "absorb", "rank_of_effects"]

Floats = npt.NDArray[np.float64]
Remover = Callable[[Floats], int]

ACCEPTED = 1e-8
ROUNDS = 6
SAMPLE = 64
SMALLEST_SPREAD = 1e-11


class ConvergenceFailure(ArithmeticError):
    """The effects could not be absorbed to the accepted accuracy: the residuals' group means are not near zero."""

    def __init__(self, attained: float, method: str) -> None:
        """Keep the figure that was reached."""
        super().__init__(
            f"fixed effects not absorbed: largest group mean of the residuals {attained:.2e} ({method})"
        )
        self.attained = attained
        self.method = method


@dataclass(frozen=True, slots=True)
class Absorbed:
    """Columns without their effects.

    Arguments:
        columns: (n, p) residuals. attained: largest |weighted mean residual| of a level over the column's standard
            deviation, over all columns, effects and levels. iterations: of the iterative method, 0 for direct ones.
        method: "none", "one", "direct", "slopes" or "iterative". converged: attained is within the tolerance asked for.
    """

    columns: Floats
    attained: float
    iterations: int
    method: str
    converged: bool


def absorb(
    columns: Floats,
    effects: Sequence[Effect],
    *,
    weights: Floats | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 10_000,
    overwrite: bool = False,
) -> Absorbed:
    """Residuals of each column from its (weighted) projection on all effects.

    Arguments:
        columns: (n, p) float64; column-major arrays are fastest. effects: any number of intercept and slope effects.
        weights: (n,) positive, or None. tolerance: asked for ``attained`` (see ``Absorbed``).
        max_iterations: of the iterative method, for each column and round.
        overwrite: write the residuals into ``columns`` itself.

    Raises:
        ConvergenceFailure: ``attained`` stays above the larger of ``tolerance`` and 1e-8.

    Source: Frisch and Waugh (1933); Correia (2017), "Linear models with high-dimensional fixed effects".
    """
    if not effects or columns.shape[1] == 0 or len(columns) == 0:
        return Absorbed(columns if overwrite else columns.copy(order="F"), 0.0, 0, "none", True)
    direct = _direct(effects, weights)
    if direct is not None:
        out = columns if overwrite else np.empty(columns.shape, order="F")
        absorbed = _absorb_directly(columns, direct, weights, tolerance, out)
    else:
        residuals = columns if overwrite else columns.copy(order="F")
        absorbed = _absorb_in_rounds(residuals, effects, weights, tolerance, max_iterations)
    if not absorbed.attained <= max(tolerance, ACCEPTED):
        raise ConvergenceFailure(absorbed.attained, absorbed.method)
    return absorbed


def _absorb_directly(
    columns: Floats, system: absorb_two.Direct, weights: Floats | None, tolerance: float, out: Floats
) -> Absorbed:
    """One or two intercept effects: solve from the group sums, subtract, and again on the residuals' own sums."""
    levels = [len(total) for total in system.totals]
    shift = columns[:: max(1, len(columns) // SAMPLE)].mean(axis=0)
    sums, squares = compiled.sums_and_squares(columns, system.codes, levels, weights, shift)
    scale = _scale(sums[0].sum(axis=0), squares, float(system.totals[0].sum()), shift)
    source, attained = columns, np.inf
    for _ in range(ROUNDS):
        sums = compiled.subtract_and_sum(source, system.codes, absorb_two.solve(sums, system), weights, out)
        source, before = out, attained
        attained = max(_ratio(own, total, scale) for own, total in zip(sums, system.totals, strict=True))
        if attained <= tolerance or attained > before / 2:
            break
    method = "one" if len(levels) == 1 else "direct"
    return Absorbed(out, attained, 0, method, attained <= tolerance)


def _absorb_in_rounds(
    columns: Floats, effects: Sequence[Effect], weights: Floats | None, tolerance: float, max_iterations: int
) -> Absorbed:
    """Slopes, or many effects, in place: remove, look at the rows, remove again from what is left."""
    scale = spread(columns, weights)
    effects = [absorb_slopes.centre_slope(effect, weights) for effect in effects]
    method, remove = _choose(effects, weights, min(tolerance, 1e-10), max_iterations)
    attained, iterations = np.inf, 0
    for _ in range(ROUNDS):
        iterations += remove(columns)
        before, attained = attained, largest_mean(columns, effects, weights, scale)
        if attained <= tolerance or attained > before / 2:
            break
    return Absorbed(columns, attained, iterations, method, attained <= tolerance)


def _direct(effects: Sequence[Effect], weights: Floats | None) -> absorb_two.Direct | None:
    """The system of one or two intercept effects, None for everything else."""
    if len(effects) > 2 or any(effect.slope is not None for effect in effects):
        return None
    return absorb_two.prepare(effects, weights)


def _choose(
    effects: Sequence[Effect], weights: Floats | None, tolerance: float, max_iterations: int
) -> tuple[str, Remover]:
    """Method and the function that removes the effects in place, returning its iterations."""
    if len(effects) == 1:
        only = effects[0]
        return "slopes", lambda z: absorb_slopes.remove(z, only, weights)
    solver = absorb_many.prepare(effects, weights)
    return "iterative", lambda z: absorb_many.remove(z, solver, tolerance, max_iterations)


def spread(columns: Floats, weights: Floats | None) -> Floats:
    """(Weighted) standard deviation of each column (p,); of a constant column its size, of a zero column 1."""
    total = float(len(columns)) if weights is None else float(weights.sum())
    shift = columns[:: max(1, len(columns) // SAMPLE)].mean(axis=0)
    whole = np.zeros(len(columns), dtype=np.int32)
    sums, squares = compiled.sums_and_squares(columns, (whole,), (1,), weights, shift)
    return _scale(sums[0][0], squares, total, shift)


def _scale(sums: Floats, squares: Floats, total: float, shift: Floats) -> Floats:
    """Spread (p,) from sums, squares about the shift, and the rows' total weight."""
    mean = sums / total
    deviation = np.sqrt(np.maximum(squares / total - np.square(mean - shift), 0.0))
    size = np.abs(mean)
    found = np.where(deviation > SMALLEST_SPREAD * size, deviation, size)
    return np.where(found > 0, found, 1.0)


def largest_mean(columns: Floats, effects: Sequence[Effect], weights: Floats | None, scale: Floats) -> float:
    """Largest |weighted mean| of a column in a level over the column's scale (p,).

    For slopes the mean of column times slope, over the slope's root mean square in the level.
    """
    largest = 0.0
    for effect in effects:
        counts = compiled.group_counts(effect.codes, effect.levels, weights)
        if effect.intercept:
            sums = compiled.group_sums(effect.codes, effect.levels, columns, weights)
            largest = max(largest, _ratio(sums, counts, scale))
        if effect.slope is not None:
            slope = effect.slope if weights is None else effect.slope * weights
            sums = compiled.group_sums(effect.codes, effect.levels, columns, slope)
            square = compiled.group_sums(effect.codes, effect.levels, effect.slope[:, None], slope)[:, 0]
            largest = max(largest, _ratio(sums, np.sqrt(counts * square), scale))
    return largest


def _ratio(sums: Floats, counts: Floats, scale: Floats) -> float:
    """Largest absolute sum over count and scale, levels without rows left out; NaN counts as infinite."""
    divisor = np.where(counts > 0, counts, np.inf)
    found = float((np.abs(sums) / divisor[:, None] / scale).max(initial=0.0))
    return found if np.isfinite(found) else np.inf
