"""Where data files are found: beside the spec, under roots, shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact.core.errors import DataError
from impact.data.paths import collect_roots, locate, project_folder
from impact.data.read import read_frame
from impact.schema.data_blocks import DataBlock
from impact.schema.shipped import shipped_folder


def project(folder: Path) -> Path:
    specs = folder / "study" / "specs"
    (folder / "study" / "data").mkdir(parents=True)
    specs.mkdir()
    (folder / "study" / "data" / "x.csv").write_text("a\n1\n")
    return specs


def test_beside_the_folder_of_the_spec(tmp_path: Path) -> None:
    specs = project(tmp_path)
    found = locate(DataBlock(file="../data/x.csv"), folder=specs, roots={})
    assert found.path == (tmp_path / "study" / "data" / "x.csv").resolve()
    assert found.shown == "../data/x.csv"
    assert locate(DataBlock(file="..\\data\\x.csv"), folder=specs, roots={}).path == found.path


def test_the_project_is_the_nearest_marked_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = project(tmp_path)
    deep = specs / "crime" / "lima"
    deep.mkdir(parents=True)
    monkeypatch.chdir("/")
    assert project_folder(deep) == deep.parent.resolve()
    monkeypatch.chdir(tmp_path / "study")
    assert project_folder(deep) == (tmp_path / "study").resolve()
    (tmp_path / "impact.toml").write_text("")
    assert project_folder(deep) == tmp_path.resolve()


def test_roots_by_file_variable_and_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = project(tmp_path)
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "p.csv").write_text(f"{name}\n1\n")
    (tmp_path / "study" / "impact.toml").write_text('[roots]\nenaho = "../one"\nother = "../two"\n')
    roots = collect_roots(specs)
    assert {name: path.resolve() for name, path in roots.items()} == {
        "enaho": (tmp_path / "one").resolve(),
        "other": (tmp_path / "two").resolve(),
    }
    block = DataBlock(file="p.csv", root="enaho")
    assert list(read_frame(block, folder=specs, roots=roots).columns) == ["one"]
    monkeypatch.setenv("IMPACT_ROOT_ENAHO", str(tmp_path / "two"))
    assert list(read_frame(block, folder=specs, roots=collect_roots(specs)).columns) == ["two"]
    given = collect_roots(specs, {"ENAHO": str(tmp_path / "three")})
    frame = read_frame(block, folder=specs, roots=given)
    assert list(frame.columns) == ["three"]
    assert (frame.files["main"]["root"], frame.files["main"]["file"]) == ("enaho", "p.csv")
    assert str(tmp_path) not in str(frame.files)


@pytest.mark.parametrize("text", ["roots = 3", "[roots]\nx = 1", "[roots\n"])
def test_broken_project_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "impact.toml").write_text(text)
    with pytest.raises(DataError) as caught:
        collect_roots(tmp_path)
    assert caught.value.code == "E238"


def test_shipped_files_by_name() -> None:
    folder = Path("/")
    for name in ("shipped:castle", "shipped:castle.csv"):
        assert (
            locate(DataBlock(file=name), folder=folder, roots={}).path
            == shipped_folder("data") / "castle.csv"
        )
    with pytest.raises(DataError):
        locate(DataBlock(file="shipped:../pyproject.toml"), folder=folder, roots={})


def test_shipped_specs_reach_the_data_shipped_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "impact"
    for folder in ("specs/common", "data"):
        (package / "_shipped" / folder).mkdir(parents=True)
    (package / "_shipped" / "data" / "x.csv").write_text("a\n1\n")
    (package / "secret.csv").write_text("a\n1\n")
    monkeypatch.setattr("impact.schema.shipped._PACKAGE", package)
    specs = package / "_shipped" / "specs" / "common"
    found = locate(DataBlock(file="../../data/x.csv"), folder=specs, roots={})
    assert found.path == package / "_shipped" / "data" / "x.csv"
    with pytest.raises(DataError) as caught:
        locate(DataBlock(file="../../../secret.csv"), folder=specs, roots={})
    assert caught.value.code == "E204"
