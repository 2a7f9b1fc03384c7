"""Conditional logit: the sum over all ways by hand, columns of any unit, and separation that is always seen."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from impact.kernels.likelihood.conditional_logit import fit_conditional_logit


def panel(seed=2, groups=30, size=5):
    random = np.random.default_rng(seed)
    codes = np.repeat(np.arange(groups, dtype=np.int32), size)
    x = random.normal(size=(groups * size, 2)) + codes[:, None] % 7
    y = (x @ [0.7, -0.4] + random.logistic(size=len(x)) > np.median(x @ [0.7, -0.4])).astype(float)
    return x, y, codes, groups


def by_enumeration(params, x, y, codes):
    total = 0.0
    for group in np.unique(codes):
        own, chosen = x[codes == group] @ params, y[codes == group]
        ways = [own[list(rows)].sum() for rows in combinations(range(len(own)), int(chosen.sum()))]
        total += own @ chosen - np.logaddexp.reduce(ways)
    return -total


def test_the_maximum_by_enumeration():
    x, y, codes, groups = panel()
    found = fit_conditional_logit(x, y, codes, groups)
    peer = minimize(by_enumeration, np.zeros(2), args=(x, y, codes), method="BFGS", options={"gtol": 1e-8})
    assert found.converged
    assert found.params == pytest.approx(peer.x, abs=1e-5)
    assert found.log_likelihood == pytest.approx(-peer.fun, rel=1e-10)


@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1e6, 1e12])
def test_units_do_not_matter(unit):
    x, y, codes, groups = panel()
    one = fit_conditional_logit(x, y, codes, groups)
    other = fit_conditional_logit(x * [1.0, unit], y, codes, groups)
    assert other.converged and other.params * [1.0, unit] == pytest.approx(one.params, rel=1e-8)


def test_a_level_of_the_column_does_not_matter():
    x, y, codes, groups = panel()
    one = fit_conditional_logit(x, y, codes, groups)
    other = fit_conditional_logit(x + np.array([0.0, 1e6]), y, codes, groups)
    assert other.params == pytest.approx(one.params, rel=1e-7)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 500), unit=st.sampled_from([1e-9, 1e-3, 1.0, 1e3, 1e9]))
def test_separation_is_seen_beside_a_regular_column(seed, unit):
    """y is one in the rows of the second column's largest values: its coefficient has no maximum."""
    x, y, codes, groups = panel(seed)
    x[:, 1] = unit * (y + 0.2 * np.random.default_rng(seed).random(len(y)))
    found = fit_conditional_logit(x, y, codes, groups)
    assert found.separated and not found.converged


def test_quasi_separation_of_an_indicator():
    """A 1 only where the outcome is 1, in one group: no maximum; the other column has one."""
    x, y, codes, groups = panel()
    x[:, 1] = 0.0
    x[np.flatnonzero(y == 1)[0], 1] = 1e-7
    assert fit_conditional_logit(x, y, codes, groups).separated


def test_steps_are_a_limit():
    x, y, codes, groups = panel()
    found = fit_conditional_logit(x, y, codes, groups, steps=1)
    assert (found.iterations, found.converged, found.separated) == (1, False, False)
