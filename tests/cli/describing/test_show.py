"""A data file on the terminal and converted: what was read comes back from the new file."""

from __future__ import annotations

import json

import pytest

from impact.cli.describing.facts import describe_file
from impact.cli.describing.show import convert_file, show_file
from impact.core.errors import OutputError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,year,name,y,day\n1,2001,ann,0.1,2020-01-01\n1,2002,,,2020-01-02\n2,2001,bob,-3e-9,\n")
    return path


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_what_is_converted_reads_the_same(file, tmp_path, ending):
    target = tmp_path / f"b.{ending}"
    convert_file(str(file), str(target))
    one, two = describe_file(str(file)), describe_file(str(target))
    assert one["columns"] == two["columns"]
    assert (one["rows"], one["keys"], one["panel"]) == (two["rows"], two["keys"], two["panel"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", f"b.{ending}"]


@pytest.mark.parametrize(
    ("target", "code"), [("b.dta", "E708"), ("b", "E708"), ("a.csv", "E720"), ("nowhere/b.csv", "E721")]
)
def test_what_cannot_be_written_is_refused(file, tmp_path, target, code):
    before = file.read_bytes()
    with pytest.raises(OutputError) as problem:
        convert_file(str(file), str(tmp_path / target))
    assert problem.value.faults[0].code == code
    assert file.read_bytes() == before


@pytest.mark.parametrize(("language", "words"), [("en", "3 rows, 5 columns"), ("es", "3 filas, 5 columnas")])
def test_lines(file, capsys, language, words):
    assert show_file(str(file), convert=None, language=language, as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert words in lines[0]
    assert lines[3].split()[0] == "id"
    assert "1 (33 %)" in lines[6]


def test_json(file, capsys, tmp_path):
    show_file(str(file), convert=str(tmp_path / "b.parquet"), language="en", as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["columns"][3]["missing"] == 1
    assert found["converted"].endswith("b.parquet")
