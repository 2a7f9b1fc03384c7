"""Shared rows: models are told apart by their complete rows and effects, and stand on the rows they have alone."""

from __future__ import annotations

import numpy as np
import pytest

from impact.design.build import build_design
from impact.design.shared import is_shareable, shared_rows

RANDOM = np.random.default_rng(2)
COLUMNS = {
    "u": np.repeat(["a", "b", "c", "d"], 6),
    "t": np.tile(np.arange(2000.0, 2006.0), 4),
    "y": RANDOM.normal(size=24),
    "x": RANDOM.normal(size=24),
    "hole": np.where(np.arange(24) % 7 == 0, np.nan, RANDOM.normal(size=24)),
    "w": np.where(np.arange(24) == 3, 0.0, RANDOM.uniform(1, 2, 24)),
}


@pytest.fixture
def grouped(as_frame, request_of):
    def make(*formulas, **block):
        frame = as_frame(COLUMNS)
        requests = [request_of(formula, **block) for formula in formulas]
        return frame, requests, list(shared_rows(frame, requests, ["x"] * len(requests)))

    return make


def test_models_with_the_same_rows_are_one_group(grouped):
    _, _, groups = grouped("y ~ x", "y ~ x + x^2", "abs(x) ~ x", "y ~ x + i(u)")
    assert [len(group.members) for group in groups] == [4]
    names = groups[0].names
    assert [name for name in names if not name.startswith("outcome")] == ["x", "x^2", "u::b", "u::c", "u::d"]
    assert [len(member.regressors) for member in groups[0].members] == [1, 2, 1, 4]


def test_a_column_with_holes_makes_a_group_of_its_own(grouped):
    _, _, groups = grouped("y ~ x", "y ~ x + hole", "hole ~ x", "y ~ x | u", "y ~ x | u + t")
    places = [[member.place for member in group.members] for group in groups]
    assert places == [[0], [1, 2], [3], [4]]


@pytest.mark.parametrize(
    "block", [{}, {"weights": "w"}, {"filter": "t > 2001", "vcov": {"cluster": "u"}}], ids=str
)
def test_rows_are_those_of_the_model_alone(grouped, block):
    frame, requests, groups = grouped("y ~ x | u", "y ~ x + hole | u", "hole ~ x + i(u)", **block)
    for group in groups:
        for member in group.members:
            design = build_design(frame, requests[member.place])
            assert sorted(group.rows.tolist()) == sorted(design.sample.kept.tolist())
            ours = group.columns[np.argsort(group.rows)]
            theirs = design.y[np.argsort(design.sample.kept)]
            assert np.array_equal(ours[:, member.outcome], theirs)
            assert [effect.factor.levels for effect in group.absorb] == [
                effect.factor.levels for effect in design.absorb
            ]
            assert {n: f.levels for n, f in group.clusters.items()} == {
                n: f.levels for n, f in design.clusters.items()
            }


def test_what_cannot_be_read_is_in_no_group(grouped):
    """A text as a regressor cannot be read; the other models with the same filters are then built alone, too."""
    _, _, groups = grouped("y ~ x", "y ~ x + u")
    assert groups == []


@pytest.mark.parametrize(
    ("formula", "block", "able"),
    [
        ("y ~ x", {}, True),
        ("y ~ x | u", {"weights": {"w": "analytic"}}, True),
        ("y ~ x", {"weights": {"w": "frequency"}}, False),
        ("y ~ 1 | u | x ~ w", {}, False),
        ("y ~ x", {"by": "u"}, False),
    ],
)
def test_which_models_can_share(request_of, formula, block, able):
    assert is_shareable(request_of(formula, **block)) is able
