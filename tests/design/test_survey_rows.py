"""The sampling design of a file's rows: codes, counts and population sizes by stage."""

from __future__ import annotations

import numpy as np
import pytest

from impact.design.survey_rows import survey_of
from impact.design.table import Columns
from impact.schema.expressions.context import Context

COLUMNS: Columns = {
    "y": np.arange(8.0),
    "s": np.array([1.0, 1, 1, 1, 2, 2, 2, 2]),
    "p": np.array([1.0, 1, 2, 2, 1, 1, 2, np.nan]),
    "q": np.array([1.0, 2, 1, 1, 5, 6, 1, 1]),
    "N": np.array([4.0, 4, 4, 4, 6, 6, 6, 6]),
    "f": np.array([0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]),
}


def made(request_of, **survey):
    request = request_of(formula="y ~ 1", spec={"survey": survey}, filter=survey.pop("filter", None))
    return survey_of(request, COLUMNS, Context(rows=8))["survey"]


def test_codes_and_counts(request_of):
    found = made(request_of, psu="p", strata="s", nest=True, fpc="N")
    (stage,) = found.stages
    assert stage.unit.tolist() == [0, 0, 1, 1, 2, 2, 3, -1]
    assert stage.stratum.tolist() == [0, 0, 0, 0, 1, 1, 1, -1]
    assert stage.sampled[:7].tolist() == [2.0] * 7
    assert np.isnan(stage.sampled[7])
    assert stage.population.tolist() == [4.0] * 4 + [6.0] * 3 + [np.inf]
    assert found.strata_labels == ("1", "2")


def test_fractions_are_sizes(request_of):
    (stage,) = made(request_of, psu="p", strata="s", nest=True, fpc="f").stages
    assert stage.population[:7].tolist() == [4.0] * 4 + [8.0] * 3


def test_two_stages(request_of):
    first, second = made(request_of, psu=["p", "q"], strata="s", nest=True).stages
    assert second.stratum.tolist() == first.unit.tolist()
    assert second.unit[:7].tolist() == [0, 1, 2, 2, 3, 4, 5]
    assert second.sampled[:7].tolist() == [2, 2, 1, 1, 2, 2, 1]


def test_rows_without_units_are_units(request_of):
    (stage,) = made(request_of, strata="s").stages
    assert stage.unit.tolist() == list(range(8))
    assert stage.sampled.tolist() == [4.0] * 8


def test_domains_are_in_the_design_and_filters_are_not(request_of):
    request = request_of(formula="y ~ 1", spec={"survey": {"psu": "q", "subpop": "y > 3"}}, filter="y > 1")
    (stage,) = survey_of(request, COLUMNS, Context(rows=8))["survey"].stages
    assert stage.unit.tolist()[:2] == [-1, -1]
    assert (stage.unit[2:] >= 0).all()


def test_other_variances_have_none(request_of):
    assert survey_of(request_of("y ~ 1", vcov="hc1"), COLUMNS, Context(rows=8)) == {}


@pytest.mark.parametrize("survey", [{"psu": "p", "strata": ["s", "s"]}, {"psu": "p", "strata": "s"}])
def test_refused(request_of, survey):
    from impact.core.errors import DesignError

    with pytest.raises(DesignError) as caught:
        made(request_of, **survey)
    assert caught.value.faults[0].code == "E568"
