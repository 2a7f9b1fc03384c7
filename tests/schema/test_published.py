"""Blocks that confront results with something: what they accept, and that every field is described."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from impact.schema import published
from impact.schema.published import AnswerBlock, ClaimBlock, PublishedBlock, TestBlock

SOURCE = {"text": "A study", "evidence": "table"}
MODELS = [
    value
    for value in vars(published).values()
    if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == published.__name__
]


@pytest.mark.parametrize("model", MODELS)
def test_every_field_is_described(model):
    assert all(field.description for field in model.model_fields.values())


def test_the_forms_of_the_manual():
    block = PublishedBlock.model_validate(
        {
            "source": {"text": "Policy paper", "where": "Table 1", "evidence": "table"},
            "match": "rounded",
            "grid": {
                "columns": ["all.native", "all.migrant"],
                "rows": {
                    "female": {"estimate": [52, 51]},
                    "working_age": {"estimate": [64, 73], "se": ["n/a", "n/a"]},
                },
            },
            "also": [
                {
                    "model": "workers.native",
                    "term": "employed",
                    "value": 94,
                    "note": "base read as labour force",
                }
            ],
        }
    )
    assert block.also[0].stat == "estimate"
    assert (
        PublishedBlock.model_validate({"source": SOURCE, "grid": {"columns": ["iv"], "rows": {}}}).grid.rows
        == {}
    )
    for match in ("exact", "sign", "sign_and_significance", {"abs": 0.1}, {"rel": 0.1}):
        PublishedBlock.model_validate({"source": SOURCE, "match": match})


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"source": {"text": "x"}},
        {"source": {"text": "x", "evidence": "memory"}},
        {"source": SOURCE, "match": "nearly"},
        {"source": SOURCE, "match": {"abs": -1}},
        {"source": SOURCE, "grids": {}},
        {"source": SOURCE, "also": [{"model": "m", "value": 1, "expect": "differs"}]},
        {"source": SOURCE, "also": [{"model": "m", "value": 1, "expect": "equal", "reason": "r"}]},
        {
            "source": SOURCE,
            "grid": {"columns": ["a"], "rows": {"x": {"se": [{"value": 1, "expect": "differs"}]}}},
        },
    ],
)
def test_refused(wrong):
    with pytest.raises(ValidationError):
        PublishedBlock.model_validate(wrong)


def test_claims_tests_and_answers():
    assert ClaimBlock(text="s", test="a.b.p < 0.05").about == "effect"
    for wrong in (
        {"test": "x"},
        {"text": "s"},
        {"text": "s", "test": "x", "evidence": "memory"},
        {"text": "s", "test": "x", "alpha": 0},
    ):
        with pytest.raises(ValidationError):
            ClaimBlock(**wrong)
    assert TestBlock(kind="wald", of=["a", "b"], hypotheses="x = 0").options() == {"hypotheses": "x = 0"}
    assert AnswerBlock().model == ""
    with pytest.raises(ValidationError):
        AnswerBlock(scale="percent")
