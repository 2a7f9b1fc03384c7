"""Keys that a model takes at a path."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from impact.schema.field_names import key_names, meaning_of


class Leaf(BaseModel):
    a: int = Field(1, description="The first.")
    b: int = 2


class Other(BaseModel):
    c: int = 3


class Root(BaseModel):
    word: Literal["x", "y"] = "x"
    from_: Leaf = Field(Leaf(), alias="from")
    either: Leaf | Other | str | None = None
    many: dict[str, list[Leaf]] = {}
    pair: tuple[Leaf, ...] = ()
    marked: Annotated[dict[str, Annotated[Other | None, "x"]], "y"] = {}


def test_keys_by_path():
    assert key_names(Root, ()) == ("word", "from", "either", "many", "pair", "marked")
    assert key_names(Root, ("from",)) == ("a", "b")
    assert key_names(Root, ("either",)) == ("a", "b", "c")
    assert key_names(Root, ("either",), "Other") == ("c",)
    assert key_names(Root, ("many", "x", 3)) == ("a", "b")
    assert key_names(Root, ("pair", 0)) == ("a", "b")
    assert key_names(Root, ("marked", "any")) == ("c",)
    assert key_names(Root, ("word",)) == key_names(Root, ("nowhere", "x")) == ()


def test_meanings():
    assert meaning_of(Root, ("from",), "", "a") == "The first."
    assert meaning_of(Root, ("from",), "", "b") == meaning_of(Root, (), "", "none") == ""
