"""Names of models in tables, figures, claims and the answer; what --only leaves out."""

import pytest

from impact.core.errors import Place, SpecError
from impact.pipeline.references import reference_faults, restricted
from impact.plan import make_plan
from impact.schema.nodes import from_plain


def plan(**blocks):
    spec = {"spec": 1, "study": "s", "data": "p.csv", "models": {"a": "y ~ x", "b": "y ~ z"}, **blocks}
    return make_plan(from_plain(spec, Place(file="s.yaml")))


CLAIM = {"text": "t", "evidence": "cited"}


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        ({"tables": {"t": {"columns": ["c"]}}}, "E710"),
        ({"tables": {"t": {"panels": {"p": {"models": ["c"]}}}}}, "E710"),
        ({"figures": {"f": {"kind": "coefplot", "model": "c"}}}, "E710"),
        ({"claims": {"k": {**CLAIM, "test": "c.x.estimate < 0"}}}, "E416"),
        ({"claims": {"k": {**CLAIM, "test": "x < 0"}}}, "E416"),
        ({"answer": {"model": "c"}}, "E601"),
    ],
)
def test_unknown(blocks, code):
    assert [found.code for found in reference_faults(plan(**blocks))] == [code]


def test_known():
    blocks = {
        "tables": {"t": {"columns": ["a", "b"]}},
        "claims": {"k": {**CLAIM, "test": "a.x.estimate < 0"}},
    }
    assert reference_faults(plan(**blocks, answer={"model": "b"})) == []


def test_only():
    whole = plan(
        tables={"t": {"columns": ["a", "b"]}, "u": {"columns": ["a"]}},
        tests={"p": {"kind": "power", "of": "b"}},
        claims={"k": {**CLAIM, "test": "b.z.estimate < 0"}},
    )
    smaller, notices = restricted(whole, ("models.a",))
    assert [model.name for model in smaller.models] == ["a"]
    assert (list(smaller.spec.tables), smaller.tests, smaller.spec.claims) == (["u"], (), {})
    assert "claims.k, tables.t, tests.p" in notices[0].message
    assert restricted(whole, ()) == (whole, ())
    with pytest.raises(SpecError, match="E189"):
        restricted(whole, ("c",))


def test_only_leaves_out_the_exhibits_of_tests_that_it_leaves_out():
    """A test of two models cannot be made of one: its figure and the table that has it as a row go with it."""
    small = {"kind": "equivalence", "bound": 0.1, "reason": "r"}
    whole = plan(
        tests={"both": {**small, "of": ["a", "b"]}, "one": {**small, "of": "a"}},
        figures={
            "both": {"kind": "equivalence_plot", "test": "both"},
            "one": {"kind": "equivalence_plot", "test": "one"},
        },
        tables={"gone": {"rows": "tests", "terms": ["both"]}, "here": {"rows": "tests", "terms": ["one"]}},
    )
    smaller, notices = restricted(whole, ("models.a",))
    assert [test.name for test in smaller.tests] == ["one"]
    assert (list(smaller.spec.figures), list(smaller.spec.tables)) == (["one"], ["here"])
    assert "figures.both, tables.gone, tests.both" in notices[0].message


def test_only_leaves_out_the_table_of_published_numbers_that_it_leaves_out():
    cells = {"source": {"text": "s", "evidence": "table"}, "also": [{"model": "b", "term": "z", "value": 1}]}
    whole = plan(published={"p": cells}, tables={"t": {"rows": "published"}})
    assert list(restricted(whole, ("models.b",))[0].spec.tables) == ["t"]
    assert restricted(whole, ("models.a",))[0].spec.tables == {}


@pytest.mark.parametrize(
    ("only", "models", "tables", "figures"),
    [
        (["tables.one"], ["a"], ["one"], []),
        (["figures.f"], ["b"], [], ["f"]),
        (["tables.all"], ["a", "b"], ["all"], []),
        (["a", "figures.f"], ["a", "b"], [], ["f"]),
        (["figures.bound"], ["b"], [], ["bound"]),
    ],
)
def test_only_takes_tables_and_figures_with_their_models(plan_of, only, models, tables, figures):
    plan = plan_of(
        models={"a": "y ~ x", "b": "y ~ z"},
        tests={"t": {"kind": "equivalence", "of": "b", "bound": 1, "reason": "small"}},
        tables={"one": {"columns": ["a"]}, "all": {"rows": "models"}},
        figures={
            "f": {"kind": "coefplot", "models": ["b"]},
            "bound": {"kind": "equivalence_plot", "test": "t"},
        },
    )
    smaller, _ = restricted(plan, only)
    assert [model.name for model in smaller.models] == models
    assert list(smaller.spec.tables) == tables
    assert list(smaller.spec.figures) == figures


def test_only_keeps_the_curve_of_its_base():
    blocks = {
        "speccurve": {"base": "a", "vary": {"controls": [[], ["z"]]}},
        "figures": {"c": {"kind": "spec_curve"}, "f": {"kind": "coefplot", "models": ["b"]}},
        "tables": {"t": {"rows": "speccurve"}},
    }
    kept, _ = restricted(plan(**blocks), ("models.a",))
    assert kept.curve is not None
    assert list(kept.spec.figures) == ["c"]
    left, notices = restricted(plan(**blocks), ("models.b",))
    assert left.curve is None
    assert (list(left.spec.figures), left.spec.tables) == (["f"], {})
    assert "speccurve" in notices[0].message


def test_claims_may_name_the_curve():
    claim = {"k": {**CLAIM, "test": "tests.speccurve.p_value < 0.1"}}
    assert reference_faults(plan(claims=claim)) != []
    curve = {"base": "a", "vary": {"controls": [[], ["z"]]}}
    assert reference_faults(plan(claims=claim, speccurve=curve)) == []
