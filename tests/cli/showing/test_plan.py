"""`impact run --dry-run`: what a run would do, and the times of the last one."""

from __future__ import annotations

import json

import pytest

from impact.cli.showing.plan import last_seconds, plan_lines
from impact.pipeline.study import StudyOptions, run_study

SPEC = {
    "spec": 1,
    "data": "panel.csv",
    "design": {"unit": "i", "time": "t", "cohort": "g", "never": 0},
    "models": {"sa": {"estimator": "did_sa", "outcome": "y", "controls": ["z"]}, "ols": "y ~ D | i + t"},
    "tables": {"t": {"rows": "att", "columns": ["sa"]}},
    "figures": {"f": {"kind": "event_study", "models": ["sa"]}},
    "default_tests": False,
}


@pytest.fixture
def spec(tmp_path, test_panel):
    names = list(test_panel)
    rows = [",".join(repr(test_panel[name][k].item()) for name in names) for k in range(480)]
    (tmp_path / "panel.csv").write_text("\n".join([",".join(names), *rows]) + "\n", encoding="utf-8")

    def make(**changes):
        file = tmp_path / "s.yaml"
        file.write_text(json.dumps({**SPEC, **changes}), encoding="utf-8")
        return str(file)

    return make


@pytest.mark.parametrize(
    "changes", [{}, {"language": ["en", "es"]}, {"outputs": {"formats": ["tex"], "figures": ["png"]}}]
)
def test_the_files_that_are_promised_are_written(spec, tmp_path, changes):
    file, options = spec(**changes), StudyOptions(out=tmp_path / "reports")
    lines = plan_lines(file, options, "en")
    run_study(file, options)
    written = [path for path in (tmp_path / "reports" / "s").rglob("*") if path.is_file()]
    assert lines[-1] == f"would write {len(written)} files to {(tmp_path / 'reports' / 's').as_posix()}/"
    assert lines[0] == "s   2 models, 0 tests, 1 tables, 1 figures"
    assert lines[1].startswith("  data   panel.csv   480 rows, sha256 ")
    assert "y ~ z  vcov cluster" in lines[2]
    again = plan_lines(file, options, "es")
    assert "la última vez" in again[2]
    assert again[-1].startswith("escribiría")


def test_what_is_made_by_default_is_not_counted(spec, tmp_path):
    lines = plan_lines(spec(tables={}), StudyOptions(out=tmp_path / "reports"), "en")
    assert "tables by default" in lines[0]
    assert lines[-1] == f"would write {(tmp_path / 'reports' / 's').as_posix()}/"
    assert not (tmp_path / "reports").exists()


def test_data_that_are_absent_are_said(spec, tmp_path):
    lines = plan_lines(spec(data="nothing.csv"), StudyOptions(out=tmp_path / "reports"), "en")
    assert "E201" in lines[1]


def test_a_damaged_log_says_nothing(tmp_path):
    (tmp_path / "run.log").write_text('{"at": "x"}\nnot json\n', encoding="utf-8")
    assert last_seconds(tmp_path) == {}
    assert last_seconds(tmp_path / "nowhere") == {}
