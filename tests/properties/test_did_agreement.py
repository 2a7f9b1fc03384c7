"""Difference-in-differences estimators that are one number by algebra, and that find the truth where nothing is noise.

Random cohorts (with or without never treated units), random sizes, weights of units, gaps, shifts of anticipation:
what holds on one tidy panel holds on all of them. Pairs of estimators that other tests compare are not repeated here.
Sources: Callaway and Sant'Anna (2021), Sun and Abraham (2021), Wooldridge (2021), Borusyak, Jaravel and Spiess (2024),
Gardner (2022), de Chaisemartin and D'Haultfoeuille (2024).
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import impact as im

FEW = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**32 - 1)
OVERALL = ("att", "att_simple", "att_dynamic", "att_cohort", "att_calendar")
CLOSE, EXACT = 1e-9, 1e-10


def panel(seed, *, never=True, gaps=False, noise=1.0, weighted=False, earliest=3):
    """Cohorts drawn among periods ``earliest`` … T of two to six units, effects by cohort and period, unit weights."""
    rng = np.random.default_rng(seed)
    periods = int(rng.integers(5, 9))
    cohorts = np.sort(
        rng.choice(np.arange(earliest, periods + 1), size=min(3, periods - earliest), replace=False)
    )
    starts = [*cohorts.tolist(), *([0] if never else [])]
    first = np.repeat(starts, rng.integers(2, 7, len(starts)))
    time = np.arange(1, periods + 1)
    effect = np.zeros((len(first), periods))
    for start in cohorts.tolist():
        for t in range(start, periods + 1):
            effect[first == start, t - 1] = rng.normal(1.0, 1.0)
    y = 2 * rng.normal(size=(len(first), 1)) + rng.normal(size=periods) + effect
    y = y + noise * rng.normal(size=y.shape)
    unit = np.repeat(np.arange(len(first)), periods)
    data = {
        "i": unit,
        "t": np.tile(time, len(first)),
        "g": np.repeat(first, periods),
        "y": y.ravel(),
        "effect": effect.ravel(),
        "w": np.repeat(rng.uniform(0.3, 3.0, len(first)) if weighted else np.ones(len(first)), periods),
    }
    data["D"] = ((data["g"] > 0) & (data["t"] >= data["g"])).astype(float)
    if gaps:
        kept = (rng.random(len(unit)) > 0.12) | (data["t"] <= 2)
        data = {name: values[kept] for name, values in data.items()}
    return data


def rows_of(data, estimator, **more):
    keys = {"never": 0, "cohort": "g", **more}
    cohort = keys.pop("cohort")
    if cohort is None:
        del keys["never"]
    found = im.did(data, y="y", time="t", unit="i", cohort=cohort, estimator=estimator, more=keys)
    return {t.name: float(b) for t, b in zip(found.estimate.terms, found.estimate.params, strict=True)}


def agree(one, other, names, tolerance=CLOSE):
    assert names
    for name in names:
        assert one[name] == pytest.approx(other[name], abs=tolerance), name


def after(rows, *kinds):
    """Names of the rows after treatment of these kinds."""
    found = []
    for name in rows:
        kind, _, inside = name.partition("[")
        if kind in kinds and inside:
            numbers = [float(v) for v in inside[:-1].split(",")]
            event = numbers[-1] - numbers[0] if kind == "att_gt" else numbers[0]
            if kind not in ("att_gt", "event") or event >= 0:
                found.append(name)
    return found


@FEW
@given(SEEDS, st.booleans())
def test_saturated_regressions_are_comparisons_with_the_never_treated(seed, weighted):
    """CS without covariates = SA = ETWFE (never): cells, events, cohorts, periods and the four overall effects."""
    data = panel(seed, weighted=weighted)
    weights = {"weights": {"w": "sampling"}} if weighted else {}
    cs = rows_of(data, "cs", base_period="universal", **weights)
    names = [*OVERALL, *after(cs, "att_gt", "event", "cohort", "calendar")]
    agree(rows_of(data, "etwfe", control_group="never", **weights), cs, names)
    agree(rows_of(data, "sa", **weights), cs, names)


@FEW
@given(SEEDS, st.booleans(), st.booleans(), st.booleans())
def test_three_ways_to_impute(seed, never, gaps, weighted):
    """BJS = Gardner = ETWFE (not yet), every row, with weights and where nobody is never treated.

    With gaps the effects are those of cohorts: a dummy for a cell and effects of units leave something of the units
    in treated rows, which imputation does not.
    """
    data = panel(seed, never=never, gaps=gaps, weighted=weighted)
    keys = {"weights": {"w": "sampling"}} if weighted else {}
    effects = ("cohort",) if gaps else ("cohort", "unit")
    for effect in effects:
        one, two, three = (
            rows_of(data, estimator, autosample=True, effects=effect, **keys)
            for estimator in ("bjs", "gardner", "etwfe")
        )
        names = [*OVERALL, *after(one, "att_gt", "event", "cohort", "calendar")]
        agree(two, one, names)
        agree(three, one, names)


@FEW
@given(SEEDS, st.booleans(), st.booleans())
def test_switchers_into_a_treatment_that_stays(seed, never, weighted):
    """dCDH of an absorbing 0/1 treatment = CS, not yet treated, one base period: effects and placebos."""
    data = panel(seed, never=never, weighted=weighted)
    weights = {"weights": {"w": "sampling"}} if weighted else {}
    switch = rows_of(data, "dcdh", cohort=None, treatment="D", **weights)
    cs = rows_of(data, "cs", control_group="not_yet", base_period="universal", **weights)
    agree(switch, cs, [name for name in after(switch, "event") if name in cs])
    assert "event[0]" in cs


@FEW
@given(SEEDS)
def test_two_groups_in_two_periods_are_the_same_everywhere(seed):
    """One cohort, two periods: every estimator of this family is the difference of two differences."""
    data = panel(seed, noise=1.0)
    start = int(data["g"].max())
    kept = np.isin(data["g"], (0, start)) & np.isin(data["t"], (start - 1, start))
    data = {name: values[kept] for name, values in data.items()}
    mean = {
        (g, t): data["y"][(data["g"] == g) & (data["t"] == t)].mean()
        for g in (0, start)
        for t in (start - 1, start)
    }
    expected = mean[start, start] - mean[start, start - 1] - mean[0, start] + mean[0, start - 1]
    for estimator, more in TWO_BY_TWO.items():
        assert rows_of(data, estimator, **more)["att"] == pytest.approx(expected, abs=CLOSE), estimator


TWO_BY_TWO = {
    "2x2": {},
    "twfe": {"effect": "static"},
    "cs": {},
    "sa": {},
    "etwfe": {},
    "bjs": {},
    "gardner": {},
    "dcdh": {},
    "lp": {"pre": 1, "post": 0},
    "stacked": {"pre": 1, "post": 0},
}


# --- the truth without noise ---

ROWS = ("att_gt", "event")
FINDERS = {
    "cs": [{}, {"control_group": "not_yet"}, {"base_period": "universal"}],
    "sa": [{}],
    "etwfe": [{"control_group": "never"}, {"control_group": "not_yet"}, {"effects": "unit"}],
    "bjs": [{"autosample": True}],
    "gardner": [{"autosample": True}],
    "dcdh": [{}],
    "lp": [{"weighting": "equal", "control_group": "not_yet"}],
}


@pytest.mark.parametrize("estimator", FINDERS)
@FEW
@given(SEEDS)
def test_effects_without_noise(estimator, seed):
    """Effects that differ by cohort and period and no noise: each cell, each event and the mean are the known ones."""
    data = panel(seed, noise=0.0)
    truth = true_rows(data)
    for more in FINDERS[estimator]:
        found = rows_of(data, estimator, **more)
        names = [name for name in after(found, *ROWS) if name in truth]
        agree(found, truth, names, EXACT)
        if estimator not in ("lp", "dcdh"):
            assert found["att_simple"] == pytest.approx(truth["att"], abs=EXACT)
            assert {name for name in truth if name.startswith("att_gt")} <= set(found)
        before = [name for name in found if name.startswith("event[-")]
        if before:
            agree(found, dict.fromkeys(before, 0.0), before, EXACT)


def true_rows(data):
    """Known effects by cohort and period, and their means over units."""
    treated = data["D"] > 0
    truth = {"att": data["effect"][treated].mean()}
    for g, t in sorted(
        {(int(g), int(t)) for g, t in zip(data["g"][treated], data["t"][treated], strict=True)}
    ):
        truth[f"att_gt[{g},{t}]"] = data["effect"][(data["g"] == g) & (data["t"] == t)].mean()
    event = data["t"] - data["g"]
    for e in np.unique(event[treated]).tolist():
        truth[f"event[{e}]"] = data["effect"][treated & (event == e)].mean()
    return truth


@FEW
@given(SEEDS)
def test_the_stack_without_noise(seed):
    """Stacked effects are the known effects of the cohorts with a whole window, weighted by cohort size."""
    data = panel(seed, noise=0.0)
    last = int(data["t"].max())
    whole = [g for g in np.unique(data["g"]).tolist() if g > 0 and g + 1 <= last]
    if not whole:
        return
    found = rows_of(data, "stacked", pre=1, post=1)
    for event in (0, 1):
        rows = np.isin(data["g"], whole) & (data["t"] == data["g"] + event)
        assert found[f"event[{event}]"] == pytest.approx(data["effect"][rows].mean(), abs=EXACT)


@FEW
@given(SEEDS)
def test_two_way_fixed_effects_do_not_find_them(seed):
    """The same panels: the static coefficient is a weighted mean of cells that is not their mean over units."""
    data = panel(seed, noise=0.0)
    assert abs(rows_of(data, "twfe", effect="static")["att"] - true_rows(data)["att"]) > 1e-6


@FEW
@given(SEEDS)
def test_synthetic_weights_without_noise(seed):
    """Effects of unit and period only: any weights that sum to one give the known effect."""
    data = panel(seed, noise=0.0, earliest=4)
    truth = true_rows(data)["att"]
    found = rows_of(data, "synth_did", errors="jackknife", seed=1)
    assert found["att"] == pytest.approx(truth, abs=EXACT)


def test_changes_in_changes_without_noise():
    """Outcome without treatment h(rank, period), increasing in rank: the known effect of each rank comes back."""
    rank = np.arange(1, 41) / 10
    treated = np.arange(41) % 3 == 1
    inside = rank[treated[:40]]
    before, later = np.log1p, lambda u: u**2 + 1
    effect = np.sin(3 * inside)
    y = np.concatenate([before(rank), before(inside), later(rank), later(inside) + effect])
    group = np.tile(np.r_[np.zeros(40), np.full(len(inside), 2.0)], 2)
    half = len(y) // 2
    data = {"i": np.tile(np.arange(half), 2), "t": np.repeat([1.0, 2.0], half), "g": group, "y": y}
    found = rows_of(data, "cic", reps=99, seed=1)
    assert found["att"] == pytest.approx(effect.mean(), abs=EXACT)


@FEW
@given(SEEDS, st.booleans())
def test_triple_differences_without_noise(seed, not_yet):
    """Cohorts on paths of their own, shared by eligible units and others but for a shift common to the eligible."""
    data = panel(seed, noise=0.0)
    unit = np.unique(data["i"], return_inverse=True)[1]
    first = np.flatnonzero(np.r_[True, np.diff(data["g"]) != 0])
    data["q"] = ((unit - unit[first][np.searchsorted(first, np.arange(len(unit)), "right") - 1]) % 2).astype(
        float
    )
    own_path = data["g"] * np.sqrt(data["t"]) + data["q"] * np.cos(data["t"])
    data["effect"] = data["effect"] * data["q"]
    level = data["y"] - panel(seed, noise=0.0)["effect"]
    data["y"] = level + own_path + data["effect"]
    keys = {"eligible": "q", "control_group": "not_yet" if not_yet else "never"}
    found = rows_of(data, "triple", **keys)
    data = {name: values[data["q"] == 1] for name, values in data.items()}
    truth = true_rows(data)
    agree(found, truth, after(found, "att_gt"), EXACT)


@FEW
@given(SEEDS)
def test_doses_without_noise(seed):
    """Effects quadratic in the dose: the curve and its slope at each dose are the known ones."""
    rng = np.random.default_rng(seed)
    dose = np.r_[np.zeros(8), 0.5, 2.0, rng.uniform(0.5, 2.0, 10)]
    unit, time = np.repeat(np.arange(20), 2), np.tile([1.0, 2.0], 20)
    d = dose[unit] * (time == 2)
    a, b = rng.normal(size=2)
    y = rng.normal(size=20)[unit] + time + a * d + b * d**2
    data = {"i": unit, "t": time, "y": y, "d": dose[unit], "g": np.where(dose[unit] > 0, 2.0, 0.0)}
    found = rows_of(data, "dose", dose="d", degree=2, grid=[0.7, 1.2])
    for at in (0.7, 1.2):
        assert found[f"dose[{at}]"] == pytest.approx(a * at + b * at**2, abs=EXACT)
        assert found[f"acrt[{at}]"] == pytest.approx(a + 2 * b * at, abs=EXACT)
