"""Data blocks that name a kind of source: what is taken, what is refused, and where it is shown."""

from __future__ import annotations

import pytest

import impact.catalog as catalog
from impact.core.errors import SpecError
from impact.plan import make_plan
from impact.schema.load import load_nodes
from impact.schema.nodes import to_plain
from impact.schema.resolving.data_sources import data_sources, shown_source

MODEL = "model: y ~ x\n"


def asked(text: str):
    tree = load_nodes(f"spec: 1\n{text}{MODEL}", name="s.yaml")
    return data_sources(tree, catalog.SURVEYS)


def test_the_one_block_form_and_the_named_form_ask_for_the_same():
    one, sources, faults = asked("data: {complaints: {folder: den}, source: me}\n")
    named, several, more = asked("data:\n  main: {complaints: {folder: den}, source: me}\n  b: b.csv\n")
    assert faults == more == []
    assert sources["main"].options == several["main"].options
    assert shown_source(sources["main"]) == "complaints:den"
    assert to_plain(one.get("data")) == {"source": "me", "file": "complaints:den"}
    assert to_plain(named.get("data").get("main")) == to_plain(one.get("data"))


def test_a_file_may_be_named_like_a_kind():
    tree, sources, faults = asked("data:\n  main: a.csv\n  complaints: {file: b.csv}\n")
    assert faults == [] and sources == {}
    assert to_plain(tree.get("data").get("complaints")) == {"file": "b.csv"}


def test_a_kind_may_be_named_like_itself():
    _, sources, faults = asked("data:\n  complaints: {complaints: {folder: den}}\n")
    assert faults == [] and list(sources) == ["complaints"]


@pytest.mark.parametrize(
    ("text", "code", "column", "suggestion"),
    [
        ("data: {complaintz: {folder: den}}\n", "E170", 20, "complaints"),
        ("data: {main: {complaintz: {folder: den}}}\n", "E170", 15, "complaints"),
        ("data: {main: {census: {folder: den}}}\n", "E170", 15, ""),
        ("data: {complaints: {folder: den}, file: x.csv}\n", "E249", 8, ""),
        ("data: {complaints: {folder: den}, sheet: x}\n", "E240", 35, ""),
        ("data: {complaints: {foldr: den, folder: den}}\n", "E102", 21, "folder"),
        ("data: {complaints: {files: x.csv}}\n", "E103", 20, ""),
        ("data: {complaints: {folder: 3}}\n", "E104", 29, ""),
        ("data: {complaints: {folder: den}, soruce: x}\n", "E102", 35, "source"),
    ],
)
def test_what_is_refused_stands_at_its_place(text, code, column, suggestion):
    with pytest.raises(SpecError) as caught:
        make_plan(load_nodes(f"spec: 1\n{text}{MODEL}", name="s.yaml"))
    (fault,) = caught.value.faults
    assert (fault.code, fault.place.line, fault.place.column) == (code, 2, column)
    assert fault.suggestion == suggestion
    assert fault.help


def test_a_file_without_file_is_still_a_missing_key():
    with pytest.raises(SpecError) as caught:
        make_plan(load_nodes("spec: 1\ndata: {main: {sheet: x}}\nmodel: y ~ x\n", name="s.yaml"))
    assert [fault.code for fault in caught.value.faults] == ["E103"]
