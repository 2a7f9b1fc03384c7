from hypothesis import given, settings
from hypothesis import strategies as st

from impact.outputs._groups import groups_of, kept, lines_of
from impact.schema.display import RowsByBlock

FULL = ["a=1;b=x", "a=1;b=y", "a=2;b=x"]


def shown(groups, block=None):
    return [(line.group, line.level, line.depth, line.heads) for line in lines_of(groups, block)]


def test_parents_without_an_estimate_become_headings():
    assert shown([*FULL, None]) == [
        (None, "1", 0, True), ("a=1;b=x", "x", 1, False), ("a=1;b=y", "y", 1, False),
        (None, "2", 0, True), ("a=2;b=x", "x", 1, False), (None, "", 0, False),
    ]  # fmt: skip


def test_parents_with_an_estimate_stand_above_their_parts():
    assert [line[0] for line in shown(["a=1;b=x", "a=1", "a=2"])] == ["a=1", "a=1;b=x", "a=2"]


def test_the_nesting_is_the_blocks():
    block = RowsByBlock(by=["b", "a"], all="none")
    assert [line[:2] for line in shown([*FULL, None], block)] == [
        (None, "x"), ("a=1;b=x", "1"), ("a=2;b=x", "2"), (None, "y"), ("a=1;b=y", "1"),
    ]  # fmt: skip
    assert shown(FULL, RowsByBlock(by=["a"])) == []


def test_margins_of_several_variables_are_headed():
    lines = lines_of(["a=1", "b=x"], None)
    assert [(line.variable, line.level) for line in lines if line.heads] == [("a", ""), ("b", "")]


@given(st.permutations([*FULL, "a=1", "b=x", None]))
@settings(max_examples=60)
def test_every_group_stands_once(groups):
    lines = [line for line in lines_of(groups, None) if not line.heads]
    assert sorted(line.group or "" for line in lines) == sorted(group or "" for group in groups)
    assert lines[-1].group is None


def test_only_some_groups():
    assert kept([*FULL, None], ["b=x"]) == ["a=1;b=x", "a=2;b=x"]
    assert kept([*FULL, None], ["all"]) == [None]
    assert kept(FULL, []) == FULL


def test_failed_groups_are_found_too(document):
    found = groups_of(document, ["groups"])
    assert "sex=men;age_group=14-24;education=university" in found
    assert found.count(None) == 1
