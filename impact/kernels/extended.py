"""Sums beyond 53 bits: residuals y - x b and gradients x' w r for iterative refinement.

Two arithmetics. ``long_residual`` uses np.longdouble where it has more than 53 bits (80-bit on x86).
``pair_residual`` carries every number as an unevaluated sum of two doubles, about 106 bits, on any machine
(Dekker 1971; Knuth, TAOCP 2, 4.2.2). A pair is a tuple (high, low) of arrays of one shape with high = fl(high
+ low).
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Long = npt.NDArray[np.longdouble]
Pair = tuple[Array, Array]

LONG_IS_WIDER = bool(np.finfo(np.longdouble).nmant > np.finfo(np.float64).nmant)
_SPLITTER = 134217729.0  # 2^27 + 1, Dekker's constant for 53-bit numbers


def two_sum(a: Array, b: Array) -> Pair:
    """The rounded sum and its exact rounding error."""
    total = a + b
    shadow = total - a
    return total, (a - (total - shadow)) + (b - shadow)


def _split(a: Array) -> Pair:
    """The upper and lower halves of the significand."""
    wide = _SPLITTER * a
    high = wide - (wide - a)
    return high, a - high


def two_product(a: Array, b: Array) -> Pair:
    """The rounded product and its exact rounding error (Dekker; magnitudes below 1e300)."""
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def pair_add(a: Pair, b: Pair) -> Pair:
    """The sum of two pairs."""
    high, low = two_sum(a[0], b[0])
    tail, rest = two_sum(a[1], b[1])
    high, low = two_sum(high, low + tail)
    return two_sum(high, low + rest)


def pair_multiply(a: Pair, b: Pair) -> Pair:
    """The product of two pairs."""
    high, low = two_product(a[0], b[0])
    return two_sum(high, low + (a[0] * b[1] + a[1] * b[0]))


def pair_divide(a: Pair, b: Pair) -> Pair:
    """The quotient of two pairs: one division and two corrections."""
    quotient = (a[0] / b[0], np.zeros_like(a[0] / b[0]))
    for _ in range(2):
        product = pair_multiply(quotient, b)
        rest = pair_add(a, (-product[0], -product[1]))
        quotient = pair_add(quotient, (rest[0] / b[0], np.zeros_like(quotient[0])))
    return quotient


def pair_root(a: Pair) -> Pair:
    """The square root of a positive pair: one Newton step from the double root."""
    root = np.sqrt(a[0])
    zero = np.zeros_like(root)
    square = two_product(root, root)
    rest = pair_add(a, (-square[0], -square[1]))
    return pair_add((root, zero), (rest[0] / (2.0 * root), zero))


def pair_sum(a: Pair) -> Pair:
    """The sum along the first axis, by halving: the order of additions depends on the length alone."""
    high, low = a
    while high.shape[0] > 1:
        half = high.shape[0] // 2
        folded = pair_add((high[:half], low[:half]), (high[half : 2 * half], low[half : 2 * half]))
        if high.shape[0] % 2:
            folded = (
                np.concatenate([folded[0], high[-1:]]),
                np.concatenate([folded[1], low[-1:]]),
            )
        high, low = folded
    return (high[0], low[0]) if high.shape[0] else (np.zeros(high.shape[1:]), np.zeros(high.shape[1:]))


def long_residual(
    x: Array, y: Array, weights: Array | None, shift: Array | None, params: Pair
) -> tuple[Pair, Array]:
    """Residual and gradient of a block of rows in np.longdouble.

    Arguments: x (n,k), y (n,), weights (n,) or None, shift (k+1,) to subtract from the columns of x and from
    y, params a pair of (k,). Returns the residual as a pair of (n,) and the gradient x' w r (k,).
    """
    columns = np.array(x.T, dtype=np.longdouble, order="C")
    residual = y.astype(np.longdouble)
    if shift is not None:
        columns -= shift[:-1, None]
        residual -= shift[-1]
    residual -= (params[0].astype(np.longdouble) + params[1]) @ columns
    scores = residual if weights is None else residual * weights
    gradient = np.dot(columns, scores).astype(np.float64)
    high = residual.astype(np.float64)
    return (high, (residual - high).astype(np.float64)), gradient


def pair_residual(
    x: Array, y: Array, weights: Array | None, shift: Array | None, params: Pair
) -> tuple[Pair, Array]:
    """The same as ``long_residual`` in pairs of doubles: slower, about 106 bits."""
    zero = np.zeros_like(y)
    residual = (y, zero) if shift is None else two_sum(y, np.full_like(y, -shift[-1]))
    columns: list[Pair] = []
    for j in range(x.shape[1]):
        column = (x[:, j], zero) if shift is None else two_sum(x[:, j], np.full_like(y, -shift[j]))
        columns.append(column)
        negative = (np.full_like(y, -params[0][j]), np.full_like(y, -params[1][j]))
        residual = pair_add(residual, pair_multiply(column, negative))
    scores = residual if weights is None else pair_multiply(residual, (weights, zero))
    gradient = np.empty(x.shape[1])
    for j, column in enumerate(columns):
        gradient[j] = pair_sum(pair_multiply(column, scores))[0]
    return residual, gradient


def sum_of_squares(residual: Pair, weights: Array | None) -> float:
    """The weighted sum of squares of a pair of (n,), correctly rounded but for the last bit."""
    if LONG_IS_WIDER:
        wide = residual[0].astype(np.longdouble) + residual[1]
        return float(np.dot(wide, wide if weights is None else wide * weights))
    squares = pair_multiply(residual, residual)
    if weights is not None:
        squares = pair_multiply(squares, (weights, np.zeros_like(weights)))
    return float(pair_sum(squares)[0])
