"""The whole way from a file to a resolved spec."""

import time

import pytest

from impact.core.errors import SpecError
from impact.schema.load import load_nodes
from impact.schema.nodes import to_plain
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


def test_all_faults_of_a_stage_at_once_and_going_on():
    text = "models: {my-m: 'y ~ ${q}'}\nmatrix: {y: 3}\nrobustness: {of: no, rows: {}}\n"
    assert {found.code for found in faults(text)} == {"E156", "E147", "E149", "E153"}
    found = resolve(text, keep_going=True)
    assert {fault.code for fault in found.faults} == {"E156", "E147", "E149", "E153"}
    assert [model.name for model in found.models] == ["my-m"]


def test_a_tree_made_in_python_resolves_like_the_text():
    tree = load_nodes(MATRIX, name="y.yaml")
    assert [model.name for model in resolve_spec(tree).models] == list(models(MATRIX))


def test_a_hundred_lines_resolve_quickly(tmp_path):
    rows = "".join(f"  m{i}: {{formula: y ~ x{i} | id + t, vcov: {{cluster: id}}}}\n" for i in range(100))
    file = tmp_path / "x.yaml"
    file.write_text("spec: 1\nmodels:\n" + rows, encoding="utf-8")
    resolve_spec(file)
    times = []
    for _ in range(3):
        start = time.process_time()
        resolve_spec(file)
        times.append(time.process_time() - start)
    assert min(times) < 0.15


def test_parameters_reach_into_the_values_of_the_matrix():
    text = (
        "params: {last: 2016}\n"
        'matrix: {who: {early: "year <= ${last}", late: "year > ${last}"}}\n'
        'models: {m: {formula: y ~ x, filter: "${who} and x > 0"}}\n'
    )
    filters = [model["filter"] for model in models(text).values()]
    assert [str(one["filter"] if isinstance(one, dict) else one) for one in filters] == [
        "year <= 2016 and x > 0",
        "year > 2016 and x > 0",
    ]
