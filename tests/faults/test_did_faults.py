"""Every difference-in-differences estimator with every bad design: a code, a counted drop, or a notice; no surprises.

The answers are a table: the usual one, and that of the estimators that differ. ``docs/bad_designs.md`` is made of it.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

import impact.catalog as catalog

ROOT = Path(__file__).resolve().parents[2]


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bad = _load(Path(__file__).with_name("did_designs.py"))

# fault: the usual answer, and those of the estimators that differ (fmt: off keeps one fault a line)
# fmt: off
ANSWERS = {
    "one_unit": ("W526", {"did_2x2": "estimates", "synth": "estimates", "did_cic": "E588", "did_dose": "W526, W540", "did_triple": "W526, W540", "synth_did": "E586", "synth_augmented": "estimates", "matrix_completion": "estimates"}),
    "gaps": ("estimates", {"did_2x2": "drop balance", "did_cic": "drop balance", "did_cs": "drop balance", "did_dose": "drop balance", "did_triple": "drop balance", "synth": "E582", "synth_did": "E582", "synth_augmented": "E582"}),
    "no_base_period": ("estimates", {"did_2x2": "E571", "did_cic": "E598", "did_cs": "drop balance", "did_dose": "drop balance", "did_triple": "drop balance", "did_dcdh": "drop unseen_change", "synth": "E582", "synth_did": "E582", "synth_augmented": "E582"}),
    "duplicates": ("E508", {}),
    "no_never_treated": ("E575", {"did_2x2": "E571", "did_cic": "E598", "did_cs": "drop last_cohort, W525", "did_dose": "drop last_cohort, W525", "did_triple": "drop last_cohort, W525", "did_dcdh": "W525, W535", "did_lp": "W506, W525", "did_twfe": "W506, W525", "did_sa": "drop no comparison, W525", "did_stacked": "E578", "synth": "E583", "synth_did": "E583", "synth_augmented": "E583", "matrix_completion": "E583"}),
    "all_treated_at_once": ("E571", {"did_bjs": "E575", "did_etwfe": "E575", "did_gardner": "E575", "did_cic": "E598", "did_dcdh": "E587", "did_lp": "E578", "did_sa": "E578", "did_stacked": "E578", "did_twfe": "E503", "synth": "E583", "synth_did": "E583", "synth_augmented": "E583", "matrix_completion": "E583"}),
    "all_treated_always": ("E558", {}),
    "one_always_treated": ("drop always_treated, W524, W526", {"did_bjs": "E575", "did_etwfe": "E575", "did_gardner": "E575", "did_dcdh": "W524, W526", "did_lp": "W524, W526", "did_stacked": "W524, W526", "did_twfe": "W524, W526", "did_sa": "drop always treated, W524, W526", "synth": "E585", "synth_did": "E585", "synth_augmented": "E585", "matrix_completion": "E585"}),
    "fractions_of_periods": ("E529", {}),
    "fractions_of_cohorts": ("E529", {}),
    "every_second_year": ("estimates", {}),
    "one_longer_step": ("W527", {"did_2x2": "estimates", "did_cic": "estimates"}),
    "varying_covariate": ("estimates", {"did_2x2": "W541", "did_cs": "W541", "did_cic": "E559", "did_dose": "E559", "synth": "E559", "did_triple": "W540, W541", "synth_augmented": "E559", "matrix_completion": "E559"}),
    "weight_zero": ("drop w", {"synth": "E559", "synth_did": "E559", "synth_augmented": "E559", "matrix_completion": "E559"}),
    "weight_negative": ("E513", {"synth": "E559", "synth_did": "E559", "synth_augmented": "E559", "matrix_completion": "E559"}),
    "outcome_missing": ("drop y", {"did_2x2": "drop y, drop balance", "did_cic": "drop y, drop balance", "did_cs": "drop y, drop balance", "did_dose": "drop y, drop balance", "did_triple": "drop y, drop balance", "synth": "E582", "synth_did": "E582", "synth_augmented": "E582"}),
    "outcome_infinite": ("drop y", {"did_2x2": "drop y, drop balance", "did_cic": "drop y, drop balance", "did_cs": "drop y, drop balance", "did_dose": "drop y, drop balance", "did_triple": "drop y, drop balance", "synth": "E582", "synth_did": "E582", "synth_augmented": "E582"}),
    "outcome_constant": ("E502", {}),
    "cohort_after_the_end": ("E563", {}),
    "cohort_before_the_start": ("drop always_treated, W524, W526", {"did_bjs": "E575", "did_etwfe": "E575", "did_gardner": "E575", "did_dcdh": "W524, W526", "did_lp": "W524, W526", "did_stacked": "W524, W526", "did_sa": "drop always treated, W524, W526", "did_twfe": "W506, W524, W526", "synth": "E585", "synth_did": "E585", "synth_augmented": "E585", "matrix_completion": "E585"}),
    "cohort_missing": ("E562", {}),
    "cohort_changes": ("E528", {}),
    "collinear_covariates": ("W506", {"did_2x2": "E572", "did_cs": "E572", "did_dcdh": "E572", "did_triple": "E572", "did_cic": "E559", "did_dose": "E559", "synth": "E559", "synth_augmented": "E559", "matrix_completion": "E559"}),
    "constant_covariate": ("W506", {"did_2x2": "E572", "did_cs": "E572", "did_dcdh": "E572", "did_triple": "E572", "did_cic": "E559", "did_dose": "E559", "synth": "E559", "synth_augmented": "E559", "matrix_completion": "E559"}),
    "complete_separation": ("W506", {"did_2x2": "E572", "did_dcdh": "E572", "did_cic": "E559", "did_dose": "E559", "synth": "E559", "did_cs": "W540", "did_triple": "W540", "did_etwfe": "estimates", "did_lp": "estimates", "did_stacked": "estimates", "synth_augmented": "E559", "matrix_completion": "E559"}),
    "no_overlap": ("W506", {"did_2x2": "E572", "did_dcdh": "E572", "did_cic": "E559", "did_dose": "E559", "synth": "E559", "did_cs": "E571", "did_triple": "E571", "did_etwfe": "estimates", "did_lp": "estimates", "did_stacked": "estimates", "synth_augmented": "E559", "matrix_completion": "E559"}),
    "many_covariates": ("W506", {"did_2x2": "E572", "did_cs": "E572", "did_dcdh": "E572", "did_triple": "E572", "did_cic": "E559", "did_dose": "E559", "synth": "E559", "did_etwfe": "E575", "synth_augmented": "E559", "matrix_completion": "E559"}),
    "switches_off": ("E561", {"did_dcdh": "estimates", "did_twfe": "W506"}),
}
# words that the message of each error holds, but for "takes no controls" and "takes no weights"
SAYS = {
    "gaps": ["cell(s) have no "],
    "duplicates": ["(rows 1 and "],
    "fractions_of_periods": ["`t`", ".5"],
    "fractions_of_cohorts": ["`g`", ".5"],
    "weight_negative": ["'w'", "negative"],
    "outcome_constant": ["'y'"],
    "cohort_after_the_end": ["`g` is 99", "after the last period"],
    "cohort_missing": ["`g` is missing"],
    "cohort_changes": ["`g` changes", "1 ("],
    "one_always_treated": ["1"],
    "cohort_before_the_start": ["1"],
    "switches_off": ["(1)"],
    "collinear_covariates": ["x, x2"],
    "constant_covariate": ["x2"],
}
# fmt: on
CASES = [(estimator, fault) for fault in ANSWERS for estimator in bad.ESTIMATORS]


def expected(estimator, fault):
    usual, others = ANSWERS[fault]
    return others.get(estimator, usual)


def test_every_estimator_and_fault_is_in_the_table():
    names = catalog.ESTIMATORS.names()
    assert {name for name in names if "adoption" in catalog.ESTIMATORS.load(name).accepts} == set(
        bad.ESTIMATORS
    )
    assert set(ANSWERS) == set(bad.FAULTS)


@pytest.mark.parametrize("estimator", bad.ESTIMATORS)
def test_the_good_panel_is_good(estimator):
    assert bad.answer(estimator)[0] == "estimates"


@pytest.mark.parametrize(("estimator", "fault"), CASES)
def test_the_answer(estimator, fault):
    found, said = bad.answer(estimator, fault)
    assert found == expected(estimator, fault), said
    if found.startswith("E") and found != "E559":
        for word in SAYS.get(fault, ()):
            assert word in said, said
    if "W526" in found or "W524" in found:
        assert re.search(r"cohort\(s\) -?\d|first period \d", said), said


@pytest.mark.parametrize(("estimator", "fault"), CASES)
def test_no_silent_number(estimator, fault):
    """Where there is an estimate, every row is a number, and has an error unless it is zero by definition."""
    if expected(estimator, fault).startswith("E"):
        return
    found = bad.fit(estimator, fault)
    params, errors = found.estimate.params, found.inference.std_error
    assert np.isfinite(params).all()
    if found.estimate.own_variance is None:
        assert (params[~np.isfinite(errors)] == 0).all()


@pytest.mark.parametrize("estimator", ["did_cs", "did_triple"])
@pytest.mark.parametrize("fault", ["complete_separation", "no_overlap"])
def test_cells_without_overlap_are_named(estimator, fault):
    _, said = bad.answer(estimator, fault)
    assert re.search(r"\((4|5), \d\)", said), said
    assert "tell treated and untreated" in said or "no overlap" in said


def test_two_year_periods_are_periods():
    """The estimates of the panel with every period, its events at twice the distance."""
    for estimator in bad.ESTIMATORS:
        one, other = bad.fit(estimator), bad.fit(estimator, "every_second_year")
        assert other.estimate.params == pytest.approx(one.estimate.params, abs=1e-9), estimator


def test_a_zero_weight_is_an_absent_unit():
    for estimator in bad.ESTIMATORS:
        if expected(estimator, "weight_zero").startswith("E"):
            continue
        data, keys = bad.FAULTS["weight_zero"][0](bad.good(estimator))
        found = bad.fit(estimator, "weight_zero").estimate.params
        kept = bad.rows(data, data["w"] > 0)
        keys = {"never": 0, **bad.ESTIMATORS[estimator], **keys}
        whole = bad.im.did(kept, y="y", time="t", unit="i", cohort="g", estimator=estimator, more=keys)
        assert found == pytest.approx(whole.estimate.params, abs=1e-12), estimator


def test_the_base_period_that_is_missing_is_the_one_before():
    """A cohort absent from its base period is compared with the last one in which it was seen."""
    rows = bad.fit("did_sa", "no_base_period").coef()
    data, _ = bad.FAULTS["no_base_period"][0](bad.good("did_sa"))
    mean = {(g, t): data["y"][(data["g"] == g) & (data["t"] == t)].mean() for g in (0, 5) for t in (3, 6)}
    by_hand = mean[5, 6] - mean[5, 3] - mean[0, 6] + mean[0, 3]
    assert rows["att_gt[5,6]"] == pytest.approx(by_hand, abs=1e-9)


# --- the page ---


def page():
    """The page of bad designs, made of the table."""
    return _load(ROOT / "docs" / "make_bad_designs.py").page_of(bad, ANSWERS)


def test_the_page_lists_every_case():
    text = (ROOT / "docs" / "bad_designs.md").read_text(encoding="utf-8")
    assert text == page(), "run docs/make_bad_designs.py"
    for fault in ANSWERS:
        assert bad.FAULTS[fault][1] in text
