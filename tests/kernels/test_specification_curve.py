"""Many regressions from one cross-product against numpy's least squares and the sandwich written out, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.specification_curve import (
    Regressions,
    cluster_variance,
    fits_in_products,
    group_products,
    group_variance,
    row_variance,
    solve,
)

MEMBERS = (((0, 2, 3), 2), ((0, 2), 2), ((1, 2, 3, 4), 4), ((0, 5, 2), 5))
OUTCOMES = (6, 6, 7, 7)


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(3)
    columns = random.normal(size=(9000, 8)) + random.normal(size=(9000, 1))
    columns[:, 6] += 0.5 * columns[:, 2]
    columns[:, 7] -= columns[:, 4]
    return np.asfortranarray(columns), random.uniform(0.5, 2.0, 9000), random.integers(0, 300, 9000)


def regressions():
    return Regressions(
        outcome=np.array(OUTCOMES),
        target=np.array([target for _, target in MEMBERS]),
        regressors=tuple(own for own, _ in MEMBERS),
    )


def alone(columns, weights, place):
    """Coefficient, unit variance, residual sum of squares and weighted influence rows of one regression."""
    own, target = MEMBERS[place]
    root = np.sqrt(weights)
    x, y = columns[:, own], columns[:, OUTCOMES[place]]
    b = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0]
    residual = y - x @ b
    bread = np.linalg.inv(x.T @ (x * weights[:, None]))
    j = own.index(target)
    return b[j], bread[j, j], np.sum(weights * residual**2), (x @ bread[:, j]) * weights * residual


@pytest.mark.parametrize("weighted", [False, True])
def test_each_is_the_regression_alone(data, weighted):
    columns, weights, groups = data
    weights = weights if weighted else np.ones(len(columns))
    given = weights if weighted else None
    codes = groups.astype(np.int32)
    found = solve(columns.T @ (columns * weights[:, None]), regressions())
    assert found.is_exact.all()
    rows = row_variance(columns, given, found)
    by_products = group_variance(group_products(columns, given, codes, 300), found)
    by_rows = cluster_variance(columns, given, codes, 300, found)
    for place in range(len(MEMBERS)):
        b, unit, rss, influence = alone(columns, weights, place)
        assert found.estimate[place] == pytest.approx(b, rel=1e-12)
        assert found.unit_variance[place] == pytest.approx(unit, rel=1e-12)
        assert found.rss[place] == pytest.approx(rss, rel=1e-12)
        assert rows[place] == pytest.approx(np.sum(influence**2), rel=1e-11)
        sums = np.bincount(codes, weights=influence, minlength=300)
        assert by_products[place] == pytest.approx(np.sum(sums**2), rel=1e-10)
        assert by_rows[place] == pytest.approx(np.sum(sums**2), rel=1e-10)


def test_clusters_of_any_size_in_blocks(data):
    """One cluster larger than a block, many of one row, and codes without rows."""
    columns, _, _ = data
    codes = np.where(np.arange(9000) < 5000, 0, np.arange(9000)).astype(np.int32)
    found = solve(columns.T @ columns, regressions())
    direct = cluster_variance(columns, None, codes, 9000, found)
    for place in range(len(MEMBERS)):
        influence = alone(columns, np.ones(9000), place)[3]
        sums = np.bincount(codes, weights=influence)
        assert direct[place] == pytest.approx(np.sum(sums**2), rel=1e-10)


def test_what_the_cross_product_cannot_hold_is_said(data):
    columns, _, _ = data
    near = columns.copy(order="F")
    near[:, 3] = near[:, 2] + 1e-4 * near[:, 3]  # condition about 1e4
    near[:, 7] = near[:, [1, 2, 3, 4]] @ [1.0, 2.0, 3.0, 4.0]  # exact fit
    found = solve(near.T @ near, regressions())
    assert found.is_exact.tolist() == [False, True, False, True]


def test_where_products_are_smaller_than_rows():
    assert fits_in_products(100, 10, 1000)
    assert not fits_in_products(900, 10, 1000)
    assert not fits_in_products(100_000, 40, 1_000_000)
