"""First changes of treatment: paths, cohorts of one, and the sums of influence."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.switching as kernel


def paths_of(treatment, y=None, **more):
    treatment = np.asarray(treatment, dtype=float)
    y = np.zeros(treatment.shape) if y is None else np.asarray(y, dtype=float)
    more.setdefault("cluster", np.arange(len(treatment)))
    return kernel.switching_paths(y, treatment, **more)


def given(paths, values):
    """Values of the paths in the order of the units given."""
    found = np.empty_like(values)
    found[paths.order] = values
    return found.tolist()


def test_first_changes_and_directions():
    nan = np.nan
    treatment = [
        [0, 0, 1, 1],
        [2, 1, 1, 2],
        [1, 1, 1, 1],
        [0, 1, -1, 2],  # below its baseline after having been above
        [0, nan, 1, 1],  # absent just before its first change
        [nan, 0, 0, 3],
        [0, 2, nan, 2],  # absent afterwards: the dose of its first change
    ]
    paths = paths_of(treatment)
    assert given(paths, paths.first) == [2, 1, 4, 1, 4, 3, 1]
    assert given(paths, paths.sign) == [1, -1, 0, 1, 0, 1, 1]
    assert np.argwhere(paths.crossed).tolist() == [[3, 2], [3, 3]]
    assert np.argwhere(paths.unsure).tolist() == [[4, 2], [4, 3]]
    assert given(paths, paths.distance)[6] == [0, 2, 2, 2]
    assert given(paths, paths.weights)[4] == [1, 0, 0, 0]
    assert len(set(given(paths, paths.baseline))) == 3


def test_a_hand_made_effect():
    """Two switchers and two controls; the error of cohorts of two has the factor 2."""
    treatment = [[0, 1, 1], [0, 1, 1], [0, 0, 0], [0, 0, 0]]
    y = [[0, 3, 5], [0, 5, 9], [0, 1, 1], [0, 2, 4]]
    paths = paths_of(treatment, y)
    one, two = kernel.step_effect(paths, 1), kernel.step_effect(paths, 2)
    assert (one.value, two.value) == (4 - 1.5, 7 - 2.5)
    assert one.influence == pytest.approx(np.sqrt(2) * np.array([-1, 1, 0.5, -0.5]) / 2)
    assert (one.dose, two.total) == (1, 2)
    assert sorted(two.switchers.tolist()) == [0, 1]
    assert kernel.step_effect(paths, 3) is None
    assert kernel.step_effect(paths, 1, placebo=True) is None


def test_a_cohort_of_one_is_joined_with_its_controls():
    treatment = [[0, 1], [0, 0], [0, 0]]
    y = [[0, 6.0], [0, 1.0], [0, 2.0]]
    found = kernel.step_effect(paths_of(treatment, y), 1)
    mean = 3.0
    switcher = np.sqrt(3 / 2) * (6 - mean)
    assert found.influence == pytest.approx([switcher, np.sqrt(2) * 0.25, -np.sqrt(2) * 0.25])


def test_falls_are_turned_and_groups_kept_apart():
    treatment = [[1, 0], [1, 1], [1, 0], [1, 1]]
    y = [[0, -3.0], [0, 1.0], [0, 8.0], [0, 2.0]]
    assert kernel.step_effect(paths_of(treatment, y), 1).value == -(2.5 - 1.5)
    apart = paths_of(treatment, y, group=np.array([0, 0, 1, 1]))
    assert kernel.step_effect(apart, 1).value == -((-4.0 + 6.0) / 2)
    assert kernel.step_effect(apart, 1, signs=(1,)) is None


def test_only_units_that_never_change():
    treatment = [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    y = [[0, 4.0, 0], [0, 2.0, 0], [0, 1.0, 0]]
    paths = paths_of(treatment, y)
    assert kernel.step_effect(paths, 1).value == pytest.approx(np.mean([4 - 1.5, -2 - -1]))
    assert kernel.step_effect(paths, 1, never=True).value == pytest.approx(np.mean([3, -2 - -1]))


def test_clusters_are_counted_in_cohorts():
    """Four controls in two clusters: the factor is that of two."""
    treatment = [[0, 1], [0, 1], [0, 0], [0, 0], [0, 0], [0, 0]]
    y = [[0, 1.0], [0, 3.0], [0, 0.0], [0, 1.0], [0, 2.0], [0, 5.0]]
    found = kernel.step_effect(paths_of(treatment, y, cluster=np.array([0, 1, 2, 2, 3, 3])), 1)
    assert found.influence[2:] == pytest.approx(-np.sqrt(2) * (np.array([0, 1, 2, 5]) - 2) / 4)
