"""Trees, paths and the places of characters."""

import datetime
import pickle
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.core.errors import Fault, Place, SpecError
from impact.schema.load import load_nodes
from impact.schema.nodes import (
    Entry,
    count,
    from_plain,
    join_path,
    key_place,
    node_at,
    place_inside,
    place_of,
    read_with,
    relocate,
    split_path,
    text_place,
    to_plain,
    walk,
    with_entry,
    without,
)

TREE = load_nodes('spec: 1\nmodels:\n  iv:\n    vcov: {cluster: [a, b]}\n  "x.y": z\n', name="x.yaml")
HERE = Place("<python>")


@pytest.mark.parametrize(
    "path, parts",
    [
        ("a", ("a",)), ("a.b.c", ("a", "b", "c")), ("a.of[0]", ("a", "of", 0)),
        ("a[1][2].b", ("a", 1, 2, "b")),
        ('a."x.y".b', ("a", "x.y", "b")), ('"say ""hi"""', ('say "hi"',)), ("filter+", ("filter+",)),
        ("years.2016", ("years", "2016")),
    ],
)  # fmt: skip
def test_paths_are_split(path, parts):
    assert split_path(path) == parts


@pytest.mark.parametrize("path", ["", ".", "a.", "a..b", ".a", "a[x]", "a[1", 'a."b', "a[0]b", '"a"b'])
def test_what_is_no_path(path):
    with pytest.raises(ValueError):
        split_path(path)


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=4))
def test_joined_paths_split_again(keys):
    path = ""
    for key in keys:
        path = join_path(path, key)
    assert split_path(path) == tuple(keys)


def test_lookup():
    assert node_at(TREE, "models.iv.vcov.cluster[1]").value == "b"
    assert node_at(TREE, 'models."x.y"').value == "z"
    assert node_at(TREE, ("models", "iv", "vcov")).kind == "map"
    assert node_at(TREE, "models.vi.vcov") is None and node_at(TREE, "spec.deeper") is None
    assert node_at(load_nodes("path: {2016: 5}\n"), "path.2016").value == 5


@pytest.mark.parametrize(
    "path, line, column",
    [("spec", 1, 7), ("models", 2, 1), ("models.iv", 3, 3), ("models.iv.vcov.cluster[1]", 4, 25),
     ("models.iv.missing", 3, 3), ("models.missing.deeper", 2, 1), ("missing", 1, 1)],
)  # fmt: skip
def test_place_of_a_value_or_of_the_deepest_parent(path, line, column):
    place = place_of(TREE, path)
    assert (place.line, place.column) == (line, column)


def test_place_of_a_key():
    assert (key_place(TREE, "spec").line, key_place(TREE, "spec").column) == (1, 1)


def test_python_objects_come_back():
    value = {"a": [1, 2.5, None, True, "x"], "b": {"c": ()}}
    tree = from_plain(value, HERE)
    assert to_plain(tree) == {"a": [1, 2.5, None, True, "x"], "b": {"c": []}}
    assert node_at(tree, "a[3]").place.path == "a[3]" and node_at(tree, "a[3]").written == "true"
    assert count(tree) == 9 == len(list(walk(tree)))
    assert to_plain(from_plain({"d": datetime.date(2018, 10, 31), "p": PurePosixPath("a/b")}, HERE)) == {
        "d": "2018-10-31", "p": "a/b",
    }  # fmt: skip


def test_python_objects_that_a_spec_cannot_hold():
    endless = {}
    endless["a"] = endless
    for value, code in (
        ({"a": object()}, "E104"),
        ({1.5: 1}, "E117"),
        ({True: 1}, "E117"),
        (endless, "E127"),
    ):
        with pytest.raises(SpecError) as caught:
            from_plain(value, HERE)
        assert caught.value.code == code


def test_changes_leave_the_old_tree_alone():
    new = with_entry(TREE, Entry("seed", HERE, from_plain(1, HERE)))
    assert "seed" in new.keys and "seed" not in TREE.keys
    assert without(new, "models").keys == ("spec", "seed")
    assert pickle.loads(pickle.dumps(TREE)) == TREE and hash(TREE) == hash(TREE)


def character_shown(text, place):
    return text.split("\n")[place.line - 1][place.column - 1 : place.end_column - 1]


@pytest.mark.parametrize(
    "written, word",
    [("y ~ lgo(x)", "lgo"), ('"y ~ lgo(x)"', "lgo"), ("'y ~ lgo(x)'", "lgo"), ("'it''s y ~ lgo(x)'", "lgo"),
     ('"a == \\"b\\" + lgo(x)"', "lgo"), ('"\\u00e9 + lgo(x)"', "lgo")],
)  # fmt: skip
def test_characters_of_a_text_are_found_in_the_file(written, word):
    text = f"model: {written}\n"
    node = load_nodes(text).get("model")
    place = place_inside(node, node.value.index(word), len(word))
    assert character_shown(text, place) == word
    first = text_place(node)
    assert first.column == 8 + (written[0] in "\"'")


@pytest.mark.parametrize(
    "text", ["model: >\n  y ~\n  lgo(x)\n", "model: y ~\n  lgo(x)\n", 'model: "y ~\n  lgo(x)"\n']
)
def test_a_folded_text_is_shown_joined_with_the_caret_under_it(text):
    node = load_nodes(text, name="x.yaml").get("model")
    found = Fault("E301", "no function", place=text_place(node).shifted(node.value.index("lgo"), 3))
    moved = relocate(found, node)
    assert moved.place.line == 1
    assert moved.details == ("y ~ lgo(x)", "    ^^^")


def test_a_parser_is_given_the_text_and_its_faults_are_moved():
    node = load_nodes('model: "a == \\"b\\" + lgo"\n', name="x.yaml").get("model")

    def parse(text, place):
        raise SpecError(Fault("E301", "no", place=place.shifted(text.index("lgo"), 3)))

    with pytest.raises(SpecError) as caught:
        read_with(parse, node)
    assert (caught.value.where.column, caught.value.where.end_column) == (22, 25)
    assert read_with(lambda text, place: (text, place.column), node) == ('a == "b" + lgo', 9)


def test_relocate_keeps_faults_without_a_place():
    found = Fault("E301", "x")
    assert relocate(found, TREE.get("spec")) is found
