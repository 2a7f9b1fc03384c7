"""Blocks of data, joins, panel and checks: shorthands, refusals, a description on every key."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from impact.schema.data_blocks import CheckBlock, DataBlock, JoinBlock, JoinExpectation, PanelBlock


@pytest.mark.parametrize("block", [DataBlock, JoinBlock, JoinExpectation, PanelBlock, CheckBlock])
def test_every_key_is_explained(block: type[BaseModel]) -> None:
    assert block.model_fields
    assert all(field.description and len(field.description) > 15 for field in block.model_fields.values())


def test_shorthands() -> None:
    assert DataBlock.model_validate("x.csv") == DataBlock(file="x.csv")
    assert JoinBlock.model_validate({"on": "year"}).pairs() == (("year", "year"),)
    assert JoinBlock.model_validate({"on": {"dep": "code"}}).pairs() == (("dep", "code"),)
    assert PanelBlock.model_validate({"unit": "id", "time": "year"}).unit == ["id"]
    assert CheckBlock.model_validate({"unique": "id", "else": "warn"}).else_ == "warn"


def test_missing_codes_of_a_column() -> None:
    everywhere = DataBlock.model_validate({"file": "x", "missing": "NA"})
    assert everywhere.missing_codes("wage") == ("NA",)
    by_column = DataBlock.model_validate({"file": "x", "missing": {"*": ["NA"], "wage": 999999}})
    assert by_column.missing_codes("wage") == ("NA", 999999)
    assert by_column.missing_codes("age") == ("NA",)


@pytest.mark.parametrize(
    ("block", "keys"),
    [
        (DataBlock, {}),
        (DataBlock, {"file": ""}),
        (DataBlock, {"file": "x", "chunks": 3}),
        (DataBlock, {"file": "x", "types": {"a": "float"}}),
        (DataBlock, {"file": "x", "decimal": ",", "thousands": ","}),
        (DataBlock, {"file": "x", "sha256": "abc"}),
        (DataBlock, {"file": "x", "delimiter": "::"}),
        (JoinBlock, {"on": "year", "how": "m:m"}),
        (JoinBlock, {"on": "year", "expect": {"unmatched": "some"}}),
        (JoinBlock, {"how": "1:1"}),
        (PanelBlock, {"unit": "id"}),
        (CheckBlock, {}),
        (CheckBlock, {"unique": "id", "rows": 3}),
        (CheckBlock, {"column": "sex"}),
        (CheckBlock, {"values": [1, 2]}),
        (CheckBlock, {"rows": 3, "share": 0.5}),
        (CheckBlock, {"rows": 3, "else": "ignore"}),
    ],
)
def test_refusals(block: type[BaseModel], keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        block.model_validate(keys)
