"""Nearest-neighbour matching with replacement and all ties, on the distinct points of the covariates.

A row is matched with the k rows of the other group that are nearest, and with all others as near as the last of these
(Abadie, Drukker, Herr and Imbens 2004). Rows with equal covariates share their matches: everything is counted for
distinct points, so that discrete covariates cost no more than continuous ones.
    K_i = Σ over rows matched with i of 1 / number of matches,   K'_i = the same with squares
    V(ATE) = n^-2 Σ [(τ_i − τ)² + σ²_i (K_i² + 2 K_i − K'_i)]
    V(ATT) = n1^-2 [Σ_treated (τ_i − τ)² + Σ_controls σ²_i (K_i² − K'_i)]
(Abadie and Imbens 2006, theorems 6 and 7, with ties), σ²_i the variance among the nearest rows of the own group.
Shapes: n rows, p covariates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.scipy_on_use import spatial

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

TIE = 1.5e-8  # points as near as this to the last match are as near, as in Stata's teffects


@dataclass(frozen=True, slots=True)
class Points:
    """Distinct points (m, p) of n rows: place (n,) of each row, count (m,) of rows."""

    at: Array
    place: Places
    count: Array


@dataclass(frozen=True, slots=True)
class Pairs:
    """Points ``to`` and their neighbours ``among`` others as pairs: ``point`` and ``neighbour`` (q,), the number of
    rows (m,) among the neighbours of each point, and the distance (m,) of the last.
    """

    to: Points
    among: Points
    point: Places
    neighbour: Places
    matches: Array
    reach: Array


@dataclass(frozen=True, slots=True)
class Matched:
    """Matching in one direction: the other group's mean for each row that is matched.

    Arguments:
        mean: (n_to,) mean of the values of the matches; matches: (n_to,) their number; reach: (n_to,) distance.
        used, used_squared: (n_from,) K and K' of the rows that serve as matches.
    """

    mean: Array
    matches: Array
    reach: Array
    used: Array
    used_squared: Array


def points_of(x: Array) -> Points:
    """The distinct rows of x (n, p)."""
    at, place, count = np.unique(x, axis=0, return_inverse=True, return_counts=True)
    return Points(np.ascontiguousarray(at), place.reshape(-1).astype(np.int64), count.astype(np.float64))


def nearest(to: Points, among: Points, k: int) -> Pairs:
    """Neighbours ``among`` which at least k rows are as near to each point of ``to`` as the last of them.

    Raises:
        ValueError: fewer than k rows.
    """
    if among.count.sum() < k:
        raise ValueError("fewer rows than matches")
    tree = spatial().cKDTree(among.at)
    most = min(k, len(among.at))
    distance, found = tree.query(to.at, k=most)
    distance, found = distance.reshape(len(to.at), most), found.reshape(len(to.at), most)
    enough = np.cumsum(among.count[found], axis=1) >= k
    reach = distance[np.arange(len(to.at)), np.argmax(enough, axis=1)]
    lists = tree.query_ball_point(to.at, reach + TIE * np.maximum(1.0, reach), return_sorted=True)
    sizes = np.array([len(one) for one in lists], dtype=np.int64)
    neighbour = np.fromiter((j for one in lists for j in one), dtype=np.int64, count=int(sizes.sum()))
    point = np.repeat(np.arange(len(to.at), dtype=np.int64), sizes)
    matches = _sums(point, among.count[neighbour], len(to.at))
    return Pairs(to, among, point, neighbour, matches, reach)


def match(pairs: Pairs, values: Array) -> Matched:
    """The mean of ``values`` (n_from,) over the matches of each row, and how often each row is one."""
    to, among = pairs.to, pairs.among
    share = (to.count / pairs.matches)[pairs.point]
    squared = (to.count / pairs.matches**2)[pairs.point]
    used = _sums(pairs.neighbour, share, len(among.at))
    used_squared = _sums(pairs.neighbour, squared, len(among.at))
    return Matched(
        means(pairs, values),
        pairs.matches[to.place],
        pairs.reach[to.place],
        used[among.place],
        used_squared[among.place],
    )


def means(pairs: Pairs, values: Array) -> Array:
    """The mean (n_to,) of ``values`` (n_from,) over the matches of each row."""
    return np.asarray((_totals(pairs, values) / pairs.matches)[pairs.to.place])


def local_covariance(to: Points, among: Points, left: Array, right: Array, k: int) -> Array:
    """Covariance of ``left`` (n_from, q) with ``right`` (n_from,) among the k nearest rows of each row of ``to``.

    Returns:
        (n_to, q), with k − 1 (or the number of ties − 1) degrees of freedom.
    """
    pairs = nearest(to, among, k)
    middle = right - right.mean()
    about = left - left.mean(axis=0)
    columns = np.column_stack([middle, about, about * middle[:, None]])
    totals = np.column_stack([_totals(pairs, column) for column in columns.T])
    q = left.shape[1]
    size = pairs.matches[:, None]
    found = (totals[:, q + 1 :] - totals[:, 1 : q + 1] * totals[:, :1] / size) / (size - 1.0)
    return np.ascontiguousarray(found[to.place])


def local_variance(points: Points, values: Array, k: int) -> Array:
    """Variance (n,) of ``values`` among each row and its nearest, k rows in all or more with ties."""
    return np.maximum(local_covariance(points, points, values[:, None], values, k)[:, 0], 0.0)


def variance_in_cells(local: Array, values: Array, cell: Places, k: int) -> Array:
    """Local variances (n,) that stay inside cells: in a cell with fewer than k rows the variance of the whole cell.

    Arguments:
        local: (n,) variance among the k nearest, for cells that have k. values: (n,). cell: (n,) codes 0, 1, ….

    Returns:
        (n,), NaN for a row that is alone in its cell.
    """
    size = _sums(cell, np.ones(len(cell)), int(cell.max(initial=-1)) + 1)
    middle = _sums(cell, values, len(size)) / np.maximum(size, 1.0)
    squares = _sums(cell, (values - middle[cell]) ** 2, len(size))
    whole = np.where(size > 1, squares / np.maximum(size - 1.0, 1.0), np.nan)
    return np.where(size[cell] < k, whole[cell], local)


def whitened(x: Array, metric: str) -> Array:
    """Covariates (n, p) whose Euclidean distance is the metric: mahalanobis, variance, or euclidean.

    Raises:
        np.linalg.LinAlgError: collinear covariates.
    """
    if metric == "euclidean":
        return x
    if metric == "variance":
        return np.asarray(x / np.std(x, axis=0, ddof=1), dtype=np.float64)
    root = np.linalg.cholesky(np.atleast_2d(np.cov(x, rowvar=False)))
    return np.ascontiguousarray(np.linalg.solve(root, x.T).T)


def _totals(pairs: Pairs, values: Array) -> Array:
    """Sums (m,) of ``values`` (n_from,) over the neighbours of each point."""
    sums = _sums(pairs.among.place, values, len(pairs.among.at))
    return _sums(pairs.point, sums[pairs.neighbour], len(pairs.to.at))


def _sums(code: Places, values: Array, levels: int) -> Array:
    return np.asarray(np.bincount(code, weights=values, minlength=levels), dtype=np.float64)
