"""Conditioning on post-treatment variables: what warns, and what only looks like it."""

from __future__ import annotations

import pytest

import impact as im
from impact.core.errors import Place
from impact.pipeline.conditioned import conditioned_notices
from impact.plan import make_plan
from impact.schema.nodes import from_plain

DATA = {"spec": 1, "data": "shipped:wagepan", "panel": {"unit": "nr", "time": "year"}}


def told(models, **more):
    notices = conditioned_notices(
        make_plan(from_plain({**DATA, "models": models, **more}, Place(file="s.yaml")))
    )
    return {(one.of, one.message) for one in notices}


def names(models, **more):
    return {(of, message.split(" holds ")[1].split(" fixed")[0]) for of, message in told(models, **more)}


OUTCOMES = {"wage": "lwage ~ union | nr + year", "time": "hours ~ union | nr + year"}


@pytest.mark.parametrize(
    "block",
    [
        {"formula": "lwage ~ union + hours | nr + year"},
        {"formula": "lwage ~ union + log(hours):married | nr + year"},
        {"formula": "lwage ~ union | nr + year", "controls": ["hours^2"]},
        {"formula": "lwage ~ union | nr + year", "filter": "hours > 0"},
        {"formula": "lwage ~ union | nr + year", "filter": {"at_work": "union == 1 or hours > 0"}},
    ],
)
def test_filters_and_controls_on_outcomes(block):
    assert names({**OUTCOMES, "m": block}) == {("m", "hours")}


def test_a_sample_chosen_by_its_own_outcome():
    assert names({"m": {"formula": "hours ~ union | nr + year", "filter": "hours > 0"}}) == {("m", "hours")}


def test_outcomes_that_the_spec_declares():
    model = {"m": "lwage ~ union + hours | nr + year"}
    assert names(model) == set()
    assert names(model, outcomes={"hours": "hours"}) == {("m", "hours")}


@pytest.mark.parametrize(
    "block",
    [
        {"formula": "lwage ~ union + l(hours) | nr + year"},
        {"formula": "lwage ~ union | nr + year", "filter": "lag(hours) > 0"},
        {"formula": "lwage ~ union | nr + year", "filter": "not missing(hours)"},
        {"formula": "lwage ~ union + educ"},
    ],
)
def test_earlier_values_and_other_columns_do_not_warn(block):
    assert names({**OUTCOMES, "m": block}) == set()


def test_a_cause_of_one_model_may_be_the_outcome_of_its_first_stage():
    models = {
        "first": "union ~ married | nr + year",
        "plain": "lwage ~ union | nr + year",
        "iv": "lwage ~ 1 | nr + year | union ~ married",
        "control": "lwage ~ married + union | nr + year",
    }
    assert names(models) == set()


def test_descriptions_do_not_warn():
    means = {"estimator": "survey_mean", "of": ["lwage", "hours"], "vcov": {"survey": {"psu": "nr"}}}
    assert names({**OUTCOMES, "profile": means}) == set()


def test_the_notice_is_in_the_results():
    spec = {**DATA, "models": {**OUTCOMES, "m": "lwage ~ union + hours | nr + year"}}
    notices = im.run(spec, out=None).document["notices"]
    (found,) = [one for one in notices if one["code"] == "W509"]
    assert found["of"] == "m" and "`hours` holds hours fixed" in found["message"]["en"]
