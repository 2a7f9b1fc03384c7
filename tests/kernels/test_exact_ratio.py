"""Exact intervals against tables in print, closed forms, the binomial sums they invert, and scipy's own search."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from impact.kernels.exact_ratio import binomial_two_sided, clopper_pearson, poisson_rate_ratio


def test_a_proportion_in_print() -> None:
    """10 of 100: 4.90 % to 17.62 %, as in tables of exact limits (Clopper and Pearson 1934)."""
    low, high = clopper_pearson(10, 100)
    assert (round(low, 4), round(high, 4)) == (0.0490, 0.1762)


@pytest.mark.parametrize(("cases", "trials"), [(0, 8), (8, 8), (0, 1)])
def test_ends_without_cases_or_without_others(cases: int, trials: int) -> None:
    """0 of n: 1 − (α/2)^(1/n); the rule of three in its exact form."""
    low, high = clopper_pearson(cases, trials)
    edge = 1 - 0.025 ** (1 / trials)
    assert (low, high) == (pytest.approx((0.0, edge)) if cases == 0 else pytest.approx((1 - edge, 1.0)))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 400), st.data(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_ends_are_where_the_binomial_tails_reach_half_the_level(n: int, data, level: float) -> None:
    k = data.draw(st.integers(0, n))
    low, high = clopper_pearson(k, n, level=level)
    tail = (1 - level) / 2
    assert k == 0 or stats.binom.sf(k - 1, n, low) == pytest.approx(tail, rel=1e-7)
    assert k == n or stats.binom.cdf(k, n, high) == pytest.approx(tail, rel=1e-7)


@pytest.mark.parametrize(
    ("a", "n", "b", "m"), [(11, 7.5, 4, 12.0), (0, 10.0, 5, 20.0), (48, 109783.0, 84269, 31452347.0)]
)
def test_a_rate_ratio_is_that_of_the_conditional_binomial(a: int, n: float, b: int, m: float) -> None:
    """The interval of scipy's binomtest for a of a + b, turned into odds and scaled by the exposures."""
    ratio, low, high = poisson_rate_ratio(a, n, b, m)
    interval = stats.binomtest(a, a + b).proportion_ci(0.95, method="exact")
    assert ratio == pytest.approx((a / n) / (b / m))
    assert low == pytest.approx(interval.low / (1 - interval.low) * m / n, abs=1e-15, rel=1e-6)
    assert high == pytest.approx(interval.high / (1 - interval.high) * m / n, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.1, 50), st.floats(0.1, 50))
def test_turning_the_groups_around_turns_the_ratio(a: int, b: int, n: float, m: float) -> None:
    if a + b == 0:
        assert all(map(math.isnan, poisson_rate_ratio(a, n, b, m)))
        return
    ratio, low, high = poisson_rate_ratio(a, n, b, m)
    back = poisson_rate_ratio(b, m, a, n)
    assert low <= ratio <= high
    for one, other in ((ratio, back[0]), (low, back[2]), (high, back[1])):
        assert (
            (one == math.inf and other == 0)
            or (one == 0 and other == math.inf)
            or one * other == pytest.approx(1)
        )


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 80), st.data(), st.floats(0.01, 0.99))
def test_the_test_fits_the_interval(n: int, data, share: float) -> None:
    """A share is rejected at 5 % exactly where the central interval leaves it out."""
    k = data.draw(st.integers(0, n))
    low, high = clopper_pearson(k, n)
    p = binomial_two_sided(k, n, share)
    assert p == pytest.approx(
        min(1, 2 * min(stats.binom.cdf(k, n, share), stats.binom.sf(k - 1, n, share))), rel=1e-8
    )
    if min(abs(share - low), abs(share - high)) > 1e-6:
        assert (p < 0.05) == (not low <= share <= high)


@pytest.mark.parametrize("wrong", [(-1, 5), (6, 5), (0, 0)])
def test_counts_that_are_none(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="proportion"):
        clopper_pearson(*wrong)
    with pytest.raises(ValueError, match="test"):
        binomial_two_sided(*wrong, 0.5)
    with pytest.raises(ValueError, match="exposures"):
        poisson_rate_ratio(1, 0.0, 1, 2.0)


def test_coverage_is_at_least_its_level_by_exact_summation() -> None:
    """All outcomes of a binomial of 25 weighted by their probability: never below 95 %."""
    intervals = [clopper_pearson(k, 25) for k in range(26)]
    for step in range(1, 100):
        p = step / 100
        covered = sum(
            stats.binom.pmf(k, 25, p) for k, (low, high) in enumerate(intervals) if low <= p <= high
        )
        assert covered >= 0.95 - 1e-12
