"""The same input gives the same bytes: all files but run.log and the run block of the manifest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from impact.cli.main import main

SPEC = """spec: 1
title: {en: Wages, es: Salarios de España}
language: [en, es]
data: panel.csv
design: {unit: unit, time: year, treated: 'unit in ["u01", "u02"]', from: 2017}
permute: {unit: unit, reps: 199}
models:
  main: "y ~ exposed + x | unit + year"
  event: "y ~ i(year, treated, ref=2016) | unit + year"
  groups: {formula: "y ~ exposed | unit + year", by: sex, margins: [all], min_cell: 0}
  weighted: {formula: "y ~ exposed | unit + year + region^sex", weights: {w: analytic}, vcov: {cluster: [unit, region]}}
  hc: {formula: "y ~ x + z + poly(x,2):z | unit", vcov: hc3, permute: null}
robustness:
  of: main
  rows: {without_one: {filter+: unit != "u05"}, placebo: {filter+: year < 2017, design.from: 2016, expect: no_effect}}
  drop_one: {unit: unit}
tests:
  bound: {kind: equivalence, of: main, bound: 0.5, reason: a}
  sets: {kind: randomization, of: main}
seed: 5
"""


def rows() -> list[str]:
    rng = np.random.default_rng(11)
    lines = []
    for i in range(1, 41):
        for t in range(2013, 2021):
            numbers = ",".join(
                f"{v:.6f}" for v in [0.1 * i + rng.normal(), rng.normal(), rng.normal(), rng.uniform(0.5, 2)]
            )
            lines.append(f"u{i:02d},{t},{numbers},{'nsew'[i % 4]},{('women', 'men')[(i * 7 + t) % 3 == 0]}")
    return lines


HEADER = "unit,year,y,x,z,w,region,sex"


def write(folder: Path, lines: list[str], header: str = HEADER) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "panel.csv").write_text("\n".join([header, *lines]) + "\n")
    (folder / "s.yaml").write_text(SPEC)
    return folder


def run(folder: Path, *arguments: str, **environment: str) -> dict[str, bytes]:
    """The report of a run in a process of its own."""
    surroundings = {**os.environ, "MPLBACKEND": "agg", **environment}
    shutil.rmtree(folder / "reports", ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-m", "impact", "run", "s.yaml", "-q", *arguments],
        cwd=folder, env=surroundings, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return contents(folder / "reports" / "s")


def run_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The report of a run in this process, after whatever other tests ran in it."""
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as left:
        main(["run", "s.yaml", "-q"])
    assert not left.value.code
    return contents(folder / "reports" / "s")


def contents(folder: Path) -> dict[str, bytes]:
    found = {
        str(f.relative_to(folder)): f.read_bytes()
        for f in folder.rglob("*")
        if f.is_file() and f.name != "run.log"
    }
    manifest = json.loads(found.pop("manifest.json"))
    manifest.pop("run")
    return {**found, "manifest.json": json.dumps(manifest, sort_keys=True).encode()}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return run(write(tmp_path_factory.mktemp("first"), rows()))


def assert_same(found: dict[str, bytes], first: dict[str, bytes], *, but: tuple[str, ...] = ()) -> None:
    assert found.keys() == first.keys()
    assert [name for name in found if found[name] != first[name] and name not in but] == []


def test_something_is_there(first):
    assert {"results.json", "report.en.html", "report.es.html"} & set(first)
    models = json.loads(first["results.json"])["models"]
    assert len(models) > 40 and all(facts["status"] == "ok" for facts in models.values())


@pytest.mark.parametrize(
    ("jobs", "environment"),
    [
        (
            "2",
            {
                "PYTHONHASHSEED": "17",
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
                "IMPACT_THREADS": "1",
            },
        ),
        (
            "3",
            {
                "PYTHONHASHSEED": "3",
                "OPENBLAS_NUM_THREADS": "2",
                "OMP_NUM_THREADS": "2",
                "IMPACT_THREADS": "2",
                "LC_ALL": "de_DE.UTF-8",
                "LANG": "tr_TR.UTF-8",
                "TZ": "Pacific/Kiritimati",
            },
        ),
    ],
    ids=["two jobs, one thread", "three jobs, two threads, locale and zone"],
)
def test_surroundings(first, tmp_path, jobs, environment):
    assert_same(run(write(tmp_path / "a folder ñ", rows()), "--jobs", jobs, **environment), first)


def numbers_of(found: dict[str, bytes]) -> dict[str, bytes]:
    """Everything but what names the input file's own hash."""
    document = json.loads(found["results.json"])
    document.pop("data")
    tables = {name: content for name, content in found.items() if name.startswith(("tables/", "figures/"))}
    return {
        **tables,
        "results.csv": found["results.csv"],
        "results": json.dumps(document, sort_keys=True).encode(),
    }


def test_order_of_rows(first, tmp_path, monkeypatch):
    lines = rows()
    np.random.default_rng(2).shuffle(lines)
    found = run_here(write(tmp_path, lines), monkeypatch)
    assert_same(numbers_of(found), numbers_of(first))


def test_order_of_columns_and_unused_ones(first, tmp_path, monkeypatch):
    order = [5, 3, 7, 0, 2, 6, 1, 4]
    names = HEADER.split(",")
    lines = [",".join([*(line.split(",")[j] for j in order), str(i % 7)]) for i, line in enumerate(rows())]
    header = ",".join([*(names[j] for j in order), "unused"])
    found = run_here(write(tmp_path, lines, header=header), monkeypatch)
    assert_same(numbers_of(found), numbers_of(first))


def test_twice(tmp_path, monkeypatch, capsys):
    write(tmp_path, rows()[:160])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["run", "s.yaml", "--twice", "--jobs", "2"])
    shown = capsys.readouterr()
    assert not left.value.code, shown.err
    assert "byte-identical" in shown.out
