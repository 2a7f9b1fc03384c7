"""Effects by cohort and period against R's did 2.5.1 on the test panel, and the defined answers to bad samples.

Check values: R did 2.5.1 with DRDID 1.2.3 (covariate values converged fully); Python csdid 0.4.3 agrees to 1e-10.
"""

from __future__ import annotations

from collections import Counter
from functools import partial

import numpy as np
import pytest

import impact.estimators.did_cs as did_cs
import impact.kernels.doubly_robust_levels as levels
import impact.pipeline.fit as fitting
from impact.core.errors import DesignError

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def design_of(adoption_design_of):
    return partial(adoption_design_of, "did_cs")


@pytest.fixture(scope="module")
def fit(design_of):
    return lambda *args, **named: did_cs.fit(*design_of(*args, **named))


def rows_of(estimate, cluster=None):
    """name → (estimate, error): the influence summed by unit, or by cluster, without factors."""
    rows = estimate.influence.rows
    if cluster is not None:
        codes = estimate.design.clusters[cluster].codes[estimate.influence.row]
        rows = np.stack([np.bincount(codes, weights=column) for column in rows.T], axis=1)
    error = np.sqrt((rows**2).sum(axis=0))
    names = [term.name for term in estimate.terms]
    return {name: (value, own) for name, value, own in zip(names, estimate.params, error, strict=True)}


def check(found, expected, abs=1e-9):
    for name, numbers in expected.items():
        assert found[name] == pytest.approx(numbers, abs=abs), name


PLAIN = {
    "att_gt[4,4]": (0.4508338750, 0.1535176126),
    "att_gt[4,8]": (0.6875027083, 0.2371757634),
    "att_gt[5,5]": (0.5597100087, 0.1907851472),
    "att_gt[7,8]": (0.5588641007, 0.1711982884),
    "att_gt[4,2]": (-0.0824994583, 0.1563262046),
    "att_gt[7,6]": (-0.1372346163, 0.1487048939),
    "att": (0.5619306997, 0.1059824575),
    "att_simple": (0.5619306997, 0.1059824575),
    "att_dynamic": (0.5862097804, 0.1223346702),
    "att_cohort": (0.5425304630, 0.0962909182),
    "att_calendar": (0.5466370098, 0.1015623184),
    "event[0]": (0.4577697558, 0.0852974337),
    "event[1]": (0.5488728449, 0.1042734717),
    "event[2]": (0.5658158255, 0.1339447929),
    "event[3]": (0.6710877674, 0.1652936214),
    "event[4]": (0.6875027083, 0.2371757634),
    "event[-1]": (-0.0755635775, 0.0764922216),
    "cohort[4]": (0.5925016250, 0.1489964353),
    "cohort[5]": (0.5742750217, 0.1617199089),
    "cohort[7]": (0.4608147422, 0.1371519875),
}


@pytest.mark.parametrize("method", ["dr", "ipw", "reg"])
def test_without_covariates_every_method_is_the_difference_of_means(fit, method):
    check(rows_of(fit(method=method)), PLAIN)


def test_a_universal_base_period(fit):
    found = fit(base_period="universal")
    rows = rows_of(found)
    check(
        rows,
        {
            "att_gt[4,1]": (0.1316655834, 0.1382883389),
            "att_gt[7,1]": (-0.1471602519, 0.2164941377),
            "event[-2]": (0.0755635775, 0.0764922216),
            "event[-1]": (0.0, 0.0),
            "att_gt[4,3]": (0.0, 0.0),
            **{name: PLAIN[name] for name in ("att", "att_dynamic", "event[0]", "cohort[5]")},
        },
    )
    assert found.tables["comparison"]["base_period"] == "universal"


@pytest.mark.parametrize("base", ["varying", "universal"])
def test_the_test_before_treatment(fit, base):
    found = fit(base_period=base).tables["pretest"]
    assert found["statistic"] == pytest.approx(9.4723427868, abs=1e-9)
    assert found["df"] == 10
    assert found["p_value"] == pytest.approx(0.48794, abs=1e-5)


def test_no_test_where_its_variance_has_no_inverse(fit, test_panel):
    """Ten effects before treatment from eight units."""
    found = fit(rows=np.flatnonzero(test_panel["i"] <= 8)).tables["pretest"]
    assert found == {"statistic": None, "df": 10, "p_value": None}


def test_event_effects_of_cohorts_seen_long_enough(fit):
    found = rows_of(fit(balance_event=2))
    expected = {
        "att_dynamic": (0.5383216615, 0.1112996755),
        "event[0]": (0.5052719418, 0.1147283070),
        "event[1]": (0.5438772170, 0.1296375399),
        "event[2]": (0.5658158255, 0.1339447929),
        "att": PLAIN["att"],
    }
    check(found, expected)
    assert "event[3]" not in found


def test_clusters_sum_the_influence(fit):
    assert rows_of(fit(vcov={"cluster": "c"}), "c")["att"][1] == pytest.approx(0.0863828958, abs=1e-9)


@pytest.mark.parametrize(("cluster", "error"), [("i", 0.1059824575), ("c", 0.0863828958)])
def test_errors_of_a_spec(plan_of, as_frame, test_panel, cluster, error):
    """No small-sample factor, and the normal law."""
    block = {"estimator": "did_cs", "outcome": "y", "vcov": {"cluster": cluster}}
    plan = plan_of(design=COHORTS, models={"m": block})
    (found,) = fitting.fit_request(as_frame(test_panel), plan.models[0], seed=1).results
    inference = found.inference
    assert inference.std_error[0] == pytest.approx(error, abs=1e-9)
    assert np.isinf(inference.df[0])


def test_not_yet_treated_units_as_comparison(fit):
    expected = {
        "att": (0.5485268614, 0.0971312694),
        "att_dynamic": (0.5760198076, 0.1138578223),
        "att_gt[4,4]": (0.4544531886, 0.1458572456),
    }
    check(rows_of(fit(control_group="not_yet")), expected)
    check(rows_of(fit(design={"control_group": "not_yet"})), expected)


@pytest.mark.parametrize(
    ("method", "att", "cell"),
    [
        ("dr", (0.6751377438, 0.0812853221), (0.4869450829, 0.1516759671)),
        ("ipw", (0.6805899614, 0.0821244556), (0.4877127738, 0.1504810066)),
        ("reg", (0.6777957690, 0.0813170014), (0.4940932326, 0.1499201123)),
    ],
)
def test_covariates(fit, method, att, cell):
    check(rows_of(fit(controls=["x"], method=method)), {"att": att, "att_gt[4,4]": cell})


def test_covariates_of_any_scale(fit, test_panel):
    moved = {"x": 1e6 + 1e3 * test_panel["x"]}
    check(rows_of(fit(moved, controls=["x"])), {"att": (0.6751377438, 0.0812853221)}, abs=1e-8)


@pytest.mark.parametrize("kind", ["sampling", "analytic"])
def test_weights(fit, test_panel, kind):
    weights = {"w": kind}
    check(rows_of(fit(weights=weights)), {"att": (0.5748101255, 0.1088458434)})
    scaled = {"w": 1000 * test_panel["w"]}
    check(rows_of(fit(scaled, weights=weights)), {"att": (0.5748101255, 0.1088458434)})


def test_weights_covariates_and_not_yet_treated_units_together(fit):
    found = rows_of(fit(controls=["x"], weights="w", control_group="not_yet"))
    check(found, {"att": (0.6203784939, 0.0841431353)})


def test_anticipation(fit):
    expected = {"att": (0.4999798067, 0.1128296546)}
    check(rows_of(fit(anticipation=1)), expected)
    found = fit(design={"anticipation": 1}, base_period="universal")
    check(rows_of(found), {**expected, "event[-2]": (0.0, 0.0)})


def test_repeated_cross_sections(fit):
    """Every row a unit of its own: csdid 0.4.3, panel=False (drdid 1.1.7, as R's DRDID 1.4.0)."""
    estimate = fit(design={"unit": None}, controls=["x"])
    expected = {
        "att": (0.6751377438302, 0.1057733483116),
        "att_dynamic": (0.7216835813754, 0.1145430925160),
        "att_cohort": (0.6337262743204, 0.1091543313918),
        "att_calendar": (0.6528839352182, 0.1067149293242),
        "att_gt[4,4]": (0.4869450829212, 0.2236841746044),
    }
    check(rows_of(estimate), expected)
    assert estimate.n_units == 480
    found = rows_of(fit(design={"unit": None}, controls=["x"], method="ipw", weights="w"))
    check(found, {"att": (0.648922118005728, 0.24835339369403964)})
    found = rows_of(fit(design={"unit": None}, controls=["x"], method="reg"))
    check(found, {"att": (0.6777957690165891, 0.15991309858929928)})


def test_repeated_cross_sections_with_the_sign_of_an_older_package(fit):
    """DRDID 1.2.3 adds the influence of the regression before treatment where its derivative has a minus.

    The sign is settled by numerical derivatives in the kernel's tests (and in DRDID 1.4.0). With the older sign the
    error is that of R did 2.5.1 on DRDID 1.2.3, 0.1044817545: nothing else differs.
    """
    estimate = fit(design={"unit": None}, controls=["x"])
    design, rows = estimate.design, estimate.influence.rows[:, 0].copy()
    adoption, x = design.adoption, np.column_stack([np.ones(480), design.x])
    time = adoption.periods[adoption.time.codes]
    for cohort, t in ((g, t) for g in (4, 5, 7) for t in range(g, 9)):
        used = np.flatnonzero(np.isin(time, (cohort - 1, t)) & np.isin(adoption.cohort, (cohort, np.inf)))
        cell = levels.Levels(design.y[used], adoption.cohort[used] == cohort, time[used] == t, x[used])
        one = np.ones(len(used))
        scores = levels._scores(cell, one, "dr", (0.995, 1.0))
        _, treated, _, control = levels._shares(cell, one, scores.odds)
        before = levels._fit(cell, ~cell.treated & ~cell.after, one)
        share = np.mean(adoption.cohort == cohort)
        total = sum((9 - g) * np.mean(adoption.cohort == g) for g in (4, 5, 7))
        rows[used] -= 2 * share / total * before.representation @ ((treated - control) @ cell.x)
    assert np.sqrt(np.sum(rows**2)) == pytest.approx(0.1044817545, abs=1e-9)


def test_the_overall_effect_is_the_one_asked_for(fit):
    for name in ("dynamic", "cohort", "calendar"):
        found = rows_of(fit(aggregate=name))
        assert found["att"] == found[f"att_{name}"]
    assert {term.event_time for term in fit(window=(-1, 1)).terms if term.kind == "event"} == {-1, 0, 1}


# --- covariates and weights that change ---


def test_covariates_that_change_are_taken_from_the_earlier_period(fit, test_panel):
    """By hand: z of period 3 for (4, 4) and of period 2 for (4, 3)."""
    found = fit(controls=["z"], method="reg")
    assert [each.code for each in found.notices] == ["W541"]
    assert found.tables["comparison"]["covariates"] == "base_period"
    y, z, g = (test_panel[name].reshape(60, 8) for name in "yzg")
    for time, base in ((4, 3), (3, 2), (6, 3)):
        change = y[:, time - 1] - y[:, base - 1]
        x = np.column_stack([np.ones(60), z[:, base - 1]])
        never, own = g[:, 0] == 0, g[:, 0] == 4
        params = np.linalg.lstsq(x[never], change[never], rcond=None)[0]
        expected = np.mean(change[own] - x[own] @ params)
        assert rows_of(found)[f"att_gt[4,{time}]"][0] == pytest.approx(expected, abs=1e-12)


def test_weights_that_change_are_taken_from_the_earlier_period(fit, test_panel):
    found = fit(weights="q1")
    y, w, g = (test_panel[name].reshape(60, 8) for name in ("y", "q1", "g"))
    change, own, never = y[:, 4] - y[:, 3], g[:, 0] == 5, g[:, 0] == 0
    weight = w[:, 3]
    expected = np.average(change[own], weights=weight[own]) - np.average(change[never], weights=weight[never])
    assert rows_of(found)["att_gt[5,5]"][0] == pytest.approx(expected, abs=1e-12)


# --- incomplete panels ---


def test_units_that_miss_a_period_leave_and_are_counted(fit, test_panel):
    gap = (test_panel["i"] == 2) & (test_panel["t"] == 3)
    found = fit(rows=np.flatnonzero(~gap))
    whole = fit(rows=np.flatnonzero(test_panel["i"] != 2))
    assert found.params == pytest.approx(whole.params, abs=1e-12)
    assert Counter({step.name: step.dropped for step in found.design.sample.steps})["balance"] == 7
    assert found.n_units == 59


@pytest.fixture(scope="module")
def incomplete(test_panel):
    """One row in seven is missing, by a rule."""
    return np.flatnonzero((test_panel["i"] * 3 + test_panel["t"] * 5) % 7 != 0)


INCOMPLETE = {
    ("dr", False, False): {
        "att": (0.637588332140, 0.140735740669),
        "att_dynamic": (0.656455114039, 0.160578490807),
        "att_cohort": (0.587073506385, 0.132818902356),
        "att_calendar": (0.634748828689, 0.142618536405),
        "att_gt[4,4]": (0.520389542160, 0.232919524645),
        "att_gt[7,8]": (0.340748700616, 0.306733243691),
    },
    ("dr", True, False): {
        "att": (0.652549090581, 0.085455439641),
        "att_dynamic": (0.703282268946, 0.088640461970),
        "att_cohort": (0.596064199072, 0.091261423709),
        "att_calendar": (0.647111880714, 0.079881732204),
        "att_gt[4,4]": (0.562307509351, 0.168134115638),
        "att_gt[7,8]": (0.498260099963, 0.186840995003),
    },
    ("ipw", True, False): {
        "att": (0.778797166194, 0.134908709487),
        "att_dynamic": (0.819156776620, 0.154262542043),
        "att_cohort": (0.695407813762, 0.134642448302),
        "att_calendar": (0.784633223744, 0.132500854532),
        "att_gt[4,4]": (0.681769368714, 0.226927385736),
        "att_gt[7,8]": (0.336591273830, 0.309883244933),
    },
    ("reg", True, True): {
        "att": (0.656963179923, 0.101281802689),
        "att_dynamic": (0.699957113689, 0.104509105393),
        "att_cohort": (0.587027825382, 0.109626327310),
        "att_calendar": (0.656937216365, 0.091406272618),
        "att_gt[4,4]": (0.534354188078, 0.172507437008),
        "att_gt[7,8]": (0.429547802401, 0.226909240848),
    },
    ("dr", True, True): {
        "att": (0.598460883467, 0.095280510766),
        "att_dynamic": (0.648344836466, 0.099461978339),
        "att_cohort": (0.533555479661, 0.099564244170),
        "att_calendar": (0.601228598865, 0.087523637954),
        "att_gt[4,4]": (0.521221964803, 0.173865099606),
        "att_gt[7,8]": (0.397859976454, 0.177738406839),
    },
}


@pytest.mark.parametrize("block", list(INCOMPLETE))
def test_incomplete_panels_as_levels(fit, incomplete, block):
    """csdid 0.4.3, allow_unbalanced_panel=True."""
    method, controls, weights = block
    found = fit(
        rows=incomplete,
        balance="keep",
        method=method,
        **({"controls": ["x"]} if controls else {}),
        **({"weights": "w"} if weights else {}),
    )
    assert found.n_units == 60
    check(rows_of(found), INCOMPLETE[block])


def test_a_weight_of_zero_leaves_a_gap(fit, test_panel):
    """The row goes, counted; its unit then misses a period."""
    none = np.where((test_panel["i"] == 2) & (test_panel["t"] == 3), 0.0, test_panel["w"])
    found = fit({"w": none}, weights="w")
    whole = fit(rows=np.flatnonzero(test_panel["i"] != 2), weights="w")
    assert found.params == pytest.approx(whole.params, abs=1e-12)
    assert {"w", "balance"} <= {step.name for step in found.design.sample.steps}


def test_a_complete_panel_is_compared_in_changes_even_where_rows_are_kept(fit):
    assert fit(balance="keep").tables["comparison"]["law"] == "changes"


# --- known truth ---


@pytest.mark.parametrize("block", [{}, {"control_group": "not_yet"}, {"base_period": "universal"}])
@pytest.mark.parametrize("controls", [[], ["x"]])
def test_without_noise_the_truth_comes_back(fit, test_panel, block, controls):
    """Effects by cohort and event time, unit and period effects, no errors."""
    i, t, g = (test_panel[name] for name in "itg")
    effect = np.where(test_panel["D"] == 1, 0.3 * g + 0.7 * (t - g), 0.0)
    found = rows_of(fit({"y": np.sin(i) + 0.2 * t**2 + effect}, controls=controls, **block))
    for cohort in (4, 5, 7):
        for time in range(cohort, 9):
            truth = 0.3 * cohort + 0.7 * (time - cohort)
            assert found[f"att_gt[{cohort},{time}]"][0] == pytest.approx(truth, abs=1e-10)


# --- samples with something missing ---


def test_without_never_treated_units_the_last_cohort_is_the_comparison(fit, test_panel):
    rows = np.flatnonzero(test_panel["g"] > 0)
    found = fit(rows=rows)
    steps = {step.name: step.dropped for step in found.design.sample.steps}
    assert steps["last_cohort"] == 45 * 2
    assert {term.cohort for term in found.terms if term.kind == "att_gt"} == {4.0, 5.0}
    assert {term.time for term in found.terms if term.kind == "att_gt"} == {2.0, 3.0, 4.0, 5.0, 6.0}
    recoded = np.where(test_panel["g"] == 7, 0, test_panel["g"])
    early = np.flatnonzero((test_panel["g"] > 0) & (test_panel["t"] < 7))
    same = fit({"g": recoded}, rows=early)
    assert found.params == pytest.approx(same.params, abs=1e-12)
    assert found.tables["comparison"]["last_cohort"] == 7


def test_not_yet_treated_without_never_treated(fit, test_panel):
    rows = np.flatnonzero(test_panel["g"] > 0)
    found = fit(rows=rows, control_group="not_yet")
    assert {term.cohort for term in found.terms if term.kind == "att_gt"} == {4.0, 5.0}
    y, g = test_panel["y"].reshape(60, 8), test_panel["g"].reshape(60, 8)[:, 0]
    change = y[:, 3] - y[:, 2]
    expected = change[g == 4].mean() - change[(g == 5) | (g == 7)].mean()
    assert rows_of(found)["att_gt[4,4]"][0] == pytest.approx(expected, abs=1e-12)
    change = y[:, 5] - y[:, 2]
    assert rows_of(found)["att_gt[4,6]"][0] == pytest.approx(
        change[g == 4].mean() - change[g == 7].mean(), abs=1e-12
    )


def test_always_treated_units_leave_and_are_counted(fit, test_panel):
    early = np.where(test_panel["g"] == 4, 1, test_panel["g"])
    found = fit({"g": early})
    assert {step.name: step.dropped for step in found.design.sample.steps}["always_treated"] == 120
    assert found.params == pytest.approx(fit(rows=np.flatnonzero(test_panel["g"] != 4)).params, abs=1e-12)


def test_a_cohort_after_the_last_period_is_untreated(fit, test_panel):
    late = np.where(test_panel["g"] == 0, 12, test_panel["g"])
    found = fit({"g": late}, design={"never": ["beyond"]})
    assert found.params == pytest.approx(fit().params, abs=1e-12)


def test_a_cohort_of_one_unit(fit, test_panel):
    """Its own cells have the comparison's error alone, as in R."""
    lone = np.where(test_panel["i"] == 60, 6, test_panel["g"])
    found = rows_of(fit({"g": lone}))
    assert np.isfinite(found["att_gt[6,6]"]).all()
    y, g = test_panel["y"].reshape(60, 8), lone.reshape(60, 8)[:, 0]
    change = y[:, 5] - y[:, 4]
    never = change[g == 0]
    expected = change[-1] - never.mean(), never.std() / np.sqrt(len(never))
    assert found["att_gt[6,6]"] == pytest.approx(expected, abs=1e-12)


def test_periods_two_years_apart(fit, test_panel):
    """Only odd periods; cohorts 4 and 5 start between or on them: the base is the last period before the start."""
    rows = np.flatnonzero(test_panel["t"] % 2 == 1)
    found = rows_of(fit(rows=rows))
    y, g = test_panel["y"].reshape(60, 8), test_panel["g"].reshape(60, 8)[:, 0]
    change = y[:, 4] - y[:, 2]
    assert found["att_gt[4,5]"][0] == pytest.approx(change[g == 4].mean() - change[g == 0].mean(), abs=1e-12)
    assert "event[1]" in found
    assert "att_gt[7,7]" in found


def test_no_unit_left_to_compare_with_is_told_by_cell(fit, test_panel):
    """Of the not yet treated only cohort 7 is left for (4, 6) when the never treated go; none is for later periods."""
    spread = np.where(test_panel["i"] % 2 == 0, test_panel["x"], 50 + test_panel["x"])
    tells = np.where(test_panel["g"] == 7, spread, test_panel["x"])
    with_seven = fit({"x": tells}, controls=["x"])
    assert [each.code for each in with_seven.notices] == ["W540"]
    assert "(7, 7)" in with_seven.notices[0].message
    assert not any(term.cohort == 7 for term in with_seven.terms if term.kind == "att_gt")


@pytest.mark.parametrize(
    ("columns", "block", "code"),
    [
        (lambda p: {"x": np.ones(480)}, {"controls": ["x"]}, "E572"),
        (lambda p: {"x2": 2 * p["x"] + 1}, {"controls": ["x", "x2"]}, "E572"),
        (lambda p: {"x": (p["g"] > 0) * 1.0}, {"controls": ["x"]}, "E571"),
        (lambda p: {}, {"reference": -2}, "E573"),
        (lambda p: {}, {"trim": 0.9}, "E573"),
        (lambda p: {}, {"trim": 0.9, "method": "reg", "controls": ["x"]}, "E573"),
        (lambda p: {}, {"balance": "drop", "design": {"unit": None}}, "E573"),
        (lambda p: {}, {"reference": 0, "base_period": "universal"}, "E573"),
        (lambda p: {}, {"anticipation": 6}, "E571"),
    ],
)
def test_refusals(fit, test_panel, columns, block, code):
    with pytest.raises(DesignError) as caught:
        fit(columns(test_panel), **block)
    assert caught.value.faults[0].code == code


def test_all_treated_at_once_has_nobody_to_compare_with(fit, test_panel):
    with pytest.raises(DesignError) as caught:
        fit({"g": np.full(480, 4)})
    assert caught.value.faults[0].code == "E571"


def test_no_unit_in_every_period(fit, test_panel):
    with pytest.raises(DesignError) as caught:
        fit(rows=np.flatnonzero((test_panel["i"] + test_panel["t"]) % 8 != 0))
    assert caught.value.faults[0].code == "E571"


def test_dates_written_as_numbers_keep_their_names(plan_of, as_frame, test_panel):
    """Periods such as 20190101: as many cells as with short periods, each with a name of its own."""
    block = {"estimator": "did_cs", "outcome": "y"}
    found = []
    for start in (0.0, 20190100.0):
        columns = {
            **test_panel,
            "t": start + test_panel["t"],
            "g": np.where(test_panel["g"] > 0, start, 0) + test_panel["g"],
        }
        plan = plan_of(design=COHORTS, models={"m": block})
        (one,) = fitting.fit_request(as_frame(columns), plan.models[0], seed=1).results
        found.append(one.estimate)
    names = [term.name for term in found[1].terms]
    assert len(set(names)) == len(names) == len(found[0].terms)
    assert "att_gt[20190104,20190105]" in names
    assert found[1].params == pytest.approx(found[0].params, abs=1e-9)
