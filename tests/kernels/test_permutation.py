"""What a permutation distribution says, against brute force on grids and small enumerations."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.kernels.permutation import (
    common_sets,
    difference,
    family_sizes,
    interval,
    invert,
    one_sided,
    p_value_at,
    predicted_spread,
    share_beyond,
    smallest_detectable,
)


def record(values, slopes=None, statistics=None, *, actual=0, members=None, labels=None):
    values = np.asarray(values, float)
    slopes = np.zeros(len(values)) if slopes is None else np.asarray(slopes, float)
    slopes = slopes.copy()
    slopes[actual] = 1.0
    members = np.arange(len(values))[:, None] if members is None else members
    return SimpleNamespace(
        estimates=values[:, None],
        statistics=(values if statistics is None else np.asarray(statistics, float))[:, None],
        slopes=slopes[:, None, None],
        actual=actual,
        members=np.asarray(members, np.int32),
        unit_labels=tuple(range(len(values))) if labels is None else labels,
    )


def test_share_counts_ties_and_missing_values():
    assert share_beyond(np.array([2.0, -2.0, 1.0, 2.0 - 1e-12]), 0) == 0.75
    assert share_beyond(np.array([2.0, np.nan, 1.0, 1.0]), 0) == 0.5
    assert np.isnan(share_beyond(np.array([np.nan, 1.0]), 0))


slopes_values = st.sampled_from([-1.0, -0.5, -0.1, 0.0, 0.3, 0.9, 1.0, 1.7])
numbers = st.floats(-3, 3).map(lambda value: round(value, 2))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(numbers, slopes_values), min_size=3, max_size=25), st.sampled_from([0.6, 0.8, 0.9]))
def test_interval_is_the_hull_of_what_is_not_rejected(pairs, level):
    values, slopes = (np.array(column) for column in zip(*pairs, strict=True))
    own = record(values, slopes)
    low, high = interval(own, 0, level)
    grid = np.linspace(-60, 60, 1201) + 0.00037
    kept = grid[[p_value_at(own, 0, b) > 1 - level + 1e-9 for b in grid]]
    step = grid[1] - grid[0]
    assert low <= values[0] <= high
    if len(kept):
        assert low <= kept[0] + 1e-9
        assert high >= kept[-1] - 1e-9
    for end in (low, high):
        if np.isfinite(end) and abs(end) < 59:
            # the end itself is not rejected (to rounding), and beyond it no grid point is kept
            assert any(p_value_at(own, 0, end + nudge) > 1 - level for nudge in (-1e-7, 0.0, 1e-7))
            beyond = kept[kept > end + step] if end == high and high != low else kept[kept < end - step]
            assert not len(beyond)


def test_interval_without_end():
    # three sets: the smallest p is 1/3, so that nothing is rejected at 10 %
    assert interval(record([1.0, 0.2, -0.1]), 0, 0.9) == (-np.inf, np.inf)
    # outcomes move other sets more than the actual one: far hypotheses are never rejected
    low, high = interval(record([1.0, *np.zeros(30)], [1.0, *np.full(30, 1.5)]), 0, 0.9)
    assert (low, high) == (-np.inf, np.inf)


def test_interval_with_slopes_of_zero_is_estimate_and_quantile():
    random = np.random.default_rng(2)
    values = np.append(0.7, random.normal(size=99))
    low, high = interval(record(values), 0, 0.9)
    # kept where more than 10 of 100 sets are beyond: the tenth largest of the others beside the actual one
    reach = np.sort(np.abs(values[1:]))[::-1][9]
    assert (low, high) == pytest.approx((0.7 - reach, 0.7 + reach))


def test_invert_agrees_with_interval():
    own = record([0.5, 1.0, -2.0, 0.1, 0.9], [1, 0.2, -0.3, 0.1, 0.0])
    assert invert(own.estimates[:, 0], own.slopes[:, 0, 0], 0, 0.8) == interval(own, 0, 0.8)


def test_one_sided_by_counting():
    values, slopes = np.array([0.1, -0.5, 0.4, 0.8, -0.9]), np.array([1.0, 0.5, -0.2, 0.0, 0.3])
    bound = 0.6
    p_lower, p_upper = one_sided(record(values, slopes), 0, bound)
    assert p_lower == np.mean(values + bound * slopes >= values[0] + bound)
    assert p_upper == np.mean(values - bound * slopes <= values[0] - bound)


def test_one_sided_agrees_with_the_interval():
    random = np.random.default_rng(7)
    own = record(np.append(0.2, random.normal(size=199)), np.append(1.0, random.uniform(-0.3, 0.6, 199)))
    low, high = interval(own, 0, 0.9)
    bound = max(abs(low), abs(high)) * 1.5
    assert max(one_sided(own, 0, bound)) <= 0.1
    assert max(one_sided(own, 0, 0.05)) > 0.1


def test_difference_over_common_sets():
    labels = ("a", "b", "c", "d")
    first = record([2.0, 0.5, -0.4, 0.1], [1, 0.1, 0.2, 0.0], labels=labels)
    # the second group has its units in another order and one unit fewer
    second = record(
        [0.3, 1.0, -0.2], [0.1, 1.0, 0.0], members=[[0], [1], [2]], labels=("c", "a", "b"), actual=1
    )
    found = difference(first, second, 0, 0.5)
    assert found.n_sets == 3
    assert found.estimate == 1.0
    assert found.p_value == pytest.approx(1 / 3)  # a: 1.0, b: 0.7, c: −0.7
    other = record([1.0], labels=("d",))
    with pytest.raises(ValueError, match="same treated units"):
        common_sets([first, other])


def test_sizes_of_a_family_do_not_depend_on_units():
    random = np.random.default_rng(6)
    table = random.normal(size=(60, 2))
    plain = family_sizes([(record(table[:, j]), 0) for j in range(2)], statistic="estimate")
    scaled = family_sizes(
        [(record(table[:, j] * 10.0 ** (3 * j)), 0) for j in range(2)], statistic="estimate"
    )
    assert plain == pytest.approx(scaled, rel=1e-12)
    assert plain == pytest.approx(np.abs(table) / np.sqrt(np.mean(table**2, axis=0)), rel=1e-12)


def test_smallest_detectable_is_where_power_crosses():
    random = np.random.default_rng(8)
    null = random.normal(size=120)
    crossings = np.eye(120) + random.uniform(-0.1, 0.1, (120, 120)) * (1 - np.eye(120))
    probes = np.arange(120)

    def power(effect):
        rejected = 0
        for sign in (1, -1):
            for q in range(120):
                values = np.abs(null + sign * effect * crossings[:, q])
                rejected += np.mean(values >= values[q] * (1 - 1e-10)) <= 0.05
        return rejected / 240

    found = smallest_detectable(null, crossings, probes)
    assert power(found * 1.0001) >= 0.8
    assert power(found * 0.999) < 0.8
    # normal null, crossings near zero: 1.96 + 0.84 standard deviations
    assert found == pytest.approx(2.8 * null.std(), rel=0.2)


def test_smallest_detectable_needs_twenty_sets():
    assert smallest_detectable(np.ones(15), np.eye(15), np.arange(15)) == np.inf


def test_predicted_spread_recovers_its_model():
    weights = np.array([10.0, 20.0, 40.0, 80.0, 160.0, 5.0])
    effects = np.sqrt(0.3 + 8.0 / weights)
    used = np.array([True] * 5 + [False])
    spread = predicted_spread(effects, weights, used, np.array([[-1, 0], [1, 2]]))
    assert spread[0] == pytest.approx(np.sqrt(0.3 + 0.8))
    assert spread[1] == pytest.approx(np.sqrt(0.3 * (400 + 1600) / 3600 + 8.0 / 60))
    # spread that falls with 1/weight has no negative part: the constant alone is kept
    flat = predicted_spread(np.sqrt(0.1 + 0.01 * weights), weights, used, np.array([[0], [4]]))
    assert flat[0] == pytest.approx(flat[1])
