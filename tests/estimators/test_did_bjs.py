"""Imputation against R's didimputation (2025-09) on the test panel, dense algebra, identities, and bad samples.

Check values of unweighted estimates: R didimputation. With weights the package's own weights do not reproduce its
estimate, so its error is not matched: 0.09701473288 is the published formula by dense algebra.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.estimators.did_bjs as did_bjs
from impact.core.errors import DesignError


@pytest.fixture(scope="module")
def design_of(adoption_design_of):
    return partial(adoption_design_of, "did_bjs")


@pytest.fixture(scope="module")
def fit(design_of):
    return lambda *args, **named: did_bjs.fit(*design_of(*args, **named))


def rows_of(estimate):
    """name → (estimate, error): the influence summed by the cluster of the design, without factors."""
    design = estimate.design
    cluster = next(iter(design.clusters.values()), design.adoption.unit)
    sums = np.zeros((cluster.levels, len(estimate.params)))
    np.add.at(sums, cluster.codes[estimate.influence.row], estimate.influence.rows)
    errors = np.sqrt(np.sum(sums**2, axis=0))
    names = [term.name for term in estimate.terms]
    return dict(zip(names, zip(estimate.params, errors, strict=True), strict=True))


def code_of(error):
    return error.value.faults[0].code


# R didimputation: did_imputation(horizon = TRUE, pretrends = -3:-1)
EVENTS = {
    0: (0.3837518, 0.08327147),
    1: (0.4623580, 0.09851886),
    2: (0.4700127, 0.11357814),
    3: (0.5756242, 0.15938517),
    4: (0.6161710, 0.23083229),
    -3: (0.06502788, 0.09315963),
    -2: (-0.00058143, 0.11209597),
    -1: (-0.04782007, 0.12083677),
}


def test_check_values(fit):
    found = rows_of(fit(pretrends=3))
    assert found["att"] == pytest.approx((0.47688855933649, 0.10111171711), abs=1e-11)
    for event, value in EVENTS.items():
        assert found[f"event[{event}]"] == pytest.approx(value, abs=1e-7)
    assert list(found)[5:8] == ["event[-3]", "event[-2]", "event[-1]"]


def test_check_values_of_other_errors(fit):
    assert rows_of(fit(vcov={"cluster": "c"}))["att"][1] == pytest.approx(0.09820133038, abs=1e-11)
    assert rows_of(fit(errors="leave_one_out"))["att"][1] == pytest.approx(0.104576315887, abs=1e-11)
    # R's first stage stops at a tolerance of 1e-6: exact algebra gives 0.48463068899607
    assert rows_of(fit(controls=["z"]))["att"] == pytest.approx((0.48463075, 0.1004235951), abs=7e-8)
    assert rows_of(fit(controls=["z"]))["att"][0] == pytest.approx(0.48463068899607, abs=1e-12)
    assert rows_of(fit(weights="w"))["att"] == pytest.approx((0.50537809880, 0.09701473288), abs=1e-10)


def dense(panel, weights=None, by=None, chosen=None, leave_out=False):
    """Estimate and error with weights v by row; effects less their means, weighted by v times the cluster's sum."""
    n, unit, time, g, y = 480, panel["i"] - 1, panel["t"] - 1, panel["g"], panel["y"]
    w = np.ones(n) if weights is None else weights
    by = panel["i"] if by is None else by
    treated = panel["D"] == 1
    target = treated if chosen is None else chosen
    z = np.zeros((n, 68))
    z[np.arange(n), unit], z[np.arange(n), 60 + time] = 1, 1
    inverse = np.linalg.pinv((z * (w * ~treated)[:, None]).T @ z)
    effect = y - z @ (inverse @ (z.T @ (w * ~treated * y)))
    share = np.where(target, w, 0) / w[target].sum()
    v = share - np.where(treated, 0, w * (z @ (inverse @ (z.T @ share))))
    assert v @ y == pytest.approx(share @ effect, abs=1e-12)
    own = effect.copy()
    for cohort, period in {*zip(g[target].tolist(), time[target].tolist(), strict=True)}:
        cell = treated & (g == cohort) & (time == period)
        sums = np.array([v[cell & (by == label)].sum() for label in by[cell]])
        own[cell] = effect[cell] - np.sum(sums * v[cell] * effect[cell]) / np.sum(sums * v[cell])
        if leave_out:
            total = sum(v[cell & (by == label)].sum() ** 2 for label in np.unique(by[cell]))
            own[cell] /= 1 - sums**2 / total
    scores = [np.sum((v * own)[by == label]) for label in np.unique(by)]
    return v @ y, np.sqrt(np.sum(np.square(scores)))


def test_every_row_is_dense_algebra(fit, test_panel):
    found = rows_of(fit(weights="w"))
    treated, event = test_panel["D"] == 1, test_panel["t"] - test_panel["g"]
    for name, chosen in {
        "event[2]": treated & (event == 2),
        "cohort[5]": treated & (test_panel["g"] == 5),
        "calendar[7]": treated & (test_panel["t"] == 7),
        "att_gt[7,8]": treated & (test_panel["g"] == 7) & (test_panel["t"] == 8),
    }.items():
        assert found[name] == pytest.approx(dense(test_panel, test_panel["w"], chosen=chosen), abs=1e-12)


@pytest.mark.parametrize("leave_out", [False, True])
def test_means_of_clusters_are_statas(fit, test_panel, leave_out):
    errors = "leave_one_out" if leave_out else "conservative"
    found = rows_of(fit(weights="w", vcov={"cluster": "c"}, averages="cluster", errors=errors))
    expected = dense(test_panel, test_panel["w"], by=test_panel["c"], leave_out=leave_out)
    assert found["att"] == pytest.approx(expected, abs=1e-12)


def test_clusters_that_change_inside_units(fit, test_panel):
    """By period: rows are then their own groups of influence."""
    estimate = fit(vcov={"cluster": "t"}, controls=["z"])
    assert len(estimate.influence.row) == 480
    by_unit = np.zeros((60, len(estimate.params)))
    np.add.at(by_unit, estimate.design.adoption.unit.codes, estimate.influence.rows)
    assert by_unit == pytest.approx(fit(controls=["z"]).influence.rows, abs=1e-12)


def test_frequency_weights_are_repeated_units(fit, test_panel):
    """A unit of weight 2 and two units that are alike: the same estimate, and the same error by the original unit."""
    double = 1 + (test_panel["i"] % 2)
    weighted = fit(columns={"k": double}, weights={"k": "frequency"}, pretrends=2)
    rows = np.concatenate([np.arange(480), np.flatnonzero(double == 2)])
    copy = np.arange(len(rows)) >= 480
    columns = {
        name: np.where(copy, values[rows] + 100, values[rows]) if name == "i" else values[rows]
        for name, values in test_panel.items()
    }
    columns["original"] = test_panel["i"][rows]
    repeated = fit(columns=columns, vcov={"cluster": "original"}, pretrends=2)
    assert weighted.n_obs == repeated.n_obs == len(rows)
    one, other = rows_of(weighted), rows_of(fit(columns=columns, vcov={"cluster": "original"}))
    for name in other:
        assert one[name][0] == pytest.approx(other[name][0], abs=1e-10)
    averaged = fit(columns=columns, vcov={"cluster": "original"}, averages="cluster")
    assert one["att"] == pytest.approx(rows_of(averaged)["att"], abs=1e-10)


def heterogeneous(panel, seed):
    """Effects that differ by cohort and period, no noise; and the true mean effect."""
    rng = np.random.default_rng(seed)
    unit, time = rng.normal(size=61)[panel["i"]], rng.normal(size=9)[panel["t"]]
    effect = rng.normal(size=(9, 10))[panel["g"], panel["t"]] * panel["D"]
    return unit + time + 2.0 * panel["z"] + effect, effect


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_no_noise_recovers_the_truth(fit, test_panel, seed):
    y, effect = heterogeneous(test_panel, seed)
    treated, event = test_panel["D"] == 1, test_panel["t"] - test_panel["g"]
    found = rows_of(fit(columns={"y": y}, controls=["z"], pretrends=2))
    assert found["att"][0] == pytest.approx(effect[treated].mean(), abs=1e-10)
    for e in range(5):
        assert found[f"event[{e}]"][0] == pytest.approx(effect[treated & (event == e)].mean(), abs=1e-10)
    assert found["event[-1]"][0] == pytest.approx(0, abs=1e-10)
    assert max(error for _, error in found.values()) < 1e-9


def test_trends_of_units_are_taken_out(fit, test_panel):
    y, effect = heterogeneous(test_panel, 3)
    y = y + test_panel["x"] * test_panel["t"] * 5
    formula = {"outcome": None, "formula": "y ~ z | i[t]"}
    found = rows_of(fit(columns={"y": y}, **{k: v for k, v in formula.items() if v}))
    assert found["att"][0] == pytest.approx(effect[test_panel["D"] == 1].mean(), abs=1e-9)
    with_others = rows_of(fit(formula="y ~ z | c^t"))
    assert with_others["att"][0] != pytest.approx(rows_of(fit(controls=["z"]))["att"][0], abs=1e-4)


def test_cohort_effects_equal_unit_effects_in_balanced_panels(fit):
    one, other = rows_of(fit(effects="cohort")), rows_of(fit())
    assert [value for value, _ in one.values()] == pytest.approx([v for v, _ in other.values()], abs=1e-10)


def test_cross_sections(fit, test_panel):
    found = fit(design={"unit": None}, vcov=None)
    assert rows_of(found)["att"][0] == pytest.approx(0.47688855933649, abs=1e-10)
    assert found.n_units == 480


def test_anticipation_moves_the_last_untreated_period(fit, test_panel):
    found = rows_of(fit(design={"anticipation": 1}, pretrends=1))
    earlier = rows_of(fit(columns={"g": np.where(test_panel["g"] > 0, test_panel["g"] - 1, 0)}, pretrends=1))
    assert found["event[0]"] == pytest.approx(earlier["event[1]"], abs=1e-12)
    assert found["event[-1]"] == pytest.approx(earlier["event[0]"], abs=1e-12)
    assert found["event[-2]"] == pytest.approx(earlier["event[-1]"], abs=1e-12)


def test_window_and_balance(fit, test_panel):
    names = list(rows_of(fit(window=[-1, 1], pretrends=3)))
    assert [name for name in names if name.startswith("event")] == ["event[-1]", "event[0]", "event[1]"]
    rows = np.flatnonzero(~((test_panel["i"] == 3) & (test_panel["t"] == 2)))
    assert fit(rows=rows).n_units == 60
    dropped = fit(rows=rows, balance="drop")
    assert dropped.n_units == 59
    assert dropped.design.sample.steps[-1].dropped == 7


def test_thin_rows_are_named(fit):
    found = fit()
    assert [(n.code, "event[4] (15)" in n.message) for n in found.notices] == [("W543", True)]
    assert found.tables["effective"]["event[4]"] == pytest.approx(15)
    assert fit(min_effective=15).notices == ()


def test_the_joint_test_before_treatment(fit):
    """W = b'V⁻¹b with fixest's factors in V."""
    estimate = fit(pretrends=3)
    places = [j for j, t in enumerate(estimate.terms) if t.kind == "event" and t.event_time < 0]
    b, psi = estimate.params[places], estimate.influence.rows[:, places]
    assert estimate.tables["pretest"]["statistic"] == pytest.approx(b @ np.linalg.solve(psi.T @ psi, b))
    assert estimate.tables["pretest"]["df"] == 3


# --- samples without an answer ---


def test_rows_that_cannot_be_imputed(fit, test_panel):
    always = {"g": np.where(test_panel["i"] == 3, 1, test_panel["g"])}
    with pytest.raises(DesignError, match="never untreated: i 3") as error:
        fit(columns=always)
    assert code_of(error) == "E575"
    found = fit(columns=always, autosample=True)
    assert "W542" in [n.code for n in found.notices]
    assert found.design.sample.steps[-1].dropped == 8
    rows = np.flatnonzero(test_panel["i"] != 3)
    assert rows_of(found)["att"] == pytest.approx(rows_of(fit(rows=rows))["att"], abs=1e-12)


def test_everybody_treated_from_a_period_on(fit, test_panel):
    rows = np.flatnonzero(test_panel["g"] > 0)
    with pytest.raises(DesignError, match="nobody is untreated in t 7, 8") as error:
        fit(rows=rows)
    assert code_of(error) == "E575"
    found = fit(rows=rows, autosample=True)
    before = np.flatnonzero((test_panel["g"] > 0) & (test_panel["t"] < 7))
    columns = {"g": np.where(test_panel["g"] == 7, 0, test_panel["g"])}
    assert rows_of(found)["att"] == pytest.approx(
        rows_of(fit(rows=before, columns=columns))["att"], abs=1e-12
    )


def test_rows_that_are_cut_off(fit, test_panel):
    """The only untreated rows of period 8 belong to units that are seen in no other period."""
    seen = ((test_panel["g"] > 0) & (test_panel["t"] <= 8)) | (
        (test_panel["g"] == 0) & (test_panel["t"] == 8)
    )
    with pytest.raises(DesignError, match="not linked to untreated rows") as error:
        fit(rows=np.flatnonzero(seen))
    assert code_of(error) == "E575"


def test_leave_out_needs_two(fit, test_panel):
    single = {"g": np.where(test_panel["i"] == 3, 6, test_panel["g"])}
    assert rows_of(fit(columns=single))["att_gt[6,6]"][1] > 0
    with pytest.raises(DesignError, match=r"\(6, 6\)") as error:
        fit(columns=single, errors="leave_one_out")
    assert code_of(error) == "E576"


def test_no_untreated_rows(fit, test_panel):
    with pytest.raises(DesignError, match="no untreated rows") as error:
        fit(rows=np.flatnonzero(test_panel["g"] > 0), design={"anticipation": 9})
    assert code_of(error) == "E574"


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"averages": "cluster", "vcov": {"cluster": ["i", "c"]}}, "2 cluster variables"),
        ({"effects": "unit", "design": {"unit": None}, "vcov": None}, "each of which is seen once"),
        ({"controls": ["D"]}, "D: without variation of its own"),
    ],
)
def test_what_cannot_be_used(fit, changes, match):
    with pytest.raises(DesignError, match=match) as error:
        fit(**changes)
    assert code_of(error) == "E577"


def test_controls_that_do_not_vary_are_named(fit):
    found = fit(controls=["x", "z"])
    assert list(found.dropped_terms) == ["x"]
    assert rows_of(found)["att"] == pytest.approx(rows_of(fit(controls=["z"]))["att"], abs=1e-12)


def test_outcome_without_variation(fit):
    with pytest.raises(DesignError) as error:
        fit(columns={"y": np.ones(480)})
    assert code_of(error) == "E502"
