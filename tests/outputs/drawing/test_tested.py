"""Findings by the test that a block names, or by its models."""

import pytest

from impact.outputs.drawing.tested import findings_of
from impact.schema.display import FigureBlock


@pytest.mark.parametrize(
    ("fields", "count"),
    [({}, 2), ({"test": "honest"}, 2), ({"test": "x"}, 0), ({"models": ["did"]}, 2), ({"model": "plain"}, 0)],
)
def test_chosen(effects, fields, count):
    assert len(findings_of("honest_did", FigureBlock(kind="honest_did", **fields), effects)) == count
