"""Stacked difference-in-differences against the Python package diff-diff 3.13.0 (StackedDiD) and brute force."""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators.did_stacked as did_stacked
import impact.pipeline.fit as fitting
from impact.core.errors import DesignError

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def fit(plan_of, as_frame, test_panel):
    def make(columns=None, rows=None, design=None, **block):
        plan = plan_of(
            design={**COHORTS, **(design or {})},
            models={"m": {"estimator": "did_stacked", "outcome": "y", **block}},
        )
        frame = as_frame({**test_panel, **(columns or {})}, rows)
        (result,) = fitting.fit_request(frame, plan.models[0], seed=1).results
        if result.error is not None:
            raise result.error
        return result

    return make


def rows_of(result):
    return {
        term.name: (value, error)
        for term, value, error in zip(
            result.estimate.terms, result.estimate.params, result.inference.std_error, strict=True
        )
    }


# weighting "aggregate": (controls, pre, post) → att and event times, estimate and error clustered by unit
ORACLE = {
    ("not_yet", 3, 1): {
        "att": (0.4774941640639755, 0.08099034005549002),
        "event[-3]": (0.12630407754433778, 0.09243777209320891),
        "event[-2]": (0.07426314988327688, 0.0765808979828586),
        "event[0]": (0.4312924056722866, 0.08598756501523362),
        "event[1]": (0.5236959224556644, 0.09534847486213906),
    },
    ("not_yet", 2, 2): {
        "att": (0.5208278584975781, 0.10528947749953553),
        "event[-2]": (0.035419404084543214, 0.094642181966668),
        "event[2]": (0.560408454413034, 0.12156232245635903),
    },
    ("never", 3, 1): {
        "att": (0.503321300360986, 0.0860270575752499),
        "event[-3]": (0.10668271062979033, 0.08544005600343722),
        "event[1]": (0.5488728449257595, 0.10649954347781175),
    },
    ("never", 2, 2): {
        "att": (0.5383216614612678, 0.11434414450550573),
        "event[0]": (0.5052719418417444, 0.11738374469924587),
        "event[2]": (0.5658158255252355, 0.13777516905852666),
    },
}


@pytest.mark.parametrize("case", ORACLE)
def test_against_another_package(fit, case):
    control_group, pre, post = case
    result = fit(control_group=control_group, pre=pre, post=post)
    found = rows_of(result)
    for name, expected in ORACLE[case].items():
        assert found[name] == pytest.approx(expected, rel=1e-9)
    assert found["event[-1]"][0] == 0.0
    assert next(iter(found)) == "att"
    assert len(found) == pre + post + 2


def differences(panel, events, control_group, window, cohorts, weights=None):
    """The data sets' own differences in differences, weighted by their treated units (weights)."""
    y, g = panel["y"].reshape(60, 8), panel["g"].reshape(60, 8)[:, 0]
    w = np.ones(60) if weights is None else weights
    found = {}
    for event in events:
        total = effect = 0.0
        for cohort in cohorts:
            clean = (g == 0) | ((g > cohort + window[1]) & (control_group == "not_yet"))
            change = y[:, cohort + event - 1] - y[:, cohort - 2]
            own = g == cohort
            effect += w[own].sum() * (
                np.average(change[own], weights=w[own]) - np.average(change[clean], weights=w[clean])
            )
            total += w[own].sum()
        found[event] = effect / total
    return found


@pytest.mark.parametrize("effects", ["group", "unit"])
@pytest.mark.parametrize("control_group", ["never", "not_yet"])
@pytest.mark.parametrize("weighted", [False, True])
def test_corrective_weights_give_the_trimmed_aggregate(fit, test_panel, effects, control_group, weighted):
    """Wing, Freedman and Hollingsworth's claim, with either set of effects and with weights of units."""
    w = test_panel["w"].reshape(60, 8)[:, 0]
    block = {"weights": "w"} if weighted else {}
    result = fit({"w": np.repeat(w, 8)}, effects=effects, control_group=control_group, pre=3, post=1, **block)
    expected = differences(
        test_panel, (-3, -2, 0, 1), control_group, (-3, 1), (4, 5, 7), w if weighted else None
    )
    found = rows_of(result)
    for event, value in expected.items():
        assert found[f"event[{event}]"][0] == pytest.approx(value, abs=1e-11)


def test_the_sum_of_the_weights(fit):
    """The treated count 1 each; the controls' weights sum to their number, and within each data set to its share."""
    result = fit(control_group="not_yet", pre=3, post=1)
    design, stacks = result.estimate.design, result.estimate.tables["stacks"]
    treated = np.any(design.x[:, :] != 0, axis=1)
    weights = design.weights
    assert np.all(weights[treated] == 1.0)
    rows = sum(stack["control_rows"] for stack in stacks)
    total = sum(stack["control_rows"] * stack["control_weight"] for stack in stacks)
    assert total == pytest.approx(rows)
    for stack in stacks:
        share = stack["treated_rows"] / sum(one["treated_rows"] for one in stacks)
        assert stack["control_rows"] * stack["control_weight"] / rows == pytest.approx(share)


def test_without_weights_it_is_the_pooled_regression(fit, ols_of_stack):
    """Cengiz et al.: unit and event time effects by data set, the regression written out with dummies."""
    found = rows_of(fit(control_group="not_yet", pre=2, post=1, effects="unit", corrective=False))
    expected = ols_of_stack(2, 1)
    for event, value in expected.items():
        assert found[f"event[{event}]"][0] == pytest.approx(value, abs=1e-10)


@pytest.fixture(scope="module")
def ols_of_stack(test_panel):
    def make(pre, post):
        y, g = test_panel["y"].reshape(60, 8), test_panel["g"].reshape(60, 8)[:, 0]
        rows = [
            (unit, cohort, t - cohort, float(g[unit] == cohort), y[unit, t - 1])
            for cohort in (4, 5, 7)
            for unit in range(60)
            if g[unit] in (0, cohort) or g[unit] > cohort + post
            for t in range(cohort - pre, cohort + post + 1)
        ]
        table = np.array(rows)
        events = [e for e in range(-pre, post + 1) if e != -1]
        x = [(table[:, 2] == e) * table[:, 3] for e in events]
        for pair in ((0, 1), (2, 1)):
            keys = np.unique(table[:, pair], axis=0)
            x += [np.all(table[:, pair] == key, axis=1).astype(float) for key in keys]
        params = np.linalg.lstsq(np.column_stack(x), table[:, 4], rcond=None)[0]
        return dict(zip(events, params, strict=False))

    return make


def test_cohorts_without_the_whole_window_are_left_out_and_named(fit):
    result = fit(pre=3, post=3)
    assert "cohort 7" in result.estimate.dropped_terms
    assert [n for n in result.estimate.notices if n.code == "W506"]
    assert [stack["cohort"] for stack in result.estimate.tables["stacks"]] == [4.0, 5.0]


def test_the_truth_without_noise(fit, test_panel):
    g, t, i = test_panel["g"], test_panel["t"], test_panel["i"]
    y = 2.0 * i + 0.3 * t**2 + test_panel["D"] * (g + (t - g + 1.0) ** 2)
    found = rows_of(fit({"y": y}, control_group="not_yet", pre=3, post=1))
    for event in (0, 1):
        assert found[f"event[{event}]"][0] == pytest.approx(16 / 3 + (event + 1.0) ** 2, abs=1e-10)
    assert found["event[-3]"][0] == pytest.approx(0.0, abs=1e-10)


def test_missing_rows(fit, test_panel):
    """The weights count the rows that are there at each event time."""
    kept = np.flatnonzero(~((test_panel["i"] == 3) & (test_panel["t"] == 6)))
    design = fit(rows=kept, pre=3, post=1).design
    stack = did_stacked.stacked_rows(design, (-3.0, 1.0), "never")
    weights = did_stacked.corrective_weights(stack, np.ones(len(stack.row)))
    for event in np.unique(stack.event):
        at = (stack.event == event) & (stack.treated == 0)
        assert weights[at].sum() == pytest.approx(np.count_nonzero(at))


def test_refusals(fit, test_panel):
    def code(**arguments):
        with pytest.raises(DesignError) as error:
            fit(**arguments)
        return error.value.code

    assert code(columns={"g": np.where(test_panel["g"] > 0, 1, 0)}) == "E578"
    assert code(pre=7, post=4) == "E578"
    assert code(pre=2, reference=-3) == "E581"
