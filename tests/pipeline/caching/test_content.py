"""Content: what is equal has one SHA-256, whatever differs has another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.designs import Factor
from impact.pipeline.caching.content import Content, NotStorable

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def digest(*values):
    return Content().add(values).hexdigest()


@given(PLAIN, PLAIN)
@settings(max_examples=60, deadline=None)
def test_equal_content_and_only_that_has_one_digest(one, other):
    assert (digest(one) == digest(other)) == (repr(one) == repr(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        (1, 1.0),
        (True, 1),
        ((), []),
        (0.0, -0.0),
        (np.zeros(2), np.zeros((2, 1))),
        (np.zeros(2), np.zeros(2, dtype=np.float32)),
        (np.array([1.0, 2.0]), np.array([2.0, 1.0])),
        (np.asfortranarray(np.ones((2, 2))), np.ones((2, 2))),
        (np.array(["a", None], dtype=object), np.array([None, "a"], dtype=object)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (("x",) * 20, ("x",) * 21),
    ],
)
def test_what_differs_is_told_apart(one, other):
    assert digest(one) != digest(other)


def test_a_single_number_in_an_array_counts():
    values = np.linspace(0, 1, 1000)
    changed = values.copy()
    changed[517] = np.nextafter(changed[517], 2)
    assert digest(values) != digest(changed)
    assert digest(values) == digest(values.copy())


def test_an_object_met_twice_is_known_by_its_number():
    codes = np.array([0, 1, 0], dtype=np.int32)
    factor = Factor("g", codes, ("a", "b"))
    content = Content().add((factor, factor, codes))
    assert content.objects == [factor, codes]
    assert content.numbers[id(codes)] == 1
    assert digest(factor, factor) != digest(factor, replace(factor))


@pytest.mark.parametrize("value", [lambda: 0, object(), Factor, open])
def test_what_has_no_content_is_refused(value):
    with pytest.raises(NotStorable):
        digest(value)


def test_where_a_request_stands_does_not_count(request_of):
    one = request_of("y ~ x | g", title={"en": "a"}, note={"en": "b"})
    other = request_of("y  ~  x  |  g", title={"en": "c"})
    third = request_of("y ~ x + z | g")
    assert digest(one) == digest(other)
    assert digest(one) != digest(third)
    assert digest(one) != digest(replace(one, level=0.9))
