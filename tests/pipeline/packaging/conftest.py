"""A study on disk with everything that a clean package has, its report, and its package, made once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest

import impact.pipeline.packaging.package as packages
from impact.pipeline.packaging.package import write_package
from impact.pipeline.study import StudyOptions, run_study

ROOT = Path(__file__).resolve().parents[3]
BASE = """
base: true
spec: 1
seed: 3
data:
  main:
    file: ../../raw/panel.csv
    source: An office
    citation: An office (2024), Panel
    licence: CC0
    access: public
    accessed: "2024-05-01"
  prices: {file: ../../raw/prices.csv, source: A bank, licence: CC0, access: public, accessed: "2024-05-01"}
joins: {prices: {on: year, columns: [price]}}
"""
SPEC = """
extends: common/base.yaml
study: clean
title: {en: A clean study, es: Un estudio limpio}
question: Did it rise?
params: {scale: 2}
derive: {real: scale * y / price}
models:
  main: {formula: "real ~ x | unit", vcov: {cluster: unit}, wild: {reps: 99}}
  groups: {formula: "real ~ x | unit", by: half, vcov: {cluster: unit}}
labels: {x: {en: The treatment, es: El tratamiento}}
tables: {t1: {columns: [main], title: {en: Main table, es: Cuadro principal}}}
figures: {f1: {kind: coefplot, models: [main]}}
outputs: {formats: [md, tex], figures: [svg]}
published:
  paper:
    source: {text: "A. Author (2020), A paper", where: Table 1, evidence: table}
    grid: {columns: [main], rows: {x: {estimate: ["+"]}}}
"""


def write_files(folder: Path, **changes: str) -> None:
    """The spec, its base and its data; ``base`` and ``spec`` are replaced texts."""
    random = np.random.default_rng(5)
    unit, year = np.repeat(np.arange(1, 31), 8), np.tile(np.arange(2010, 2018), 30)
    x = random.normal(size=240).round(4)
    y = (2 * x + 0.1 * unit + random.normal(size=240)).round(4)
    rows = [f"{u},{t},{u % 2},{a},{b},0" for u, t, a, b in zip(unit, year, x, y, strict=True)]
    (folder / "raw").mkdir()
    (folder / "specs/common").mkdir(parents=True)
    (folder / "raw/panel.csv").write_text("\n".join(["unit,year,half,x,y,unused", *rows]) + "\n")
    prices = [f"{year},{1 + 0.01 * k:.2f}" for k, year in enumerate(range(2010, 2018))]
    (folder / "raw/prices.csv").write_text("\n".join(["year,price", *prices]) + "\n")
    (folder / "raw/stray.csv").write_text("a\n1\n")
    (folder / "impact.toml").write_text("")
    (folder / "specs/common/base.yaml").write_text(changes.get("base", BASE))
    (folder / "specs/clean.yaml").write_text(changes.get("spec", SPEC))


def make_study(folder: Path, **changes: str) -> Path:
    """The files and the report in FOLDER/reports/clean."""
    write_files(folder, **changes)
    with chdir(folder):
        run_study("specs/clean.yaml", StudyOptions(out=Path("reports")))
    return folder


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory):
    """The project of the clean study; tests do not write in it."""
    return make_study(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def written(study_folder):
    """Its package, as `impact package` tells it."""
    with chdir(study_folder):
        made = write_package(["clean"], out=study_folder / "package", archive=True)
    return study_folder / "package", made


@pytest.fixture
def package(written, tmp_path):
    """A copy of the package that a test may spoil."""
    copy = tmp_path / "package"
    shutil.copytree(written[0], copy)
    return copy


@pytest.fixture
def without_running(monkeypatch):
    """The reports as they are instead of those of a run inside the package: for what the run does not change."""

    def own(studies, files):
        return {
            f"reports/{study.name}/{file.relative_to(study.folder).as_posix()}": file.read_bytes()
            for study in studies
            for file in sorted(study.folder.rglob("*"))
            if file.is_file()
        }

    monkeypatch.setattr(packages, "run_again", own)


@pytest.fixture
def program():
    """The command line as a program, in a folder."""

    def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "impact", *arguments],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def read(file: Path):
    """A JSON file."""
    return json.loads(file.read_text(encoding="utf-8"))
