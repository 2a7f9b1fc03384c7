"""The same regression with other units treated, for all sets at once.

Only the treatment changes from set to set, and the columns of a set are sums of the columns of its units.
Everything is absorbed and freed of the other regressors once; estimates and cluster scores of every set are
then matrix products (Frisch and Waugh 1933). Equal to fitting each set again, weights and unbalanced panels
included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.absorb import absorb
from impact.kernels.assignments import indicators
from impact.kernels.factors import Effect
from impact.kernels.group_sums import group_sums

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Logicals = npt.NDArray[np.bool_]

LARGEST_TABLE = 25_000_000
PASSES = 160
BLOCK = 8_000_000
ABSORBED = 1e-10
SMALLEST_DIRECTION = 1e-12


@dataclass(frozen=True, slots=True)
class Regression:
    """A regression whose treatment is assigned to units.

    Arguments:
        y: (n,); controls: (n, c) other regressors; effects: absorbed effects; weights: (n,) or None.
        unit: (n,) codes below n_units; profile: (n, m) the treatment columns of a treated unit.
        cluster: (n,) codes below n_clusters, for the t statistics; scale: factor of the standard errors.
    """

    y: Floats
    controls: Floats
    effects: Sequence[Effect]
    weights: Floats | None
    unit: Integers
    n_units: int
    profile: Floats
    cluster: Integers
    n_clusters: int
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class SetFits:
    """The regression of each set.

    Arguments:
        estimates, statistics: (S, m) coefficients of the treatment columns and their cluster-robust t.
        slopes: (S, m, m): [s, j, l] is coefficient j of set s when the outcome is the actual treatment
            column l.
        crossings: (S, p, m): [s, q, j] is coefficient j of set s when the outcome is column j of probe set q.
        absorbed: (S,) True where the effects and controls leave nothing of the set's treatment; its row is
            NaN.
    """

    estimates: Floats
    statistics: Floats
    slopes: Floats
    crossings: Floats
    absorbed: Logicals


@dataclass(frozen=True, slots=True)
class _Cleaned:
    """Outcome and basis of the controls, √w-scaled rows, all effects removed."""

    regression: Regression
    y: Floats
    basis: Floats
    root: Floats | None


def fit_sets(regression: Regression, sets: Integers, actual: int, probes: npt.NDArray[np.int64]) -> SetFits:
    """Fit the regression for every set of treated units.

    Arguments:
        sets: (S, size) unit codes, padded with −1; actual: row of the set that was treated.
        probes: rows of the sets whose columns are used as outcomes for ``crossings``.

    Raises:
        ConvergenceFailure: the effects could not be absorbed.
    """
    cleaned = _clean(regression)
    n, m = regression.profile.shape
    width = regression.n_units * m
    tables = regression.n_clusters * width**2
    small = n * width <= LARGEST_TABLE and tables <= LARGEST_TABLE
    # a set costs the tables' size by units, and some passes over its columns by sets
    by_units = small and tables <= PASSES * n * m
    return (_from_units if by_units else _from_sets)(cleaned, sets, actual, probes)


def fit_doses(regression: Regression, doses: Floats, actual: int, probes: npt.NDArray[np.int64]) -> SetFits:
    """Fit the regression for every assignment of doses.

    Arguments:
        regression: its units are the cells at whose level the dose is constant, its profile one column of ones.
        doses: (S, C) dose of each cell; actual: row of the real one; probes: rows that are outcomes for ``crossings``.

    Raises:
        ConvergenceFailure: the effects could not be absorbed.
    """
    tables = _unit_tables(_clean(regression))
    step = max(1, BLOCK // regression.n_units)
    found = [
        _sums_of_units(tables, doses[start : start + step], doses[actual], doses[probes], regression.scale)
        for start in range(0, len(doses), step)
    ]
    return _joined(found)


def _joined(parts: Sequence[SetFits]) -> SetFits:
    return SetFits(
        estimates=np.concatenate([part.estimates for part in parts]),
        statistics=np.concatenate([part.statistics for part in parts]),
        slopes=np.concatenate([part.slopes for part in parts]),
        crossings=np.concatenate([part.crossings for part in parts]),
        absorbed=np.concatenate([part.absorbed for part in parts]),
    )


def _clean(regression: Regression) -> _Cleaned:
    columns = np.asfortranarray(np.column_stack([regression.y, regression.controls]))
    free = absorb(columns, regression.effects, weights=regression.weights, overwrite=True).columns
    root = None if regression.weights is None else np.sqrt(regression.weights)
    if root is not None:
        free = free * root[:, None]
    controls = free[:, 1:]
    length = np.sqrt(np.einsum("ij,ij->j", controls, controls))
    raw = np.sqrt(np.einsum("ij,ij->j", regression.controls, regression.controls))
    controls = controls[:, length > 1e-7 * raw] / length[length > 1e-7 * raw]
    values, vectors = np.linalg.eigh(controls.T @ controls)
    kept = values > SMALLEST_DIRECTION
    basis = controls @ (vectors[:, kept] / np.sqrt(values[kept]))
    # A second step brings the basis to rounding error also where the controls are nearly collinear.
    if basis.shape[1]:
        basis = np.linalg.qr(basis)[0]
    y = free[:, 0] - basis @ (basis.T @ free[:, 0])
    return _Cleaned(regression, y, basis, root)


def _free(cleaned: _Cleaned, columns: Floats) -> Floats:
    """Columns less effects and controls, rows scaled by √w; ``columns`` is overwritten."""
    own = cleaned.regression
    free = absorb(columns, own.effects, weights=own.weights, overwrite=True).columns
    if cleaned.root is not None:
        free *= cleaned.root[:, None]
    if cleaned.basis.shape[1]:
        # column-major, as the columns are: free −= basis (basis' free)
        free.T[...] -= (free.T @ cleaned.basis) @ cleaned.basis.T
    return free


def _raw_squares(regression: Regression) -> Floats:
    """Σ w profile² of each unit and column: (U, m)."""
    return group_sums(regression.unit, regression.n_units, regression.profile**2, regression.weights)


@dataclass(frozen=True, slots=True)
class _UnitTables:
    """Products of the single units' cleaned columns.

    Arguments:
        raw: (U, m) squares before cleaning. outcome: (G, U, m) with the outcome, by cluster.
        grams: (G, U, m, U, m) with each other, by cluster; total: their sum.
    """

    raw: Floats
    outcome: Floats
    grams: Floats
    total: Floats


def _from_units(cleaned: _Cleaned, sets: Integers, actual: int, probes: npt.NDArray[np.int64]) -> SetFits:
    """By the columns of single units: all sets are sums over small tables."""
    own = cleaned.regression
    m = own.profile.shape[1]
    tables = _unit_tables(cleaned)
    treated = indicators(sets[actual : actual + 1], own.n_units)[0]
    probing = indicators(sets[probes], own.n_units)
    step = max(1, BLOCK // (own.n_units * m * m))
    found = [
        _sums_of_units(
            tables, indicators(sets[start : start + step], own.n_units), treated, probing, own.scale
        )
        for start in range(0, len(sets), step)
    ]
    return _joined(found)


def _unit_tables(cleaned: _Cleaned) -> _UnitTables:
    own = cleaned.regression
    m, units, groups = own.profile.shape[1], own.n_units, own.n_clusters
    columns = np.zeros((len(own.y), units * m), order="F")
    index = np.arange(len(own.y))
    for j in range(m):
        columns[index, own.unit * m + j] = own.profile[:, j]
    free = np.ascontiguousarray(_free(cleaned, columns))
    order = np.argsort(own.cluster, kind="stable")
    ends = np.cumsum(np.bincount(own.cluster, minlength=groups))
    outcome = group_sums(own.cluster, groups, free, cleaned.y).reshape(groups, units, m)
    grams = np.empty((groups, units * m, units * m))
    begin = 0
    for group, end in enumerate(ends.tolist()):
        rows = free[order[begin:end]]
        grams[group] = rows.T @ rows
        begin = end
    shaped = grams.reshape(groups, units, m, units, m)
    return _UnitTables(_raw_squares(own), outcome, shaped, shaped.sum(axis=0))


def _sums_of_units(
    tables: _UnitTables, member: Floats, treated: Floats, probing: Floats, scale: float
) -> SetFits:
    """Fits of the sets whose units ``member`` (S, U) marks, with 1 or with a dose."""
    # [s, v, l, j]: product of column j of set s with column l of unit v
    with_units = np.einsum("su,ujvl->svlj", member, tables.total, optimize=True)
    inverse, absorbed = _inverses(np.einsum("svlj,sv->sjl", with_units, member), member**2 @ tables.raw)
    right = np.einsum("su,uj->sj", member, tables.outcome.sum(axis=0))
    estimates = np.einsum("sjl,sl->sj", inverse, right)
    slopes = np.einsum("sjl,svkl,v->sjk", inverse, with_units, treated, optimize=True)
    crossings = np.empty((len(member), len(probing), estimates.shape[1]))
    for j in range(estimates.shape[1]):
        products = np.einsum("svl,qv->sql", with_units[:, :, j, :], probing, optimize=True)
        crossings[:, :, j] = np.einsum("sl,sql->sq", inverse[:, j, :], products, optimize=True)
    meat = np.zeros_like(inverse)
    for gram, outcome in zip(tables.grams, tables.outcome, strict=True):
        joined = np.einsum("su,ujvl->svlj", member, gram, optimize=True)
        squares = np.einsum("svlj,sv->sjl", joined, member)
        score = np.einsum("su,uj->sj", member, outcome) - np.einsum("sjl,sl->sj", squares, estimates)
        meat += score[:, :, None] * score[:, None, :]
    return SetFits(estimates, _statistics(estimates, inverse, meat, scale), slopes, crossings, absorbed)


def _from_sets(cleaned: _Cleaned, sets: Integers, actual: int, probes: npt.NDArray[np.int64]) -> SetFits:
    """By the columns of whole sets, absorbed in blocks: for many units."""
    own = cleaned.regression
    n, m = own.profile.shape
    probe = _set_columns(cleaned, sets[probes]).reshape(-1, n)
    treated = _set_columns(cleaned, sets[actual : actual + 1])[0]
    raw_by_unit = _raw_squares(own)
    count = len(sets)
    estimates, statistics = np.empty((count, m)), np.empty((count, m))
    slopes, crossings = np.empty((count, m, m)), np.empty((count, len(probes), m))
    absorbed = np.zeros(count, dtype=bool)
    step = max(1, BLOCK // (n * m))
    for start in range(0, count, step):
        block = slice(start, min(start + step, count))
        columns = _set_columns(cleaned, sets[block])
        flat = columns.reshape(-1, n)
        raw = indicators(sets[block], own.n_units) @ raw_by_unit
        inverse, absorbed[block] = _inverses(columns @ columns.transpose(0, 2, 1), raw)
        # not by BLAS: its threads cut the rows, and the last of each cut is summed in another order
        outcome = np.einsum("ij,j->i", flat, cleaned.y)
        estimates[block] = (inverse @ outcome.reshape(-1, m, 1))[:, :, 0]
        slopes[block] = inverse @ (flat @ treated.T).reshape(-1, m, m)
        products = (flat @ probe.T).reshape(-1, m, len(probes), m)
        crossings[block] = np.einsum("sjl,slqj->sqj", inverse, products)
        fitted = np.nan_to_num(estimates[block])[:, None, :] @ columns
        scores = group_sums(own.cluster, own.n_clusters, (columns * (cleaned.y - fitted)).reshape(-1, n).T)
        by_group = scores.T.reshape(-1, m, own.n_clusters)
        meat = by_group @ by_group.transpose(0, 2, 1)
        statistics[block] = _statistics(estimates[block], inverse, meat, own.scale)
    return SetFits(estimates, statistics, slopes, crossings, absorbed)


def _set_columns(cleaned: _Cleaned, sets: Integers) -> Floats:
    """Treatment columns of each set without effects and controls, √w-scaled: (S, m, n)."""
    own = cleaned.regression
    n, m = own.profile.shape
    active = indicators(sets, own.n_units)[:, own.unit]
    columns = (active[:, None, :] * own.profile.T).reshape(-1, n)
    return np.ascontiguousarray(_free(cleaned, columns.T).T).reshape(len(sets), m, n)


def _inverses(gram: Floats, raw: Floats) -> tuple[Floats, Logicals]:
    """Inverse of each set's cross-product (S, m, m), NaN where next to nothing of the raw columns is left."""
    scale = np.sqrt(np.where(raw > 0, raw, 1.0))
    normal = gram / (scale[:, :, None] * scale[:, None, :])
    smallest = np.linalg.eigvalsh(normal)[:, 0]
    absorbed = (smallest < ABSORBED) | np.any(raw <= 0, axis=1)
    usable = np.where(absorbed[:, None, None], np.eye(gram.shape[1]), normal)
    inverse = np.linalg.inv(usable) / (scale[:, :, None] * scale[:, None, :])
    inverse[absorbed] = np.nan
    return inverse, absorbed


def _statistics(estimates: Floats, inverse: Floats, meat: Floats, scale: float) -> Floats:
    """Estimates over their cluster-robust errors (S, m); NaN where the error is zero."""
    variance = np.einsum("sja,sab,sbj->sj", inverse, meat, inverse, optimize=True)
    error = scale * np.sqrt(np.maximum(variance, 0.0))
    found: Floats = np.divide(estimates, error, out=np.full_like(estimates, np.nan), where=error > 0)
    return found
