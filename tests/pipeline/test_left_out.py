"""Rows that leave one unit out: their names and conditions."""

from __future__ import annotations

from impact.pipeline.left_out import drop_one_requests


def test_one_left_out(plan_of):
    (model,) = plan_of(models={"main": {"formula": "y ~ x"}}).models
    left = drop_one_requests(model, "u", [1.0, "lima"])
    assert [(one.name, one.row) for one in left] == [
        ("main[row=drop_one:1]", "drop_one:1"),
        ("main[row=drop_one:lima]", "drop_one:lima"),
    ]
    assert [one.filters["drop_one"].text() for one in left] == ["u != 1", 'u != "lima"']
