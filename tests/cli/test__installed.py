"""Lines of what is installed and of the reports in a folder."""

from __future__ import annotations

import json

from impact.cli._installed import example_lines, installed


def test_studies_are_the_reports_of_a_folder(tmp_path):
    for name, content in {"b": {"spec": {"file": "specs/b.yaml"}}, "a": {"spec": {"file": "a.yaml"}}}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/manifest.json").write_text("{", encoding="utf-8")
    lines = installed("studies", reports=tmp_path)
    assert [(line.keyword, line.summary) for line in lines] == [("a", "a.yaml"), ("b", "specs/b.yaml")]


def test_examples_tell_what_they_are():
    assert all(line.summary and "yaml-language-server" not in line.summary for line in example_lines())
