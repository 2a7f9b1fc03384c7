"""Published numbers keep the digits that were typed, and their places."""

from __future__ import annotations

from impact.pipeline.written import written_values


def test_trailing_zeros_are_kept(plan):
    written, places = written_values(plan)
    path = "published.paper.grid.rows.exposed.estimate.0"
    assert written[path] == "1.50"
    assert places[path].line > 0
    assert places[path].file.endswith("small.yaml")


def test_nothing_published_is_nothing(plan_of):
    assert written_values(plan_of(model="y ~ x")) == ({}, {})
