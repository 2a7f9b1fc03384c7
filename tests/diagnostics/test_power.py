"""Smallest detectable effects: closed form, statsmodels, and the permutation test itself."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from impact.diagnostics.power import (
    PowerOptions,
    detectable,
    examine,
    permuted_power,
    power_at,
    smallest_effect,
)


def test_formula():
    assert detectable(math.inf, 1.0, power=0.8, alpha=0.05) == pytest.approx(2.8015852, abs=1e-6)
    expected = stats.t.ppf(0.975, 25) + stats.t.ppf(0.9, 25)
    assert detectable(25.0, 2.0, power=0.9, alpha=0.05) == pytest.approx(2 * expected)
    assert power_at(0.0, 25.0, 2.0, alpha=0.05) == pytest.approx(0.05)
    assert power_at(2.8015852, math.inf, 1.0, alpha=0.05) == pytest.approx(0.8, abs=1e-4)


def test_many_treated_clusters_use_the_formula(make):
    result = make.fitted(make.design(units=30, treated=15), permuted=False)
    found = examine(make.question("power", result), PowerOptions(effects=(0.0, 1.0)))[0]
    se, df = result.inference.std_error[0], result.inference.df[0]
    assert found.statistic == pytest.approx((stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)) * se)
    assert found.details["curve"][0]["formula"] == pytest.approx(0.05)
    assert found.details["curve"][1]["permutation"] is None
    assert found.details["basis"] == "asymptotic"


def test_few_treated_clusters_use_the_permutation(make):
    result = make.fitted(make.design(units=14, treated=2))
    found = examine(make.question("power", result), PowerOptions())[0]
    assert found.statistic == pytest.approx(float(result.permutation.mde80[0]))
    assert found.details["basis"] == "permutation" and found.df is None
    curve = found.details["curve"]
    assert [point["formula"] for point in curve] == [None] * 9
    powers = [point["permutation"] for point in curve]
    assert powers[0] <= 0.05 and powers[4] == pytest.approx(0.8, abs=0.12) and powers[-1] > 0.95


def test_permuted_power_by_brute_force(make):
    permutation = make.fitted(make.design(units=10, treated=2, effect=0.4)).permutation
    a, c, real = permutation.estimates[:, 0], permutation.slopes[:, 0, 0], permutation.actual
    null = a - c * a[real]
    for effect in (0.0, 0.7, 2.0):
        rejected = 0
        for signed in (effect, -effect):
            for noise in null:
                others = [
                    abs(n + signed * s) for i, (n, s) in enumerate(zip(null, c, strict=True)) if i != real
                ]
                p = (1 + sum(o >= abs(noise + signed) * (1 - 1e-10) for o in others)) / len(null)
                rejected += p <= 0.05
        expected = rejected / (2 * len(null))
        assert permuted_power(permutation, 0, effect, alpha=0.05) == pytest.approx(expected)


def test_other_powers_and_impossible_ones(make):
    result = make.fitted(make.design(units=14, treated=2))
    at90 = smallest_effect(result.permutation, 0, power=0.9, alpha=0.05)
    assert permuted_power(result.permutation, 0, at90, alpha=0.05) >= 0.9
    assert permuted_power(result.permutation, 0, 0.999 * at90, alpha=0.05) < 0.9
    few = make.fitted(make.design(units=9, treated=1), sets="singles")
    assert smallest_effect(few.permutation, 0, power=0.8, alpha=0.05) == math.inf
    found = examine(make.question("power", few), PowerOptions())[0]
    assert found.statistic == math.inf and "no effect of any size" in found.sentence
    nothing = replace(few, permutation=None, inference=replace(few.inference, extra={}))
    assert examine(make.question("power", nothing), PowerOptions())[0].statistic is None
    assert np.isfinite(few.estimate.params).all()
