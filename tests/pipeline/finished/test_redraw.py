"""Views drawn again must be the bytes that the run drew, and nothing may be estimated on the way."""

from __future__ import annotations

import json
import shutil

import pytest

import impact.pipeline.street as street
from impact.core.errors import DataError
from impact.pipeline.finished.redraw import redraw_report
from impact.pipeline.finished.verify import verify_folder
from impact.pipeline.study import StudyOptions, run_study


@pytest.fixture(scope="module")
def finished(settled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("redrawn") / "study"
    shutil.copytree(settled, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run_study("small.yaml", StudyOptions())
    return folder


@pytest.fixture
def report(finished, tmp_path, monkeypatch):
    folder = tmp_path / "study"
    shutil.copytree(finished, folder)
    monkeypatch.chdir(folder)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("estimated")

    monkeypatch.setattr(street, "fit_models", refuse)
    return next((folder / "reports").iterdir())


def contents(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_same_bytes_without_estimating_or_data(report, finished):
    before = contents(report)
    for data in finished.glob("*.csv"):
        assert data.is_file()
    for data in report.parents[1].glob("*.csv"):
        data.unlink()
    redraw_report(report)
    assert contents(report) == before


def test_a_lost_view_comes_back(report):
    before = contents(report)
    (report / "report.html").unlink()
    shutil.rmtree(report / "tables")
    redraw_report(report)
    assert contents(report) == before


def test_another_language_and_fewer_formats(report):
    numbers = (report / "results.json").read_bytes()
    files, _ = redraw_report(report, languages=("es",), formats=("docx",))
    assert '<html lang="es">' in (report / "report.html").read_text()
    tables = [name for name in files if name.startswith("tables/")]
    assert tables and all(name.endswith(".docx") for name in tables)
    assert sorted(str(file.relative_to(report)) for file in (report / "tables").iterdir()) == sorted(tables)
    assert (report / "results.json").read_bytes() == numbers
    assert verify_folder(report, rerun=False).differences == ()


def test_documents_that_compile_alone_are_listed_and_checked(report):
    files, _ = redraw_report(report, alone=True)
    alone = [name for name in files if name.endswith("-standalone.tex")]
    assert alone and all(name.startswith("tables/") for name in alone)
    assert (report / alone[0]).read_text().startswith("\\documentclass")
    assert verify_folder(report, rerun=False).differences == ()


@pytest.mark.parametrize("name", ["results.json", "spec.resolved.yaml"])
@pytest.mark.parametrize("how", ["changed", "missing"])
def test_what_was_changed_by_hand_is_not_drawn(report, name, how):
    file = report / name
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(DataError) as caught:
        redraw_report(report)
    assert caught.value.faults[0].code in {"E626", "E625"}
    assert name in caught.value.faults[0].message


def test_no_report_there(tmp_path):
    with pytest.raises(DataError) as caught:
        redraw_report(tmp_path)
    assert caught.value.faults[0].code == "E263"


def test_the_command(report, capsys):
    from impact.cli.main import main

    with pytest.raises(SystemExit) as left:
        main(["report", report.name, "--lang", "es", "--formats", "md,xlsx"])
    assert left.value.code == 0
    assert report.name in capsys.readouterr().out
    assert (report.parent / "index.html").read_text().count("report.html") == 1
    assert json.loads((report / "manifest.json").read_text())["outputs"].keys() >= {"report.html"}
    with pytest.raises(SystemExit) as left:
        main(["report", report.name, "--formats", "pdf"])
    assert left.value.code == 2
