"""The command from outside: the same whichever way it is called, one exit status for each kind of end."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import impact
from impact.cli.main import main

SPEC = """spec: 1
data: {file: small.csv}
models: {main: {formula: "y ~ x", vcov: hc1}}
"""
ROWS = "y,x,g\n" + "".join(f"{3 + 2 * (k % 3) + (k % 5) / 10},{k % 3},{k % 4}\n" for k in range(24))


def call(*arguments, folder=None):
    command = [sys.executable, "-m", "impact", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


@pytest.fixture
def inside(folder, monkeypatch, capsys):
    """The same call without a process of its own, in the folder: status, output, messages."""

    def run(*arguments):
        monkeypatch.chdir(folder)
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        return subprocess.CompletedProcess(arguments, int(left.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "small.yaml").write_text(SPEC)
    (tmp_path / "small.csv").write_text(ROWS)
    return tmp_path


def test_help_and_version():
    shown = call("--help")
    assert shown.returncode == 0
    assert all(name in shown.stdout for name in ("run", "check", "replicate", "verify"))
    assert impact.__version__ in call("version").stdout


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["rnu"], 2),
        (["check", "absent.yaml"], 3),
        (["run", "--jobs", "0", "x"], 2),
        (["run", "--root", "a", "x"], 2),
    ],
)
def test_mistakes_have_their_status(arguments, status):
    done = call(*arguments)
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_run_then_verify(folder, inside):
    assert inside("check", "small.yaml").returncode == 0
    done = call("run", "small.yaml", "--out", "here", "--jobs", "2", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = (
        r for r in json.loads((folder / "here/small/results.json").read_text())["rows"] if r["term"] == "x"
    )
    assert f"{row['estimate']:.3f}" in done.stdout
    assert call("verify", "here/small", folder=folder).returncode == 0
    (folder / "small.csv").write_text(ROWS + "9,9,9\n")
    assert inside("verify", "here/small").returncode == 6


def test_run_says_what_fails(folder, inside):
    (folder / "small.csv").unlink()
    assert inside("run", "small.yaml").returncode == 4
    (folder / "small.csv").write_text(ROWS.replace("y,x", "y,z"))
    wrong = call("run", "small.yaml", "--format", "json", folder=folder)
    assert wrong.returncode == 3
    assert json.loads(wrong.stdout)[0]["faults"][0]["code"] == "E514"
    assert not (folder / "reports").exists()


def test_a_regression_without_a_spec_and_the_spec_it_saves(folder, inside):
    done = call("fit", "small.csv", "y ~ x", "--vcov", "hc1", "--save", "saved.yaml", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "x" in done.stdout
    absolute = str(folder / "small.csv")
    assert inside("fit", absolute, "y ~ x", "--save", "specs/s.yaml").returncode == 7
    (folder / "specs").mkdir()
    for file in ("small.csv", absolute):
        assert inside("fit", file, "y ~ x", "--save", "specs/s.yaml").returncode == 0
        assert 'file: "../small.csv"' in (folder / "specs/s.yaml").read_text()
    assert inside("run", "saved.yaml").returncode == 0
    (saved,) = folder.glob("reports/*/results.json")
    rows = json.loads(saved.read_text())["rows"]
    assert inside("run", "small.yaml").returncode == 0
    again = json.loads((folder / "reports/small/results.json").read_text())["rows"]
    assert [(r["estimate"], r["std_error"]) for r in rows] == [(r["estimate"], r["std_error"]) for r in again]


def test_a_folder_lists_what_could_not_be_run_for_want_of_its_data(folder, inside):
    absent = "spec: 1\ndata: {root: survey, file: persons.csv, access: restricted}\nmodel: y ~ x\n"
    (folder / "specs").mkdir()
    (folder / "specs/absent.yaml").write_text(absent)
    (folder / "specs/small.yaml").write_text(
        (folder / "small.yaml").read_text().replace("small.csv", "../small.csv")
    )
    alone = inside("run", "specs/absent.yaml")
    assert alone.returncode == 4 and "error[E226]" in alone.stderr
    both = call("run", "specs", folder=folder)
    assert (both.returncode, both.stderr) == (0, "")
    assert "specs/absent.yaml   not run: data absent (persons.csv)" in both.stdout
    records = json.loads(inside("run", "specs", "--format", "json").stdout)
    assert [record["not_run"] for record in records] == ["data absent", None]
