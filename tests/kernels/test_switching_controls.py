"""Controls of switching designs: rates by hand, the truth without noise, and influence as a derivative."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import impact.kernels.switching as kernel
import impact.kernels.switching_controls as controls
from impact.kernels.propensity import ComparisonError


@pytest.fixture(scope="module")
def panel():
    draws = np.random.default_rng(8)
    units, periods = 400, 5
    first = draws.choice([2, 3, 9], size=units)
    treatment = (np.arange(periods) >= first[:, None]).astype(float)
    x = draws.normal(size=(2, units, periods)).cumsum(axis=2)
    y = draws.normal(size=(units, periods)) + 0.7 * x[0] - 0.2 * x[1] + treatment
    return y, treatment, x


def paths_of(y, treatment, **more):
    return kernel.switching_paths(y, treatment, cluster=np.arange(len(y)), **more)


def test_rates_are_those_of_a_regression_with_periods(panel):
    y, treatment, x = panel
    adjustment = controls.adjust(paths_of(y, treatment), x)
    used = treatment[:, 1:] == 0
    period = np.broadcast_to(np.arange(4), used.shape)[used]
    columns = [np.diff(values, axis=1)[used] for values in x] + [(period == t) * 1.0 for t in range(4)]
    rates = np.linalg.lstsq(np.column_stack(columns), np.diff(y, axis=1)[used], rcond=None)[0][:2]
    order = adjustment.paths.order
    assert adjustment.paths.y == pytest.approx((y - np.tensordot(rates, x, axes=1))[order], abs=1e-10)


def test_without_noise_the_truth_comes_back(panel):
    """Another rate for each first treatment; effects of 3."""
    _, treatment, x = panel
    base = np.arange(400) % 2
    rate = 1.0 + base
    y = rate[:, None] * x[0] + np.sqrt(np.arange(5)) + 3 * treatment
    adjustment = controls.adjust(paths_of(y, treatment + base[:, None]), x[:1])
    for step in (1, 2, 3):
        assert controls.adjusted_step(adjustment, step).value == pytest.approx(3, abs=1e-10)
    assert controls.adjusted_step(adjustment, 1, placebo=True).value == pytest.approx(0, abs=1e-10)


def test_influence_through_the_rates_is_a_derivative(panel):
    """Moving a unit's weight in the regression alone; its n of some 200 makes factors of a quarter of a percent."""
    y, treatment, x = panel
    plain = controls.adjust(paths_of(y, treatment), x)
    whole = controls.adjusted_step(plain, 2)
    through = whole.influence - kernel.step_effect(plain.paths, 2).influence
    for unit in (0, 5, 17, 123):
        values = []
        for sign in (1, -1):
            weights = np.ones_like(y)
            weights[unit] += sign * 1e-4
            moved = controls.adjust(paths_of(y, treatment, weights=weights), x)
            values.append(kernel.step_effect(replace(plain.paths, y=moved.paths.y), 2).value)
        derivative = (values[0] - values[1]) / 2e-4
        assert through[unit] == pytest.approx(derivative, rel=0.01, abs=1e-9)


def test_controls_without_a_rate(panel):
    y, treatment, x = panel
    paths = paths_of(y, treatment)
    for bad in (np.ones((1, 400, 5)), np.array([x[0], 2 * x[0]])):
        with pytest.raises(ComparisonError):
            controls.adjust(paths, bad)


def test_steps_without_a_comparison_have_none(panel):
    y, treatment, x = panel
    adjustment = controls.adjust(paths_of(y, treatment), x)
    assert controls.adjusted_step(adjustment, 4) is None
