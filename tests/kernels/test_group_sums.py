"""Sums by group against loops."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.group_sums as group_sums


@pytest.mark.parametrize("rows", [0, 1, 7, 1000, 70_000])
@pytest.mark.parametrize("width", [1, 3, 4, 9])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("sorted_codes", [False, True])
def test_sums_are_those_of_a_product_with_dummies(rows, width, order, sorted_codes):
    rng = np.random.default_rng(rows + width)
    levels = max(1, rows // 5)
    codes = rng.integers(0, levels, rows).astype(np.int32)
    codes = np.sort(codes) if sorted_codes else codes
    values = np.asarray(rng.standard_normal((rows, width)), order=order)
    weights = rng.random(rows)
    for own in (None, weights):
        found = group_sums.group_sums(codes, levels, values, own)
        expected = np.zeros((levels, width))
        np.add.at(expected, codes, values if own is None else values * own[:, None])
        np.testing.assert_allclose(found, expected, atol=1e-12)
        counts = group_sums.group_counts(codes, levels, own)
        np.testing.assert_allclose(counts, np.bincount(codes, own, levels), atol=1e-12)


def test_a_vector_gives_a_vector_and_strides_do_not_matter():
    values = np.arange(24.0).reshape(6, 4)
    codes = np.array([0, 2, 0, 2, 2, 0], dtype=np.int32)
    np.testing.assert_array_equal(group_sums.group_sums(codes, 3, values[:, 1]), [1 + 9 + 21, 0, 5 + 13 + 17])
    backwards = group_sums.group_sums(codes, 3, values[::-1, ::2], np.ones(12)[::2])
    np.testing.assert_array_equal(
        backwards, group_sums.group_sums(codes, 3, np.ascontiguousarray(values[::-1, ::2]))
    )


def test_means_of_empty_groups_are_missing():
    means = group_sums.group_means(
        np.array([0, 0], dtype=np.int32), 2, np.array([1.0, 3.0]), np.array([1.0, 3.0])
    )
    assert means[0] == 2.5
    assert np.isnan(means[1])


@pytest.mark.parametrize("codes", [[0, 3], [-1, 0]])
def test_codes_outside_the_levels_are_refused(codes):
    with pytest.raises(ValueError, match="outside"):
        group_sums.group_sums(np.array(codes, dtype=np.int32), 3, np.ones(2))


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="length"):
        group_sums.group_sums(np.zeros(3, dtype=np.int32), 1, np.ones(2))
    with pytest.raises(ValueError, match="length"):
        group_sums.group_sums(np.zeros(3, dtype=np.int32), 1, np.ones(3), np.ones(2))
