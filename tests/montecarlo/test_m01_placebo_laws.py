"""M01 and M02: placebo laws in panels with serial correlation (Bertrand, Duflo and Mullainathan 2004).

Errors are AR(1) with correlation 0.8 over 20 years; half of the states pass a law in a year drawn at random.
Errors that take rows as independent reject a true null about four times in ten ("up to 45 percent" in the
paper's abstract); clustered errors with t(G − 1) do not. Reference rates: simulations of 2,000 draws.
"""

from __future__ import annotations

import numpy as np
import pytest

import impact as im

pytestmark = pytest.mark.slow
PERIODS, RHO = 20, 0.8
REFERENCE_DRAWS = 2000


def serial_errors(rng, units, periods, rho):
    noise = rng.standard_normal((units, periods))
    errors = np.empty_like(noise)
    errors[:, 0] = noise[:, 0] / np.sqrt(1 - rho**2) if rho else noise[:, 0]
    for t in range(1, periods):
        errors[:, t] = rho * errors[:, t - 1] + noise[:, t]
    return errors.ravel()


def rates(units, rho, draws, seed, units_and_periods):
    """Share of placebo laws that reject at 5 %: independent errors, clustered errors."""
    rng = np.random.default_rng(seed)
    unit, period = units_and_periods(units, PERIODS)
    rejected = np.zeros(2)
    for _ in range(draws):
        first = rng.integers(5, 15)
        lawful = rng.permutation(units)[: units // 2]
        law = (np.isin(unit, lawful) & (period >= first)).astype(float)
        data = {"state": unit, "year": period, "law": law, "y": serial_errors(rng, units, PERIODS, rho)}
        clustered = im.feols("y ~ law | state + year", data, vcov={"cluster": "state"})
        plain = clustered.summary(vcov="iid")
        rejected += [plain.inference.p_value[0] < 0.05, clustered.inference.p_value[0] < 0.05]
    return rejected / draws


def test_fifty_states(agrees, units_and_periods):
    plain, clustered = rates(50, RHO, 2000, 101, units_and_periods)
    print(f"M01 rho .8 G 50: iid {plain:.4f}, CR1 {clustered:.4f}")
    assert agrees(plain, 0.3925, 2000, gap=0.02, expected_draws=REFERENCE_DRAWS)
    assert agrees(clustered, 0.05, 2000, gap=0.01)


def test_without_serial_correlation_both_are_right(agrees, units_and_periods):
    plain, clustered = rates(50, 0.0, 1000, 102, units_and_periods)
    print(f"M01 rho 0 G 50: iid {plain:.4f}, CR1 {clustered:.4f}")
    assert agrees(plain, 0.05, 1000)
    assert agrees(clustered, 0.05, 1000, gap=0.01)


@pytest.mark.parametrize(("units", "expected"), [(6, 0.065), (10, 0.0525), (20, 0.051)])
def test_few_states(agrees, units_and_periods, units, expected):
    """M02: with t(G − 1) the clustered test stays near its level down to six states."""
    plain, clustered = rates(units, RHO, 1000, 200 + units, units_and_periods)
    print(f"M02 rho .8 G {units}: iid {plain:.4f}, CR1 {clustered:.4f}")
    assert agrees(clustered, expected, 1000, gap=0.01, expected_draws=REFERENCE_DRAWS)
    assert plain > 0.3
