"""Spec text to a tree: what YAML says, what ours says, places, limits."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from impact.core.errors import SpecError
from impact.schema.load import MAX_FAULTS, load_nodes, load_value
from impact.schema.nodes import node_at, to_plain
from impact.schema.render import render_faults

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "user-interface.md"
SPEC_PIECES = st.sampled_from(
    ["spec: 1\n", "models:\n", "  a: ", "y ~ x | id", "{", "}", "[", "]", ": ", ", ", "- ", "\n", "\t", "#",
     " #", '"', "'", "&a ", "*a", "!t ", "|", ">", "?", "%", "@", "<<: ", "\\", "0123", "1e999", "${y}",
     "---\n", "...\n", "\u202e", "\xa0", "é", "\x00", "\ufeff", "\r", "  ", "null", "(", ")"]
)  # fmt: skip


def plain(text):
    return to_plain(load_nodes(text, name="x.yaml"))


def test_values_are_read_by_our_rules():
    text = "a: no\nb: 12:30\nc: 2018-10-31\nd: 1_000\ne: 1e3\nf: true\ng:\nh: '0123'\ni: [NO, off, 0.5]\n"
    assert plain(text) == {
        "a": "no", "b": "12:30", "c": "2018-10-31", "d": 1000, "e": 1000.0, "f": True, "g": None, "h": "0123",
        "i": ["NO", "off", 0.5],
    }  # fmt: skip


def test_text_of_several_lines_is_joined_and_ends_without_a_line_break():
    assert plain("a: >\n  y ~ x\n  | id\nb: |\n  one\n  two\nc: y ~ x\n  + z\n") == {
        "a": "y ~ x | id", "b": "one\ntwo", "c": "y ~ x + z",
    }  # fmt: skip


def test_places_of_keys_and_values():
    tree = load_nodes('spec: 1\nmodels:\n  iv:\n    vcov: {cluster: [a, "b c"]}\n', name="x.yaml")
    entry = tree.get("models").entry("iv")
    assert (entry.place.line, entry.place.column, entry.place.end_column) == (3, 3, 5)
    item = node_at(tree, "models.iv.vcov.cluster[1]")
    assert (item.place.line, item.place.column, item.place.end_column) == (4, 25, 30)
    assert item.place.path == "models.iv.vcov.cluster[1]"
    assert item.style == "double"


def test_numbers_keep_how_they_were_written():
    tree = load_nodes("se: [0.120, 1_000, 1e3]\n")
    assert [item.written for item in tree.get("se").items] == ["0.120", "1_000", "1e3"]


def test_whole_numbers_are_keys_where_years_and_codes_are_meant():
    assert plain("path: {2016: 1}\nlabels: {p207: {1: hombre}}\n") == {
        "path": {2016: 1}, "labels": {"p207": {1: "hombre"}},
    }  # fmt: skip
    assert plain('age: {14-24: a, "1": b}\n') == {"age": {"14-24": "a", "1": "b"}}


@pytest.mark.parametrize(
    "text", ["a: 1 # note\n", "a: x # note\n", "a: # note\n", "a: #note\n  b: 1\n", "a: 1 #n\n"]
)
def test_comments_are_comments(text):
    assert list(plain(text)) == ["a"]


def test_byte_order_mark_and_windows_line_ends():
    assert plain(b"\xef\xbb\xbfspec: 1\r\nmodels:\r\n  a: y ~ x\r\n") == {"spec": 1, "models": {"a": "y ~ x"}}


def test_aliases_work_and_say_where_they_come_from():
    tree = load_nodes("a: &x {b: 1}\nc: *x\n", name="x.yaml")
    assert to_plain(tree) == {"a": {"b": 1}, "c": {"b": 1}}
    assert tree.get("c").place.line == 2 and tree.get("c").place.note == "from x.yaml:1:4"


def test_a_mapping_with_many_keys_and_no_alias_is_no_bomb():
    assert len(plain("".join(f"k{i}: 1\n" for i in range(2000)))) == 2000


def test_an_alias_bomb_ends_at_once():
    rows = ["a0: &a0 [" + ",".join("x" * 10) + "]"]
    rows += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    start = time.process_time()
    with pytest.raises(SpecError) as caught:
        load_nodes("\n".join(rows))
    assert caught.value.code == "E124"
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    "text",
    ["a: " + "[" * 19000, "a: " + "{" * 19000, "- a\n" * 200_000, ": " * 9000, "a: {" + "(," * 9000 + "}",
     "".join(f"k{i % 100}: 1\n" for i in range(9000)), '"' * 19000, "? " * 9000, "&a " * 6000],
    ids=lambda text: text[:6],
)  # fmt: skip
def test_floods_end_in_a_second_with_few_messages(text):
    start = time.process_time()
    with pytest.raises(SpecError) as caught:
        load_nodes(text)
    assert time.process_time() - start < 1.5
    assert len(caught.value.faults) <= MAX_FAULTS


def test_a_single_value():
    node = load_value("{cluster: id}", name="--set vcov", path="vcov")
    assert to_plain(node) == {"cluster": "id"} and node.get("cluster").place.path == "vcov.cluster"
    assert load_value("", name="--set x").is_null


@settings(max_examples=300, deadline=None)
@given(st.lists(SPEC_PIECES, max_size=30).map("".join))
@example("{a: &x [*x")
@example("a: |2\n x")
def test_any_text_of_yaml_signs_loads_or_is_a_spec_error(text):
    check_loads_or_explains(text)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_any_text_or_bytes_load_or_are_a_spec_error(text):
    check_loads_or_explains(text)


def check_loads_or_explains(text):
    try:
        assert load_nodes(text).kind == "map"
    except SpecError as error:
        shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
        rendered = render_faults(error.faults, {"<spec>": shown})
        assert all(re.fullmatch(r"E1\d\d", found.code) for found in error.faults)
        assert all(found.place is not None for found in error.faults)
        assert all(c.isprintable() or c == "\n" for c in rendered)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the user interface reference is not beside this checkout")
def test_every_yaml_block_of_the_reference_loads():
    blocks = re.findall(r"```yaml\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 12
    for block in blocks:
        assert load_nodes(block, name="reference").get("spec").value == 1
