"""Shipped files and what paths may name."""

import pytest

from impact.core.errors import Place, SpecError
from impact.schema.load import load_nodes
from impact.schema.nodes import from_plain
from impact.schema.shipped import (
    find_shipped,
    folder_of,
    require_shipped,
    resolve_path,
    shipped_folder,
    shipped_names,
)


def text_at(value, file="specs/x.yaml"):
    return from_plain(value, Place(file, 3, 7, 12))


def test_shipped_files_are_found_with_and_without_suffix():
    names = shipped_names("data")
    assert names == tuple(sorted(names)) and names
    stem = next(name for name in names if name.endswith(".csv"))
    assert find_shipped(stem, "data") == find_shipped(stem.removesuffix(".csv"), "data") is not None


@pytest.mark.parametrize(
    "name", ["../pyproject.toml", "/etc/passwd", "a/../../pyproject.toml", "x\0y", "no_such"]
)
def test_nothing_outside_the_shelf_is_shipped(name):
    assert find_shipped(name, "specs") is None
    with pytest.raises(SpecError) as caught:
        require_shipped(name, "specs", Place("x.yaml", 1, 1))
    assert caught.value.code == "E155"


@pytest.mark.parametrize(
    "value, code",
    [("/data/x.csv", "E203"), ("~/x.csv", "E203"), ("C:\\x.csv", "E203"), ("c:/x.csv", "E203"),
     ("\\x.csv", "E203"),
     ("https://example.org/x.csv", "E143"), ("http:x.csv", "E143"), ("s3://bucket/x.csv", "E143"),
     ("file:///x.csv", "E143"), ("//server/x.csv", "E143"), ("\\\\server\\x.csv", "E143")],
)  # fmt: skip
def test_absolute_and_remote_paths(value, code):
    with pytest.raises(SpecError) as caught:
        resolve_path(text_at(value))
    assert caught.value.code == code and caught.value.where.line == 3


def test_paths_are_relative_to_the_file_that_names_them():
    assert resolve_path(text_at("../data/x.csv")).as_posix() == "specs/../data/x.csv"
    assert resolve_path(text_at("x.csv", "specs/common/lima.yaml")).as_posix() == "specs/common/x.csv"
    assert resolve_path(text_at("x.csv", "<python>")).as_posix() == "x.csv"
    assert resolve_path(text_at("x.csv", "--set data=x.csv")).as_posix() == "x.csv"
    assert folder_of("shipped:common/lima.yaml") == shipped_folder("specs") / "common"


def test_named_roots():
    data = load_nodes("data: {root: enaho, file: 2020/p.dta}\n", name="x.yaml").get("data")
    found = resolve_path(data.get("file"), root=data.get("root"), roots={"enaho": "/big/disk"})
    assert found.as_posix() == "/big/disk/2020/p.dta"
    with pytest.raises(SpecError) as caught:
        resolve_path(data.get("file"), root=data.get("root"), roots={"enaho_old": "/x"})
    assert caught.value.code == "E162" and caught.value.suggestion == "enaho_old"
    assert caught.value.where.column == 14
