"""Two stages against R's did2s (2026-03) on the test panel, the joint moments by dense algebra, and imputation.

R's first stage stops at a tolerance of 1e-6, so its numbers carry about seven digits.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.estimators.did_bjs as did_bjs
import impact.estimators.did_gardner as did_gardner
from impact.core.errors import DesignError


@pytest.fixture(scope="module")
def design_of(adoption_design_of):
    return partial(adoption_design_of, "did_gardner")


@pytest.fixture(scope="module")
def fit(design_of):
    return lambda *args, **named: did_gardner.fit(*design_of(*args, **named))


def rows_of(estimate):
    """name → (estimate, error): the influence summed by the cluster of the design, without factors."""
    design = estimate.design
    cluster = next(iter(design.clusters.values()), design.adoption.unit)
    sums = np.zeros((cluster.levels, len(estimate.params)))
    np.add.at(sums, cluster.codes[estimate.influence.row], estimate.influence.rows)
    errors = np.sqrt(np.sum(sums**2, axis=0))
    names = [term.name for term in estimate.terms]
    return dict(zip(names, zip(estimate.params, errors, strict=True), strict=True))


# R did2s: second stage ~ i(treat), and ~ i(rel_year, ref = c(-1, never))
@pytest.mark.parametrize(
    ("block", "row", "value", "error"),
    [
        ({}, "att", 0.47688855933649, 0.10124706),
        ({"vcov": {"cluster": "c"}}, "att", 0.47688855933649, 0.09761357438),
        ({"controls": ["z"]}, "att", 0.4846307499, 0.1004710449),
        ({"weights": "w"}, "att", 0.5053780494, 0.09848508086),
        ({}, "event[0]", 0.383751830, 0.08342575594),
        ({}, "event[4]", 0.616171036, 0.23083229343),
        ({}, "event[-2]", -0.001131030523, 0.03261609791),
        ({}, "event[-6]", -0.14142053489, 0.07582516017),
    ],
)
def test_check_values(fit, block, row, value, error):
    assert rows_of(fit(**block))[row] == pytest.approx((value, error), abs=1e-7)


def test_the_reference_is_zero_and_the_law_is_t(fit):
    found = fit()
    assert rows_of(found)["event[-1]"] == (0.0, 0.0)
    assert found.influence.df == 479
    assert rows_of(fit(reference=-2))["event[-2]"] == (0.0, 0.0)
    assert rows_of(fit(reference=-2))["event[-1]"][1] > 0


def dense(design, second):
    """The joint moments of both stages written out: coefficients of the second stage and errors by unit."""
    adoption = design.adoption
    unit, time = adoption.unit, adoption.time
    untreated = adoption.periods[time.codes] < adoption.cohort[unit.codes]
    w = np.ones(len(design.y)) if design.weights is None else design.weights
    dummies = [factor.codes[:, None] == np.arange(factor.levels) for factor in (unit, time)]
    x1 = np.column_stack([*dummies, design.x]).astype(float)
    x10 = x1 * untreated[:, None]
    inverse = np.linalg.pinv((x10 * w[:, None]).T @ x10)
    left = design.y - x1 @ (inverse @ (x10.T @ (w * design.y)))
    gram = np.linalg.inv((second * w[:, None]).T @ second)
    b = gram @ (second.T @ (w * left))
    u2 = left - second @ b
    link = (second * w[:, None]).T @ x1 @ inverse
    rows = ((second * (w * u2)[:, None]) - (x10 * (w * left)[:, None]) @ link.T) @ gram
    sums = np.zeros((unit.levels, len(b)))
    np.add.at(sums, unit.codes, rows)
    return b, np.sqrt(np.sum(sums**2, axis=0))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=4, deadline=None)
def test_joint_moments_on_random_panels_with_gaps(design_of, test_panel, seed):
    """Static, event study, by cohort and by period: each its own second stage."""
    rng = np.random.default_rng(seed)
    kept = np.flatnonzero((rng.random(480) > 0.1) | (test_panel["t"] <= 2))
    columns = {"y": rng.normal(size=480), "w": 0.3 + rng.random(480)}
    design, options = design_of(columns=columns, rows=kept, controls=["z"], weights="w")
    found = rows_of(did_gardner.fit(design, options))
    period = design.adoption.periods[design.adoption.time.codes]
    cohort = design.adoption.cohort[design.adoption.unit.codes]
    event, treated = period - cohort, period >= cohort
    dummies = {
        "att": {"att": treated},
        "event": {f"event[{e}]": event == e for e in (*range(-6, -1), *range(5))},
        "cohort": {f"cohort[{g}]": treated & (cohort == g) for g in (4, 5, 7)},
        "calendar": {f"calendar[{t}]": treated & (period == t) for t in range(4, 9)},
    }
    for stage in dummies.values():
        b, errors = dense(design, np.column_stack(list(stage.values())).astype(float))
        for name, value, error in zip(stage, b, errors, strict=True):
            assert found[name] == pytest.approx((value, error), abs=1e-9)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_points_are_those_of_imputation(design_of, test_panel, seed):
    rng = np.random.default_rng(seed)
    kept = np.flatnonzero((rng.random(480) > 0.1) | (test_panel["t"] <= 2))
    design, options = design_of(columns={"y": rng.normal(size=480)}, rows=kept, controls=["z"])
    one = did_gardner.fit(design, options)
    other = did_bjs.fit(design, did_bjs.BjsOptions())
    mine = dict(zip((t.name for t in one.terms), one.params, strict=True))
    for term, value in zip(other.terms, other.params, strict=True):
        assert mine[term.name] == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("aggregate", ["dynamic", "calendar", "cohort"])
def test_overall_effects_are_smooth_means(fit, test_panel, aggregate):
    """The influence of a unit is the change of the estimate with its weight: differences of two refits."""
    step = 1e-5
    base = fit(aggregate=aggregate)
    row = next(j for j, term in enumerate(base.terms) if term.name == "att")
    for unit in (2, 7, 4):
        up, down = (
            fit(
                aggregate=aggregate, columns={"k": 1.0 + sign * step * (test_panel["i"] == unit)}, weights="k"
            )
            for sign in (1, -1)
        )
        slope = (up.params[row] - down.params[row]) / (2 * step)
        assert base.influence.rows[unit - 1, row] == pytest.approx(slope, abs=1e-8)


def test_clusters_that_change_inside_units(fit):
    by_row = fit(vcov={"cluster": "t"}, controls=["z"])
    by_unit = np.zeros((60, len(by_row.params)))
    np.add.at(by_unit, by_row.design.adoption.unit.codes, by_row.influence.rows)
    assert by_unit == pytest.approx(fit(controls=["z"]).influence.rows, abs=1e-12)


def test_no_noise_recovers_the_truth(fit, test_panel):
    effect = (0.3 * test_panel["g"] - 0.2 * test_panel["t"]) * test_panel["D"]
    y = test_panel["a"] + test_panel["t"] ** 2 + 3 * test_panel["z"] + effect
    found = fit(columns={"y": y}, controls=["z"])
    assert rows_of(found)["att"][0] == pytest.approx(effect[test_panel["D"] == 1].mean(), abs=1e-10)
    assert rows_of(found)["att_gt[5,7]"] == pytest.approx((0.1, 0.0), abs=1e-10)


def test_bad_samples(fit, test_panel):
    with pytest.raises(DesignError) as error:
        fit(rows=np.flatnonzero(test_panel["g"] > 0))
    assert error.value.faults[0].code == "E575"
    found = fit(rows=np.flatnonzero(test_panel["g"] > 0), autosample=True)
    assert [n.code for n in found.notices] == ["W542"]
    with pytest.raises(DesignError) as error:
        fit(reference=1)
    assert error.value.faults[0].code == "E573"


def test_the_window_hides_rows_and_changes_none(fit):
    whole, shown = rows_of(fit()), rows_of(fit(window=[-2, 1]))
    assert [name for name in shown if name.startswith("event")] == [f"event[{e}]" for e in range(-2, 2)]
    assert all(whole[name] == pytest.approx(value, abs=1e-14) for name, value in shown.items())
