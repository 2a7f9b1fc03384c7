"""From `speccurve:` to models: every combination, exclusions, draws, the base model, and every fault at its place."""

from __future__ import annotations

import pytest

from impact.core.errors import SpecError

MAIN = {"formula": "y ~ m + a | id", "vcov": {"cluster": "id"}}


@pytest.fixture
def curve(plan_of):
    def make(vary, *, model=None, spec=None, **block):
        keys = {"models": {"main": MAIN | (model or {})}, "sets": {"more": ["b", "c"]}, **(spec or {})}
        return plan_of(**keys, speccurve={"target": "m", "vary": vary, **block}).curve

    return make


def formulas(curve):
    return [one.request.formula.text() for one in curve.specifications]


def test_every_combination_in_the_order_of_the_spec(curve):
    found = curve({"outcome": ["y", "log(z)"], "controls": [[], "$more"], "fe": ["id", "none"]})
    assert formulas(found)[:4] == [
        "y ~ m + a | id",
        "y ~ m + a",
        "y ~ m + a + b + c | id",
        "y ~ m + a + b + c",
    ]
    assert formulas(found)[4] == "log(z) ~ m + a | id"
    assert found.dimensions == {
        "outcome": ("y", "log(z)"),
        "controls": ("none", "$more"),
        "fe": ("id", "none"),
    }
    assert (found.n_combinations, found.n_excluded, found.preferred) == (8, 0, 0)
    assert [one.request.name for one in found.specifications][:2] == [
        "main[specification=1]",
        "main[specification=2]",
    ]


def test_choices_change_what_they_name(curve):
    found = curve(
        {
            "treatment": {"same": "m", "other": "log(m2)"},
            "sample": {"all": "true", "young": "age < 30"},
            "weights": ["none", {"w": "analytic"}],
            "vcov": {"unit": {"cluster": "id"}, "robust": "hc3"},
        },
        model={"filter": "y > 0"},
    )
    last = found.specifications[-1]
    assert last.choices == {
        "treatment": "other",
        "sample": "young",
        "weights": "w(analytic)",
        "vcov": "robust",
    }
    assert last.target == "log(m2)"
    request = last.request
    assert request.formula.text() == "y ~ log(m2) + a | id"
    assert [condition.text() for condition in request.filters.values()] == ["y > 0", "age < 30"]
    assert (request.weights.kind, request.variance.keyword) == ("analytic", "hc3")
    assert len(found.specifications[0].request.filters) == 1


def test_the_controls_of_the_base_are_replaced(curve):
    found = curve({"controls": [["b"], ["c", "a"]]}, model={"controls": ["d"]})
    assert formulas(found) == ["y ~ m + a + b | id", "y ~ m + a + c | id"]
    assert found.preferred is None


def test_an_outcome_by_name(curve):
    spec = {"outcomes": {"kept": {"sum": "s", "count": "n"}, "share": "s / n"}}
    found = curve({"outcome": ["kept", "share"]}, spec=spec)
    assert [one.request.outcome_name for one in found.specifications] == ["kept", "share"]
    assert all(one.request.outcome is not None for one in found.specifications)


def test_instruments_stay_with_the_estimator_that_takes_them(curve):
    model = {"formula": "y ~ a | id | m ~ z"}
    found = curve({"estimator": ["iv", "ols"]}, model=model)
    assert formulas(found) == ["y ~ a | id | m ~ z", "y ~ m + a | id"]
    assert found.preferred == 0


def test_exclusions(curve):
    vary = {"fe": ["id", "none"], "sample": {"all": "true", "old": "age > 60"}}
    found = curve(vary, exclude=['fe == "none" and sample == "old"'])
    assert [tuple(one.choices.values()) for one in found.specifications] == [
        ("id", "all"),
        ("id", "old"),
        ("none", "all"),
    ]
    assert (found.n_combinations, found.n_excluded) == (4, 1)


def test_a_draw_is_seeded_and_keeps_the_base(curve):
    vary = {"controls": [["b"], ["c"], [], ["d"]], "fe": ["none", "year", "id"], "outcome": ["z", "y"]}
    first, again, other = (curve(vary, max=5, spec={"seed": seed}) for seed in (1, 1, 2))
    chosen = [tuple(one.choices.values()) for one in first.specifications]
    assert chosen == [tuple(one.choices.values()) for one in again.specifications]
    assert chosen != [tuple(one.choices.values()) for one in other.specifications]
    for found in (first, other):
        assert len(found.specifications) == 5
        assert found.specifications[found.preferred].request.formula.text() == "y ~ m + a | id"


def test_columns_that_the_choices_read_are_known(curve):
    vary = {"outcome": ["y", "log(z)"], "controls": [["b"]], "fe": ["year^region"], "sample": ["age > 60"],
            "weights": ["w"], "vcov": [{"cluster": "village"}]}  # fmt: skip
    found = curve(vary, inference={"permute": "m", "within": "wave", "unit": "school"}, spec={"seed": 1})
    names = {name for name, _ in found.uses}
    assert names >= {"y", "z", "m", "a", "b", "year", "region", "age", "w", "village", "wave", "school"}


@pytest.mark.parametrize(
    ("block", "code", "word"),
    [
        ({"vary": {}}, "E193", "no dimension"),
        ({"vary": {"fe": []}}, "E191", "nothing to choose"),
        ({"vary": {"fe": ["id", "id"]}}, "E191", "twice"),
        ({"vary": {"treatment": ["m + a"]}}, "E191", "one term"),
        ({"vary": {"treatment": ["x"]}, "target": "q"}, "E191", "no term"),
        ({"vary": {"fe": ["id"]}, "exclude": ["feet == 1"]}, "E192", "feet"),
        ({"vary": {"fe": ["id"]}, "exclude": ['fe == "id"']}, "E193", "excluded"),
        ({"vary": {"fe": ["id"]}, "base": "nobody"}, "E190", "nobody"),
        ({"vary": {"fe": ["id"], "vcov": ["hc1", "iid"]}, "max": 1}, "E182", "seed"),
        ({"vary": {"fe": ["id +"]}}, None, ""),
        ({"vary": {"sample": ["age >"]}}, None, ""),
        ({"vary": {"vcov": ["hc9"]}}, "E170", "hc9"),
        ({"vary": {"estimator": ["iv"]}}, "E552", ""),
        ({"vary": {"colour": ["red"]}}, "E102", "colour"),
        ({"vary": {"fe": ["id"]}, "inference": {"permute": "m", "reps": 5}}, "E106", ""),
    ],
)
def test_faults(plan_of, block, code, word):
    with pytest.raises(SpecError) as caught:
        plan_of(models={"main": MAIN}, speccurve={"target": "m", **block})
    found = caught.value.faults
    assert code is None or code in {one.code for one in found}
    assert word in " ".join(one.message for one in found)
    assert all(one.place is not None for one in found)


def test_too_many_combinations(plan_of):
    many = [f"x{j}" for j in range(60)]
    with pytest.raises(SpecError, match="more than"):
        plan_of(models={"main": MAIN}, speccurve={"vary": {"outcome": many, "fe": many, "controls": many}})


@pytest.mark.parametrize(
    "model", [{"formula": "c(y, z) ~ m"}, {"formula": "y ~ m + sw(a, b)"}, {"formula": "y ~ m", "by": "sex"}]
)
def test_the_base_has_one_estimate(plan_of, model):
    with pytest.raises(SpecError) as caught:
        plan_of(models={"main": model}, speccurve={"vary": {"fe": ["id", "none"]}})
    assert "E190" in {one.code for one in caught.value.faults}


def test_several_models_need_a_base(plan_of):
    with pytest.raises(SpecError, match="several models"):
        plan_of(models={"a": "y ~ m", "b": "z ~ m"}, speccurve={"vary": {"fe": ["id", "none"]}})
