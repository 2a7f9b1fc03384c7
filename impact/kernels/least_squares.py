"""Least squares to the digits that the data hold, with coefficients and standard errors from one factor.

    minimize sum_i w_i (y_i - x_i b)^2

The road is read from the data, in this order (Björck 1996, Numerical Methods for Least Squares Problems):

1. When a column of x is constant, the others and y are shifted near their means; undone at the end.
2. Cross-product in fixed blocks; columns scaled by powers of two; Cholesky; condition number κ of the factor.
3. κ above 1e3, or no Cholesky factor: QR in blocks, because a cross-product loses 2 log10 κ digits of the
   standard errors and cannot tell a collinear column from a nearly collinear one. Rank is decided on that
   factor.
4. Refinement: b += (X'WX)^-1 X'W(y - X b). Residual and gradient are formed in extended precision: 80 bits,
   or pairs of doubles when κ > 3e6, when a QR design has at most 5,000 numbers, and where nothing is wider
   than a double. One exception: at κ up to 1e3 and more than 1e5 numbers a single step is taken in double.
   Its error is at most about κ · 1e-16 · sqrt(n) standard errors, 1e-10 of one at a million rows; extended
   steps would cost several times the factorization.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.collinear as collinear
import impact.kernels.compiled as compiled
import impact.kernels.extended as extended
import impact.kernels.gram as gram
from impact.kernels.scipy_on_use import linalg

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Residual = Callable[[Array, Array, Array | None, Array | None, extended.Pair], tuple[extended.Pair, Array]]

CHOLESKY_CONDITION = 1e3  # largest κ at which the cross-product carries 10 digits of the standard errors
WARN_CONDITION = 3e6  # above: the caller warns; residuals then need more than 80 bits
ABSORBED_SHARE = 1e-7  # length after absorption, relative to before, under which nothing is left
_SMALL_DESIGN = 100_000  # numbers in x up to which an extended step costs about a millisecond
_TINY_DESIGN = 5_000  # numbers in x up to which pairs of doubles are used with QR
_MOST_STEPS = 8
_DOUBLE = float(np.finfo(np.float64).eps)


class NotFiniteError(ValueError):
    """A column, the outcome or a weight holds a missing or infinite number, or overflows when squared."""


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """The solution of a weighted least-squares problem: n rows, k kept columns of k_all.

    Arguments:
        params, residual: (k,) and (n,) = y - x b, not weighted.
        bread: (k,k) = (X'WX)^-1 in the columns' own units.
        kept, absorbed: (k_all,) flags; absorbed = dropped because absorption left nothing of the column.
        collinear_with: each other dropped column with the kept columns it is made of (none if it is zero).
        lost: protected columns that were dropped; the caller must refuse these.
        condition: of the shifted and scaled kept columns; the caller warns above ``WARN_CONDITION``.
        method: "cholesky" (one step in double), "cholesky_refined" (extended steps) or "qr".
        rss: sum w r^2, in extended precision.
        attained: largest |x_j' W r| / (|x_j| |y|), lengths about the shift; doubles can do about 1e-16.
        outcome_squares: sum w y^2; None where y was shifted.
    """

    params: Array
    residual: Array
    bread: Array
    kept: Flags
    absorbed: Flags
    collinear_with: tuple[tuple[int, tuple[int, ...]], ...]
    lost: tuple[int, ...]
    condition: float
    method: str
    rss: float
    attained: float
    outcome_squares: float | None = None


@dataclass(frozen=True, slots=True)
class _System:
    """The data, the shift (k+1,) of x and y or None, and where the constant column is (-1 without shift)."""

    x: Array
    y: Array
    weights: Array | None
    shift: Array | None
    constant: int


@dataclass(frozen=True, slots=True)
class _Factor:
    """inverse (k,k): F, F F' = (X'WX)^-1 of the shifted kept columns; combination (k,d) of the dropped."""

    inverse: Array
    kept: Flags
    combination: Array
    condition: float
    method: str


@dataclass(frozen=True, slots=True)
class _Refined:
    """Coefficients of the shifted columns and residual as pairs, gradient (k,), and sum of squares where known."""

    params: extended.Pair
    residual: extended.Pair
    gradient: Array
    method: str
    squares: float | None


def solve_least_squares(
    x: Array,
    y: Array,
    *,
    weights: Array | None = None,
    protect: Sequence[int] = (),
    reference_norms: Array | None = None,
    tolerance: float = 1e-9,
) -> LeastSquares:
    """Coefficients, residuals and (X'WX)^-1 of a least-squares problem.

    Arguments:
        x, y: (n,k) and (n,) float64, rows or columns contiguous; left as they are.
        weights: (n,), not negative; 0 counts as no row.
        protect: columns that may not be lost. They are not preferred: the first of a collinear set stays (a
            constant counts as first); a protected column that goes is named in ``lost``.
        reference_norms: (k,) weighted lengths, about the mean, of the columns before effects were absorbed.
        tolerance: a column is collinear when the part that the columns before it do not explain is shorter
            than this share of its length (about the mean, with a constant) or within its rounding error.

    Raises NotFiniteError when x, y or weights hold a number that is not finite, ValueError when shapes
    disagree or a weight is negative.
    """
    x, y, weights = _checked(x, y, weights)
    # Numbers that are not finite are found once, in the sums, and refused there.
    with np.errstate(invalid="ignore", over="ignore"):
        whole = _shifted(x, y, weights)
        moments = gram.cross_product(x, weights, last=y, shift=whole.shift)
    if not np.isfinite(moments).all():
        raise NotFiniteError("x, y or weights hold numbers that are missing, infinite or too large to square")
    k = x.shape[1]
    lengths, raw = np.sqrt(np.diagonal(moments)), _raw_lengths(moments, whole)
    absorbed = np.zeros(k, dtype=np.bool_)
    if reference_norms is not None:
        absorbed = lengths[:k] <= ABSORBED_SHARE * np.asarray(reference_norms, dtype=np.float64)
    smallest = np.maximum(tolerance * lengths[:k], 8.0 * _DOUBLE * raw)
    factor = _factorize(whole, moments[:k, :k], ~absorbed, smallest)
    system = _restricted(whole, factor.kept)
    start = factor.inverse @ (factor.inverse.T @ moments[:k, k][factor.kept])
    refined = _refine(system, factor, start)
    return LeastSquares(
        params=_raw_params(refined.params, system),
        residual=refined.residual[0],
        bread=_raw_bread(factor.inverse, system),
        kept=factor.kept,
        absorbed=absorbed,
        collinear_with=_collinear_with(factor, ~absorbed, raw, whole),
        lost=tuple(int(j) for j in protect if not factor.kept[j]),
        condition=factor.condition,
        method=refined.method,
        rss=_sum_of_squares(refined, weights),
        attained=_attained(refined.gradient, lengths[:k][factor.kept], float(lengths[k])),
        outcome_squares=float(moments[k, k]) if whole.shift is None else None,
    )


def leverage(x: Array, bread: Array, weights: Array | None = None) -> Array:
    """Diagonal of the hat matrix, w_i x_i B x_i', (n,), for kept columns x (n,k) and their bread (k,k)."""
    scale = collinear.power_of_two_scale(np.sqrt(np.diagonal(bread)))
    root, failed = linalg().lapack.dpotrf(bread * np.outer(scale, scale), lower=1, clean=1)
    values = np.empty(x.shape[0])
    for rows in gram.row_blocks(x.shape[0]):
        if failed:
            values[rows] = np.einsum("ij,ij->i", x[rows] @ bread, x[rows])
        else:
            # A sum of squares: no cancellation between large terms, as in x B x'.
            coordinates = (x[rows] / scale) @ root
            values[rows] = np.einsum("ij,ij->i", coordinates, coordinates)
    return values if weights is None else values * weights


def _checked(x: Array, y: Array, weights: Array | None) -> tuple[Array, Array, Array | None]:
    """The arguments as float64 arrays of agreeing shapes."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.ndim != 2 or y.shape != (x.shape[0],):
        raise ValueError(f"x must be (n,k) and y (n,); got {x.shape} and {y.shape}")
    if weights is not None:
        weights = np.asarray(weights, dtype=np.float64)
        if weights.shape != y.shape:
            raise ValueError(f"weights must be (n,) = {y.shape}; got {weights.shape}")
        if weights.size and weights.min() < 0:
            raise ValueError("weights must not be negative")
    return x, y, weights


def _shifted(x: Array, y: Array, weights: Array | None) -> _System:
    """Find a constant column and, if there is one, a shift for the other columns and for y."""
    if x.size:
        ends = (x[0] == x[-1]) & (x[0] == x[x.shape[0] // 2]) & (x[0] != 0)
        for j in np.flatnonzero(ends):
            if (x[:, j] == x[0, j]).all():
                shift = gram.centring_shift(x, y)
                shift[j] = 0.0
                return _System(x, y, weights, shift, int(j))
    return _System(x, y, weights, None, -1)


def _raw_lengths(moments: Array, system: _System) -> Array:
    """Lengths (k,) of the columns before the shift."""
    k = system.x.shape[1]
    squares = np.diagonal(moments)[:k].copy()
    if system.shift is not None:
        c = system.constant
        slope = system.shift[:k] / system.x[0, c]
        squares += slope * (2.0 * moments[c, :k] + slope * moments[c, c])
    return np.sqrt(np.maximum(squares, 0.0))


def _restricted(system: _System, kept: Flags) -> _System:
    """The system of the kept columns alone."""
    if kept.all():
        return system
    x = np.take(system.x, np.flatnonzero(kept), axis=1)
    # The constant goes only when no row has weight, or when it is absorbed: then the shift goes with it.
    if system.shift is None or not kept[system.constant]:
        return _System(x, system.y, system.weights, None, -1)
    shift = system.shift[np.append(kept, True)]
    return _System(x, system.y, system.weights, shift, int(kept[: system.constant].sum()))


def _factorize(system: _System, products: Array, usable: Flags, smallest: Array) -> _Factor:
    """Cholesky of the scaled cross-product where that is accurate enough, QR otherwise."""
    scale = collinear.power_of_two_scale(np.sqrt(np.diagonal(products)))
    if usable.all() and scale.size:
        factor, failed = linalg().lapack.dpotrf(products * np.outer(scale, scale), lower=0, clean=1)
        condition = math.inf if failed else collinear.condition_number(factor)
        if condition <= CHOLESKY_CONDITION:
            inverse = scale[:, None] * linalg().lapack.dtrtri(factor)[0]
            return _Factor(inverse, usable, np.zeros((scale.size, 0)), condition, "cholesky")
    return _orthogonal_factor(system, scale, usable, smallest)


def _orthogonal_factor(system: _System, scale: Array, usable: Flags, smallest: Array) -> _Factor:
    """QR in blocks, then the rank decision; a constant that was shifted against goes first, and so stays."""
    order = np.flatnonzero(usable)
    if system.constant >= 0:
        order = np.concatenate([order[order == system.constant], order[order != system.constant]])
    shift = None if system.shift is None else system.shift[order]
    # take is far quicker than indexing a tall matrix; nothing is copied when the order is the usual one.
    same = order.size == usable.size and (np.diff(order) == 1).all()
    x = system.x if same else np.take(system.x, order, axis=1)
    triangle = gram.triangular_factor(x, system.weights, shift=shift) * scale[order]
    decision = collinear.limit_condition(triangle, smallest[order] * scale[order])
    condition = collinear.condition_number(decision.factor)
    stay, leave = order[decision.kept], order[~decision.kept]
    # Both in column order again: the constant was moved to the front.
    rows, columns = np.argsort(stay), np.argsort(leave)
    inverse = (np.linalg.inv(decision.factor) * scale[stay][:, None])[rows]
    combination = (scale[stay][:, None] * decision.combination / scale[leave])[rows][:, columns]
    kept = np.zeros(usable.size, dtype=np.bool_)
    kept[stay] = True
    return _Factor(inverse, kept, combination, condition, "qr")


def _double_residual(
    x: Array, y: Array, weights: Array | None, shift: Array | None, params: extended.Pair
) -> tuple[extended.Pair, Array]:
    """Residual and gradient of a block of rows in double precision."""
    columns = x if shift is None else x - shift[:-1]
    residual = (y if shift is None else y - shift[-1]) - columns @ params[0]
    scores = residual if weights is None else residual * weights
    return (residual, np.zeros_like(residual)), columns.T @ scores


def _evaluate(
    system: _System, params: extended.Pair, residual_of: Residual
) -> tuple[extended.Pair, Array, float]:
    """Residual (n,), gradient (k,) and about the weighted sum of squares, block by block or by the extension."""
    if compiled.IS_COMPILED:
        high, low, gradient, squares = compiled.residual_gradient(
            [system.x, system.y],
            system.weights,
            system.shift,
            params,
            exact=residual_of is not _double_residual,
        )
        return (high, low), gradient, squares
    high, low = np.empty_like(system.y), np.empty_like(system.y)
    gradient, lost = np.zeros(system.x.shape[1]), np.zeros(system.x.shape[1])
    for rows in gram.row_blocks(system.y.size):
        weights = None if system.weights is None else system.weights[rows]
        part, added = residual_of(system.x[rows], system.y[rows], weights, system.shift, params)
        high[rows], low[rows] = part
        gradient, error = extended.two_sum(gradient, added)
        lost += error
    scores = high if system.weights is None else high * system.weights
    return (high, low), gradient + lost, float(np.dot(high, scores))


def _adjusted(system: _System, residual: extended.Pair, step: Array) -> tuple[extended.Pair, Array]:
    """The residual after a small step of the coefficients, and its gradient."""
    (high, low), gradient = (np.empty_like(system.y), np.empty_like(system.y)), np.zeros(step.size)
    for rows in gram.row_blocks(system.y.size):
        columns = system.x[rows] if system.shift is None else system.x[rows] - system.shift[:-1]
        high[rows], low[rows] = extended.two_sum(residual[0][rows], residual[1][rows] - columns @ step)
        gradient += columns.T @ (high[rows] if system.weights is None else high[rows] * system.weights[rows])
    return (high, low), gradient


def _precision(system: _System, factor: _Factor) -> tuple[Residual, str, int]:
    """How residuals are formed, the method's name, and the most steps: rule 4 of the module."""
    orthogonal = factor.method == "qr"
    if factor.condition <= CHOLESKY_CONDITION and system.x.size > _SMALL_DESIGN:
        return _double_residual, factor.method, 1
    tiny = orthogonal and system.x.size <= _TINY_DESIGN
    narrow = tiny or factor.condition > WARN_CONDITION or not extended.LONG_IS_WIDER
    method = "qr" if orthogonal else "cholesky_refined"
    return extended.pair_residual if narrow else extended.long_residual, method, _MOST_STEPS


def _refine(system: _System, factor: _Factor, start: Array) -> _Refined:
    """Newton steps from ``start`` until the next one would move no digit of any coefficient."""
    residual_of, method, most_steps = _precision(system, factor)
    inverse, condition = factor.inverse, factor.condition
    # What one step leaves of an error: rounding of the factor, through the solution of the normal equations.
    rate = min(1.0, 16.0 * _DOUBLE * condition * (1.0 if method == "qr" else condition))
    # Coefficients are compared in units of standard errors, so that no column's unit matters.
    unit = 1.0 / np.sqrt(np.einsum("ij,ij->i", inverse, inverse))
    params = (start, np.zeros_like(start))
    for _ in range(most_steps):
        residual, gradient, squares = _evaluate(system, params, residual_of)
        coordinates = inverse.T @ gradient
        step = inverse @ coordinates
        params = extended.two_sum(params[0], params[1] + step)
        reached = np.abs(params[0]) * unit
        enough = 2.0**-55 * np.maximum(reached, 1e-8 * reached.max(initial=0.0))
        if (rate * np.abs(step) * unit <= enough).all():
            break
    # The fitted values moved by |coordinates|: where that is no digit of the residual, a pass is saved.
    moved = bool(np.dot(coordinates, coordinates) > 1e-26 * squares)
    if moved:
        residual, gradient = _adjusted(system, residual, step)
    return _Refined(params, residual, gradient, method, None if moved else squares)


def _raw_params(params: extended.Pair, system: _System) -> Array:
    """Coefficients of the columns as given: the constant takes back what the shift moved, exactly summed."""
    values = params[0] + params[1]
    if system.shift is not None:
        c, slopes = system.constant, system.shift[:-1].copy()
        slopes[c] = -system.x[0, c]
        high, low = extended.two_product(params[0], -slopes)
        terms = [*high.tolist(), *low.tolist(), *(-slopes * params[1]).tolist(), float(system.shift[-1])]
        values[c] = math.fsum(terms) / system.x[0, c]
    return values


def _raw_bread(inverse: Array, system: _System) -> Array:
    """(X'WX)^-1 of the columns as given: F F' with the shift undone in F, so no variance cancels."""
    root = inverse
    if system.shift is not None:
        root = inverse.copy()
        root[system.constant] -= (system.shift[:-1] / system.x[0, system.constant]) @ inverse
    return root @ root.T


def _collinear_with(
    factor: _Factor, usable: Flags, raw: Array, system: _System
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Each collinear column with the kept columns it is made of, judged on the columns as given."""
    dropped, kept = np.flatnonzero(usable & ~factor.kept), np.flatnonzero(factor.kept)
    if dropped.size == 0:
        return ()
    combination = factor.combination.copy()
    if system.shift is not None and factor.kept[system.constant]:
        # d - s_d = sum c_j (x_j - s_j) + c_0: undo the shift in the share of the constant.
        shift, position = system.shift, int(np.searchsorted(kept, system.constant))
        moved = shift[dropped] - shift[kept] @ factor.combination
        combination[position] += moved / system.x[0, system.constant]
    named = collinear.named_parts(combination, raw[kept], raw[dropped])
    return tuple(
        (int(j), tuple(int(kept[i]) for i in parts)) for j, parts in zip(dropped, named, strict=True)
    )


def _sum_of_squares(refined: _Refined, weights: Array | None) -> float:
    """The weighted sum of squares, correctly rounded; to the rounding of blocks when the rows are many."""
    high, squares = refined.residual[0], refined.squares
    if not compiled.IS_COMPILED or high.size <= _SMALL_DESIGN:
        return extended.sum_of_squares(refined.residual, weights)
    return float(gram.cross_product(high[:, None], weights)[0, 0]) if squares is None else squares


def _attained(gradient: Array, lengths: Array, length_y: float) -> float:
    """The largest |x_j' W r| relative to the lengths of x_j and y; 0 where there is nothing to compare."""
    if gradient.size == 0 or length_y == 0:
        return 0.0
    return float(np.max(np.abs(gradient) / (lengths * length_y)))
