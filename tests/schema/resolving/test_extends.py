"""Specs that build on others, and how mappings merge."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.core.errors import Place, SpecError
from impact.schema.nodes import from_plain, node_at, to_plain
from impact.schema.resolve import resolve_spec
from impact.schema.resolving.changes import merge

HERE = Place("x.yaml", 1, 1)
VALUES = st.recursive(
    st.one_of(st.integers(0, 9), st.sampled_from("abc")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("klmn"), inner, max_size=3)
    ),
    max_leaves=6,
)
MAPPINGS = st.dictionaries(st.sampled_from("klmn"), VALUES, max_size=4)


def write(folder, **files):
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def resolved(name, monkeypatch, folder):
    monkeypatch.chdir(folder)
    return resolve_spec(name)


def refused(name, monkeypatch, folder):
    with pytest.raises(SpecError) as caught:
        resolved(name, monkeypatch, folder)
    return caught.value.faults[0]


def merged(base, over):
    return to_plain(merge(from_plain(base, HERE), from_plain(over, HERE)))


def plain_merge(base, over):
    """The rule in one line a case, without trees: the second algorithm."""
    result = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = plain_merge(result[key], value) if both else value
    return result


@given(MAPPINGS, MAPPINGS)
def test_mappings_merge_deep_and_the_rest_replaces(base, over):
    assert merged(base, over) == plain_merge(base, over)


@given(MAPPINGS)
def test_merging_with_nothing_or_itself_changes_nothing(value):
    assert merged({}, value) == merged(value, {}) == merged(value, value) == value


def test_null_removes_and_plus_appends():
    base = {"a": [1], "b": {"c": 1, "d": 2}, "e": 5, "f": 6}
    over = {
        "a+": [2],
        "b+": {"g": 3},
        "b": {"c": None},
        "e": None,
        "new+": [1],
        "deep": {"x+": [1]},
        "h": None,
    }
    assert merged(base, over) == {
        "a": [1, 2], "b": {"d": 2, "g": 3}, "f": 6, "new": [1], "deep": {"x": [1]}, "h": None,
    }  # fmt: skip
    assert merged({"a": [1]}, {"a+": 2}) == {"a": [1, 2]}


def test_plus_on_a_single_value():
    with pytest.raises(SpecError) as caught:
        merged({"a": "text"}, {"a+": [1]})
    assert caught.value.code == "E154" and "'a' is text" in str(caught.value)


def test_a_variance_of_another_kind_replaces_the_old_one():
    assert merged({"vcov": {"cluster": "id"}}, {"vcov": {"conley": {"km": 5}}}) == {
        "vcov": {"conley": {"km": 5}}
    }
    assert merged({"vcov": {"cluster": "id"}}, {"vcov": {"type": "cr3"}}) == {
        "vcov": {"cluster": "id", "type": "cr3"},
    }  # fmt: skip
    assert merged({"weights": {"w": "analytic"}}, {"weights": {"v": "frequency"}}) == {
        "weights": {"v": "frequency"}
    }


def test_short_forms_merge_with_long_ones():
    base = {"data": "a.csv", "models": {"m": "y ~ x"}}
    over = {"data": {"source": "INEI"}, "models": {"m": {"vcov": "hc3"}}}
    assert merged(base, over) == {
        "data": {"file": "a.csv", "source": "INEI"}, "models": {"m": {"formula": "y ~ x", "vcov": "hc3"}},
    }  # fmt: skip


def test_changes_of_robustness_rows_stay_as_written():
    base = {"robustness": {"rows": {"r": {"filter+": "a", "vcov": {"cluster": "i"}}}}}
    over = {"robustness": {"rows": {"r": {"vcov": {"type": "cr3"}}, "s": {"controls+": ["x"]}}}}
    assert merged(base, over)["robustness"]["rows"] == {
        "r": {"filter+": "a", "vcov": {"type": "cr3"}}, "s": {"controls+": ["x"]},
    }  # fmt: skip


def test_a_chain_of_files(tmp_path, monkeypatch):
    write(
        tmp_path,
        common__lower="spec: 1\nbase: true\nstudy: lower\ndata: {file: ../data/x.csv, source: A}\nseed: 1\n",
        common__upper="spec: 1\nbase: true\nextends: lower.yaml\ndata: {source: B}\nvcov: hc1\n",
        specs__x="spec: 1\nextends: ../common/upper.yaml\nvcov: null\nmodel: y ~ x\n",
    )
    found = resolved("specs/x.yaml", monkeypatch, tmp_path)
    plain = to_plain(found.tree)
    assert plain["data"] == {"file": "../data/x.csv", "source": "B"} and plain["seed"] == 1
    assert not {"vcov", "base", "study", "extends"} & set(plain)
    assert [source.file for source in found.sources] == [
        "specs/x.yaml",
        "common/upper.yaml",
        "common/lower.yaml",
    ]
    text = (tmp_path / "specs/x.yaml").read_bytes()
    assert found.sources[0].sha256 == hashlib.sha256(text).hexdigest()
    place = node_at(found.tree, "data.file").place
    assert (place.file, place.line, place.column) == ("common/lower.yaml", 4, 14)
    assert place.note == "through extends in common/upper.yaml:3:10"


def test_of_several_bases_the_later_wins(tmp_path, monkeypatch):
    write(tmp_path, a="seed: 1\nalpha: 0.1\n", b="seed: 2\n", x="extends: [a.yaml, b.yaml]\nmodel: y ~ x\n")
    plain = to_plain(resolved("x.yaml", monkeypatch, tmp_path).tree)
    assert (plain["seed"], plain["alpha"]) == (2, 0.1)


@pytest.mark.parametrize(
    "files, code, line, column, words",
    [
        ({"x": "extends: no.yaml\n"}, "E140", 1, 10, "no.yaml"),
        ({"x": "extends: x.yaml\n"}, "E141", 1, 10, "x.yaml → x.yaml"),
        (
            {"x": "extends: a.yaml\n", "a": "s: 1\nextends: x.yaml\n"},
            "E141",
            2,
            10,
            "x.yaml → a.yaml → x.yaml",
        ),
        ({"x": "extends: https://a.b/c.yaml\n"}, "E143", 1, 10, "remote"),
        ({"x": 'extends: "/etc/x.yaml"\n'}, "E203", 1, 11, "absolute"),
        ({"x": "extends: shipped:no_such\n"}, "E155", 1, 10, "no_such"),
        ({"x": "extends: {a: b}\n"}, "E160", 1, 10, "file name"),
        ({"x": "base: true\n"}, "E144", 1, 1, "extended"),
        ({"x": "extends: a.yaml\n", "a": "b: [1\n"}, "E110", 1, 4, "bracket"),
        ({"x": "vcov: hc1\ndefaults: {vcov: hc3}\n"}, "E159", 1, 1, "vcov"),
    ],
)
def test_what_cannot_be_extended(tmp_path, monkeypatch, files, code, line, column, words):
    write(tmp_path, **files)
    found = refused("x.yaml", monkeypatch, tmp_path)
    assert (found.code, found.place.line, found.place.column) == (code, line, column)
    assert words in found.message


def test_eight_files_deep_is_the_limit(tmp_path, monkeypatch):
    for depth in range(9):
        write(tmp_path, **{f"f{depth}": f"extends: f{depth + 1}.yaml\n"})
    write(tmp_path, f8="seed: 1\n", f9="seed: 2\n")
    assert to_plain(resolved("f0.yaml", monkeypatch, tmp_path).tree) == {"seed": 1}
    write(tmp_path, f8="extends: f9.yaml\n")
    assert refused("f0.yaml", monkeypatch, tmp_path).code == "E142"


def test_the_file_above_wins_in_either_form_of_a_default(tmp_path, monkeypatch):
    write(tmp_path, a="defaults: {vcov: hc1}\nweights: w\n", x="extends: a.yaml\nvcov: hc3\nmodel: y ~ x\n")
    node = resolved("x.yaml", monkeypatch, tmp_path).models[0].node
    assert (node.get("vcov").value, node.get("weights").value) == ("hc3", "w")
    write(tmp_path, a="vcov: hc1\n", x="extends: a.yaml\ndefaults: {vcov: hc3}\nmodel: y ~ x\n")
    assert resolved("x.yaml", monkeypatch, tmp_path).models[0].node.get("vcov").value == "hc3"
