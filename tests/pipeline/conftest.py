"""A small study on disk: twelve units, three treated, a robustness row, tests, a table, published cells and a claim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from impact.pipeline.study import StudyOptions, run_study
from impact.plan import make_plan

SPEC = """
spec: 1
title: {en: "Small study", es: "Estudio pequeño"}
seed: 3
data: {file: panel.csv, source: "made for the tests", licence: "CC0"}
design: {unit: unit, time: year, treated: "unit <= 3", from: 2017}
derive: {twice: "2 * x"}
filter: {known: "year >= 2014"}
vcov: {cluster: unit}
permute: {unit: unit, sets: same_size}
models:
  main: {formula: "y ~ exposed + x | unit + year"}
  event: {formula: "y ~ i(year, treated, ref=2016) | unit + year"}
  groups: {formula: "y ~ exposed | unit + year", by: half, permute: null}
robustness:
  of: main
  rows:
    without_x: {formula: "y ~ exposed | unit + year"}
    before: {filter+: "year < 2017", design.from: 2015, expect: no_effect}
  drop_one: {unit: unit, among: treated}
tests:
  bound: {kind: equivalence, of: main, bound: 0.5, reason: "half a unit"}
tables:
  t1: {columns: [main, event]}
published:
  paper:
    source: {text: "a page", where: "Table 1", evidence: table}
    grid: {columns: [main], rows: {exposed: {estimate: [1.50]}}}
claims:
  up: {text: "it went up", test: "main.exposed.estimate > 0", source: "a page", evidence: cited}
"""


def panel_rows():
    random = np.random.default_rng(8)
    unit, year = np.repeat(np.arange(1, 13), 7), np.tile(np.arange(2013, 2020), 12)
    x = random.normal(size=84).round(6)
    effect = 1.5 * ((unit <= 3) & (year >= 2017))
    y = (
        random.normal(size=12)[unit - 1] + 0.1 * year + 0.4 * x + effect + 0.2 * random.normal(size=84)
    ).round(6)
    return {"unit": unit, "year": year, "half": unit % 2, "x": x, "y": y}


@pytest.fixture(scope="session")
def columns():
    return panel_rows()


@pytest.fixture
def folder(tmp_path, columns) -> Path:
    """The study in a folder of its own, free to be changed."""
    return write(tmp_path, columns)


@pytest.fixture(scope="session")
def settled(tmp_path_factory, columns) -> Path:
    """The study in a folder that nobody changes."""
    return write(tmp_path_factory.mktemp("study"), columns)


def write(folder: Path, columns) -> Path:
    lines = [",".join(columns)]
    lines += [
        ",".join(map(repr, row))
        for row in zip(*(values.tolist() for values in columns.values()), strict=True)
    ]
    (folder / "panel.csv").write_text("\n".join(lines) + "\n")
    (folder / "small.yaml").write_text(SPEC, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def plan(settled):
    return make_plan(str(settled / "small.yaml"))


@pytest.fixture(scope="session")
def result(settled, tmp_path_factory):
    """The study run and written once."""
    return run_study(str(settled / "small.yaml"), StudyOptions(out=tmp_path_factory.mktemp("out")))


@pytest.fixture(scope="session")
def document(result):
    return result.document
