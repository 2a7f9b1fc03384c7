"""Absorption of fixed effects: columns less their projection on dummies and level-specific slopes.

One effect has a closed form, two are solved directly by the Schur complement, more (or slopes beside others) by a
preconditioned iteration. Whatever the method, the residuals' group means are computed from the rows and decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.absorb_dense as absorb_dense
import impact.kernels.absorb_many as absorb_many
import impact.kernels.absorb_slopes as absorb_slopes
import impact.kernels.absorb_two as absorb_two
import impact.kernels.compiled as compiled
from impact.kernels.factors import Effect, Rank, rank_of_effects

__all__ = ["Absorbed", "ConvergenceFailure", "Effect", "Rank", "absorb", "rank_of_effects"]

Floats = npt.NDArray[np.float64]
Remover = Callable[[Floats, int], int]

ACCEPTED = 1e-8
ROUNDS = 4
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
        columns: (n, p) residuals, column-major unless they were written in place.
        attained: largest |weighted mean residual| of a level over the column's standard deviation, over all
            columns, effects and levels; for slopes, of residual times slope over the slope's size.
        iterations: of the iterative method, 0 for direct ones.
        method: "none", "one", "direct", "slopes", "dense" or "iterative".
        converged: attained is within the tolerance asked for.
        norms: (p,) (weighted) length of each column about its mean before absorption; of a constant one, its length.
    """

    columns: Floats
    attained: float
    iterations: int
    method: str
    converged: bool
    norms: Floats


def absorb(
    columns: Floats | Sequence[Floats],
    effects: Sequence[Effect],
    *,
    weights: Floats | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 10_000,
    overwrite: bool = False,
    system: absorb_two.Direct | None = None,
) -> Absorbed:
    """Residuals of each column from its (weighted) projection on all effects.

    Arguments:
        columns: (n, p) float64, column-major being fastest, or several such arrays or vectors side by side.
        effects: any number of intercept and slope effects.
        weights: (n,) positive, or None. tolerance: asked for ``attained`` (see ``Absorbed``).
        max_iterations: of the iterative method, for each column and round.
        system: the normal equations of these effects and weights, where they are known already.
        overwrite: write the residuals into ``columns``, which must then be one (n, p) array.

    Raises:
        ConvergenceFailure: ``attained`` stays above the larger of ``tolerance`` and 1e-8.
        ValueError: a column is not finite.

    Source: Frisch and Waugh (1933); Correia (2017), "Linear models with high-dimensional fixed effects".
    """
    arrays = (columns,) if isinstance(columns, np.ndarray) else tuple(columns)
    # a block without columns (no controls, say) takes nothing away from the others
    filled = tuple(part for part in arrays if part.size)
    if not effects or not filled:
        whole = _target(columns, arrays, overwrite=overwrite, copied=True)
        return Absorbed(whole, 0.0, 0, "none", True, spread(arrays, weights)[1])
    arrays = filled
    direct = _direct(effects, weights) if system is None else system
    out = _target(columns, arrays, overwrite=overwrite, copied=direct is None)
    if direct is not None:
        absorbed = _absorb_directly(arrays, direct, weights, tolerance, out)
    else:
        absorbed = _absorb_in_rounds(out, effects, weights, tolerance, max_iterations)
    if not absorbed.attained <= max(tolerance, ACCEPTED):
        raise ConvergenceFailure(absorbed.attained, absorbed.method)
    return absorbed


def _target(
    columns: Floats | Sequence[Floats], arrays: tuple[Floats, ...], *, overwrite: bool, copied: bool
) -> Floats:
    """Where the residuals go: the columns themselves, a copy of them, or an empty array of their shape."""
    if overwrite:
        if not isinstance(columns, np.ndarray) or columns.ndim != 2:
            raise ValueError("only one array of two dimensions can be overwritten")
        return columns
    if copied:
        return compiled.gather_columns(arrays) if arrays else np.empty((0, 0))
    return np.empty((len(arrays[0]), compiled.count_columns(arrays)), order="F")


def _absorb_directly(
    columns: tuple[Floats, ...],
    system: absorb_two.Direct,
    weights: Floats | None,
    tolerance: float,
    out: Floats,
) -> Absorbed:
    """One or two intercept effects: solve from the group sums, subtract, and again on the residuals' own sums."""
    levels = [len(total) for total in system.totals]
    shift = _centre(columns)
    sums, squares = compiled.sums_and_squares(columns, system.codes, levels, weights, shift)
    # a product with ones sums rows of few columns several times faster than sum(axis=0)
    scale, norms = _scale(np.ones(len(sums[0])) @ sums[0], squares, float(system.totals[0].sum()), shift)
    source, attained = columns, np.inf
    for _ in range(ROUNDS):
        sums = compiled.subtract_and_sum(source, system.codes, absorb_two.solve(sums, system), weights, out)
        source, before = (out,), attained
        attained = max(_ratio(own, total, scale) for own, total in zip(sums, system.totals, strict=True))
        if attained <= tolerance or attained > before / 2:
            break
    method = "one" if len(levels) == 1 else "direct"
    return Absorbed(out, attained, 0, method, attained <= tolerance, norms)


def _absorb_in_rounds(
    columns: Floats, effects: Sequence[Effect], weights: Floats | None, tolerance: float, max_iterations: int
) -> Absorbed:
    """Slopes, or many effects, in place: remove, look at the rows, remove again from what is left."""
    scale, norms = spread((columns,), weights)
    effects = [absorb_slopes.centre_slope(effect, weights) for effect in effects]
    method, remove = _choose(effects, weights, tolerance, max_iterations)
    attained, iterations = np.inf, 0
    for attempt in range(ROUNDS):
        iterations += remove(columns, attempt)
        attained = largest_mean(columns, effects, weights, scale)
        if attained <= tolerance:
            break
    return Absorbed(columns, attained, iterations, method, attained <= tolerance, norms)


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
        return "slopes", lambda z, _: absorb_slopes.remove(z, only, weights)
    system = absorb_dense.prepare(effects, weights)
    if system is None:
        return "iterative", absorb_many.make_remover(effects, weights, tolerance, max_iterations)

    def remove(columns: Floats, attempt: int) -> int:
        if attempt < ROUNDS - 1:
            return absorb_dense.remove(columns, system, weights)
        return absorb_many.make_remover(effects, weights, tolerance, max_iterations)(columns, 0)

    return "dense", remove


def spread(columns: tuple[Floats, ...], weights: Floats | None) -> tuple[Floats, Floats]:
    """(Weighted) standard deviation and length about the mean of each column (p,); see ``Absorbed.norms``."""
    if not columns or min(part.size for part in columns) == 0:
        return (np.ones(compiled.count_columns(columns)),) * 2
    total = float(len(columns[0])) if weights is None else float(weights.sum())
    shift = _centre(columns)
    whole = np.zeros(len(columns[0]), dtype=np.int32)
    sums, squares = compiled.sums_and_squares(columns, (whole,), (1,), weights, shift)
    return _scale(sums[0][0], squares, total, shift)


def _centre(columns: tuple[Floats, ...]) -> Floats:
    """A value near the mean of each column (p,): the mean of a few rows."""
    step = max(1, len(columns[0]) // SAMPLE)
    return np.concatenate([np.atleast_1d(part[::step].mean(axis=0)) for part in columns])


def _scale(sums: Floats, squares: Floats, total: float, shift: Floats) -> tuple[Floats, Floats]:
    """Spread and length (p,) from sums, squares about the shift, and the rows' total weight."""
    mean = sums / total
    # what is too large to square is refused by the caller
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = np.sqrt(np.maximum(squares / total - np.square(mean - shift), 0.0))
    if not np.isfinite(deviation).all():
        raise ValueError("a column holds numbers that are missing, infinite or too large to square")
    size = np.abs(mean)
    found = np.where(deviation > SMALLEST_SPREAD * size, deviation, size)
    return np.where(found > 0, found, 1.0), found * np.sqrt(total)


def largest_mean(columns: Floats, effects: Sequence[Effect], weights: Floats | None, scale: Floats) -> float:
    """Largest |weighted mean| of a column in a level over the column's scale (p,).

    For slopes the mean of column times slope, over the slope's root mean square in the level.
    """
    largest = 0.0
    for effect in effects:
        counts = compiled.group_counts(effect.codes, effect.levels, weights)
        if effect.intercept:
            sums = compiled.group_sums(effect.codes, effect.levels, (columns,), weights)
            largest = max(largest, _ratio(sums, counts, scale))
        if effect.slope is not None:
            slope = effect.slope if weights is None else effect.slope * weights
            sums = compiled.group_sums(effect.codes, effect.levels, (columns,), slope)
            square = compiled.group_sums(effect.codes, effect.levels, (effect.slope,), slope)[:, 0]
            largest = max(largest, _ratio(sums, np.sqrt(counts * square), scale))
    return largest


def _ratio(sums: Floats, counts: Floats, scale: Floats) -> float:
    """Largest absolute sum over count and scale, levels without rows left out; NaN counts as infinite."""
    found = float((compiled.largest_means(sums, counts) / scale).max(initial=0.0))
    return found if np.isfinite(found) else np.inf
