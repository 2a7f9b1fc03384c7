"""Local projections against the Python package diff-diff 3.13.0 (LPDiD), brute force, and Callaway and Sant'Anna."""

from __future__ import annotations

import numpy as np
import pytest

import impact.pipeline.fit as fitting
from impact.core.errors import DesignError
from impact.inference._influence_factors import clustered, influence_convention

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def fit(plan_of, as_frame, test_panel):
    def make(columns=None, rows=None, design=None, **block):
        plan = plan_of(
            design={**COHORTS, **(design or {})},
            models={"m": {"estimator": "did_lp", "outcome": "y", **block}},
        )
        made = fitting.design_of(as_frame({**test_panel, **(columns or {})}, rows), plan.models[0])
        return made, fitting.estimate_design(made, plan.models[0])

    return make


def rows_of(found):
    design, estimate = found
    unit, influence = design.adoption.unit, estimate.influence
    vcov = clustered(estimate, influence, influence_convention(influence, None), unit, [unit])
    return {
        term.name: (value, error)
        for term, value, error in zip(estimate.terms, estimate.params, np.sqrt(np.diag(vcov)), strict=True)
    }


# event times −3, −2, 0, 1, 2, then pooled −3 … −2 and 0 … 2: estimate, error clustered by unit
ORACLE = {
    ("variance", "not_yet", None): [
        (0.1121777216, 0.0874278661), (0.051016397, 0.0785615553), (0.4446357769, 0.0920535956),
        (0.5204988153, 0.0918067423), (0.5624958489, 0.1191058429),
        (0.0815970593, 0.0737834005), (0.5194416771, 0.1015777907),
    ],
    ("variance", "not_yet", "x"): [
        (0.0690484334, 0.0827763107), (0.0287082705, 0.0776984558), (0.4737426756, 0.0897262458),
        (0.573442356, 0.0859289213), (0.6826220978, 0.0934317573),
        (0.0498833363, 0.0704353315), (0.5977826052, 0.0831874159),
    ],
    ("variance", "never", "x"): [
        (0.0581716046, 0.0730799374), (0.0479370443, 0.0778815117), (0.4954397687, 0.0815479046),
        (0.6009080291, 0.0865030066), (0.6865594681, 0.1077208815),
        (0.0547102806, 0.0636385803), (0.6183928831, 0.0918742512),
    ],
    ("equal", "not_yet", None): [
        (0.1029694072, 0.0909054737), (0.0607439629, 0.0801257627), (0.4374041853, 0.0895683347),
        (0.5236959225, 0.0936787191), (0.5604084544, 0.1213749893),
        (0.081856685, 0.0749701553), (0.5208278585, 0.1052789425),
    ],
    ("equal", "not_yet", "x"): [
        (0.0631976667, 0.0841055148), (0.0427118247, 0.0785805484), (0.460200336, 0.0875298909),
        (0.570319395, 0.0842944329), (0.6771824797, 0.0967850726),
        (0.0547537067, 0.0705336072), (0.5970447683, 0.0863429504),
    ],
    ("equal", "never", "x"): [
        (0.0573821894, 0.0694481203), (0.0526511507, 0.0752183905), (0.4867864529, 0.0805275087),
        (0.5967323602, 0.0840467627), (0.6829828554, 0.1041849147),
        (0.0580688623, 0.0607329025), (0.6167354356, 0.0889999382),
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", ORACLE)
def test_against_another_package(fit, case):
    weighting, control_group, control = case
    found = rows_of(
        fit(
            weighting=weighting, control_group=control_group, pre=3, post=2, pooled_post=2, pooled_pre=3,
            **({"controls": [control]} if control else {}),
        )
    )  # fmt: skip
    names = ["event[-3]", "event[-2]", "event[0]", "event[1]", "event[2]", "pooled_pre", "att"]
    for name, expected in zip(names, ORACLE[case], strict=True):
        assert found[name] == pytest.approx(expected, abs=6e-11)
    assert found["event[-1]"] == (0.0, 0.0)
    assert next(iter(found)) == "att"


@pytest.mark.parametrize("case", [("variance", "not_yet"), ("equal", "never")])
def test_the_whole_way(case, plan_of, as_frame, test_panel):
    """The default error of a run is that of the package, with t of clusters − 1; `ssc: none` makes it smaller."""
    weighting, control_group = case
    block = {"estimator": "did_lp", "outcome": "y", "weighting": weighting, "control_group": control_group}
    found = {}
    for name, more in (("default", {}), ("bare", {"vcov": {"cluster": "i", "ssc": "none"}})):
        plan = plan_of(design=COHORTS, models={"m": {**block, **more}})
        (result,) = fitting.fit_request(as_frame(test_panel), plan.models[0], seed=1).results
        assert result.error is None
        assert result.inference.df[0] == 59
        names = [term.name for term in result.estimate.terms]
        found[name] = dict(zip(names, result.inference.std_error.tolist(), strict=True))
    expected = {("variance", "not_yet"): 0.0920535956, ("equal", "never"): 0.0868519401}[case]
    assert found["default"]["event[0]"] == pytest.approx(expected, abs=6e-11)
    assert found["bare"]["event[0]"] < found["default"]["event[0]"]
    assert np.isnan(found["default"]["event[-1]"])


def test_equal_weights_are_callaway_and_sant_anna(fit):
    """R did 2.5.1, dynamic effects without covariates: never treated as controls, universal base."""
    found = rows_of(fit(weighting="equal", control_group="never"))
    for event, value in {
        0: 0.4577697558, 1: 0.5488728449, 2: 0.5658158255, 3: 0.6710877674, 4: 0.6875027083, -2: 0.0755635775,
    }.items():  # fmt: skip
        assert found[f"event[{event}]"][0] == pytest.approx(value, abs=1e-9)


def brute(panel, event, control, weights=None):
    """Mean over cohorts, by treated units (weights), of the difference in differences with clean controls."""
    y, g = panel["y"].reshape(60, 8), panel["g"].reshape(60, 8)[:, 0]
    w = np.ones(60) if weights is None else weights
    total, found = 0.0, 0.0
    for cohort in (4, 5, 7):
        if not 1 <= cohort + event <= 8:
            continue
        until = cohort + max(event, 0)
        clean = (g == 0) | ((g > until) if control == "not_yet" else False)
        change = y[:, cohort + event - 1] - y[:, cohort - 2]
        own = g == cohort
        effect = np.average(change[own], weights=w[own]) - np.average(change[clean], weights=w[clean])
        found, total = found + w[own].sum() * effect, total + w[own].sum()
    return found / total


@pytest.mark.parametrize("control", ["never", "not_yet"])
def test_weights_of_units(fit, test_panel, control):
    unit_weight = test_panel["w"].reshape(60, 8)[:, 0]
    columns = {"w": np.repeat(unit_weight, 8)}
    found = rows_of(fit(columns, weighting="equal", control_group=control, weights="w"))
    for event in (-4, -2, 0, 2, 4):
        assert found[f"event[{event}]"][0] == pytest.approx(
            brute(test_panel, event, control, unit_weight), abs=1e-12
        )


def test_the_truth_without_noise(fit, test_panel):
    g, t, i = test_panel["g"], test_panel["t"], test_panel["i"]
    y = 2.0 * i + 0.3 * t**2 + test_panel["D"] * (g + (t - g + 1.0) ** 2)
    found = rows_of(fit({"y": y}, weighting="equal", control_group="not_yet"))
    for event in range(5):
        cohorts = np.array([c for c in (4, 5, 7) if c + event <= 8])
        assert found[f"event[{event}]"][0] == pytest.approx(cohorts.mean() + (event + 1.0) ** 2, abs=1e-10)
    for event in (-6, -3, -2):
        assert found[f"event[{event}]"][0] == pytest.approx(0.0, abs=1e-10)


def test_missing_rows_leave_only_their_differences(fit, test_panel):
    kept = np.flatnonzero(~((test_panel["i"] == 3) & (test_panel["t"] == 6)))
    one, whole = fit(rows=kept), fit()
    names = [term.name for term in one[1].terms]
    assert names == [t.name for t in whole[1].terms]
    assert not np.allclose(one[1].params, whole[1].params)


def test_refusals(fit, test_panel):
    def code(**arguments):
        with pytest.raises(DesignError) as error:
            fit(**arguments)
        return error.value.code

    moves = {"c": test_panel["c"] + (test_panel["t"] == 8)}
    assert code(columns=moves, vcov={"cluster": "c"}) == "E555"
    always = np.where(test_panel["g"] > 0, 1, 0)
    assert code(columns={"g": always}) == "E578"
