"""Faults that know a path get the place of the key."""

import pytest

from impact.core.errors import DataError, Fault, Place
from impact.pipeline.places import place_of, placed_in
from impact.schema.nodes import from_plain

TREE = from_plain({"panel": {"unit": "i"}}, Place(file="s.yaml", line=1, column=1))


def test_deepest_key_that_is_there():
    assert place_of(TREE, "panel.unit.x") is not None
    assert place_of(TREE, "nothing") is None


def test_only_faults_without_a_line_change():
    known = Place(file="a.yaml", line=7, column=2)
    with pytest.raises(DataError) as caught, placed_in(TREE):
        raise DataError(
            Fault("E233", "a", place=Place(file="", path="panel.unit")), Fault("E200", "b", place=known)
        )
    first, second = caught.value.faults
    assert first.place is not None and first.place.file == "s.yaml"
    assert second.place == known
