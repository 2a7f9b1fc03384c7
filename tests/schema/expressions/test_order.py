from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.errors import Place, SpecError
from impact.schema.expressions.order import order_by_dependence
from impact.schema.expressions.parse import parse_expression


def order(**texts: str) -> tuple[str, ...]:
    place = Place("s.yaml", 1, 1)
    return order_by_dependence({name: parse_expression(text, place=place) for name, text in texts.items()})


def test_each_column_follows_those_it_reads() -> None:
    assert order(c="b + 1", b="a + x", a="x", z="y") == ("a", "b", "c", "z")


def test_a_column_may_replace_itself() -> None:
    assert order(ubigeo='lpad(ubigeo, 6, "0")', region="substr(ubigeo, 1, 2)") == ("ubigeo", "region")


def test_a_circle_is_shown() -> None:
    with pytest.raises(SpecError) as caught:
        order(z="1", a="b", b="2 * c", c="a")
    assert caught.value.code == "E413"
    assert "a -> b -> c -> a" in caught.value.faults[0].message
    assert caught.value.where.column == 1


@settings(max_examples=50)
@given(st.permutations(range(8)), st.data())
def test_random_dependences(names: list[int], data: st.DataObject) -> None:
    """Columns that read only earlier ones of a hidden order can always be ordered."""
    texts = {}
    for place, name in enumerate(names):
        reads = data.draw(st.lists(st.sampled_from(names[:place]), max_size=3)) if place else []
        texts[f"v{name}"] = " + ".join([f"v{read}" for read in reads] or ["1"])
    shuffled = dict(sorted(texts.items()))
    found = order(**shuffled)
    assert sorted(found) == sorted(shuffled)
    for position, name in enumerate(found):
        read = {piece for piece in shuffled[name].split(" + ") if piece != "1"}
        assert read <= set(found[:position])
