"""Sets of departures: each row says what the paper's inequality says of a path of departures."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.honest.restrictions import (
    both,
    first_differences,
    monotone,
    relative,
    second_differences,
    signed,
    smoothness,
)


def inside(restriction, path):
    return bool(np.all(restriction.rows @ path <= restriction.bounds + 1e-12))


def full(path, before):
    return np.insert(path, before, 0.0)


@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 3), (4, 1), (3, 2)])
def test_differences_are_those_of_the_path_with_its_zero(before, after):
    path = np.random.default_rng(3).normal(size=before + after)
    assert first_differences(before, after) @ path == pytest.approx(np.diff(full(path, before)))
    assert second_differences(before, after) @ path == pytest.approx(np.diff(full(path, before), 2))


def test_membership_by_definition():
    random = np.random.default_rng(5)
    before, after, told = 3, 2, {True: 0, False: 0}
    for _ in range(400):
        path = random.normal(size=before + after) * np.array([1, 1, 1, 0.7, 0.7])
        steps, bends = np.diff(full(path, before)), np.diff(full(path, before), 2)
        truth = np.max(np.abs(steps[before:])) <= 1.3 * np.max(np.abs(steps[:before]))
        assert any(inside(one, path) for one in relative(before, after, 1.3)) == truth
        told[bool(truth)] += 1
        truth = np.max(np.abs(bends[before - 1 :])) <= 1.1 * np.max(np.abs(bends[: before - 1]))
        assert any(inside(one, path) for one in relative(before, after, 1.1, of_slopes=True)) == truth
        assert inside(smoothness(before, after, 2.0), path) == (np.max(np.abs(bends[before - 1 :])) <= 2)
        assert inside(signed(before, after, positive=True), path) == bool(np.all(path[before:] >= 0))
        assert inside(monotone(before, after, increasing=False), path) == bool(np.all(steps[before:] <= 0))
        two = both(signed(before, after, positive=False), monotone(before, after, increasing=False))
        assert inside(two, path) == bool(np.all(path[before:] <= 0) and np.all(steps[before:] <= 0))
    assert min(told.values()) > 50


def test_number_of_sets():
    assert len(relative(4, 2, 1.0)) == 8
    assert len(relative(4, 2, 1.0, of_slopes=True)) == 6
