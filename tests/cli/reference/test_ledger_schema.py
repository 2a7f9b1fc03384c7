"""The schema knows which keys go with which kind of spec; the page of ledgers names them all."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from impact.cli._pages import topic_page
from impact.cli.reference.json_schema import spec_schema
from impact.cli.reference.ledger_page import EXAMPLE
from impact.pipeline.check import check_spec
from impact.schema.ledger.block import InputBlock, LedgerBlock
from impact.schema.load import load_nodes
from impact.schema.nodes import to_plain


@pytest.fixture(scope="module")
def validator():
    return Draft202012Validator(spec_schema())


SPEC = {
    "spec": 1,
    "kind": "ledger",
    "years": "2018..2020",
    "inputs": {"x": {"value": 1}},
    "equations": {"y": "x"},
}


def test_a_ledger_is_valid(validator):
    assert validator.is_valid(SPEC)


@pytest.mark.parametrize(
    "change",
    [
        {"models": {"m": "y ~ x"}},
        {"equations": None},
        {"inputs": {"x": {"vale": 1}}},
        {"tables": {"T": {"rows": "terms"}}},
        {"figures": {"f": {"kind": "coefplot"}}},
        {"figures": {"f": {"kind": "fan"}}},
    ],
)
def test_what_does_not_belong_is_refused(validator, change):
    spec = {key: value for key, value in {**SPEC, **change}.items() if value is not None}
    assert not validator.is_valid(spec)


def test_keys_of_ledgers_are_refused_elsewhere(validator):
    assert not validator.is_valid({"spec": 1, "data": "x.csv", "model": "y ~ x", "years": "2018..2020"})
    figure = {"spec": 1, "data": "x.csv", "model": "y ~ x", "figures": {"f": {"kind": "fan", "of": "net"}}}
    assert not validator.is_valid(figure)


def test_the_page_names_every_key_and_its_example_is_right(validator):
    page = topic_page("ledger")
    named = {row[0] for section in page.sections for row in section.table}
    assert set(LedgerBlock.model_fields) | set(InputBlock.model_fields) <= named
    tree = load_nodes(EXAMPLE, name="example.yaml")
    assert check_spec(tree, depth="data") == ([], 0)
    assert topic_page("ledger", language="es").summary != page.summary


def test_the_example_is_valid_for_an_editor(validator):
    plain = to_plain(load_nodes(EXAMPLE, name="example.yaml"))
    plain["inputs"]["people"]["path"] = {
        str(year): value for year, value in plain["inputs"]["people"]["path"].items()
    }
    assert [error.message for error in validator.iter_errors(plain)] == []
