"""Goodman-Bacon's decomposition against the regression with dummies, R's bacondecomp, and theorem 1 as printed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.bacon as bacon


def two_way(y, d, x=None):
    """Coefficient of d (U, T) in the regression of y on d, x and dummies, by lstsq."""
    units, periods = y.shape
    dummies = np.hstack([np.kron(np.eye(units), np.ones((periods, 1))), np.tile(np.eye(periods), (units, 1))])
    columns = [d.reshape(-1, 1), dummies] if x is None else [d.reshape(-1, 1), x, dummies]
    design = np.hstack(columns)
    return np.linalg.lstsq(design, y.ravel(), rcond=None)[0][0]


def table_of(panel, name):
    return panel[name].reshape(60, 8).astype(float)


def test_check_values(test_panel):
    """R bacondecomp on y ~ D | i + t."""
    y, cohort = table_of(test_panel, "y"), test_panel["g"].reshape(60, 8)[:, 0]
    group = np.searchsorted([0, 4, 5, 7], cohort)
    first = np.array([8, 3, 4, 6])
    found = bacon.decompose(bacon.group_table(y, group, 4), np.full(4, 15.0), first)
    assert found.coefficient == pytest.approx(0.4310950464, abs=1e-10)
    for kind, weight, mean in [
        (bacon.TREATED_UNTREATED, 0.55844, 0.49033),
        (bacon.EARLIER_LATER, 0.25974, 0.37923),
        (bacon.LATER_EARLIER, 0.18182, 0.32325),
    ]:
        own = found.kind == kind
        assert found.weight[own].sum() == pytest.approx(weight, abs=5e-6)
        average = found.weight[own] @ found.estimate[own] / found.weight[own].sum()
        assert average == pytest.approx(mean, abs=5e-6)
    for treated, control, estimate, weight in [
        (2, 0, 0.4721733681, 0.20779220779),
        (3, 1, 0.2964954385, 0.07792207792),
    ]:
        (j,) = np.flatnonzero((found.treated == treated) & (found.control == control))
        assert (found.estimate[j], found.weight[j]) == pytest.approx((estimate, weight), abs=1e-10)


def test_weights_are_those_of_the_theorem():
    """Theorem 1 written out with its own symbols."""
    size, first, periods = np.array([3.0, 4.0, 5.0, 2.0]), np.array([2, 5, 9, 0]), 9
    found = bacon.decompose(np.zeros((4, periods)), size, first)
    n, d = size / size.sum(), (periods - first) / periods

    def between(k, u):
        return n[k] / (n[k] + n[u])

    raw = {}
    for k in (0, 1):
        for u in (2, 3):
            raw[k, u] = (n[k] + n[u]) ** 2 * between(k, u) * (1 - between(k, u)) * d[k] * (1 - d[k])
    p = between(0, 1) * (1 - between(0, 1))
    raw[0, 1] = ((n[0] + n[1]) * (1 - d[1])) ** 2 * p * (d[0] - d[1]) / (1 - d[1]) * (1 - d[0]) / (1 - d[1])
    raw[1, 0] = ((n[0] + n[1]) * d[0]) ** 2 * p * d[1] / d[0] * (d[0] - d[1]) / d[0]
    total = sum(raw.values())
    for j in range(len(found.weight)):
        expected = raw[int(found.treated[j]), int(found.control[j])] / total
        assert found.weight[j] == pytest.approx(expected, rel=1e-12)


groups = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 4)), min_size=2, max_size=5, unique_by=lambda g: g[0]
)


@settings(max_examples=25, deadline=None)
@given(groups, st.integers(0, 10_000))
def test_the_sum_is_the_regression(parts, seed):
    first, size = np.array([p[0] for p in parts]), np.array([float(p[1]) for p in parts])
    if not np.any((first > 0) & (first < 6)):
        return
    group = np.repeat(np.arange(len(first)), size.astype(int))
    y = np.random.default_rng(seed).normal(size=(len(group), 6))
    d = (np.arange(6)[None] >= first[group][:, None]).astype(float)
    found = bacon.decompose(bacon.group_table(y, group, len(first)), size, first)
    assert found.coefficient == pytest.approx(two_way(y, d), abs=1e-10)
    assert found.weight.sum() == pytest.approx(1.0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_sum_is_the_regression_with_controls(seed):
    rng = np.random.default_rng(seed)
    first, size = np.array([6, 2, 4, 0]), np.array([3.0, 2.0, 4.0, 2.0])
    group = np.repeat(np.arange(4), size.astype(int))
    d = (np.arange(6)[None] >= first[group][:, None]).astype(float)
    x = rng.normal(size=(66, 2)) + d.reshape(-1, 1) * 0.5
    y = rng.normal(size=(11, 6))
    residual = (d.ravel() - _fitted(d, x)).reshape(11, 6)
    means = bacon.group_table(residual, group, 4)
    between = bacon.decompose_with_controls(bacon.group_table(y, group, 4), means, size, first)
    inside = residual - means[group]
    omega = (inside**2).sum() / (residual**2).sum()
    found = bacon.with_within(between, float((inside * y).sum() / (inside**2).sum()), float(omega))
    assert found.coefficient == pytest.approx(two_way(y, d, x), abs=1e-10)
    assert found.weight.sum() == pytest.approx(1.0)
    assert {bacon.ALWAYS_NEVER, bacon.BOTH_TREATED, bacon.WITHIN} <= {*found.kind.tolist()}


def _fitted(d, x):
    units, periods = d.shape
    dummies = np.hstack([np.kron(np.eye(units), np.ones((periods, 1))), np.tile(np.eye(periods), (units, 1))])
    design = np.hstack([x, dummies])
    return design @ np.linalg.lstsq(design, d.ravel(), rcond=None)[0]
