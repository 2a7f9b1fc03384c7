"""Changes of two groups: influence against numerical derivatives by the weights, columns one by one, closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.doubly_robust as kernel
from impact.kernels.propensity import ComparisonError


def sides(seed=1, sizes=(25, 40), m=3, k=3):
    rng = np.random.default_rng(seed)
    made = []
    for size, centre in zip(sizes, (0.4, 0.0), strict=True):
        x = np.column_stack([np.ones(size), centre + rng.normal(size=(size, k - 1))])
        change = x @ rng.normal(size=(k, m)) + rng.normal(size=(size, m)) * (1 + x[:, 1:2] ** 2)
        made.append(kernel.Group(change, x, rng.uniform(0.5, 2, size)))
    return made


def weighted(groups, weights):
    cut = len(groups[0].change)
    parts = (weights[:cut], weights[cut:])
    return [kernel.Group(g.change, g.x, w) for g, w in zip(groups, parts, strict=True)]


@pytest.mark.parametrize("method", kernel.METHODS)
def test_influence_is_the_derivative_by_the_weights(method):
    """d att / d log w of each unit, by central differences: first steps are estimated anew each time."""
    groups = sides()
    weights = np.concatenate([group.weights for group in groups])
    found = kernel.compare_changes(*groups, method=method, trim=1.0)
    influence = np.concatenate([found.treated, found.control])
    step = 1e-5
    for j in range(0, len(weights), 4):
        ends = []
        for sign in (1, -1):
            moved = weights.copy()
            moved[j] *= 1 + sign * step
            ends.append(kernel.compare_changes(*weighted(groups, moved), method=method, trim=1.0).att)
        assert influence[j] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-8)


@pytest.mark.parametrize("method", kernel.METHODS)
@pytest.mark.parametrize("with_x", [True, False])
def test_columns_are_those_of_single_comparisons(method, with_x):
    groups = [g if with_x else kernel.Group(g.change, None, g.weights) for g in sides()]
    whole = kernel.compare_changes(*groups, method=method)
    for j in range(3):
        part = [kernel.Group(group.change[:, j : j + 1], group.x, group.weights) for group in groups]
        one = kernel.compare_changes(*part, method=method)
        assert one.att[0] == pytest.approx(whole.att[j], abs=1e-13)
        assert one.control[:, 0] == pytest.approx(whole.control[:, j], abs=1e-13)
        assert one.treated[:, 0] == pytest.approx(whole.treated[:, j], abs=1e-13)


@pytest.mark.parametrize("method", kernel.METHODS)
def test_a_constant_alone_gives_the_difference_of_means(method):
    groups = sides()
    plain = [kernel.Group(g.change, None, g.weights) for g in groups]
    constant = [kernel.Group(g.change, g.x[:, :1], g.weights) for g in groups]
    one = kernel.compare_changes(*plain, method=method)
    other = kernel.compare_changes(*constant, method=method)
    means = [np.average(g.change, axis=0, weights=g.weights) for g in groups]
    assert one.att == pytest.approx(means[0] - means[1], abs=1e-13)
    assert other.att == pytest.approx(one.att, abs=1e-12)
    assert other.treated == pytest.approx(one.treated, abs=1e-12)
    assert other.control == pytest.approx(one.control, abs=1e-12)


def test_trimming_sets_comparison_units_aside_and_no_treated_unit():
    groups = sides(sizes=(30, 30))
    whole = kernel.compare_changes(*groups, method="ipw_hajek", trim=1.0)
    cut = kernel.compare_changes(*groups, method="ipw_hajek", trim=0.5)
    assert not np.allclose(whole.att, cut.att)
    assert np.all(cut.treated != 0)


def test_no_comparison():
    groups = sides()
    empty = kernel.Group(np.empty((0, 3)), np.empty((0, 3)), np.empty(0))
    flat = kernel.Group(groups[1].change[:2], groups[1].x[:2], groups[1].weights[:2])
    cases = [
        ((groups[0], empty), {"method": "dr"}, "empty"),
        ((empty, groups[1]), {"method": "reg"}, "empty"),
        ((groups[0], flat), {"method": "reg"}, "singular"),
        (tuple(groups), {"method": "dr", "most": 0.4}, "overlap"),
        (tuple(groups), {"method": "ipw_hajek", "trim": 1e-9}, "overlap"),
    ]
    for pair, options, reason in cases:
        with pytest.raises(ComparisonError) as caught:
            kernel.compare_changes(*pair, **options)
        assert caught.value.reason == reason
