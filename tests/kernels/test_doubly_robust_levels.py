"""Levels of four groups: influence against numerical derivatives, closed forms, what cannot be compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import impact.kernels.doubly_robust_levels as kernel
from impact.kernels.propensity import ComparisonError


def rows(seed=2, n=80):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    treated = rng.random(n) < 1 / (1 + np.exp(-0.5 * x[:, 1]))
    after = rng.random(n) < 0.5
    y = 3 + x @ [0, 1, -1] + after * (1 + x[:, 1]) + treated * after * 0.5 + rng.normal(size=n)
    return kernel.Levels(y, treated, after, x, np.ones(n))


@pytest.mark.parametrize(
    ("method", "efficient"),
    [("dr", True), ("dr", False), ("reg", True), ("ipw", True), ("ipw_hajek", True)],
)
def test_influence_is_the_derivative_by_the_weights(method, efficient):
    """Settles the sign that DRDID before 1.4.0 has otherwise in dr; first steps are estimated anew each time."""
    base = rows()
    found = kernel.compare_levels(base, method=method, trim=1.0, efficient=efficient)
    step = 1e-5
    for j in range(0, len(base.y), 5):
        ends = []
        for sign in (1, -1):
            weights = base.weights.copy()
            weights[j] *= 1 + sign * step
            moved = replace(base, weights=weights)
            ends.append(kernel.compare_levels(moved, method=method, trim=1.0, efficient=efficient).att)
        assert found.influence[j] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-8)


@pytest.mark.parametrize("method", ["dr", "dr_improved", "reg", "ipw_hajek"])
@pytest.mark.parametrize("efficient", [True, False])
def test_a_constant_alone_gives_four_means(method, efficient):
    base = rows()
    plain = kernel.compare_levels(replace(base, x=None), method=method, efficient=efficient)
    constant = kernel.compare_levels(
        replace(base, x=np.ones((len(base.y), 1))), method=method, efficient=efficient
    )
    means = {
        (d, s): base.y[(base.treated == d) & (base.after == s)].mean()
        for d in (True, False)
        for s in (True, False)
    }
    expected = means[True, True] - means[True, False] - means[False, True] + means[False, False]
    assert plain.att == pytest.approx(expected, abs=1e-12)
    assert constant.att == pytest.approx(expected, abs=1e-12)
    assert constant.influence == pytest.approx(plain.influence, abs=1e-12)


def test_the_same_rows_twice_are_a_panel_for_the_regression():
    """Each unit before and after with the same covariates: levels give the effect of the changes."""
    rng = np.random.default_rng(5)
    base = rows()
    before, after = base.y, base.y + rng.normal(size=len(base.y)) + base.treated
    twice = kernel.Levels(
        np.concatenate([before, after]),
        np.tile(base.treated, 2),
        np.repeat([False, True], len(base.y)),
        np.tile(base.x, (2, 1)),
    )
    found = kernel.compare_levels(twice, method="reg")
    change, own = after - before, base.treated
    params = np.linalg.lstsq(base.x[~own], change[~own], rcond=None)[0]
    assert found.att == pytest.approx(np.mean(change[own] - base.x[own] @ params), abs=1e-12)


def test_no_comparison():
    base = rows()
    cases = [
        (replace(base, after=np.ones(80, dtype=bool)), {"method": "dr"}, "empty"),
        (replace(base, x=np.column_stack([base.x, base.x[:, 1]])), {"method": "reg"}, "singular"),
        (base, {"method": "dr", "most": 0.2}, "overlap"),
        (base, {"method": "ipw_hajek", "trim": 1e-9}, "overlap"),
        (
            replace(base, x=np.column_stack([np.ones(80), base.treated.astype(float)])),
            {"method": "dr"},
            "separation",
        ),
    ]
    for case, options, reason in cases:
        with pytest.raises(ComparisonError) as caught:
            kernel.compare_levels(case, **options)
        assert caught.value.reason == reason
