"""Models repeated for the values they mention."""

import time

import pytest

from impact.core.errors import Fault, SpecError
from impact.schema.nodes import relocate, text_place, to_plain
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


MATRIX = """
matrix:
  y: [keep, formal, hours]
  who: {all: "true", women: p207 == 2, young: p208a < 25}
  exclude: [{y: hours, who: young}]
models:
  event: {formula: "${y} ~ i(year, m, ref=2015) | ubigeo", filter: "${who}"}
  one: {formula: "${y} ~ m"}
  none: {formula: z ~ m}
"""


def test_models_are_repeated_for_what_they_mention():
    found = models(MATRIX)
    assert list(found) == [
        "event[y=keep,who=all]", "event[y=keep,who=women]", "event[y=keep,who=young]",
        "event[y=formal,who=all]", "event[y=formal,who=women]", "event[y=formal,who=young]",
        "event[y=hours,who=all]", "event[y=hours,who=women]",
        "one[y=keep]", "one[y=formal]", "one[y=hours]", "none",
    ]  # fmt: skip
    assert found["event[y=formal,who=women]"] == {
        "formula": "formal ~ i(year, m, ref=2015) | ubigeo", "filter": "p207 == 2",
    }  # fmt: skip


def test_models_of_the_matrix_say_where_their_values_come_from():
    model = resolve(MATRIX).models[4]
    assert (model.base, model.cell, model.row) == ("event", (("y", "formal"), ("who", "women")), None)
    assert model.node.get("filter").place.note == "from x.yaml:4:29, with who=women"
    assert (model.node.get("filter").place.line, model.node.get("filter").place.column) == (7, 68)


def test_a_fault_after_an_inserted_value_points_at_the_right_character():
    found = resolve('matrix: {y: [a_long_name]}\nmodel: "${y} ~ lgo(x)"\n').models[0].node.get("formula")
    assert found.value == "a_long_name ~ lgo(x)"
    fault_at = text_place(found).shifted(found.value.index("lgo"), 3)
    from_parser = Fault("E301", "no function", place=fault_at)
    moved = relocate(from_parser, found)
    assert (moved.place.line, moved.place.column, moved.place.end_column) == (2, 16, 19)
    assert moved.place.note == "from x.yaml:1:14, with y=a_long_name"


@pytest.mark.parametrize(
    "matrix, code, suggestion",
    [
        ("{y: keep}", "E149", ""), ("{y: []}", "E149", ""), ("{y: [[a]]}", "E149", ""),
        ("{y: [a, a]}", "E149", ""),        ("{y: ['a=b']}", "E149", ""), ("[a]", "E160", ""),
        ("{y: [keep, hours], exclude: [{yy: keep}]}", "E151", "y"),
        ("{y: [keep, hours], exclude: [{y: kep}]}", "E151", "keep"),
        ("{y: [keep], exclude: keep}", "E160", ""),
    ],
)  # fmt: skip
def test_wrong_matrices(matrix, code, suggestion):
    found = one_fault(f"matrix: {matrix}\nmodel: y ~ x\n")
    assert (found.code, found.suggestion) == (code, suggestion)


def test_too_many_models_are_counted_not_made():
    dimensions = "\n".join(f"  d{i}: [{', '.join(f'v{j}' for j in range(30))}]" for i in range(9))
    text = "matrix:\n" + dimensions + '\nmodel: "' + " ".join(f"${{d{i}}}" for i in range(9)) + '"\n'
    start = time.process_time()
    found = one_fault(text)
    assert found.code == "E150" and "19,683,000,000,000" in found.message
    assert time.process_time() - start < 1


def test_dimensions_hold_in_models_only():
    found = one_fault("matrix: {y: [a]}\nmodel: ${y} ~ x\ntitle: about ${y}\n")
    assert (found.code, found.place.line) == ("E147", 3)
    assert one_fault("matrix: {y: [a]}\nparams: {y: 1}\nmodel: ${y} ~ x\n").code == "E158"
