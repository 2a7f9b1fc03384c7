"""Differences before treatment: joint test, equivalence, smallest bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from impact.core.designs import Term
from impact.core.errors import SpecError
from impact.diagnostics._event_rows import rows_of
from impact.diagnostics.pretrend import PretrendOptions, bounded, examine

PARAMS = np.array([0.02, -0.05, 0.01, 0.3, 0.4])
TIMES = [-4, -3, -2, 0, 1]
COVARIANCE = 0.0004 * (0.5 * np.eye(5) + 0.5)


def model(event_model, **more):
    return event_model(PARAMS, COVARIANCE, TIMES, references=[-1], **more)


def ask(make, result, language="en", **options):
    return examine(make.question("pretrend", result, language=language), PretrendOptions(**options))


def test_joint_wald(make, event_model):
    found = ask(make, model(event_model))
    form = PARAMS[:3] @ np.linalg.inv(COVARIANCE[:3, :3]) @ PARAMS[:3]
    assert len(found) == 1
    assert found[0].statistic == pytest.approx(form) and found[0].df == 3 and found[0].df2 is None
    assert found[0].p_value == pytest.approx(stats.chi2.sf(form, 3))
    assert found[0].verdict == "fail"
    with_t = ask(make, model(event_model, df=20.0))[0]
    assert with_t.statistic == pytest.approx(form / 3) and with_t.df2 == 20
    assert with_t.p_value == pytest.approx(stats.f.sf(form / 3, 3, 20))


def test_not_rejecting_is_no_proof(make, event_model):
    small = event_model(PARAMS / 10, COVARIANCE, TIMES, references=[-1])
    found = ask(make, small)[0]
    assert found.verdict == "note" and "does not show" in found.sentence
    bound = max(np.abs(PARAMS[:3]) / 10) + stats.norm.ppf(0.95) * 0.02
    assert found.details["smallest_bound"] == pytest.approx(bound)


def test_equivalence_needs_every_row(make, event_model):
    result = model(event_model)
    wide, narrow = (ask(make, result, equivalence=bound)[1] for bound in (0.09, 0.08))
    error = 0.02
    p_values = {
        name: stats.norm.sf((0.09 - abs(b)) / error)
        for name, b in zip(("event[-4]", "event[-3]", "event[-2]"), PARAMS[:3], strict=True)
    }
    assert wide.details["p_values"] == pytest.approx(p_values)
    assert wide.p_value == pytest.approx(max(p_values.values()))
    assert wide.verdict == "pass" and wide.term == "event[-3]"
    # the smallest bound that passes is where the test turns
    smallest = wide.details["smallest_bound"]
    assert smallest == pytest.approx(0.05 + stats.norm.ppf(0.95) * error)
    assert 0.08 < smallest < 0.09 and narrow.verdict == "note"
    rows = rows_of(result, "event")
    assert bounded(rows, smallest, 0.05).p_values.max() == pytest.approx(0.5) or smallest < 0.35
    assert ask(make, result, equivalence=smallest * 1.0001)[1].verdict == "pass"
    assert ask(make, result, equivalence=smallest * 0.9999)[1].verdict == "note"


def test_size_of_the_equivalence_test(make, event_model):
    """With one difference exactly at the bound, it is declared equivalent in at most 5 % of samples."""
    random = np.random.default_rng(5)
    truth = np.array([0.1, 0.02, 0.0, 0, 0])
    draws = random.multivariate_normal(truth, COVARIANCE, size=2000)
    p = [
        bounded(
            rows_of(event_model(draw[:3], COVARIANCE[:3, :3], TIMES[:3]), "event"), 0.1, 0.05
        ).p_values.max()
        for draw in draws
    ]
    assert np.mean(np.array(p) < 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)


def cells(model_with, covariance, params=(0.1, 0.2, 0.3, 0.5)):
    keys = [(4, 2), (5, 2), (5, 3), (4, 4)]
    terms = tuple(
        Term(f"att_gt[{g},{t}]", "att_gt", cohort=float(g), time=float(t), event_time=float(t - g))
        for g, t in keys
    )
    event = (Term("event[-2]", "event", event_time=-2.0),)
    full = np.zeros((5, 5))
    full[:4, :4], full[4, 4] = covariance, 0.04
    return model_with((*terms, *event), np.array([*params, 0.15]), full)


def test_cells_by_cohort_and_period_come_first(make, model_with):
    result = cells(model_with, np.diag([0.01, 0.02, 0.03, 0.04]))
    found = ask(make, result)[0]
    assert found.details["tested"] == ("att_gt[5,2]", "att_gt[4,2]", "att_gt[5,3]")
    assert found.statistic == pytest.approx(0.01 / 0.01 + 0.04 / 0.02 + 0.09 / 0.03)
    assert ask(make, result, rows="event")[0].details["tested"] == ("event[-2]",)
    # equivalence is about the rows of the event study
    assert set(ask(make, result, equivalence=1.0)[1].details["p_values"]) == {"event[-2]"}


def test_cells_that_cannot_be_told_apart_give_way_to_event_rows(make, model_with):
    found = ask(make, cells(model_with, np.full((4, 4), 0.02)))[0]
    assert found.details["tested"] == ("event[-2]",)
    alone = ask(make, cells(model_with, np.full((4, 4), 0.02)), rows="att_gt")[0]
    assert alone.p_value is None and alone.verdict == "note" and "rank" in alone.sentence


def test_anticipated_periods_are_not_before(make, event_model):
    result = model(event_model, comparison={"anticipation": 2.0})
    assert ask(make, result)[0].details["tested"] == ("event[-4]", "event[-3]")


def test_few_treated_clusters_are_said(make, event_model):
    result = model(event_model)
    few = replace(result, inference=replace(result.inference, n_treated_clusters=4))
    found = ask(make, few, equivalence=0.2)
    assert "ten treated clusters" in found[0].sentence
    assert found[1].verdict == "warn"


def test_nothing_to_test_and_languages(make, event_model):
    after = event_model(PARAMS[3:], COVARIANCE[3:, 3:], [0, 1], references=[-1])
    found = ask(make, after)
    assert found[0].verdict == "note" and found[0].p_value is None
    spanish = ask(make, model(event_model), "es", equivalence=0.1)
    assert all(one.sentence == one.details["sentences"]["es"] for one in spanish)
    broken = replace(after, estimate=None, inference=None)
    assert ask(make, broken)[0].verdict == "note"


def test_a_term_is_refused(make, event_model):
    with pytest.raises(SpecError) as error:
        ask(make, (model(event_model), "event[-2]"))
    assert error.value.faults[0].code == "E619"


def test_medicaid_in_a_spec(medicaid_study):
    found = medicaid_study({"pre": {"kind": "pretrend", "of": "main", "equivalence": 0.03}})["tests"]
    assert [one["details"]["part"] for one in found] == ["joint", "equivalence"]
    assert found[0]["df"] == 5 and found[0]["df2"] == 42 and found[0]["verdict"] == "note"
    # the largest row is that of 2009, -0.0113 (0.0085): R's HonestDiD documentation prints the same estimates
    assert found[1]["term"] == "event[-5]" and found[1]["verdict"] == "pass"


@pytest.mark.parametrize(
    ("controls", "base", "p_value"),
    [([], "varying", 0.16812), ([], "universal", 0.16812), (["lpop"], "varying", 0.23267)],
)
def test_minimum_wage_of_callaway_and_santanna(controls, base, p_value):
    """R did, vignettes on its minimum-wage data: "P-value for pre-test of parallel trends assumption"."""
    import impact

    spec = {
        "spec": 1,
        "data": "shipped:mpdta",
        "design": {"unit": "countyreal", "time": "year", "cohort": "first_treat", "never": 0},
        "models": {
            "main": {"estimator": "did_cs", "outcome": "lemp", "base_period": base, "controls": controls}
        },
        "tests": {"pre": {"kind": "pretrend", "of": "main"}},
        "default_tests": False,
    }
    found = impact.run(spec, out=None).document["tests"][0]
    assert found["p_value"] == pytest.approx(p_value, abs=1e-5) and found["df"] == 5


@pytest.mark.parametrize("kind", ["pretrend", "pretrend_power", "honest_did"])
def test_residuals_of_a_first_stage_are_no_test(kind):
    """Gardner's rows before treatment are residuals of a fit to the same periods."""
    import impact

    spec = {
        "spec": 1,
        "data": "shipped:mpdta",
        "design": {"unit": "countyreal", "time": "year", "cohort": "first_treat", "never": 0},
        "models": {"main": {"estimator": "did_gardner", "outcome": "lemp"}},
        "tests": {"t": {"kind": kind, "of": "main"}},
        "default_tests": False,
    }
    found = impact.run(spec, out=None).document["tests"]
    assert [one["verdict"] for one in found] == ["note"] and "small by construction" in found[0]["sentence"]
