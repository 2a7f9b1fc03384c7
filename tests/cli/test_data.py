"""`impact data peru-lab` from outside: files, plain data, and what cannot be."""

from __future__ import annotations

import csv
import json

import pytest

import impact.data.peru_lab.sample as sample


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setitem(sample.A_QUARTER, "small", 1_000)


def test_all_tables(call, folder):
    said = call("data", "peru-lab", "--world", "mixed", "--seed", "7", "--out", "lab")
    assert said.status == 0
    files = sorted(path.name for path in (folder / "lab").iterdir())
    assert len(files) == 12 and all(name.startswith("synthetic_") for name in files)
    assert "synthetic_persons.csv: " in said.out and "world mixed, size small, seed 7" in said.out
    with (folder / "lab" / "synthetic_truth.csv").open(encoding="utf-8") as file:
        known = {row["id"]: float(row["effect"]) for row in csv.DictReader(file)}
    assert known["B1"] == -0.01 and known["C1_robbery"] == 0.01


def test_some_tables_as_data_with_knobs(call, folder):
    said = call(
        "data", "peru-lab", "--out", "lab", "--table", "trial", "--as", "parquet", "--set", "attrition=0",
        "--set", "denominator=without", "--format", "json",
    )  # fmt: skip
    about = json.loads(said.out)
    assert about["knobs"]["attrition"] == 0 and about["knobs"]["denominator"] == "without"
    assert sorted(about["files"]) == ["synthetic_trial.parquet", "synthetic_truth.csv"]
    assert (folder / "lab" / "synthetic_trial.parquet").is_file()
    written = json.loads((folder / "lab" / "synthetic_metadata.json").read_text(encoding="utf-8"))
    assert written == about


def test_spanish(call, folder):
    said = call("data", "peru-lab", "--out", "lab", "--table", "budget", "--lang", "es")
    assert "datos sintéticos: mundo ac2020" in said.out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("peru-lap", "--out", "x"), 4, ("E267", "did you mean 'peru-lab'?")),
        (("persons.csv",), 4, ("E201",)),
        (("persons",), 4, ("E267",)),
        (("peru-lab", "--out", "x", "--convert", "y.csv"), 2, ("--convert",)),
        (("persons.csv", "--out", "x"), 2, ("--out",)),
        (("peru-lab", "--out", "x", "--set", "rho_srt=0"), 4, ("E264", "did you mean 'rho_sort'?")),
        (("peru-lab", "--out", "x", "--set", "ar=2", "--set", "b=1"), 4, ("E265", "E264", "0 … 0.95")),
        (("peru-lab", "--out", "x", "--set", "rho_sort=0.9"), 4, ("E266",)),
        (("peru-lab", "--out", "x", "--table", "crime"), 4, ("E269", "did you mean 'crimes'?")),
        (("peru-lab", "--out", "x", "--set", "ar"), 2, ("KNOB=VALUE",)),
        (("peru-lab", "--out", "x", "--world", "nul"), 2, ("ac2020",)),
        (("peru-lab",), 2, ("--out FOLDER",)),
        ((), 2, ("peru-lab",)),
    ],
)
def test_what_cannot_be(call, folder, arguments, status, words):
    said = call("data", *arguments)
    assert said.status == status
    for word in words:
        assert word in said.err
    assert not (folder / "x").exists()


def test_a_file_in_the_way(call, folder):
    (folder / "taken").write_text("x")
    said = call("data", "peru-lab", "--out", "taken", "--table", "budget")
    assert said.status == 7 and "E721" in said.err


def test_a_file_is_described_and_converted(call, folder):
    (folder / "a.csv").write_text("id,year,x\n1,2001,0.5\n1,2002,\n2,2001,3\n2,2002,4\n")
    said = call("data", "a.csv", "--format", "json", "--convert", "b.parquet")
    assert said.status == 0, said.err
    facts = json.loads(said.out)
    assert facts["converted"] == "b.parquet" and (folder / "b.parquet").is_file()
    assert call("data", "b.parquet").status == 0
