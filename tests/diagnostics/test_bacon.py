"""The test `bacon`: R's bacondecomp on the test panel, exact sums with and without controls, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import impact.diagnostics.bacon as bacon
import impact.pipeline.fit as fitting
from impact.core.errors import DesignError
from impact.core.findings import Question

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def ask(plan_of, as_frame, test_panel):
    def make(columns=None, rows=None, design=None, options=None, **block):
        plan = plan_of(
            design=design or COHORTS,
            models={"m": {"estimator": "did_twfe", "effect": "static", "outcome": "y", **block}},
        )
        whole = {**test_panel, **(columns or {})}
        lengths = {len(values) for values in whole.values()}
        frame = as_frame(columns if len(lengths) > 1 else whole, rows)
        (result,) = fitting.fit_request(frame, plan.models[0], seed=1).results
        question = Question("b", "bacon", ((result, ""),), {}, None, None, None, seed=1)
        (found,) = bacon.examine(question, bacon.BaconOptions(**(options or {})))
        return result, found

    return make


def test_check_values(ask):
    """R bacondecomp, y ~ D | i + t."""
    result, found = ask()
    assert found.statistic == pytest.approx(0.4310950464, abs=1e-10)
    assert found.statistic == pytest.approx(result.estimate.params[0], abs=1e-12)
    types = {row["type"]: row for row in found.details["types"]}
    for name, weight, mean in [
        ("Treated vs Untreated", 0.55844, 0.49033),
        ("Earlier vs Later", 0.25974, 0.37923),
        ("Later vs Earlier", 0.18182, 0.32325),
    ]:
        assert (types[name]["weight"], types[name]["mean"]) == pytest.approx((weight, mean), abs=5e-6)
    pairs = {(row["treated"], row["control"]): row for row in found.details["pairs"]}
    assert pairs[5.0, "never"]["estimate"] == pytest.approx(0.4721733681, abs=1e-10)
    assert pairs[7.0, 4.0]["weight"] == pytest.approx(0.07792207792, abs=1e-10)
    assert found.verdict == "warn"
    assert "18.2" in found.sentence
    assert set(found.details["sentences"]) == {"en", "es"}


@pytest.mark.parametrize("controls", [[], ["z"], ["z", "q1"]])
def test_the_sum_is_the_coefficient(ask, controls):
    result, found = ask(controls=controls)
    assert found.details["sum"] == pytest.approx(result.estimate.params[0], abs=1e-10)
    assert sum(row["weight"] for row in found.details["pairs"]) == pytest.approx(1.0)
    assert ("Within" in {row["type"] for row in found.details["types"]}) == bool(controls)


def test_units_treated_from_the_start(ask, test_panel):
    g = np.where(test_panel["i"] % 4 == 1, 1, test_panel["g"])
    _, found = ask({"g": g})
    types = {row["type"] for row in found.details["types"]}
    assert "Later vs Always Treated" in types
    assert "always" in {row["control"] for row in found.details["pairs"]}
    forbidden = sum(
        row["weight"]
        for row in found.details["types"]
        if row["type"] in {"Later vs Always Treated", "Later vs Earlier"}
    )
    assert found.details["forbidden_share"] == pytest.approx(forbidden)


def test_a_block_passes(ask, test_panel):
    _, found = ask({"g": np.where(test_panel["i"] <= 20, 5, 0)})
    assert found.verdict == "pass"
    assert [row["weight"] for row in found.details["pairs"]] == [1.0]


def test_a_share_may_be_allowed(ask):
    assert ask(options={"warn_share": 0.2})[1].verdict == "pass"


@pytest.mark.parametrize(("never", "expected"), [(False, 0.5), (True, 2.5)])
def test_known_bias_without_noise(ask, never, expected):
    """M08: cohorts 5 and 9 of 12 periods, effects t − g + 1, no noise; the mean effect is 46/12 (exact algebra)."""
    starts = np.array([5, 5, 9, 9, *([0, 0] if never else [])])
    unit, time = np.repeat(np.arange(len(starts)), 12), np.tile(np.arange(1, 13), len(starts))
    start = starts[unit]
    effect = np.where((start > 0) & (time >= start), time - start + 1.0, 0.0)
    assert effect[effect > 0].mean() == pytest.approx(3.8333, abs=5e-5)
    columns = {"i": unit, "t": time, "g": start, "y": unit + 0.5 * time**2 + effect}
    result, found = ask(columns, rows=np.arange(len(unit)))
    assert result.estimate.params[0] == pytest.approx(expected, abs=1e-10)
    assert found.details["sum"] == pytest.approx(expected, abs=1e-10)


def test_refusals(ask, test_panel):
    kept = np.flatnonzero(~((test_panel["i"] == 3) & (test_panel["t"] == 6)))
    with pytest.raises(DesignError) as error:
        ask(rows=kept)
    assert error.value.code == "E617"
    with pytest.raises(DesignError) as error:
        ask(weights="w")
    assert error.value.code == "E617"
