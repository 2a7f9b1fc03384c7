"""Many regressions on the same rows from one cross-product: the coefficient of one column in each, and its variance.

With Z (n, p) all columns that any regression uses, effects absorbed, W the weights and A = Z'WZ, a regression of
column y on columns X follows the column j of X through

    b = A[X,X]^-1 A[X,y]      h = A[X,X]^-1 e_j      d = h on X      e = 1 on y, -b on X

so that the residual is Z e and the influence of row i on b_j is w_i (Z_i d)(Z_i e). Its sum over a cluster is
d' (Z_g'W Z_g) e: clustered variances need the cross-products of the clusters and no rows.
Sources: Frisch and Waugh (1933); Simonsohn, Simmons and Nelson (2020) for the curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

import impact.kernels.collinear as collinear

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Logicals = npt.NDArray[np.bool_]

# condition of the scaled regressors up to which a cross-product keeps twelve digits of the coefficients
LARGEST_CONDITION = 100.0
# residual over total sum of squares under which the residual's digits are lost in the cross-product
LEAST_RESIDUAL = 1e-4
_BLOCK = 4096
_MOST_NUMBERS = 20_000_000


@dataclass(frozen=True, slots=True)
class Regressions:
    """S regressions on p columns.

    Arguments:
        outcome, target: (S,) columns. regressors: S tuples of columns, the target among them.
    """

    outcome: npt.NDArray[np.int64]
    target: npt.NDArray[np.int64]
    regressors: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Solutions:
    """The target's coefficient in each of S regressions.

    Arguments:
        estimate, unit_variance, rss: (S,) b_j, h_j and the residual sum of squares.
        projection, residual: (p, S) the vectors d and e of the module.
        is_exact: (S,) whether the cross-product holds the digits; the others must be solved on their rows.
    """

    estimate: Floats
    unit_variance: Floats
    rss: Floats
    projection: Floats
    residual: Floats
    is_exact: Logicals

    def of(self, chosen: npt.NDArray[np.int64]) -> Solutions:
        """Some of the regressions."""
        return Solutions(
            self.estimate[chosen],
            self.unit_variance[chosen],
            self.rss[chosen],
            self.projection[:, chosen],
            self.residual[:, chosen],
            self.is_exact[chosen],
        )


def solve(products: Floats, regressions: Regressions) -> Solutions:
    """Every regression from the cross-product (p, p).

    Regressions with the same number of regressors are solved together. One step of refinement follows the solution
    through the eigenvectors of the scaled A[X,X].
    """
    count, width = len(regressions.outcome), len(products)
    found = Solutions(
        estimate=np.full(count, np.nan),
        unit_variance=np.full(count, np.nan),
        rss=np.full(count, np.nan),
        projection=np.zeros((width, count)),
        residual=np.zeros((width, count)),
        is_exact=np.zeros(count, dtype=np.bool_),
    )
    sizes = np.array([len(own) for own in regressions.regressors], dtype=np.int64)
    for size in np.unique(sizes[sizes > 0]).tolist():
        chosen = np.flatnonzero(sizes == size)
        columns = np.array([regressions.regressors[s] for s in chosen.tolist()], dtype=np.int64)
        _solve_alike(products, regressions, chosen, columns, found)
    return found


def _solve_alike(
    products: Floats,
    regressions: Regressions,
    chosen: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    found: Solutions,
) -> None:
    """Fill in the regressions ``chosen`` (m,), all with the regressors ``columns`` (m, k)."""
    outcome, target = regressions.outcome[chosen], regressions.target[chosen]
    gram = products[columns[:, :, None], columns[:, None, :]]
    right = np.empty((*columns.shape, 2))
    right[:, :, 0] = products[columns, outcome[:, None]]
    right[:, :, 1] = columns == target[:, None]
    scale = collinear.power_of_two_scale(np.sqrt(np.einsum("mkk->mk", gram)))
    gram = gram * scale[:, :, None] * scale[:, None, :]
    values, vectors = np.linalg.eigh(gram)
    usable = values[:, 0] * LARGEST_CONDITION**2 > values[:, -1]
    inverse = np.where(usable[:, None], 1.0 / np.where(values > 0, values, 1.0), 0.0)
    right *= scale[:, :, None]

    def solved(side: Floats) -> Floats:
        turned = np.swapaxes(vectors, 1, 2) @ side
        return np.asarray(vectors @ (inverse[:, :, None] * turned), dtype=np.float64)

    solution = solved(right)
    solution += solved(right - gram @ solution)
    solution *= scale[:, :, None]
    found.projection[columns, chosen[:, None]] = solution[:, :, 1]
    found.residual[columns, chosen[:, None]] = -solution[:, :, 0]
    found.residual[outcome, chosen] = 1.0
    own = columns == target[:, None]
    found.estimate[chosen] = np.sum(solution[:, :, 0], axis=1, where=own)
    found.unit_variance[chosen] = np.sum(solution[:, :, 1], axis=1, where=own)
    residual = found.residual[:, chosen]
    found.rss[chosen] = np.sum(residual * (products @ residual), axis=0)
    total = np.diagonal(products)[outcome]
    found.is_exact[chosen] = usable & (found.rss[chosen] > LEAST_RESIDUAL * total) & np.any(own, axis=1)


def row_variance(columns: Floats, weights: Floats | None, solutions: Solutions) -> Floats:
    """Σ_i (w_i (Z_i d)(Z_i e))² of each regression, (S,), in blocks of rows."""
    total = np.zeros(solutions.projection.shape[1])
    for start in range(0, len(columns), _BLOCK):
        influence = _influence(columns, weights, solutions, slice(start, start + _BLOCK))
        total += np.einsum("is,is->s", influence, influence)
    return total


def _influence(columns: Floats, weights: Floats | None, solutions: Solutions, rows: slice) -> Floats:
    """Influence (m, S) of the rows of a block."""
    part = columns[rows]
    influence: Floats = part @ solutions.projection
    influence *= part @ solutions.residual
    return influence if weights is None else influence * weights[rows, None]


@dataclass(frozen=True, slots=True)
class GroupProducts:
    """Cross-products of the rows of each of G groups, upper triangles packed: (G, p (p + 1) / 2)."""

    packed: Floats
    width: int


def fits_in_products(groups: int, width: int, n_rows: int) -> bool:
    """Whether cross-products by group are smaller than what the rows would take."""
    size = groups * width * (width + 1) // 2
    return size <= _MOST_NUMBERS and 2 * groups <= n_rows


def group_products(columns: Floats, weights: Floats | None, codes: Integers, groups: int) -> GroupProducts:
    """Z_g'W Z_g of each group of rows; ``codes`` (n,) in 0…G−1."""
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=groups))
    width = columns.shape[1]
    upper = np.triu_indices(width)
    packed = np.empty((groups, len(upper[0])))
    rows = np.ascontiguousarray(columns[order])
    weighted = rows if weights is None else rows * weights[order, None]
    start = 0
    for group, end in enumerate(ends.tolist()):
        packed[group] = (rows[start:end].T @ weighted[start:end])[upper]
        start = end
    return GroupProducts(packed, width)


def group_variance(products: GroupProducts, solutions: Solutions) -> Floats:
    """Σ_g (d' Z_g'WZ_g e)² of each regression, (S,): one product of G × p² by p² × S."""
    first, second = np.triu_indices(products.width)
    d, e = solutions.projection, solutions.residual
    pairs = d[first] * e[second]
    off = first != second
    pairs[off] += d[second[off]] * e[first[off]]
    influence = products.packed @ pairs
    return np.asarray(np.einsum("gs,gs->s", influence, influence))


def cluster_variance(
    columns: Floats, weights: Floats | None, codes: Integers, groups: int, solutions: Solutions
) -> Floats:
    """The same from the rows, for groups as many as rows."""
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes, minlength=groups)
    starts = np.concatenate([[0], np.cumsum(counts[counts > 0])[:-1]])
    sorted_columns = np.ascontiguousarray(columns[order])
    sorted_weights = None if weights is None else weights[order]
    total = np.zeros(solutions.projection.shape[1])
    for first, last in _blocks_of_groups(starts, len(columns)):
        rows = slice(int(starts[first]), int(starts[last]) if last < len(starts) else len(columns))
        influence = _influence(sorted_columns, sorted_weights, solutions, rows)
        sums = np.add.reduceat(influence, starts[first:last] - starts[first], axis=0)
        total += np.einsum("gs,gs->s", sums, sums)
    return total


def _blocks_of_groups(starts: npt.NDArray[np.int64], n_rows: int) -> Sequence[tuple[int, int]]:
    """Consecutive groups whose rows together make about one block."""
    edges = np.searchsorted(starts, np.arange(0, n_rows, _BLOCK), side="left").tolist()
    edges = sorted({*edges, len(starts)})
    return [(first, last) for first, last in pairwise(edges) if last > first]
