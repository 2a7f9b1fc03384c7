"""Estimators of staggered adoption that must agree by algebra, on random panels."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

import impact as im


def panel(seed, *, last=7):
    """Units with cohorts of random sizes, trends and effects of their own, and noise."""
    rng = np.random.default_rng(seed)
    cohorts = [4, 5, 7, 0]
    sizes = rng.integers(2, 7, len(cohorts))
    first = np.repeat(cohorts, sizes)
    time = np.arange(1, last + 2)
    y = rng.normal(size=(len(first), len(time))) + rng.normal(size=(len(first), 1)) + 0.3 * time
    treated = (first[:, None] > 0) & (time >= first[:, None])
    y = y + treated * rng.normal(1.0, 0.5, (len(first), 1)) * (time - first[:, None] + 1)
    unit = np.repeat(np.arange(len(first)), len(time))
    return {
        "i": unit,
        "t": np.tile(time, len(first)),
        "g": np.repeat(first, len(time)),
        "y": y.ravel(),
    }


def rows_of(data, estimator, **more):
    fit = im.did(data, y="y", time="t", unit="i", cohort="g", estimator=estimator, more={"never": 0, **more})
    return {t.name: float(b) for t, b in zip(fit.estimate.terms, fit.estimate.params, strict=True)}


seeds = st.integers(0, 10_000)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_sun_abraham_is_callaway_sant_anna_with_a_universal_base(seed):
    data = panel(seed)
    one, other = rows_of(data, "sa"), rows_of(data, "cs", base_period="universal")
    cells = [name for name in one if name.startswith("att_gt")]
    assert len(cells) == 24
    for name in cells:
        assert one[name] == approx(other[name], abs=1e-9)
    for name in other:
        if name.startswith("event[") or name in {"att", "att_simple", "att_dynamic", "att_cohort"}:
            assert one[name] == approx(other[name], abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_equally_weighted_local_projections_are_callaway_sant_anna(seed):
    data = panel(seed)
    for control_group in ("never", "not_yet"):
        one = rows_of(data, "lp", weighting="equal", control_group=control_group)
        other = rows_of(data, "cs", base_period="universal", control_group=control_group)
        for event in range(5):
            assert one[f"event[{event}]"] == approx(other[f"event[{event}]"], abs=1e-9)
        assert one["event[-2]"] == approx(other["event[-2]"], abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_stacked_effects_are_means_of_cells(seed):
    """Corrective weights, never treated controls: the cells of Callaway and Sant'Anna weighted by cohort size."""
    data = panel(seed)
    stacked = rows_of(data, "stacked", pre=2, post=1)
    cells = rows_of(data, "cs", base_period="universal")
    size = {g: len(np.unique(data["i"][data["g"] == g])) for g in (4, 5, 7)}
    for event in (-2, 0, 1):
        mean = sum(size[g] * cells[f"att_gt[{g},{g + event}]"] for g in size) / sum(size.values())
        assert stacked[f"event[{event}]"] == approx(mean, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_one_cohort_makes_all_of_them_the_same(seed):
    data = panel(seed)
    kept = np.isin(data["g"], (0, 5))
    data = {name: values[kept] for name, values in data.items()}
    window = {"pre": 4, "post": 3}
    found = [
        rows_of(data, "twfe", effect="event_study"),
        rows_of(data, "sa"),
        rows_of(data, "stacked", **window),
        rows_of(data, "lp", **window),
    ]
    for event in (-4, -3, -2, 0, 1, 2, 3):
        for other in found[1:]:
            assert other[f"event[{event}]"] == approx(found[0][f"event[{event}]"], abs=1e-9)


@settings(max_examples=6, deadline=None)
@given(seeds)
def test_periods_of_two_years_are_periods(seed):
    """Every other year: event times double, and nothing else changes; the reference is the period before."""
    data = panel(seed)
    wide = {**data, "t": 2 * data["t"], "g": 2 * data["g"]}
    for estimator, more, double in (
        ("twfe", {"effect": "event_study"}, {}),
        ("sa", {}, {}),
        ("lp", {"pre": 3, "post": 1}, {"pre": 6, "post": 2}),
        ("stacked", {"pre": 3, "post": 1}, {"pre": 6, "post": 2}),
    ):
        one, other = rows_of(data, estimator, **more), rows_of(wide, estimator, **{**more, **double})
        events = [name for name in one if name.startswith("event[")]
        assert len(events) >= 5
        for name in events:
            assert other[f"event[{2 * int(name[6:-1])}]"] == approx(one[name], abs=1e-9)
