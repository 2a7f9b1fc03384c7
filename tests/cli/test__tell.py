"""Faults on standard error, with the line they point at."""

from __future__ import annotations

from impact.cli._tell import report_faults
from impact.core.errors import Place
from impact.core.texts import fault


def test_the_line_comes_from_the_file_or_from_what_is_given(capsys, tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("spec: 1\ntiem: 2\n", encoding="utf-8")
    place = Place(str(file), line=2, column=1, end_column=5)
    report_faults([fault("E102", place=place, suggestion="time", key="tiem", where="x", keys="time")])
    assert "   2 | tiem: 2" in capsys.readouterr().err
    place = Place("formula", line=1, column=1, end_column=2)
    report_faults([fault("E102", place=place, key="y", where="x", keys="z")], sources={"formula": "y ~ x"})
    assert "   1 | y ~ x" in capsys.readouterr().err
