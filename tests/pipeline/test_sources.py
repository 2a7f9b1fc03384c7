"""Named roots with `extends` across folders: every data file is found where its own spec would find it."""

from __future__ import annotations

import pytest

from impact.cli.showing.plan import plan_lines
from impact.pipeline.check import check_spec
from impact.pipeline.street import read_data
from impact.pipeline.study import StudyOptions
from impact.plan import make_plan

BASE = """
spec: 1
data:
  main: {root: survey, file: people.csv, source: "made for the tests", licence: "CC0"}
models: {m: {formula: "y ~ x + z"}}
"""
CHILD = """
spec: 1
extends: ../base/base.yaml
data:
  more: {root: survey, file: more.csv, source: "made for the tests", licence: "CC0"}
joins: {more: {on: id, how: "1:1"}}
"""


@pytest.fixture
def child(tmp_path):
    """Two projects, each with a root `survey` of its own; the child adds a file to those of the base."""
    for name, spec, file, rows in (
        ("base", BASE, "people.csv", "id,y,x\n1,2,3\n2,4,1\n3,1,1\n4,2,2\n"),
        ("child", CHILD, "more.csv", "id,z\n1,5\n2,6\n3,8\n4,1\n"),
    ):
        folder = tmp_path / name
        (folder / "files").mkdir(parents=True)
        (folder / "files" / file).write_text(rows)
        (folder / "impact.toml").write_text('[roots]\nsurvey = "files"\n')
        (folder / f"{name}.yaml").write_text(spec, encoding="utf-8")
    return tmp_path / "child" / "child.yaml"


def test_a_run_asks_the_folder_of_each_file(child):
    frame, _ = read_data(make_plan(str(child)))
    assert frame.columns["z"].tolist() == [5.0, 6.0, 8.0, 1.0]


@pytest.mark.parametrize("depth", ["headers", "data"])
def test_a_check_finds_the_same_files(child, depth):
    assert check_spec(str(child), depth=depth) == ([], 0)


def test_the_plan_shows_the_same_files(child):
    lines = plan_lines(str(child), StudyOptions(), "en")
    assert [line.split()[1] for line in lines if line.startswith("  data")] == ["people.csv", "more.csv"]
    assert not any("E2" in line for line in lines)


def test_a_root_that_is_given_serves_every_file(child, tmp_path):
    together = tmp_path / "together"
    together.mkdir()
    for file in tmp_path.glob("*/files/*.csv"):
        (together / file.name).write_text(file.read_text().replace("5", "50"))
    frame, _ = read_data(make_plan(str(child), roots={"survey": str(together)}))
    assert frame.columns["z"][0] == 50.0
