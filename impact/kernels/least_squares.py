"""Least squares to the digits that the data hold, with coefficients and standard errors from one factor.

    minimize sum_i w_i (y_i - x_i b)^2

The road taken is read from the data, in this order (Björck 1996, Numerical Methods for Least Squares Problems, ch. 2):

1. When a column of x is constant, the others and y are shifted close to their means (an exact step, undone at the end).
2. Cross-product in fixed blocks; columns scaled by powers of two; Cholesky. Condition number κ from the factor.
3. κ above 1e3, or a pivot that hints at collinearity: the factor is formed again by orthogonal transformations (QR in
   blocks), because a cross-product loses 2 log10 κ digits of the standard errors. Rank is decided on that factor.
4. Refinement: b += (X'WX)^-1 X'W(y - X b). Residual and gradient are formed in extended precision (80 bits; pairs of
   doubles above κ = 3e6 or where there is nothing wider than a double), with one exception: at κ up to 1e3 and more than
   1e5 numbers one step in double is taken. Its error is at most κ · 1e-16 · sqrt(n) standard errors, 1e-10 of one at a
   million rows; the extended step would cost ten times the factorization.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack

import impact.kernels.collinear as collinear
import impact.kernels.extended as extended
import impact.kernels.gram as gram

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CHOLESKY_CONDITION = 1e3  # largest κ at which the cross-product carries 10 digits of the standard errors
WARN_CONDITION = 3e6  # above: warn; residuals then need more than 80 bits
ABSORBED_SHARE = 1e-7  # length after absorption, relative to before, under which nothing is left
_SMALL_DESIGN = 100_000  # numbers in x up to which the extended step costs about a millisecond
_TINY_DESIGN = 5_000  # numbers in x up to which pairs of doubles are used whenever QR is
_DOUBLE = float(np.finfo(np.float64).eps)


class NotFiniteError(ValueError):
    """A column, the outcome or a weight holds a missing or infinite number, or overflows when squared."""


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """The solution of one weighted least-squares problem. k counts kept columns, k_all all of them, n rows.

    params (k,) · residual (n,) = y - x b, not weighted · bread (k,k) = (X'WX)^-1 in the columns' own units · kept (k_all,)
    False = dropped · absorbed (k_all,) True = dropped because nothing was left of the raw column · collinear_with: each
    dropped column that is not absorbed, with the kept columns it is made of · lost: protected columns that were dropped;
    the caller must refuse these · condition: of the scaled, shifted matrix of kept columns; warn above ``WARN_CONDITION``
    · method "cholesky" (double steps), "cholesky_refined" (extended steps) or "qr" · rss = sum w r^2 · attained = the
    largest |x_j' W r| / (|x_j| |y|), lengths about the shift: 1e-16 is as orthogonal as doubles can be.
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


@dataclass(frozen=True, slots=True)
class _System:
    """Data of the problem and the shift (k+1,) that was agreed; ``constant`` is the position of the constant column."""

    x: Array
    y: Array
    weights: Array | None
    shift: Array | None
    constant: int


@dataclass(frozen=True, slots=True)
class _Factor:
    """``inverse`` (k,k): F with F F' = (X'WX)^-1 of the shifted kept columns; combination (k,d) of the dropped ones."""

    inverse: Array
    kept: Flags
    combination: Array
    condition: float
    method: str


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

    Arguments: x (n,k) and y (n,) float64; weights (n,), not negative; protect: columns that may not be lost (they are
    not preferred: the first of a collinear set stays; a protected one that is dropped is named in ``lost``);
    reference_norms (k,): weighted lengths about the mean of the columns before effects were absorbed; tolerance: a
    column is collinear when the part that earlier columns do not explain is shorter than this share of its length.
    Raises NotFiniteError when x, y or weights hold a number that is not finite, ValueError when shapes disagree or a
    weight is negative.
    """
    x, y, weights = _checked(x, y, weights)
    system = _shifted(x, y, weights)
    moments = gram.cross_product(x, weights, last=y, shift=system.shift)
    if not np.isfinite(moments).all():
        raise NotFiniteError("x, y or weights hold numbers that are missing, infinite or too large to square")
    k = x.shape[1]
    lengths = np.sqrt(np.diagonal(moments))
    raw = _raw_lengths(moments, system)
    absorbed = np.zeros(k, dtype=np.bool_)
    if reference_norms is not None:
        absorbed = lengths[:k] <= ABSORBED_SHARE * np.asarray(reference_norms, dtype=np.float64)
    smallest = np.maximum(tolerance * lengths[:k], 8.0 * _DOUBLE * raw)
    factor = _factorize(system, moments[:k, :k], ~absorbed, smallest)
    system = _restricted(system, factor.kept)
    start = factor.inverse @ (factor.inverse.T @ moments[:k, k][factor.kept])
    params, residual, gradient, method = _refine(system, factor, start)
    named = _collinear_with(factor, ~absorbed, raw, system)
    return LeastSquares(
        params=_raw_params(params, system),
        residual=residual[0],
        bread=_raw_bread(factor.inverse, system),
        kept=factor.kept,
        absorbed=absorbed,
        collinear_with=named,
        lost=tuple(int(j) for j in protect if not factor.kept[j]),
        condition=factor.condition,
        method=method,
        rss=extended.sum_of_squares(residual, weights),
        attained=_attained(gradient, lengths[:k][factor.kept], lengths[k]),
    )


def leverage(x: Array, bread: Array, weights: Array | None = None) -> Array:
    """Diagonal of the hat matrix, w_i x_i B x_i', (n,), for kept columns x (n,k) and their bread (k,k)."""
    scale = collinear.power_of_two_scale(np.sqrt(np.diagonal(bread)))
    scaled, failed = lapack.dpotrf(bread * np.outer(scale, scale), lower=1, clean=1)
    values = np.empty(x.shape[0])
    for rows in gram.row_blocks(x.shape[0]):
        if failed:
            values[rows] = np.einsum("ij,ij->i", x[rows] @ bread, x[rows])
        else:
            root = (x[rows] / scale) @ scaled
            values[rows] = np.einsum("ij,ij->i", root, root)
    return values if weights is None else values * weights


def _checked(x: Array, y: Array, weights: Array | None) -> tuple[Array, Array, Array | None]:
    """Arguments as float64 arrays of agreeing shapes."""
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
    """Find a constant column and, if there is one, a shift for the others and for y."""
    if x.size == 0:
        return _System(x, y, weights, None, -1)
    middle = x[x.shape[0] // 2]
    for j in np.flatnonzero((x[0] == x[-1]) & (x[0] == middle) & (x[0] != 0)):
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
    """The system of kept columns alone."""
    if kept.all():
        return system
    shift = None if system.shift is None else system.shift[np.append(kept, True)]
    # A constant column is lost only when its weighted length is 0; then nothing else is left either.
    constant = int(kept[: system.constant].sum()) if system.constant >= 0 and kept[system.constant] else -1
    return _System(np.ascontiguousarray(system.x[:, kept]), system.y, system.weights, shift, constant)


def _factorize(system: _System, products: Array, usable: Flags, smallest: Array) -> _Factor:
    """Cholesky of the scaled cross-product where that is accurate enough, QR otherwise."""
    scale = collinear.power_of_two_scale(np.sqrt(np.diagonal(products)))
    if usable.all() and products.size:
        scaled, failed = lapack.dpotrf(products * np.outer(scale, scale), lower=0, clean=1)
        condition = float("inf") if failed else collinear.condition_number(scaled)
        if condition <= CHOLESKY_CONDITION:
            inverse = scale[:, None] * lapack.dtrtri(scaled)[0]
            return _Factor(inverse, usable, np.zeros((scale.size, 0)), condition, "cholesky")
    return _orthogonal_factor(system, scale, usable, smallest)


def _orthogonal_factor(system: _System, scale: Array, usable: Flags, smallest: Array) -> _Factor:
    """QR in blocks, then the rank decision. A constant column that was shifted against goes first, and so stays."""
    order = np.flatnonzero(usable)
    if system.constant >= 0:
        order = np.concatenate([order[order == system.constant], order[order != system.constant]])
    shift = None if system.shift is None else system.shift[order]
    triangle = gram.triangular_factor(system.x[:, order], system.weights, shift=shift) * scale[order]
    decision = collinear.limit_condition(triangle, smallest[order] * scale[order])
    condition = collinear.condition_number(decision.factor)
    stay, leave = order[decision.kept], order[~decision.kept]
    inverse = np.linalg.inv(np.triu(decision.factor)) * scale[stay][:, None]
    combination = scale[stay][:, None] * decision.combination / scale[leave]
    kept = np.zeros(usable.size, dtype=np.bool_)
    kept[stay] = True
    rows, columns = np.argsort(stay, kind="stable"), np.argsort(leave, kind="stable")
    return _Factor(inverse[rows], kept, combination[rows][:, columns], condition, "qr")


Residual = Callable[[Array, Array, Array | None, Array | None, extended.Pair], tuple[extended.Pair, Array]]


def _double_residual(
    x: Array, y: Array, weights: Array | None, shift: Array | None, params: extended.Pair
) -> tuple[extended.Pair, Array]:
    """Residual and gradient of a block in double precision."""
    columns = x if shift is None else x - shift[:-1]
    residual = (y if shift is None else y - shift[-1]) - columns @ params[0]
    scores = residual if weights is None else residual * weights
    return (residual, np.zeros_like(residual)), columns.T @ scores


def _by_blocks(system: _System, params: extended.Pair, residual_of: Residual) -> tuple[extended.Pair, Array]:
    """Residual (n,) and gradient (k,) of the whole system, block by block."""
    x, y, weights = system.x, system.y, system.weights
    residual = (np.empty_like(y), np.empty_like(y))
    gradient = np.zeros(x.shape[1])
    lost = np.zeros(x.shape[1])
    for rows in gram.row_blocks(y.size):
        block = None if weights is None else weights[rows]
        (residual[0][rows], residual[1][rows]), part = residual_of(x[rows], y[rows], block, system.shift, params)
        gradient, error = extended.two_sum(gradient, part)
        lost += error
    return residual, gradient + lost


def _adjusted(system: _System, residual: extended.Pair, step: Array) -> tuple[extended.Pair, Array]:
    """The residual after a small step of the coefficients, and its gradient."""
    adjusted = (np.empty_like(residual[0]), np.empty_like(residual[1]))
    gradient = np.zeros(step.size)
    for rows in gram.row_blocks(system.y.size):
        columns = system.x[rows] if system.shift is None else system.x[rows] - system.shift[:-1]
        high, low = extended.two_sum(residual[0][rows], residual[1][rows] - columns @ step)
        adjusted[0][rows], adjusted[1][rows] = high, low
        gradient += columns.T @ (high if system.weights is None else high * system.weights[rows])
    return adjusted, gradient


def _refine(
    system: _System, factor: _Factor, start: Array
) -> tuple[extended.Pair, extended.Pair, Array, str]:
    """Newton steps from ``start``; returns coefficients and residual as pairs, the last gradient, and the method."""
    plain = factor.method == "cholesky" and system.x.size > _SMALL_DESIGN
    method = "cholesky_refined" if factor.method == "cholesky" and not plain else factor.method
    residual_of: Residual = extended.long_residual
    if plain:
        residual_of = _double_residual
    elif factor.condition > WARN_CONDITION or not extended.LONG_IS_WIDER or (
        factor.method == "qr" and system.x.size <= _TINY_DESIGN
    ):
        residual_of = extended.pair_residual
    # The first steps of QR start further away, and each gains at least 16 - log10 κ digits.
    most = 1 if plain else 8
    rate = min(1.0, 16.0 * _DOUBLE * factor.condition * (1.0 if factor.method == "qr" else factor.condition))
    params = (start, np.zeros_like(start))
    inverse = factor.inverse
    unit = 1.0 / np.sqrt(np.einsum("ij,ij->i", inverse, inverse))
    for _ in range(most):
        residual, gradient = _by_blocks(system, params, residual_of)
        coordinates = inverse.T @ gradient
        step = inverse @ coordinates
        params = extended.two_sum(params[0], params[1] + step)
        # In units of standard errors, so that no column's unit matters; the floor is for coefficients that are zero.
        reached = np.abs(params[0]) * unit
        if (rate * np.abs(step) * unit <= 2.0**-55 * np.maximum(reached, 1e-8 * reached.max(initial=0.0))).all():
            break
    moved = float(np.sqrt(coordinates @ coordinates))
    size = float(np.sqrt(np.dot(residual[0], residual[0] if system.weights is None else residual[0] * system.weights)))
    if moved > 1e-13 * size:
        residual, gradient = _adjusted(system, residual, step)
    return params, residual, gradient, method


def _raw_params(params: extended.Pair, system: _System) -> Array:
    """Coefficients of the columns as given: the constant takes back what the shift moved."""
    values = params[0] + params[1]
    if system.shift is not None and system.constant >= 0:
        c = system.constant
        slopes = (-system.shift[:-1], np.zeros(values.size))
        moved = extended.pair_sum(extended.pair_multiply(params, slopes))
        level = extended.pair_add(moved, (system.shift[-1:].copy()[0] + 0.0, np.float64(0.0)))
        unit = system.x[0, c]
        level = extended.pair_divide(level, (unit, np.float64(0.0)))
        total = extended.pair_add((params[0][c], params[1][c]), level)
        values[c] = total[0]
    return values


def _raw_bread(inverse: Array, system: _System) -> Array:
    """(X'WX)^-1 of the columns as given, as F F' with the shift undone in F."""
    root = inverse
    if system.shift is not None and system.constant >= 0:
        root = inverse.copy()
        root[system.constant] -= (system.shift[:-1] / system.x[0, system.constant]) @ inverse
    return root @ root.T


def _collinear_with(
    factor: _Factor, usable: Flags, raw: Array, system: _System
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Name each collinear column and the kept columns it is made of, in the columns' own units."""
    dropped = np.flatnonzero(usable & ~factor.kept)
    if dropped.size == 0:
        return ()
    kept = np.flatnonzero(factor.kept)
    named = collinear.named_parts(factor.combination, raw[kept])
    return tuple((int(j), tuple(int(kept[i]) for i in parts)) for j, parts in zip(dropped, named, strict=True))


def _attained(gradient: Array, lengths: Array, length_y: float) -> float:
    """The largest |x_j' W r| relative to the lengths of x_j and y; 0 where there is nothing to compare."""
    if gradient.size == 0 or length_y == 0:
        return 0.0
    return float(np.max(np.abs(gradient) / (lengths * length_y)))
