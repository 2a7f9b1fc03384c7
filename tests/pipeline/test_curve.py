"""The curve: every specification as if it stood alone, shuffles as refits, and what is fitted or refused by itself."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import numpy as np
import pytest
import statsmodels.api as sm

import impact
from impact.core.errors import DesignError, SpecError
from impact.pipeline.curve import FIELDS, run_curve
from impact.pipeline.curve_shuffles import shuffles_of
from impact.pipeline.fit import fit_request

VARY = {
    "outcome": ["y", "log(pay)", "hours"],
    "controls": [[], "$more", ["c2", "i(sector)"], ["c1", "c1^2"]],
    "fe": ["id + year", "id", "none", "sector + id[c3]"],
    "sample": {"all": "true", "late": "year >= 2003"},
}
ERRORS = [
    {"cluster": "id"},
    {"cluster": ["id", "year"]},
    {"cluster": "id", "type": "cr0"},
    {"cluster": "year", "ssc": "reghdfe"},
    {"cluster": "id", "ssc": "stata"},
    {"cluster": ["id", "year"], "ssc": "statsmodels"},
    "hc1",
    "hc0",
    "iid",
]


@pytest.fixture(scope="module")
def columns():
    """60 units over 8 years, two columns with missing values, one unit seen once."""
    random = np.random.default_rng(5)
    unit, year = np.repeat(np.arange(60.0), 8), np.tile(np.arange(2000.0, 2008.0), 60)
    level = random.normal(size=60)[unit.astype(int)]
    m = random.normal(size=480) + 0.3 * level
    c = random.normal(size=(480, 3)) + 0.2 * m[:, None]
    y = 0.1 * m + 0.2 * c[:, 0] + level + random.normal(size=480)
    hours = y + random.normal(size=480)
    c[:, 1][random.random(480) < 0.06] = np.nan
    hours[random.random(480) < 0.05] = np.nan
    kept = ~((unit == 59) & (year > 2000))
    found = {
        "id": unit, "year": year, "m": m, "c1": c[:, 0], "c2": c[:, 1], "c3": c[:, 2], "y": y, "pay": np.exp(y),
        "hours": hours, "sector": np.floor(unit / 15), "w": random.uniform(0.0, 2.0, 480), "z": m + c[:, 2],
    }  # fmt: skip
    found["w"][::50] = 0.0
    return {name: values[kept] for name, values in found.items()}


@pytest.fixture(scope="module")
def curve_for(columns, plan_of, as_frame):
    """The plan, the frame and the curve of some dimensions."""

    def make(vary, **more):
        inference = more.pop("inference", None)
        block = {"target": "m", "vary": vary, "max": 5000, **more.pop("curve", {})}
        if inference:
            block["inference"] = inference
        models = {
            "main": {"formula": "y ~ m | id + year", "vcov": {"cluster": "id"}, **more.pop("model", {})}
        }
        plan = plan_of(models=models, sets={"more": ["c1", "c3"]}, seed=4, speccurve=block, **more)
        frame = as_frame(columns)
        return plan, frame, run_curve(plan, frame)

    return make


def alone(frame, specification):
    """The numbers of one specification fitted as a model of its own; None where it fails."""
    result = fit_request(frame, specification.request, seed=4).results[0]
    if result.estimate is None:
        return None
    j = [term.name for term in result.estimate.terms].index(specification.target)
    own = result.inference
    values = (
        result.estimate.params,
        own.std_error,
        own.statistic,
        own.df,
        own.p_value,
        own.ci_low,
        own.ci_high,
    )
    return [float(one[j]) for one in values] + [float(result.estimate.n_obs)]


@pytest.mark.parametrize("weights", ["none", "w", {"w": "analytic"}], ids=str)
def test_every_specification_equals_the_model_alone(curve_for, weights):
    """1e-10 for estimates, errors, p-values and intervals, whatever is shared."""
    errors = [error for error in ERRORS if not (error == "iid" and weights == "w")]
    plan, frame, curve = curve_for({**VARY, "vcov": errors, "weights": [weights]})
    assert len(curve.rows) == 3 * 4 * 4 * 2 * len(errors)
    for row, specification in zip(curve.rows[::5], plan.curve.specifications[::5], strict=True):
        wanted = alone(frame, specification)
        assert [getattr(row, name) for name in FIELDS] == pytest.approx(wanted, rel=1e-10), row.choices
        assert row.error == ""


def test_most_are_fitted_together(curve_for, monkeypatch):
    """The same numbers come when nothing can be fitted alone."""
    monkeypatch.setattr("impact.pipeline.curve.fit_request", lambda *a, **k: pytest.fail("fitted alone"))
    _, _, curve = curve_for(VARY)
    assert len(curve.rows) == 96


def test_against_statsmodels(curve_for, columns):
    """Dummies instead of absorbed effects, statsmodels' clustered errors without their small-sample factor."""
    vary = {"controls": [[], ["c1"]], "vcov": [{"cluster": "id", "type": "cr0"}]}
    _, _, curve = curve_for(vary)
    kept = columns["id"] != 59  # seen once
    for row, names in zip(curve.rows, (["m"], ["m", "c1"]), strict=True):
        dummies = [columns["id"] == level for level in range(59)]
        dummies += [columns["year"] == level for level in range(2001, 2008)]
        x = np.column_stack([*(columns[name] for name in names), *dummies]).astype(float)[kept]
        fit = sm.OLS(columns["y"][kept], x).fit(
            cov_type="cluster", cov_kwds={"groups": columns["id"][kept], "use_correction": False}
        )
        assert (row.estimate, row.std_error) == (
            pytest.approx(fit.params[0], rel=1e-9),
            pytest.approx(fit.bse[0], rel=1e-8),
        )


def test_other_estimators_and_errors_are_fitted_alone(curve_for):
    model = {"formula": "y ~ c1 | id + year | m ~ z"}
    vary = {"estimator": ["iv", "ols"], "vcov": [{"cluster": "id"}, "hc3"]}
    plan, frame, curve = curve_for(vary, model=model)
    assert [row.estimator for row in curve.rows] == ["iv", "iv", "ols", "ols"]
    for row, specification in zip(curve.rows, plan.curve.specifications, strict=True):
        assert [getattr(row, name) for name in FIELDS] == pytest.approx(
            alone(frame, specification), rel=1e-12
        )
    assert curve.rows[0].estimate != pytest.approx(curve.rows[2].estimate, rel=1e-3)


def test_the_base_model_is_marked(curve_for):
    _, _, curve = curve_for({"controls": [["c1"], []], "fe": ["id", "id + year"]})
    assert curve.preferred is not None
    assert curve.rows[curve.preferred].choices == {"controls": "none", "fe": "id + year"}
    _, _, curve = curve_for({"controls": [["c1"], ["c2"]]})
    assert curve.preferred is None


def test_a_specification_that_fails_says_why(curve_for):
    vary = {"sample": {"all": "true", "nobody": "year > 3000"}, "fe": ["year"]}
    _, _, curve = curve_for(vary)
    failed = [row for row in curve.rows if row.error]
    assert [row.choices["sample"] for row in failed] == ["nobody"]
    assert np.isnan(failed[0].estimate)
    assert "E501" in failed[0].error


def test_a_target_that_effects_absorb_fails(curve_for):
    _, _, curve = curve_for(
        {"fe": ["id", "year"]}, curve={"target": "sector"}, model={"formula": "y ~ sector"}
    )
    assert "E503" in curve.rows[0].error
    assert np.isfinite(curve.rows[1].estimate)


@pytest.mark.parametrize("inference", [{"permute": "m", "within": "year"}, {"permute": ["m", "z"]}], ids=str)
def test_shuffles_are_refits_on_shuffled_data(curve_for, inference):
    """Draw by draw, the shared path against models fitted alone on a frame with the shuffled column."""
    vary = {"controls": [[], ["c2"]], "fe": ["id + year", "none"], "vcov": [{"cluster": "id"}, "hc1"]}
    plan, frame, curve = curve_for(vary, inference={**inference, "reps": 20})
    shuffles = shuffles_of(plan, plan.curve, frame)
    for draw in (0, 7, 19):
        source = shuffles.sources(draw)
        shuffled = replace(frame, columns={**frame.columns, "m": frame.columns["m"][source]})
        for place, specification in enumerate(plan.curve.specifications):
            wanted = alone(shuffled, specification)
            assert curve.drawn_estimates[draw, place] == pytest.approx(wanted[0], rel=1e-9)
            assert curve.drawn_p_values[draw, place] == pytest.approx(wanted[4], rel=1e-8)


def test_shuffles_of_specifications_fitted_alone(curve_for):
    """The instrument moves with its regressor, so the first stage stays and estimates do not run away."""
    model = {"formula": "y ~ c1 | year | m ~ z"}
    _, _, curve = curve_for({"controls": [[]]}, model=model, inference={"permute": ["m", "z"], "reps": 10})
    assert np.isfinite(curve.drawn_estimates).all()
    assert np.abs(curve.drawn_estimates).max() < 1.0


@pytest.mark.parametrize(
    ("vary", "inference", "word"),
    [
        ({"controls": [["c1"]]}, {"permute": "z"}, "not among the columns"),
        ({"controls": [["m^2"]]}, {"permute": "m"}, "also part of another term"),
        ({"sample": {"big": "m > 0"}}, {"permute": "m"}, "also part of another term"),
        ({"controls": [["c1"]]}, {"permute": "m", "unit": "id"}, "differs between rows"),
    ],
)
def test_targets_that_cannot_be_shuffled(curve_for, vary, inference, word):
    with pytest.raises(DesignError, match=word) as caught:
        curve_for(vary, inference={**inference, "reps": 10})
    assert caught.value.faults[0].code == "E194"


def test_shuffles_need_a_seed(plan_of, as_frame, columns):
    plan = plan_of(
        model="y ~ m", speccurve={"vary": {"controls": [[]]}, "inference": {"permute": "m", "reps": 10}}
    )
    with pytest.raises(SpecError) as caught:
        run_curve(plan, as_frame(columns))
    assert caught.value.faults[0].code == "E182"


def test_the_order_of_rows_does_not_matter(curve_for, columns, as_frame):
    plan, _, curve = curve_for(VARY)
    order = np.random.default_rng(9).permutation(len(columns["id"]))
    again = run_curve(plan, as_frame({name: values[order] for name, values in columns.items()}))
    assert [row.estimate for row in again.rows] == [row.estimate for row in curve.rows]
    assert [row.std_error for row in again.rows] == [row.std_error for row in curve.rows]


def test_an_interrupt_keeps_what_was_reached(curve_for):
    """Nothing begins once it is set; shuffles of a part of the curve are none."""
    plan, frame, _ = curve_for({"controls": [[], ["c2"]]}, inference={"permute": "m", "reps": 10})
    stop = Event()
    stop.set()
    curve = run_curve(plan, frame, stop=stop)
    assert ["E523" in row.error for row in curve.rows] == [True, True]
    assert curve.drawn_estimates is None


@pytest.mark.parametrize("formula", ["y ~ 0 + m", "y ~ m", "y ~ 0 + m | id"])
def test_with_and_without_a_constant(curve_for, formula):
    vary = {"controls": [[], ["c1"]], "vcov": ["hc1", {"cluster": "id"}, "iid"]}
    plan, frame, curve = curve_for(vary, model={"formula": formula})
    for row, specification in zip(curve.rows, plan.curve.specifications, strict=True):
        assert [getattr(row, name) for name in FIELDS] == pytest.approx(
            alone(frame, specification), rel=1e-10
        )


def test_without_a_curve(plan_of, as_frame, columns):
    assert run_curve(plan_of(model="y ~ m"), as_frame(columns)) is None


def run_small(tmp_path, model="y ~ d", **curve):
    lines = ["y,d,x,g", *(f"{k % 7 + k % 3},{k % 2},{k % 5},{k % 6}" for k in range(60))]
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    spec = {
        "spec": 1, "seed": 1, "data": {"root": "here", "file": "rows.csv"}, "models": {"main": model},
        "speccurve": {"vary": {"controls": [[], ["x"]], "sample": {"all": "true", "none": "x > 9"}}, **curve},
    }  # fmt: skip
    return impact.run(spec, out=None, roots={"here": tmp_path}).document


def test_the_results_hold_the_curve(tmp_path):
    document = run_small(tmp_path, inference={"permute": "d", "reps": 19})
    curve = document["speccurve"]
    assert [row["specification"] for row in curve["rows"]] == [1, 2, 3, 4]
    assert [row["error"] is None for row in curve["rows"]] == [True, False, True, False]
    main = next(row for row in document["rows"] if row["term"] == "d")
    assert curve["rows"][0]["estimate"] == pytest.approx(main["estimate"], rel=1e-12)
    assert (curve["summary"]["run"], curve["summary"]["failed"], curve["summary"]["reps"]) == (2, 2, 19)
    (test,) = document["tests"]
    assert (test["kind"], test["verdict"], test["p_value"]) == (
        "speccurve",
        "note",
        curve["summary"]["p_median"],
    )


def test_a_curve_that_cannot_be_shuffled_leaves_the_models(tmp_path):
    document = run_small(tmp_path, inference={"permute": "x", "reps": 19})
    assert "speccurve" not in document
    assert document["models"]["main"]["status"] == "ok"


def test_few_treated_clusters_of_the_base_are_named(tmp_path):
    """Three of the six groups are treated in the base model."""
    model = {"formula": "y ~ d", "vcov": {"cluster": "g"}}
    (test,) = run_small(tmp_path, model=model)["tests"]
    assert "ten treated clusters" in test["sentence"]
