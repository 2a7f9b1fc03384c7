"""Scores by cluster and many-way sums against double sums over rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.kernels.cluster_robust import cluster_scores, intersect, many_way, parts, sandwich


def test_one_way_is_the_double_sum_within_clusters():
    random = np.random.default_rng(1)
    x, u, w = random.normal(size=(40, 2)), random.normal(size=40), random.uniform(1, 2, 40)
    codes = random.integers(0, 6, 40).astype(np.int32)
    scores = x * (w * u)[:, None]
    expected = scores.T @ (codes[:, None] == codes) @ scores
    np.testing.assert_allclose(sandwich(np.eye(2), cluster_scores(x, u, w, codes, 6)), expected, rtol=1e-12)


def test_three_ways_are_pairs_that_share_any_variable():
    random = np.random.default_rng(2)
    scores = random.normal(size=(50, 2))
    codes = [random.integers(0, 5, 50).astype(np.int32) for _ in range(3)]
    shared = np.any([own[:, None] == own for own in codes], axis=0)
    expected = scores.T @ shared @ scores

    def variance(part):
        return sandwich(np.eye(2), cluster_scores(scores, np.ones(50), None, part.codes, part.levels))

    pieces = parts(codes, [5, 5, 5])
    assert len(pieces) == 7
    np.testing.assert_allclose(many_way(pieces, variance, lambda part: 1.0), expected, rtol=1e-10)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=30))
def test_intersection_groups_equal_pairs(pairs):
    first, second = (np.array(column, np.int32) for column in zip(*pairs, strict=True))
    codes, levels = intersect([first, second], [5, 4])
    assert levels == len(set(pairs))
    for a in range(len(pairs)):
        for b in range(len(pairs)):
            assert (codes[a] == codes[b]) == (pairs[a] == pairs[b])
