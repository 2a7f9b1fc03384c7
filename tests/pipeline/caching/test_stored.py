"""Values to JSON and arrays and back; nothing outside impact is ever made."""

from __future__ import annotations

import datetime
import json
import math
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.designs import Factor, Term
from impact.core.errors import Notice
from impact.core.texts import text
from impact.pipeline.caching.content import NotStorable
from impact.pipeline.caching.stored import Reader, Writer

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=12)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.tuples(st.integers()), inner, max_size=3)
    ),
    max_leaves=10,
)


def there_and_back(value, known=()):
    writer = Writer({id(one): number for number, one in enumerate(known)})
    tree = json.loads(json.dumps(writer.write(value)))
    return Reader(writer.arrays, known).read(tree), writer


@given(VALUES)
@settings(max_examples=80, deadline=None)
def test_plain_values_come_back(value):
    found, _ = there_and_back(value)
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        -0.0,
        np.float64(0.1),
        np.int32(7),
        np.bool_(True),
        np.datetime64("2020-02-29"),
        frozenset({"a", "b"}),
        MappingProxyType({"a": (1, 2.5)}),
        datetime.date(2020, 2, 29),
        Term("x", "event", cohort=2004, event_time=-1.0),
        Notice("W506", "message", "m", {"a": (1, None)}),
    ],
)
def test_kinds_come_back(value):
    found, _ = there_and_back(value)
    assert type(found) is type(value)
    assert repr(found) == repr(value)


def test_words_of_the_catalogue_keep_their_key():
    words = text("run.done", seconds="1")
    found, _ = there_and_back(words)
    assert (str(found), found.key, found.values) == (str(words), words.key, words.values)


def test_arrays_are_stored_once_and_those_of_the_design_not_at_all():
    own, design = np.arange(3.0), np.arange(5, dtype=np.int32)
    factor = Factor("g", design, ("a", None, 2.5))
    (first, second, third), writer = there_and_back((own, own, factor), known=[design])
    assert first is second
    assert third.codes is design
    assert third.labels == factor.labels
    assert len(writer.arrays) == 1


def test_arrays_of_objects_come_back():
    value = np.array([("a", 1), None, "b", 2.5], dtype=object)[:0]
    mixed = np.empty((2, 2), dtype=object)
    mixed[0, 0], mixed[1, 1] = ("a", "b"), "c"
    for one in (value, mixed):
        found, _ = there_and_back(one)
        assert found.shape == one.shape
        assert found.tolist() == one.tolist()


@pytest.mark.parametrize("value", [lambda: 0, object(), open, Factor])
def test_what_cannot_be_stored_is_refused(value):
    with pytest.raises(NotStorable):
        Writer({}).write((1, value))


@pytest.mark.parametrize(
    "name",
    ["subprocess:Popen", "os:system", "impact.core.texts:text", "impact.cli.main:LazyCommands", "impact.x:y"],
)
def test_nothing_but_records_of_impact_is_made(name):
    with pytest.raises((ValueError, AttributeError, ImportError)):
        Reader([], []).read({"record": [name, {}]})
