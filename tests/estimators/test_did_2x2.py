"""The difference of differences of two groups: other implementations, four means, known truths and refusals.

The comparison: cohort 4 and the never treated of the test panel in periods 3 and 5, covariates x and z.
Numbers: Python drdid 1.1.7 (dr, reg, ipw_hajek; equations of R's DRDID 1.4.0) and moderndid 0.2.0 (the others). The
latter stops its tilting at a gradient of 1e-6, so that those numbers hold to 1e-7. It has the wrong sign in one part of
the influence of dr without regressions of the treated (as R's DRDID before 1.4.0): that error is settled by numerical
derivatives in the kernel's tests, and is not compared here.
"""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators.did_2x2 as did_2x2
from impact.core.errors import DesignError
from impact.design.adoption import build_adoption

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}
EXPECTED = {
    ("dr", "", "panel", True): (0.7582769451397, 0.1332922208202),
    ("reg", "", "panel", True): (0.7694038713536, 0.1418485288020),
    ("ipw_hajek", "", "panel", True): (0.7541496561661, 0.1370343053661),
    ("ipw", "", "panel", True): (0.7548800564641, 0.1328921572751),
    ("dr_improved", "", "panel", True): (0.7625601677009, 0.1327870111117),
    ("dr", "", "rows", True): (0.7264916869707, 0.2086822814699),
    ("reg", "", "rows", True): (0.6636796083939, 0.2141537057269),
    ("ipw_hajek", "", "rows", True): (0.7565799927336, 0.4305100806785),
    ("ipw", "", "rows", True): (0.8491410275338, 1.8721672831374),
    ("dr_improved", "", "rows", True): (0.7444111887473, 0.2076697495605),
    ("dr_improved", "", "rows", False): (0.7448876655890, 0.3693709393440),
    ("dr", "", "rows", False): (0.7533324123229, None),
    ("dr", "w", "panel", True): (0.8112523736133, 0.1441876919692),
    ("reg", "w", "panel", True): (0.8319544238737, 0.1566747759484),
    ("ipw_hajek", "w", "panel", True): (0.8183891414752, 0.1474367998361),
    ("ipw", "w", "panel", True): (0.8146399080973, 0.1452108378331),
    ("dr_improved", "w", "panel", True): (0.8177470117411, 0.1427982792514),
    ("dr", "w", "rows", True): (0.7614302638206, 0.2502645197679),
    ("reg", "w", "rows", True): (0.6823089578405, 0.2613857274570),
    ("ipw_hajek", "w", "rows", True): (0.8236986550868, 0.4165404890390),
    ("ipw", "w", "rows", True): (0.9597675417024, 1.8815766291416),
    ("dr_improved", "w", "rows", True): (0.7931879663318, 0.2455194947259),
    ("dr_improved", "w", "rows", False): (0.7827176994165, 0.3635844629039),
    ("dr", "w", "rows", False): (0.7864073453606, None),
}


@pytest.fixture(scope="module")
def pairs(test_panel):
    """Rows of cohort 4 and the never treated in periods 3 and 5."""
    return np.flatnonzero(np.isin(test_panel["t"], (3, 5)) & np.isin(test_panel["g"], (0, 4)))


@pytest.fixture(scope="module")
def fit(plan_of, as_frame, test_panel, pairs):
    def make(columns=None, rows=None, design=None, **block):
        plan = plan_of(
            design={**COHORTS, **(design or {})},
            models={"m": {"estimator": "did_2x2", "outcome": "y", **block}},
        )
        request = plan.models[0]
        frame = as_frame({**test_panel, **(columns or {})}, pairs if rows is None else rows)
        return did_2x2.fit(build_adoption(frame, request), request.options)

    return make


def numbers(estimate):
    return estimate.params[0], np.sqrt(np.sum(estimate.influence.rows**2))


@pytest.mark.parametrize("key", list(EXPECTED))
def test_other_implementations(fit, key):
    method, weights, kind, efficient = key
    block = {"controls": ["x", "z"], "method": method, "efficient": efficient}
    if weights:
        block["weights"] = weights
    found = fit(design={"unit": None} if kind == "rows" else None, **block)
    tolerance = 1e-7 if method == "dr_improved" else 1e-10
    for value, expected in zip(numbers(found), EXPECTED[key], strict=True):
        assert expected is None or value == pytest.approx(expected, abs=tolerance)
    assert abs(found.influence.rows.sum()) < 1e-9
    assert found.n_obs == 60


@pytest.mark.parametrize("method", ["dr", "dr_improved", "reg", "ipw", "ipw_hajek"])
def test_without_covariates_all_are_the_difference_of_means(fit, test_panel, method):
    y, g = test_panel["y"].reshape(60, 8), test_panel["g"].reshape(60, 8)[:, 0]
    change = y[:, 4] - y[:, 2]
    treated, never = change[g == 4], change[g == 0]
    error = np.sqrt(treated.var() / len(treated) + never.var() / len(never))
    assert numbers(fit(method=method)) == pytest.approx((treated.mean() - never.mean(), error), abs=1e-12)


@pytest.mark.parametrize("method", ["dr", "dr_improved", "reg", "ipw", "ipw_hajek"])
def test_the_scale_of_weights_and_covariates_does_not_matter(fit, test_panel, method):
    block = {"controls": ["x", "z"], "method": method, "weights": "w"}
    scaled = {"w": 37 * test_panel["w"], "x": 1e4 - 1e3 * test_panel["x"]}
    assert numbers(fit(scaled, **block)) == pytest.approx(numbers(fit(**block)), abs=1e-9)


@pytest.mark.parametrize("method", ["dr", "dr_improved", "reg"])
@pytest.mark.parametrize("unit", ["i", None])
def test_without_noise_the_truth_comes_back(fit, test_panel, method, unit):
    """Changes linear in x, and an effect of 0.7: exact for every method with a regression."""
    i, t, x = (test_panel[name] for name in ("i", "t", "x"))
    level = np.sin(i) if unit else 3 * x
    y = level + t * (1 + 2 * x) + 0.7 * test_panel["D"]
    found = fit({"y": y}, design={"unit": unit}, controls=["x"], method=method)
    assert found.params[0] == pytest.approx(0.7, abs=1e-10)


def test_improved_odds_balance_the_covariates_exactly(fit, test_panel):
    """An outcome that is a covariate has no effect, whatever the weights: tilting reaches the treated means."""
    moved = {"y": np.where(test_panel["t"] == 5, 5 * test_panel["x"], 0.0)}
    found = fit(moved, controls=["x", "z"], method="dr_improved", weights="w")
    assert found.params[0] == pytest.approx(0, abs=1e-10)


def test_covariates_are_those_of_the_earlier_period(fit, test_panel):
    after = {"z": np.where(test_panel["t"] == 5, test_panel["q1"], test_panel["z"])}
    one, other = fit(controls=["z"]), fit(after, controls=["z"])
    assert numbers(one) == pytest.approx(numbers(other), abs=1e-13)
    assert [each.code for each in one.notices] == ["W541"]


def test_trimming_leaves_out_comparison_units(fit, test_panel):
    """Trimmed at the largest score of the comparison group or just above it: that unit counts or does not."""
    block = {"controls": ["x"], "method": "ipw_hajek"}
    whole = fit(**block, trim=1.0)
    assert numbers(fit(**block)) == numbers(whole)
    assert fit(**block, trim=0.5).params[0] != whole.params[0]
    with pytest.raises(DesignError) as caught:
        fit(**block, trim=0.01)
    assert caught.value.faults[0].code == "E572"


def test_units_seen_once(fit, test_panel, pairs):
    gap = pairs[1:]
    dropped = fit(rows=gap)
    assert dropped.n_units == 29
    assert {step.name: step.dropped for step in dropped.design.sample.steps}["balance"] == 1
    kept = fit(rows=gap, balance="keep")
    assert kept.n_units == 30
    assert kept.n_obs == 59
    assert kept.tables["comparison"]["law"] == "levels"
    y, g, t = (test_panel[name][gap] for name in "ygt")
    means = {(d, s): y[((g == 4) == d) & (t == s)].mean() for d in (True, False) for s in (3, 5)}
    expected = means[True, 5] - means[True, 3] - means[False, 5] + means[False, 3]
    assert kept.params[0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("columns", "periods", "block", "code"),
    [
        (lambda p: {}, (3, 4, 5), {}, "E570"),
        (lambda p: {"g": np.where(p["i"] == 5, 5, p["g"])}, (3, 5), {}, "E570"),
        (lambda p: {"g": np.full(480, 4)}, (3, 5), {}, "E571"),
        (lambda p: {"x": (p["g"] > 0) + 0.1 * p["x"]}, (3, 5), {"controls": ["x"]}, "E572"),
        (lambda p: {"x": np.ones(480)}, (3, 5), {"controls": ["x"]}, "E572"),
        (lambda p: {}, (3, 5), {"efficient": False}, "E573"),
        (lambda p: {}, (3, 5), {"trim": 0.9}, "E573"),
        (lambda p: {}, (3, 5), {"trim": 0.9, "method": "reg", "controls": ["x"]}, "E573"),
        (lambda p: {}, (3, 5), {"balance": "keep", "design": {"unit": None}}, "E573"),
        (lambda p: {}, (3, 5), {"design": {"reference": -2}}, "E573"),
    ],
)
def test_refusals(fit, test_panel, columns, periods, block, code):
    rows = np.flatnonzero(np.isin(test_panel["t"], periods) & np.isin(test_panel["g"], (0, 4)))
    with pytest.raises(DesignError) as caught:
        fit(columns(test_panel), rows=rows, **block)
    assert caught.value.faults[0].code == code
