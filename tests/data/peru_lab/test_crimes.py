"""Crimes: base rates, zero cells, and what the knobs and worlds change."""

from __future__ import annotations

import numpy as np
import pytest

from impact.data.peru_lab.crimes import REPORTING, TYPES, make_crimes
from impact.data.peru_lab.settings import Knobs, Settings

# recorded crimes per 100,000 people and year
RATES = {"burglary": 90, "robbery": 250, "assault": 70, "homicide": 5, "sexual_violence": 30}


def rate(table, kind, upto=2016):
    rows = (table["type"] == kind) & (table["anio"] <= upto)
    people = table["natives"] + table["migrants"]
    return 1e5 * 12 * table["count"][rows].sum() / people[rows].sum()


def test_every_district_month_and_type_is_there_once():
    table = make_crimes(Settings())
    keys = set(zip(table["ubigeo"], table["month"], table["type"], strict=True))
    assert len(keys) == len(table["count"]) == 50 * 96 * 5
    assert (table["count"] == 0).any() and (table["count"] >= 0).all()
    assert np.array_equal(table["anio"], 2014 + (table["month"] - 1) // 12)


def test_base_rates():
    found = {kind: np.mean([rate(make_crimes(Settings(seed=s)), kind) for s in range(12)]) for kind in TYPES}
    assert found == pytest.approx(RATES, rel=0.15)


def test_the_denominator_is_a_knob():
    table = make_crimes(Settings())
    without = make_crimes(Settings(knobs=Knobs(denominator="without")))
    assert np.array_equal(table["population"], table["natives"] + table["migrants"])
    assert np.array_equal(without["population"], without["natives"])
    assert np.array_equal(table["count"], without["count"])


def test_overdispersion_is_the_variance_beyond_poisson():
    """With no level, shock or trend left in a ratio of worlds, the gamma's variance is that of the knob."""
    plain = make_crimes(Settings(knobs=Knobs(overdispersion=0.0, trend_sd=0.0)))
    noisy = make_crimes(Settings(knobs=Knobs(overdispersion=1.0, trend_sd=0.0)))
    big = (plain["type"] == "robbery") & (plain["count"] > 100)
    # gamma of variance 1 divided by Poisson counts near their mean
    ratio = noisy["count"][big] / plain["count"][big]
    assert ratio.mean() == pytest.approx(1.0, abs=0.1)
    assert ratio.var() == pytest.approx(1.0, abs=0.35)


def test_only_the_mixed_world_moves_robbery_and_reporting():
    """Means over seeds at the end of 2021, mixed over null: exp(0.01 m) for robbery, reporting for all but homicide."""
    ratios = {kind: [] for kind in TYPES}
    expected = {kind: [] for kind in TYPES}
    for seed in range(25):
        knobs = Knobs(overdispersion=0.0)
        mixed, null = (make_crimes(Settings(world=w, seed=seed, knobs=knobs)) for w in ("mixed", "null"))
        for kind in TYPES:
            rows = (mixed["type"] == kind) & (mixed["anio"] == 2021)
            m = mixed["exposure"][rows]
            reporting = 1.0 if kind == "homicide" else 1 + 0.003 * m / REPORTING
            weight = null["count"][rows]
            ratios[kind].append(mixed["count"][rows].sum() / weight.sum())
            growth = np.exp(0.01 * m) if kind == "robbery" else 1.0
            expected[kind].append(float((growth * reporting * weight).sum() / weight.sum()))
    for kind in TYPES:
        error = np.std(np.array(ratios[kind]) - expected[kind], ddof=1) / 5
        assert np.mean(ratios[kind]) == pytest.approx(np.mean(expected[kind]), abs=4 * error + 1e-9)
    ac, null = (make_crimes(Settings(world=w)) for w in ("ac2020", "null"))
    assert np.array_equal(ac["count"], null["count"])
