"""Plans: every keyword resolved, every fault told at once, nothing read."""

from __future__ import annotations

import pytest

from impact.core.errors import SpecError
from impact.schema.requests import OutcomeSums

BLOCK = {"unit": "u", "time": "t", "treated": "u == 1", "from": 3}


def faults_of(plan_of, **keys):
    with pytest.raises(SpecError) as caught:
        plan_of(**keys)
    return caught.value.faults


def test_defaults(plan_of):
    plan = plan_of(model="y ~ x")
    (model,) = plan.models
    assert (model.name, model.estimator, model.variance.keyword, model.variance.is_default) == (
        "model",
        "ols",
        "hc1",
        True,
    )
    assert (plan.study, plan.languages, plan.spec.seed) == ("spec", ("en",), None)
    assert [source.name for source in plan.sources] == ["main"]


def test_the_estimator_follows_the_formula(plan_of):
    assert plan_of(model="y ~ x | id | d ~ z").models[0].estimator == "iv"


@pytest.mark.parametrize(
    ("keys", "columns"),
    [({"design": BLOCK}, ("u",)), ({"panel": {"unit": "i", "time": "t"}}, ("i",)), ({}, ())],
)
def test_the_default_variance_follows_the_design(plan_of, keys, columns):
    (model,) = plan_of(model="y ~ x", **keys).models
    assert model.variance.columns == columns
    assert model.variance.keyword == ("cluster" if columns else "hc1")


def test_robustness_rows_are_models(plan_of):
    rows = {"short": {"filter+": "t > 1"}, "other": {"design.from": 4, "expect": "no_effect"}}
    models = {"main": {"formula": "y ~ exposed | u + t"}}
    plan = plan_of(models=models, design=BLOCK, robustness={"of": "main", "rows": rows})
    found = {model.name: model for model in plan.models}
    assert list(found) == ["main", "main[row=short]", "main[row=other]"]
    assert (found["main"].design.start, found["main[row=other]"].design.start) == (3, 4)
    assert (found["main[row=other]"].row, found["main[row=other]"].expect) == ("other", "no_effect")
    assert len(found["main[row=short]"].filters) == 1


def test_several_outcomes_and_a_matrix(plan_of):
    assert len(plan_of(model="c(y1, y2) ~ x").models) == 2
    plan = plan_of(matrix={"y": ["a", "b"]}, models={"m": "${y} ~ x"})
    assert [(model.name, model.outcome_name) for model in plan.models] == [("m[y=a]", "a"), ("m[y=b]", "b")]


def test_every_fault_is_told_at_once(plan_of):
    found = faults_of(
        plan_of,
        models={
            "a": {"formula": "y ~ x", "estimator": "olss"},
            "b": "y ~ ",
            "c": {"formula": "y ~ x", "vcov": "hc9"},
        },
        titel="x",
        tests={"t": {"kind": "wald", "of": "nobody", "hypotheses": "x = 0"}},
    )
    assert {fault.code for fault in found} >= {"E102", "E170", "E184"}
    assert len(found) == len(set(found)) >= 5
    assert all(fault.place is not None for fault in found)


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({}, "E178"),
        ({"model": "y ~ x", "montecarlo": {"draws": 9}}, "E164"),
        ({"model": "y ~ x", "missing_fe": "drop"}, "E179"),
        ({"model": {"formula": "y ~ x", "estimator": "ledger"}}, "E164"),
        ({"model": {"formula": "y ~ x", "vcov": "driscoll_kraay"}}, "E181"),
        ({"model": "y ~ x", "language": "qu"}, None),
        ({"model": "y ~ x", "domain": "wage"}, "E170"),
        ({"model": {"formula": "y ~ x", "colour": 1}}, "E102"),
    ],
)
def test_what_is_refused(plan_of, keys, code):
    found = faults_of(plan_of, **keys)
    assert code is None or code in {fault.code for fault in found}


def test_a_plan_reads_nothing(plan_of, monkeypatch):
    monkeypatch.setattr("builtins.open", lambda *a, **k: pytest.fail("a file was opened"))
    assert plan_of(model="y ~ x | id").models


def test_a_derived_column_is_not_the_outcome_of_the_domain(plan_of):
    """The domain knows an outcome 'employed' of sums; who derives a column of that name means the column."""
    keys = {"domain": "employment", "models": {"m": {"outcome": "employed", "formula": "~ x"}}}
    assert isinstance(plan_of(**keys).models[0].outcome, OutcomeSums)
    (model,) = plan_of(**keys, derive={"employed": "1 - y"}).models
    assert not isinstance(model.outcome, OutcomeSums)
