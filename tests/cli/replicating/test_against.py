"""A grid typed from a paper: its cells by the rules of published numbers, its mistakes at their line."""

from __future__ import annotations

import pytest

from impact.cli.replicating.against import compare_grid, read_grid
from impact.core.errors import DataError, SpecError

DOCUMENT = {
    "models": {
        "main": {"estimator": "ols", "status": "ok", "outcome": "y", "n_obs": 100},
        "by_sex": {"estimator": "ols", "status": "ok", "outcome": "y", "groups": {"sex=women": {}, "sex=men": {}}},
        "two[y=kept]": {"estimator": "ols", "status": "ok", "outcome": "kept"},
        "two[y=lost]": {"estimator": "ols", "status": "ok", "outcome": "lost"},
    },
    "rows": [
        {"model": "main", "group": None, "term": "x", "estimate": 0.1204, "std_error": 0.031, "n_obs": 100},
        {"model": "by_sex", "group": "sex=women", "term": "x", "estimate": 0.5},
        {"model": "by_sex", "group": "sex=men", "term": "x", "estimate": 0.25},
        {"model": "two[y=kept]", "group": None, "term": "x", "estimate": 1.0},
        {"model": "two[y=lost]", "group": None, "term": "x", "estimate": 2.0},
    ],
    "tests": [],
}  # fmt: skip


@pytest.fixture
def compare(tmp_path):
    """The cells of a grid given as text."""

    def run(text):
        file = tmp_path / "paper.csv"
        file.write_text(text, encoding="utf-8")
        return compare_grid(file, read_grid(file), DOCUMENT)

    return run


def faults(compare, text, error):
    with pytest.raises(error) as found:
        compare(text)
    return [(one.code, one.place.line, one.place.path, one.suggestion) for one in found.value.faults]


def test_digits_groups_outcomes_and_tolerances(compare):
    """Verdicts by hand: 0.1204 rounds to 0.120 and not to 0.121; 0.121 is within 0.001 of it, not within 0.0001."""
    cells = compare(
        "\ufeffmodel,term,stat,value,group,outcome,tolerance\n"
        "main,x,estimate,0.120,,,\n"
        "main,x,estimate,0.121,,,\n"
        "main,x,estimate,0.121,,,0.001\n"
        "main,x,estimate,0.131,,,0.0001\n"
        "main,,n,100,,,\n"
        "main,x,se,n/a,,,\n"
        "\n"
        "by_sex,x,estimate,0.5,women,,\n"
        "by_sex,x,estimate,0.5,sex=men,,0.01\n"
        "two,x,estimate,2,,lost,\n"
        "two,x,estimate,1,,kept,\n"
        "main,x,estimate,+,,y,\n"
    )
    assert [cell["verdict"] for cell in cells] == [
        "rounds_equal", "close", "equal", "differs", "equal", "not_available", "equal", "differs", "equal", "equal",
        "sign_agrees",
    ]  # fmt: skip
    assert {cell["table"] for cell in cells} == {"paper.csv"}
    assert cells[0]["printed"] == "0.120"


def test_columns(compare):
    assert faults(compare, "model,term,stat,valeu\nmain,x,estimate,1\n", DataError) == [
        ("E681", 1, "", "value"), ("E682", 1, "", ""),
    ]  # fmt: skip
    assert faults(compare, "model,term,stat,value,value\nmain,x,estimate,1,1\n", DataError)[0][0] == "E681"


@pytest.mark.parametrize(
    "text", ["", "\n\n", "model,term,stat,value\n", 'model,term,stat,value\n"main,x,y,z\n']
)
def test_nothing_to_compare(compare, text):
    assert faults(compare, text, DataError)[0][0] == "E680"


def test_files_that_are_none(tmp_path):
    (tmp_path / "bytes.csv").write_bytes(b"model\xff\xfe")
    for name in ("bytes.csv", "absent.csv", "."):
        with pytest.raises(DataError) as found:
            read_grid(tmp_path / name)
        assert found.value.code == "E680"


def test_lines(compare):
    text = "model,term,stat,value,tolerance\nmain,x,estimate\n,x,estimate,1,\nmain,x,estimate,,\nmain,x,estimate,1,-1\n"
    assert faults(compare, text, DataError) == [
        ("E683", 2, "", ""), ("E686", 3, "model", ""), ("E686", 4, "value", ""), ("E684", 5, "tolerance", ""),
    ]  # fmt: skip
    for value in ("nan", "inf", "a"):
        head = "model,term,stat,value,tolerance\n"
        assert faults(compare, f"{head}main,x,estimate,1,{value}\n", DataError)[0][:2] == ("E684", 2)


def test_names_that_do_not_exist_are_told_all_at_once(compare):
    found = faults(
        compare,
        "model,term,stat,value,group,outcome\n"
        "mian,x,estimate,1,,\n"
        "main,z,estimate,1,,\n"
        "main,x,estimat,1,,\n"
        "main,x,estimate,one,,\n"
        "by_sex,x,estimate,1,womn,\n"
        "two,x,estimate,1,,kpet\n",
        SpecError,
    )
    assert [(code, line) for code, line, _, _ in found] == [
        ("E601", 2), ("E606", 3), ("E603", 4), ("E605", 5), ("E602", 6), ("E685", 7),
    ]  # fmt: skip
    assert found[0][3] == "main"
    assert found[2][3] == "estimate"
    assert found[5][2:] == ("outcome", "kept")
