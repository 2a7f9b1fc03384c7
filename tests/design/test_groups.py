"""Subgroups: the cross first, margins after it, every row in one group of each cross."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DesignError
from impact.design.groups import groups_of
from impact.design.table import values_of

SUBGROUPS = {"sex": {"men": "s == 1", "women": "s == 2"}, "age": {"young": "a < 30", "old": "a >= 30"}}


@pytest.fixture
def frame(as_frame):
    return as_frame({"s": [1, 1, 2, 2, 2], "a": [20, 40, 20, 40, 60], "region": ["b", "a", "b", "a", None]})


def rows(group, frame):
    inside = np.ones(frame.n_rows, dtype=bool)
    for condition in group.conditions:
        inside &= values_of(condition, frame.columns, frame.n_rows) == 1
    return np.flatnonzero(inside).tolist()


def test_no_grouping_is_everybody(request_of, frame):
    assert [group.name for group in groups_of(frame, request_of("y ~ x"))] == [None]


def test_cross_then_margins(request_of, frame):
    request = request_of("y ~ x", by=["sex", "age"], margins=["sex", "all"], spec={"subgroups": SUBGROUPS})
    groups = {group.name: rows(group, frame) for group in groups_of(frame, request)}
    assert groups == {
        "sex=men;age=young": [0],
        "sex=men;age=old": [1],
        "sex=women;age=young": [2],
        "sex=women;age=old": [3, 4],
        "sex=men": [0, 1],
        "sex=women": [2, 3, 4],
        None: [0, 1, 2, 3, 4],
    }


def test_levels_of_a_column_are_found_sorted(request_of, frame):
    groups = {g.name: rows(g, frame) for g in groups_of(frame, request_of("y ~ x", by="region"))}
    assert groups == {"region=a": [1, 3], "region=b": [0, 2]}
    numbers = {g.name: rows(g, frame) for g in groups_of(frame, request_of("y ~ x", by="a"))}
    assert numbers == {"a=20": [0, 2], "a=40": [1, 3], "a=60": [4]}


def test_a_column_without_values(request_of, as_frame):
    frame = as_frame({"region": np.array([None, None], dtype=object)})
    with pytest.raises(DesignError) as caught:
        groups_of(frame, request_of("y ~ x", by="region"))
    assert caught.value.code == "E518"
