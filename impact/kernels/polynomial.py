"""Powers, orthogonal polynomials and splines of a variable, with bases that are remembered for prediction.

Polynomials are formed in pairs of doubles and rounded once. A power taken in doubles has lost half of its
digits of information about the highest coefficients before any regression starts; orthogonal columns lose
none.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.extended as extended

Array = npt.NDArray[np.float64]
Pair = extended.Pair


def raw_powers(x: Array, degree: int) -> Array:
    """The powers x, x^2, …, x^degree, (n,degree), each within one unit in the last place."""
    _check_degree(degree)
    x = _finite(x)
    zero = np.zeros_like(x)
    powers = np.empty((x.size, degree))
    power: Pair = (x, zero)
    powers[:, 0] = x
    for j in range(1, degree):
        power = extended.pair_multiply(power, (x, zero))
        powers[:, j] = power[0]
    return powers


@dataclass(frozen=True, slots=True)
class PolynomialBasis:
    """Polynomials orthogonal on the fitted values, by P_(j+1) = (x - a_j) P_j - (s_j / s_(j-1)) P_(j-1).

    centres: the a_j as a pair of (degree,). squares: s_j = sum P_j^2 as a pair of (degree + 1,). Columns are
    P_j / sqrt(s_j), so each has length one over the fitted values and is orthogonal to the constant.
    """

    degree: int
    centres: Pair
    squares: Pair


def fit_polynomial(x: Array, degree: int) -> PolynomialBasis:
    """The orthogonal polynomials of x up to ``degree``; the same basis as R's ``poly``.

    Raises ValueError when x has missing values or not more than ``degree`` different ones. Source: Forsythe
    1957.
    """
    _check_degree(degree)
    points, counts = np.unique(_finite(x), return_counts=True)
    if points.size <= degree:
        raise ValueError(f"degree {degree} needs {degree + 1} different values of x, got {points.size}")
    zero = np.zeros_like(points)
    times: Pair = (counts.astype(np.float64), zero)
    before: Pair = (zero, zero)
    current: Pair = (np.ones_like(points), zero)
    centres: list[Pair] = []
    squares = [extended.pair_sum(times)]
    for j in range(degree):
        weighted = extended.pair_multiply(extended.pair_multiply(current, current), times)
        moment = extended.pair_sum(extended.pair_multiply(weighted, (points, zero)))
        centres.append(extended.pair_divide(moment, squares[j]))
        ratio = extended.pair_divide(squares[j], squares[j - 1]) if j else (np.zeros(()), np.zeros(()))
        before, current = current, _next(points, current, before, centres[j], ratio)
        square = extended.pair_multiply(extended.pair_multiply(current, current), times)
        squares.append(extended.pair_sum(square))
    return PolynomialBasis(degree, _stacked(centres), _stacked(squares))


def evaluate_polynomial(basis: PolynomialBasis, x: Array) -> Array:
    """The orthogonal columns (n,degree) at the values x, seen before or not."""
    x = np.asarray(x, dtype=np.float64)
    zero = np.zeros_like(x)
    before: Pair = (zero, zero)
    current: Pair = (np.ones_like(x), zero)
    columns = np.empty((x.size, basis.degree))
    for j in range(basis.degree):
        ratio = _ratio(basis, j)
        before, current = current, _next(x, current, before, _entry(basis.centres, j), ratio)
        length = extended.pair_root(_entry(basis.squares, j + 1))
        columns[:, j] = extended.pair_divide(current, length)[0]
    return columns


def power_parameters(basis: PolynomialBasis, params: Array, bread: Array) -> tuple[Array, Array]:
    """Coefficients and (X'WX)^-1 of 1, x, …, x^degree from those of the constant and the orthogonal columns.

    Arguments: params (degree + 1,) and bread (degree + 1, degree + 1), constant first. Exact but for the
    rounding of the arguments: on a hard set (NIST Filip) this keeps the digits that powers as data columns
    lose.
    """
    size = basis.degree + 1
    transform = _power_transform(basis)
    values = np.asarray(params, dtype=np.float64)[:, None]
    high, low = extended.pair_sum(extended.pair_multiply(transform, (values, np.zeros((size, 1)))))
    rotate = (transform[0] + transform[1]).T
    return high + low, rotate @ bread @ rotate.T


def _power_transform(basis: PolynomialBasis) -> Pair:
    """Row j: the coefficients of 1, x, …, x^degree in the j-th orthogonal column, as a pair."""
    size = basis.degree + 1
    before: Pair = (np.zeros(size), np.zeros(size))
    current: Pair = (np.eye(size)[0], np.zeros(size))
    rows = [current]
    for j in range(basis.degree):
        centre, ratio = _entry(basis.centres, j), _ratio(basis, j)
        raised = (np.roll(current[0], 1), np.roll(current[1], 1))
        following = extended.pair_add(raised, extended.pair_multiply(current, (-centre[0], -centre[1])))
        following = extended.pair_add(following, extended.pair_multiply(before, (-ratio[0], -ratio[1])))
        before, current = current, following
        length = extended.pair_root(_entry(basis.squares, j + 1))
        rows.append(extended.pair_divide(current, length))
    return _stacked(rows)


def _next(x: Array, current: Pair, before: Pair, centre: Pair, ratio: Pair) -> Pair:
    """One step of the three-term recurrence."""
    shifted = extended.pair_add((x, np.zeros_like(x)), (-centre[0], -centre[1]))
    drawn = extended.pair_multiply(before, (-ratio[0], -ratio[1]))
    return extended.pair_add(extended.pair_multiply(shifted, current), drawn)


def _ratio(basis: PolynomialBasis, j: int) -> Pair:
    """s_j / s_(j-1), 0 for the first step, which has no polynomial before it."""
    if j == 0:
        return np.zeros(()), np.zeros(())
    return extended.pair_divide(_entry(basis.squares, j), _entry(basis.squares, j - 1))


def _entry(values: Pair, j: int) -> Pair:
    """The j-th number of a pair of vectors."""
    return values[0][j], values[1][j]


def _stacked(pairs: list[Pair]) -> Pair:
    """A list of pairs as one pair with one more dimension."""
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


def _check_degree(degree: int) -> None:
    """Refuse a degree below one."""
    if degree < 1:
        raise ValueError(f"the degree of a polynomial must be at least 1, got {degree}")


def _finite(x: Array) -> Array:
    """The values as a float64 vector without missing values."""
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 1 or not np.isfinite(x).all():
        raise ValueError("x must be a vector of finite numbers")
    return x
