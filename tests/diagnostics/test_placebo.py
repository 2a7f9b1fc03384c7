from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact.core.errors import EstimationError, SpecError
from impact.core.texts import fault
from impact.diagnostics.placebo import PlaceboOptions, examine


@pytest.fixture(scope="module")
def models(make):
    main = make.fitted(make.design(1, units=40, treated=20, effect=2.0), permuted=False)

    def row(name, effect, **more):
        design = make.design(7, units=40, treated=20, effect=effect, noise=0.6)
        return make.fitted(design, f"main[row={name}]", permuted=False, row=name, **more)

    quiet = row("quiet", 0.0, expect="no_effect")
    loud = row("loud", 1.0, expect="no_effect")
    other = row("urban", 2.0)
    return main, quiet, loud, other


def test_rows_marked_no_effect_are_compared(make, models):
    main, quiet, loud, other = models
    found = examine(make.question("placebo", main, results=models), PlaceboOptions())
    assert [finding.details["row"] for finding in found] == ["quiet", "loud"]
    assert [finding.verdict for finding in found] == ["pass", "fail"]
    assert found[0].statistic == quiet.estimate.params[0]
    assert found[0].p_value == pytest.approx(quiet.inference.p_value[0])
    assert found[0].details["ratio"] == pytest.approx(abs(quiet.estimate.params[0] / main.estimate.params[0]))
    assert "told from zero" in found[1].sentence
    del loud, other


def test_too_large_fails_although_it_does_not_reject(make, models):
    main, quiet, _, _ = models
    noisy = replace(quiet.inference, p_value=np.array([0.4]))
    large = replace(
        quiet, inference=noisy, estimate=replace(quiet.estimate, params=main.estimate.params * 0.6)
    )
    found = examine(make.question("placebo", main, results=[large]), PlaceboOptions())
    assert found[0].verdict == "fail" and "more than half" in found[0].sentence
    allowed = examine(make.question("placebo", main, results=[large]), PlaceboOptions(share=0.7))
    assert allowed[0].verdict == "pass"


def test_either_permutation_p_value_rejects(make):
    main = make.fitted(make.design(1, effect=5.0))
    row = make.fitted(make.design(2), "main[row=p]", row="p", expect="no_effect")
    small = replace(row.permutation, p_value=np.array([0.2]), p_value_t=np.array([0.01]))
    found = examine(
        make.question("placebo", main, results=[replace(row, permutation=small)]), PlaceboOptions()
    )
    assert found[0].verdict == "fail"


def test_named_rows_missing_rows_and_failed_rows(make, models):
    main, quiet, _, other = models
    named = examine(make.question("placebo", main, results=models), PlaceboOptions(rows=("urban",)))
    assert [finding.of for finding in named] == [other.name]
    nothing = examine(make.question("placebo", main, results=[other]), PlaceboOptions())
    assert nothing[0].verdict == "note" and "expect: no_effect" in nothing[0].sentence
    failed = replace(quiet, estimate=None, inference=None)
    lost = examine(make.question("placebo", main, results=[failed]), PlaceboOptions())
    assert lost[0].verdict == "note" and "could not be estimated" in lost[0].sentence
    grouped = replace(quiet, group="sex=women")
    assert examine(make.question("placebo", main, results=[grouped]), PlaceboOptions())[0].verdict == "note"


@pytest.fixture(scope="module")
def castle():
    """Findings on the castle laws: homicides by cohort of states, with the estimator's own options."""
    import impact

    def run(tests, estimator="did_cs", **more):
        spec = {
            "spec": 1,
            "data": "shipped:castle",
            "design": {"unit": "sid", "time": "year", "cohort": "effyear", "never": "missing"},
            "models": {"main": {"estimator": estimator, "outcome": "l_homicide"}},
            "tests": tests,
            "default_tests": False,
            **more,
        }
        return impact.run(spec, out=None).document

    return run


@pytest.mark.parametrize("estimator", ["did_cs", "did_sa", "did_twfe"])
def test_treatment_pretended_earlier_is_the_model_on_those_rows(castle, estimator):
    """The same numbers as a spec that keeps the years before 2005 and moves the dates by hand."""
    found = castle({"p": {"kind": "placebo", "of": "main", "periods": [2]}}, estimator)["tests"]
    by_hand = castle(
        {},
        estimator,
        filter="year < 2005",
        derive={"moved": "effyear - 2 if effyear - 2 < 2005 else missing"},
        design={"unit": "sid", "time": "year", "cohort": "moved", "never": "missing"},
    )
    att = next(row for row in by_hand["rows"] if row["term"] == "att")
    assert found[0]["statistic"] == pytest.approx(att["estimate"], abs=1e-10)
    assert found[0]["details"]["row"] == "t−2" and found[0]["verdict"] in ("pass", "fail")


def test_too_few_periods_are_refused(castle):
    with pytest.raises(SpecError) as error:
        castle({"p": {"kind": "placebo", "of": "main", "periods": [5]}})
    assert error.value.faults[0].code == "E624"


def test_designs_without_cohorts_are_refused(make):
    with pytest.raises(SpecError) as error:
        examine(make.question("placebo", make.fitted(make.design())), PlaceboOptions(periods=(1,)))
    assert error.value.faults[0].code == "E624" and "no cohorts" in error.value.faults[0].message


def test_a_refit_that_fails_is_a_note(make, cohort_design):
    main = replace(make.fitted(make.design()), design=cohort_design([4, 5, np.inf]))

    def refit(result, changed):
        raise EstimationError(fault("E531", kind="x", estimator="y"))

    question = replace(make.question("placebo", main), refit=refit)
    found = examine(question, PlaceboOptions(periods=(1,)))
    assert found[0].verdict == "note" and "could not be estimated" in found[0].sentence


def test_placebo_in_group_is_a_robustness_row():
    """Treated units leave, and a third of the others is pretended to be treated: the row's estimator is the model's."""
    import impact

    spec = {
        "spec": 1,
        "data": "shipped:mpdta",
        "derive": {"fake": "when(countyreal % 3 == 0, 2006, 0)"},
        "design": {"unit": "countyreal", "time": "year", "cohort": "first_treat", "never": 0},
        "models": {"main": {"estimator": "did_cs", "outcome": "lemp"}},
        "robustness": {
            "of": "main",
            "rows": {
                "others": {"filter+": "first_treat == 0", "design.cohort": "fake", "expect": "no_effect"}
            },
        },
        "tests": {"p": {"kind": "placebo", "of": "main"}},
        "default_tests": False,
    }
    found = impact.run(spec, out=None).document["tests"][0]
    spec |= {"filter": "first_treat == 0", "tests": {}, "robustness": None}
    spec["design"] = {**spec["design"], "cohort": "fake"}
    alone = impact.run({k: v for k, v in spec.items() if v is not None}, out=None).document
    att = next(row for row in alone["rows"] if row["term"] == "att")
    assert found["statistic"] == pytest.approx(att["estimate"], abs=1e-12)
    assert found["verdict"] == "pass" and found["details"]["row"] == "others"
