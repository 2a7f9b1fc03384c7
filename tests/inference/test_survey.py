"""Design-based inference: influence by brute force, domains, rules, refusals. R: tests/reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact.core.errors import DesignError, EstimationError, SpecError
from impact.inference.cluster import ClusterOptions
from impact.inference.cluster import infer as infer_clustered
from impact.inference.survey import SurveyOptions, infer
from impact.pipeline.fit import design_of, estimate_design, fit_request

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def columns(test_panel):
    stratum = 1 + (test_panel["c"] - 1) // 3
    return {**test_panel, "s": stratum, "lone": np.where(test_panel["i"] <= 5, 9, stratum)}


@pytest.fixture(scope="module")
def fitted(request_of, as_frame, columns):
    def make(rows=None, **block):
        request = request_of(**block)
        result = fit_request(as_frame(columns, rows), request, seed=2).results[0]
        if result.error is not None:
            raise result.error
        return result

    return make


def test_a_difference_in_differences(fitted, columns):
    """Influence by unit, summed by primary unit c inside strata s, centred in each stratum: written out."""
    survey = {"psu": "c", "strata": "s"}
    found = fitted(estimator="did_cs", outcome="y", spec={"design": COHORTS, "survey": survey})
    influence = found.estimate.influence
    design = found.estimate.design or found.design
    rows = design.sample.kept[influence.row]
    psu, stratum = columns["c"][rows], columns["s"][rows]
    expected = np.zeros(len(found.estimate.terms))
    for own in np.unique(stratum):
        totals = np.array(
            [influence.rows[psu == unit].sum(axis=0) for unit in np.unique(psu[stratum == own])]
        )
        expected += len(totals) * totals.var(axis=0, ddof=1)
    assert found.inference.std_error == pytest.approx(np.sqrt(expected), rel=1e-12)
    assert (found.inference.df == 12 - 4).all()
    assert found.inference.variance["g"] == {"psu": 12, "strata": 4}


@pytest.mark.parametrize("keyword", ["did_sa", "did_bjs", "did_gardner", "did_twfe"])
def test_other_estimators_take_it(fitted, keyword):
    found = fitted(
        estimator=keyword, outcome="y", spec={"design": COHORTS, "survey": {"psu": "i", "strata": "s"}}
    )
    assert np.isfinite(found.inference.std_error[0])
    assert (found.inference.df == 60 - 4).all()


def test_without_strata_it_is_the_clustered_error(fitted):
    """One stratum: CR0 with G/(G−1), as the scores of a regression sum to zero."""
    found = fitted(formula="y ~ D + z | i + t", vcov={"survey": {"psu": "c"}})
    plain = infer_clustered(found.estimate, found.design, ClusterOptions(cluster="c", type="cr0"), 0.95)
    assert found.inference.std_error == pytest.approx(np.sqrt(12 / 11) * plain.std_error, rel=1e-9)
    assert (found.inference.df == 11).all()


def test_domains_keep_the_design(fitted, columns):
    """A domain without rows in some primary units: they count, as they do not under a filter."""
    block = {"formula": "y ~ D + z", "spec": {"survey": {"psu": "c", "strata": "s"}}}
    domain = fitted(**block, subpop="c != 1 and c != 4")
    filtered = fitted(**block, filter="c != 1 and c != 4")
    assert domain.estimate.params == pytest.approx(filtered.estimate.params, rel=1e-12)
    ratio = domain.inference.std_error / filtered.inference.std_error
    assert np.abs(ratio - 1).max() > 0.001
    assert [step.name for step in domain.design.sample.steps] == ["subpop"]


def test_rows_with_missing_values_stay_in_the_design(request_of, as_frame, columns):
    gap = {**columns, "z": np.where(columns["c"] == 2, np.nan, columns["z"])}
    block = {"formula": "y ~ D + z", "spec": {"survey": {"psu": "c", "strata": "s"}}}
    one = fit_request(as_frame(gap), request_of(**block), seed=2).results[0]
    other = fit_request(as_frame(columns), request_of(**block, subpop="c != 2"), seed=2).results[0]
    assert one.inference.std_error == pytest.approx(other.inference.std_error, rel=1e-12)


def test_single_units(fitted):
    survey = {"psu": "c", "strata": "lone"}
    with pytest.raises(DesignError, match="single unit") as caught:
        fitted(formula="y ~ D + z", spec={"survey": survey})
    assert caught.value.faults[0].code == "E567"
    assert "9" in caught.value.faults[0].message
    found = fitted(formula="y ~ D + z", spec={"survey": {**survey, "singleton": "centered"}})
    assert "W533" in {one.code for one in found.inference.notices}


@pytest.mark.parametrize(
    ("survey", "match"),
    [
        ({"psu": "c", "strata": "t"}, "several strata"),
        ({"psu": "c", "fpc": "z"}, "differs"),
        ({"psu": "i", "fpc": "t"}, "differs"),
        ({"psu": "c", "fpc": ["t", "t"]}, "2 of fpc"),
        ({"psu": "i", "strata": "s", "fpc": "s"}, "less than"),
        ({"psu": "c", "fpc": "zero"}, "zero"),
    ],
)
def test_what_is_no_design(request_of, as_frame, columns, survey, match):
    frame = as_frame({**columns, "zero": np.zeros(480)})
    request = request_of(formula="y ~ D + z", spec={"survey": survey})
    result = fit_request(frame, request, seed=2).results[0]
    assert isinstance(result.error, DesignError)
    assert result.error.faults[0].code == "E568"
    assert match in result.error.faults[0].message


def test_too_few_units(fitted):
    with pytest.raises(DesignError, match="nothing to compare") as caught:
        fitted(
            rows=np.arange(8),
            estimator="survey_mean",
            of="y",
            spec={"survey": {"psu": "i", "singleton": "centered"}},
        )
    assert caught.value.faults[0].code == "E569"


def test_rows_of_their_own(fitted, request_of, as_frame, columns):
    request = request_of(formula="y ~ D + z | i + t", vcov={"survey": {"psu": "c"}})
    design = design_of(as_frame(columns), request)
    estimate = estimate_design(design, request)
    with pytest.raises(DesignError, match="rows of its own"):
        infer(estimate, replace(design, extra={}), SurveyOptions(psu="c"), 0.95)
    with pytest.raises(EstimationError, match="survey"):
        infer(replace(estimate, linear=None), design, SurveyOptions(psu="c"), 0.95)


def test_units_across_primary_units(request_of, as_frame, columns):
    request = request_of(estimator="did_cs", outcome="y", spec={"design": COHORTS, "survey": {"psu": "t"}})
    result = fit_request(as_frame(columns), request, seed=2).results[0]
    assert result.error.faults[0].code == "E538"


def test_survey_says_what_the_variance_is(request_of):
    with pytest.raises(SpecError, match="vcov"):
        request_of("y ~ D", vcov="hc1", spec={"survey": {"psu": "c"}})


def test_groups_in_one_regression_are_domains(request_of, as_frame, columns):
    """Everything interacted with the group: the errors of each group are those of the group as a domain."""
    frame = as_frame({**columns, "half": columns["i"] % 2})
    block = {"formula": "y ~ D + z", "spec": {"survey": {"psu": "c", "strata": "s", "weights": "w"}}}
    joint = fit_request(frame, request_of(**block, by="half", by_mode="interact"), seed=2)
    errors = joint.results[0].inference.std_error
    found = {
        joint.names[term.name]: error
        for term, error in zip(joint.results[0].estimate.terms, errors, strict=True)
    }
    for result in fit_request(frame, request_of(**block, by="half"), seed=2).results:
        for term, error in zip(result.estimate.terms, result.inference.std_error, strict=True):
            assert found[term.name, result.group] == pytest.approx(error, rel=1e-10)
