"""A model again with paths changed."""

import pytest

from impact.core.errors import SpecError
from impact.schema.nodes import node_at, to_plain
from impact.schema.resolve import resolve_spec
from impact.schema.source_text import read_text


def resolve(text, **options):
    return resolve_spec(read_text(text, name="x.yaml"), **options)


def models(text, **options):
    return {model.name: to_plain(model.node) for model in resolve(text, **options).models}


def faults(text, **options):
    with pytest.raises(SpecError) as caught:
        resolve(text, **options)
    return caught.value.faults


def one_fault(text, **options):
    found = faults(text, **options)
    assert len(found) == 1
    return found[0]


ROBUST = """
matrix: {y: [a, b]}
design: {unit: id, treated: g == 1}
filter: {urban: u == 1}
derive: {k: x + 1}
vcov: {cluster: id}
models:
  main: {formula: "${y} ~ x", title: Main}
  other: {formula: z ~ x, filter: w > 0}
robustness:
  of: main
  rows:
    cities: {filter+: size > 5, title: Cities}
    lima: {design.treated: g == 2, vcov.type: cr3}
    all: {filter.urban: null}
    no_x: {formula: "${y} ~ 1", derive.k: x + 2, expect: no_effect}
    plain: {vcov: hc1, controls+: [v]}
"""


def test_rows_are_the_model_with_paths_changed():
    found = models(ROBUST)
    assert list(found)[:3] == ["main[y=a]", "main[y=b]", "other"]
    assert found["main[y=a,row=cities]"] == {
        "formula": "a ~ x", "vcov": {"cluster": "id"}, "title": "Cities", "filter": {"cities": "size > 5"},
    }  # fmt: skip
    assert found["main[y=b,row=lima]"] == {
        "formula": "b ~ x", "vcov": {"cluster": "id", "type": "cr3"}, "design": {"treated": "g == 2"},
    }  # fmt: skip
    assert found["main[y=a,row=all]"]["filter"] == {"urban": None}
    assert found["main[y=b,row=no_x]"] == {
        "formula": "b ~ 1",
        "vcov": {"cluster": "id"},
        "expect": "no_effect",
    }
    assert found["main[y=a,row=plain]"]["vcov"] == "hc1" and found["main[y=a,row=plain]"]["controls"] == ["v"]


def test_rows_may_change_blocks_outside_the_model_for_themselves_alone():
    found = {model.name: model for model in resolve(ROBUST).models}
    assert node_at(found["main[y=a,row=no_x]"].context, "derive.k").value == "x + 2"
    assert node_at(found["main[y=a]"].context, "derive.k").value == "x + 1"
    assert found["main[y=a,row=no_x]"].row == "no_x" and found["main[y=a,row=no_x]"].base == "main"


def test_a_row_adds_to_the_filter_of_the_model():
    text = ROBUST.replace("of: main", "of: other").replace('formula: "${y} ~ 1"', "formula: z ~ 1")
    found = models(text)
    assert found["other[row=cities]"]["filter"] == {"filter": "w > 0", "cities": "size > 5"}
    assert found["other[row=all]"]["filter"] == {"filter": "w > 0", "urban": None}


@pytest.mark.parametrize(
    "row, code, suggestion, column",
    [
        ("{formula.x: 1}", "E152", "", 9), ("{vcof.cluster.x.y: 1, vcov.cluster.x: 1}", "E152", "", 30),
        ("{formula+: z}", "E154", "", 9), ("{filter.urbn: null}", "E152", "urban", 9),
        ("{vcov.cluter: null}", "E152", "cluster", 9), ("{a..b: 1}", "E152", "", 9),
        ("{filter+: 5}", "E152", "", 9), ("{}", "E160", "", 5), ("hc1", "E160", "", 5),
        ("{a+.b: 1}", "E152", "", 9), ('{title: "${q}"}', "E147", "", 17),
    ],
)  # fmt: skip
def test_rows_that_lead_nowhere(row, code, suggestion, column):
    spec = "filter: {urban: u}\nvcov: {cluster: id}\nmodels: {m: y ~ x}\nrobustness:\n  of: m\n  rows:\n"
    text = f"{spec}    r: {row}\n"
    found = one_fault(text)
    assert (found.code, found.suggestion) == (code, suggestion)
    assert (found.place.line, found.place.column) == (7, column)


def test_rows_know_only_the_dimensions_of_their_model():
    text = ROBUST.replace("of: main", "of: other")
    assert {found.code for found in faults(text)} == {"E147"} and "of other" in faults(text)[0].message


def test_a_row_may_be_of_some_models():
    found = models(
        "models: {a: y ~ x, b: z ~ x, c: w ~ x}\n"
        "robustness: {of: [a, b], rows: {r: {vcov: hc1}, s: {of: b, vcov: hc3}}}\n"
    )
    assert list(found) == ["a", "b", "c", "a[row=r]", "b[row=r]", "b[row=s]"]
    assert found["b[row=s]"] == {"formula": "z ~ x", "vcov": "hc3"}
    fault = one_fault("models: {a: y ~ x}\nrobustness: {of: a, rows: {r: {of: c, vcov: hc1}}}\n")
    assert (fault.code, fault.place.line, fault.place.column) == ("E153", 2, 36)


def test_rows_of_a_model_that_is_not_there():
    found = one_fault("models: {main: y ~ x}\nrobustness: {of: mian, rows: {r: {vcov: hc1}}}\n")
    assert (found.code, found.suggestion, found.place.line, found.place.column) == ("E153", "main", 2, 18)
