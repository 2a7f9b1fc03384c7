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
from impact.kernels.factors import Effect

__all__ = ["Absorbed", "ConvergenceFailure", "Effect", "absorb"]

Floats = npt.NDArray[np.float64]
Remover = Callable[[Floats], int]

ACCEPTED = 1e-8
ROUNDS = 6
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
    residuals = columns if overwrite else columns.copy(order="F")
    if not effects or residuals.shape[1] == 0:
        return Absorbed(residuals, 0.0, 0, "none", True)
    scale = spread(residuals, weights)
    method, remove, effects = _choose(effects, weights, tolerance, max_iterations)
    attained, iterations = np.inf, 0
    for _ in range(ROUNDS):
        iterations += remove(residuals)
        before, attained = attained, largest_mean(residuals, effects, weights, scale)
        if attained <= tolerance or attained > before / 2:
            break
    if not attained <= max(tolerance, ACCEPTED):
        raise ConvergenceFailure(attained, method)
    return Absorbed(residuals, attained, iterations, method, attained <= tolerance)


def spread(columns: Floats, weights: Floats | None) -> Floats:
    """(Weighted) standard deviation of each column (p,); of a constant column its size, of a zero column 1."""
    total = float(len(columns)) if weights is None else float(weights.sum())
    mean, square = compiled.column_moments(columns, weights)
    deviation = np.sqrt(square / total)
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


def _choose(
    effects: Sequence[Effect], weights: Floats | None, tolerance: float, max_iterations: int
) -> tuple[str, Remover, Sequence[Effect]]:
    """Method, the function that removes the effects in place (returning iterations), and the effects it sees."""
    effects = [absorb_slopes.centre_slope(effect, weights) for effect in effects]
    if len(effects) == 1:
        only = effects[0]
        if only.slope is None:
            return "one", lambda z: _remove_means(z, only, weights), effects
        return "slopes", lambda z: absorb_slopes.remove(z, only, weights), effects
    if len(effects) == 2 and all(effect.slope is None for effect in effects):
        system = absorb_two.prepare(effects[0], effects[1], weights)
        if system is not None:
            return "direct", lambda z: absorb_two.remove(z, system, weights), effects
    solver = absorb_many.prepare(effects, weights)
    goal = min(tolerance, 1e-10)
    return "iterative", lambda z: absorb_many.remove(z, solver, goal, max_iterations), effects


def _remove_means(columns: Floats, effect: Effect, weights: Floats | None) -> int:
    """Subtract the (weighted) mean of each level in place."""
    counts = compiled.group_counts(effect.codes, effect.levels, weights)
    sums = compiled.group_sums(effect.codes, effect.levels, columns, weights)
    sums /= np.where(counts > 0, counts, 1.0)[:, None]
    compiled.subtract(columns, (effect.codes,), (sums,))
    return 0
