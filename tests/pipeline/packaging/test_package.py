"""A package holds what the studies used and nothing else, runs in a fresh folder, and is the same every time."""

from __future__ import annotations

import hashlib
import zipfile
from contextlib import chdir
from pathlib import Path

import pytest

from impact.core.errors import DataError, OutputError, VerificationError
from impact.pipeline.packaging.package import write_package

from .conftest import BASE, SPEC, make_study, read


def names(folder):
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def test_only_used_files_enter(written):
    folder, made = written
    found = names(folder)
    assert [one for one in found if one.startswith("data/")] == ["data/panel.csv", "data/prices.csv"]
    assert [one for one in found if one.startswith("specs/")] == [
        "specs/clean.yaml", "specs/original/clean/base.yaml", "specs/original/clean/clean.yaml",
    ]  # fmt: skip
    tops = {one.split("/")[0] for one in found}
    assert tops == {
        "README.md",
        "data",
        "impact.toml",
        "manifest.json",
        "reports",
        "requirements.txt",
        "specs",
    }
    assert made.studies == ("clean",)
    assert made.notices == ()
    assert (folder / "specs/original/clean/clean.yaml").read_text() == SPEC


def test_the_manifest_holds_the_checksum_of_every_file(written):
    folder, made = written
    listed = read(folder / "manifest.json")["outputs"]
    found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names(folder)}
    del found["manifest.json"]
    assert {name: facts["sha256"] for name, facts in listed.items()} == found
    assert made.n_files == len(found) + 1


def test_one_command_in_a_fresh_folder_gives_the_same(package, program):
    run = program("run", "specs", "--out", "again", cwd=package)
    assert run.returncode == 0, run.stderr
    assert "impact run specs --out again" in (package / "README.md").read_text()
    diff = program("diff", "reports/clean", "again/clean", cwd=package)
    assert diff.returncode == 0, diff.stdout
    assert "no result differs" in diff.stdout
    assert "no input is known to have changed" in diff.stdout
    for file in (package / "again/clean").rglob("*"):
        if file.is_file() and file.name not in ("run.log", "manifest.json"):
            twin = package / "reports/clean" / file.relative_to(package / "again/clean")
            assert file.read_bytes() == twin.read_bytes(), file
    check = program("check", "--package", ".", cwd=package)
    assert check.returncode == 0, check.stdout
    assert "14 pass, 0 warn, 0 fail" in check.stdout


def test_the_same_input_gives_the_same_bytes(study_folder, written, tmp_path):
    with chdir(study_folder):
        second = write_package(["reports/clean"], out=tmp_path / "package", archive=True)
    assert names(second.folder) == names(written[0])
    for name in names(second.folder):
        assert (second.folder / name).read_bytes() == (written[0] / name).read_bytes(), name
    assert second.archive.read_bytes() == written[1].archive.read_bytes()


def test_the_archive_is_the_folder(study_folder, written):
    with zipfile.ZipFile(written[1].archive) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    assert inside == {f"package/{name}": (written[0] / name).read_bytes() for name in names(written[0])}


def test_nothing_tells_the_machine(written, study_folder):
    machine = (str(study_folder), str(Path.home()))
    for name in names(written[0]):
        content = (written[0] / name).read_bytes()
        assert not any(one.encode() in content for one in machine), name


RESTRICTED = BASE.replace("access: public", 'access: "restricted: ask the office"', 1)


def test_restricted_data_never_enter(tmp_path, program):
    folder = make_study(tmp_path, base=RESTRICTED)
    with chdir(folder):
        made = write_package(["clean"], out=Path("package"), archive=True)
    assert made.left_out == ("panel.csv",)
    assert [one.code for one in made.notices] == ["W646"]
    raw = (folder / "raw/panel.csv").read_bytes()
    for name in names(folder / "package"):
        assert raw not in (folder / "package" / name).read_bytes()
    assert "data/panel.csv" not in names(folder / "package")
    page = (folder / "package/README.md").read_text()
    assert "ask the office" in page
    assert "1 of 2 data files cannot be made publicly available" in page
    row = next(line for line in page.splitlines() if line.startswith("| `x` |"))
    assert row == "| `x` | The treatment | number | - | - |"
    run = program("run", "specs/clean.yaml", "--out", "again", cwd=folder / "package")
    assert run.returncode == 4
    assert "ask the office" in run.stderr
    check = program("check", "--package", ".", cwd=folder / "package")
    assert check.returncode == 0, check.stdout
    with chdir(folder), pytest.raises(DataError) as refused:
        write_package(["clean"], out=Path("other"), open_only=True)
    assert refused.value.code == "E634"


def test_data_without_a_word_on_access_enter_with_a_warning(tmp_path, without_running):
    folder = make_study(tmp_path, base=BASE.replace("    access: public\n", ""))
    with chdir(folder):
        made = write_package(["clean"], out=Path("package"))
    assert [one.code for one in made.notices] == ["W645"]
    assert "data/panel.csv" in names(folder / "package")


def test_a_synthetic_study_says_so(tmp_path, without_running):
    base = BASE.replace("access: public", "access: synthetic", 1)
    folder = make_study(tmp_path, base=base)
    with chdir(folder):
        write_package(["clean"], out=Path("package"))
    page = (folder / "package/README.md").read_text().lower()
    assert "synthetic" in page.split("## data availability")[0]


def test_refusals(tmp_path):
    folder = make_study(tmp_path)
    with chdir(folder):
        assert refused(["nothing"]) == "E263"
        Path("full").mkdir()
        Path("full/mine.txt").write_text("mine")
        with pytest.raises(OutputError) as held:
            write_package(["clean"], out=Path("full"))
        assert held.value.code == "E637"
        assert names(Path("full")) == ["mine.txt"]
        table = next(Path("reports/clean/tables").iterdir())
        before = table.read_bytes()
        table.write_bytes(before + b" ")
        assert refused(["clean"]) == "E630"
        table.write_bytes(before)
        data = Path("raw/panel.csv").read_text()
        Path("raw/panel.csv").write_text(data + "31,2010,1,0.5,0.5,0\n")
        assert refused(["clean"]) == "E633"
        Path("raw/panel.csv").write_text(data)
        Path("specs/clean.yaml").write_text(SPEC.replace("reps: 99", "reps: 199"))
        assert refused(["clean"]) == "E632"
        Path("specs/clean.yaml").unlink()
        assert refused(["clean"]) == "E631"


def refused(studies):
    with pytest.raises(DataError) as found:
        write_package(studies, out=Path("package"))
    assert not Path("package").exists()
    return found.value.code


def test_a_report_that_is_not_what_its_spec_gives_is_refused(tmp_path):
    """A number of the report is changed, with its checksum: only running again can tell."""
    import json

    folder = make_study(tmp_path)
    results, manifest = (folder / f"reports/clean/{name}.json" for name in ("results", "manifest"))
    document = read(results)
    document["rows"][0]["estimate"] *= 1.0001
    results.write_text(json.dumps(document))
    stored = read(manifest)
    content = results.read_bytes()
    stored["outputs"]["results.json"] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    manifest.write_text(json.dumps(stored))
    with chdir(folder), pytest.raises(VerificationError) as found:
        write_package(["clean"], out=Path("package"))
    assert found.value.code == "E636"
    assert "estimate" in found.value.faults[0].message


def test_two_studies_share_a_package(tmp_path):
    """Files of one name and other content both enter; two reports of one study are refused."""
    folder = make_study(tmp_path)
    from impact.pipeline.study import StudyOptions, run_study

    with chdir(folder):
        Path("raw/more").mkdir()
        Path("raw/more/panel.csv").write_text(Path("raw/panel.csv").read_text() + "31,2010,1,0.5,0.5,0\n")
        other = "spec: 1\ndata: {file: ../raw/more/panel.csv, access: public}\nmodel: y ~ x\n"
        Path("specs/other.yaml").write_text(other)
        run_study("specs/other.yaml", StudyOptions(out=Path("reports")))
        made = write_package(["clean", "other", "clean"], out=Path("package"))
        run_study("specs/clean.yaml", StudyOptions(out=Path("elsewhere")))
        assert refused_twin() == "E639"
    assert made.studies == ("clean", "other")
    assert "data/other_panel.csv" in names(folder / "package")
    assert "../data/other_panel.csv" in (folder / "package/specs/other.yaml").read_text()
    assert "reports/index.html" in names(folder / "package")


def refused_twin():
    with pytest.raises(DataError) as found:
        write_package(["clean", "elsewhere/clean"], out=Path("twins"))
    return found.value.code
