"""Reports that can be trusted, and each way in which one cannot."""

from __future__ import annotations

import json
import shutil

import pytest

from impact.core.errors import DataError, VerificationError
from impact.pipeline.finished.verify import (
    differing_files,
    read_manifest,
    require_same,
    run_again,
    verify_folder,
)
from impact.pipeline.study import StudyOptions, run_study


@pytest.fixture(scope="module")
def written(settled, tmp_path_factory):
    """The study's folder with a fresh report, written from inside as a user would."""
    folder = tmp_path_factory.mktemp("written") / "study"
    shutil.copytree(settled, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return folder, run_study("small.yaml", StudyOptions()).folder


@pytest.fixture
def report(written, folder, monkeypatch):
    """A report and its study, free to be changed."""
    whole, name = written
    shutil.copytree(whole, folder, dirs_exist_ok=True)
    monkeypatch.chdir(folder)
    return name


def test_a_fresh_report(report):
    found = verify_folder(report)
    assert found.differences == ()
    assert found.n_inputs == 1
    assert found.n_outputs == len(read_manifest(report)["outputs"]) > 5
    require_same(found)


def test_a_changed_output(report):
    (report / "results.csv").write_bytes((report / "results.csv").read_bytes() + b"\n")
    (report / "report.html").unlink()
    found = verify_folder(report, rerun=False)
    assert len(found.differences) == 2
    assert any("results.csv" in line for line in found.differences)
    with pytest.raises(VerificationError) as caught:
        require_same(found)
    assert caught.value.exit_status == 6
    assert [fault.code for fault in caught.value.faults] == ["E620", "E620"]


def test_changed_data(report, folder):
    text = (folder / "panel.csv").read_text()
    (folder / "panel.csv").write_text(text.replace("2013,", "2013.0,", 1))
    assert any("panel.csv" in line for line in verify_folder(report).differences)


def test_a_changed_spec(report, folder):
    with (folder / "small.yaml").open("a", encoding="utf-8") as file:
        file.write("# a remark\n")
    assert any("small.yaml" in line for line in verify_folder(report, rerun=False).differences)


@pytest.mark.parametrize("content", [None, "not json"])
def test_no_manifest(report, content):
    (report / "manifest.json").unlink()
    if content is not None:
        (report / "manifest.json").write_text(content)
    with pytest.raises(DataError) as caught:
        verify_folder(report)
    assert caught.value.code == "E263"


def test_clock_and_log_do_not_count(report, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(report, other)
    (other / "run.log").write_text("{}\n")
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["run"] = {}
    (other / "manifest.json").write_text(json.dumps(manifest))
    assert differing_files(report, other) == []
    (other / "results.csv").write_text("")
    (other / "more.txt").write_text("")
    assert differing_files(report, other) == ["more.txt", "results.csv"]


def test_the_second_run_is_the_first(report):
    assert run_again("small.yaml", StudyOptions()) == []
