"""Which outcomes are logarithms: by formula, derived column, sums, declaration; and what others are."""

from __future__ import annotations

import pytest

from impact.core.errors import Place
from impact.plan import make_plan
from impact.schema.constructed.scale import is_logarithm, outcome_scale
from impact.schema.nodes import from_plain


def plan_of(model, **blocks):
    return make_plan(
        from_plain({"spec": 1, "data": {"file": "x.csv"}, "model": model, **blocks}, Place(file="s.yaml"))
    )


@pytest.mark.parametrize(
    ("model", "blocks", "expected"),
    [
        ("log(y) ~ x", {}, "log"),
        ("y ~ x", {}, "level"),
        ("y ~ x", {"log_outcomes": ["y"]}, "log"),
        ("ly ~ x", {"derive": {"ly": "log(y)"}}, "log"),
        ("ly ~ x", {"derive": {"ly": "log(y) if y > 0 else missing"}}, "log"),
        ("ly ~ x", {"derive": {"ly": "when(y > 0, log(y))"}}, "log"),
        ("ly ~ x", {"derive": {"ly": "winsor(l, 0.01)", "l": "log(y)"}}, "log"),
        ("ly ~ x", {"derive": {"ly": "log(y) if y > 0 else 0"}}, "level"),
        ("ly ~ x", {"derive": {"ly": "log(y) / 2"}}, "level"),
        ("lw ~ x", {"derive": {"lw": "wages.log_income"}, "coding": "enaho"}, "log"),
        ("w ~ x", {"derive": {"w": "wages.income"}, "coding": "enaho"}, "level"),
        ({"formula": "y ~ x", "estimator": "ppml"}, {}, "log"),
        ({"formula": "y ~ x", "estimator": "logit"}, {}, ""),
        ({"formula": "y ~ 1 | d ~ z"}, {}, "level"),
        ({"formula": "~ x", "outcome": "log_wage"}, {"domain": "wages"}, "log"),
        ({"formula": "~ x", "outcome": "kept"}, {"domain": "employment"}, "level"),
        ({"formula": "~ x", "outcome": "log(y)"}, {}, "log"),
    ],
)
def test_scales(model, blocks, expected):
    plan = plan_of(model, **blocks)
    (request,) = plan.models
    assert outcome_scale(request, plan.derive, plan.spec.log_outcomes) == expected
    if expected != "" and request.estimator != "ppml":
        assert is_logarithm(request, plan.derive, plan.spec.log_outcomes) == (expected == "log")


def test_sums_of_cells_are_for_files_of_cells():
    """With a coding, or a derived column of that name, an outcome is the column and not a sum over persons."""
    derived = plan_of("kept ~ x", domain="employment", derive={"kept": "n > 1"}).models[0]
    coded = plan_of("kept ~ x", domain="employment", coding="enaho").models[0]
    cells = plan_of("kept ~ x", domain="employment").models[0]
    assert (derived.outcome, coded.outcome) == (None, None)
    assert cells.outcome.count.text() == "n_employed"
