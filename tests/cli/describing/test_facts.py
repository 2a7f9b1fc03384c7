"""Facts of a data file against counts made by hand, and keys against a search of all pairs."""

from __future__ import annotations

import pytest

from impact.cli.describing.facts import describe_file
from impact.core.errors import DataError


@pytest.fixture
def file(tmp_path):
    rows = [
        "id,year,name,y,day",
        "1,2001,ann,0.5,2020-01-01",
        "1,2002,ann,,2020-01-02",
        "2,2001,bob,0.5,2020-01-03",
    ]
    rows += ["2,2002,,2.5,2020-01-03", "3,2001,eve,-1,2020-01-05", "3,2003,eve,4,2020-01-06", "4,2001,bob,1,2020-02-01",
             "4,2002,zoe,3,2020-02-02"]  # fmt: skip
    path = tmp_path / "a.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_columns(file):
    facts = describe_file(str(file))
    assert facts["rows"] == 8
    columns = {column["name"]: column for column in facts["columns"]}
    assert [columns[name]["type"] for name in ("id", "name", "y", "day")] == [
        "number",
        "text",
        "number",
        "date",
    ]
    assert (columns["y"]["missing"], columns["y"]["low"], columns["y"]["high"]) == (1, -1.0, 4.0)
    assert (columns["name"]["missing"], columns["name"]["distinct"]) == (1, 4)
    assert columns["name"]["values"] == ["ann", "bob", "eve"]
    assert (columns["day"]["low"], columns["day"]["high"]) == ("2020-01-01", "2020-02-02")


def test_keys_and_panel(file):
    facts = describe_file(str(file))
    assert facts["keys"][0] == ["id", "year"] or ["year", "id"] in facts["keys"]
    assert all("y" not in key and "name" not in key for key in facts["keys"])
    panel = facts["panel"]
    assert (panel["unit"], panel["time"], panel["units"], panel["periods"]) == ("id", "year", 4, 3)
    # unit 3 misses 2002 between its first and last period
    assert (panel["balanced"], panel["gaps"], panel["is_key"]) == (False, 1, True)


def test_a_file_of_one_row_has_no_key(tmp_path):
    (tmp_path / "b.csv").write_text("a,b\n1,x\n")
    facts = describe_file(str(tmp_path / "b.csv"))
    assert (facts["rows"], facts["keys"], facts["panel"]) == (1, [], None)


def test_duplicates_have_no_key(tmp_path):
    (tmp_path / "c.csv").write_text("a,b\n1,x\n1,x\n2,y\n")
    assert describe_file(str(tmp_path / "c.csv"))["keys"] == []


def test_missing_and_mixed_columns(tmp_path):
    (tmp_path / "d.csv").write_text("a,b,c\n1,,7\n2,,n/d\n3,,8\n")
    facts = describe_file(str(tmp_path / "d.csv"))
    assert facts["columns"][1]["missing"] == 3
    assert facts["columns"][1]["low"] is None
    assert facts["mixed"] == ["c"]
    assert facts["keys"][0] == ["a"]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError) as problem:
        describe_file(str(tmp_path / "none.csv"))
    assert problem.value.faults[0].code == "E201"
