"""One-item forms written out, names, and what defaults give."""

import pytest

from impact.core.errors import SpecError
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


def test_short_forms_are_written_out():
    found = resolve("data: a.csv\nmodel: y ~ x\nx-private: {anything: 1}\n")
    assert to_plain(found.tree) == {"data": {"file": "a.csv"}, "models": {"model": {"formula": "y ~ x"}}}
    assert to_plain(resolve("data: {main: {file: a.csv}, cpi: b.csv}\n").tree) == {
        "data": {"main": {"file": "a.csv"}, "cpi": {"file": "b.csv"}},
    }  # fmt: skip


def test_defaults_go_where_they_are_not_set():
    text = """
defaults: {vcov: {cluster: id}, outcome: y, by: sex}
weights: w
models:
  a: {estimator: did_cs}
  b: {formula: z ~ x, vcov: hc1}
  c: {formula: "~ x"}
  d: z ~ x
"""
    found = models(text)
    assert found["a"] == {
        "estimator": "did_cs",
        "vcov": {"cluster": "id"},
        "outcome": "y",
        "by": "sex",
        "weights": "w",
    }
    assert found["b"] == {"formula": "z ~ x", "vcov": "hc1", "by": "sex", "weights": "w"}
    assert found["c"]["outcome"] == "y"
    assert found["d"] == {"formula": "z ~ x", "vcov": {"cluster": "id"}, "by": "sex", "weights": "w"}


def test_defaults_only_where_the_estimator_takes_them():
    text = "defaults: {method: dr, vcov: hc1}\nmodels: {a: {estimator: did_cs}, b: y ~ x}\n"
    found = models(text, accepts=lambda estimator, key: key != "method" or estimator == "did_cs")
    assert found["a"]["method"] == "dr" and "method" not in found["b"]


@pytest.mark.parametrize(
    "text, code, line, column",
    [
        ("model: y ~ x\nmodels: {a: y ~ x}\n", "E157", 1, 1),
        ("models:\n  my-model: y ~ x\n", "E156", 2, 3),
        ("models: {a: y ~ x}\ntables: {1a: {}}\n", "E156", 2, 10),
        ("models:\n  año: y ~ x\n", "E156", 2, 3),
    ],
)
def test_names_and_forms(text, code, line, column):
    found = one_fault(text)
    assert (found.code, found.place.line, found.place.column) == (code, line, column)
