"""`impact power` from outside: a table, plain data, files, and options that do not go together."""

from __future__ import annotations

import csv
import json

import pytest
from statsmodels.stats.power import TTestIndPower


def test_a_trial_as_a_table(call):
    said = call("power", "--n", "400", "--clusters", "20", "--icc", "0.05")
    assert said.status == 0
    assert "an effect of 0.4138 is found with a power of 80 %" in said.out
    spanish = call("power", "--n", "100", "--lang", "es")
    assert "Efecto" in spanish.out
    assert "Potencia del ensayo" in spanish.out


def test_a_trial_as_data(call):
    said = call("power", "--n", "60", "--effect", "0.7", "--simulate", "300", "--format", "json")
    (record,) = json.loads(said.out)
    assert record["smallest_effect"] > 0.7
    point = next(one for one in record["curve"] if one["effect"] == 0.7)
    wanted = TTestIndPower().power(0.7, 30, 0.05, alternative="two-sided")
    assert point["noncentral_t"] == pytest.approx(wanted, abs=1e-8)
    assert abs(point["simulation"] - wanted) < 0.12
    again = call("power", "--n", "60", "--effect", "0.7", "--simulate", "300", "--format", "json")
    assert again.out == said.out


def test_rows_are_found(call):
    (record,) = json.loads(call("power", "--effect", "0.5", "--format", "json").out)
    assert record["n"] == 128


def test_files(call, folder):
    assert call("power", "--n", "80", "--effect", "0.2", "--effect", "0.6", "--out", "curves").status == 0
    assert sorted(path.name for path in (folder / "curves").iterdir()) == [
        "power.csv",
        "power.png",
        "power.svg",
    ]
    with (folder / "curves/power.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["effect"] for row in rows] == ["0.2", "0.6"]
    first = (folder / "curves/power.svg").read_bytes()
    call("power", "--n", "80", "--effect", "0.2", "--effect", "0.6", "--out", "curves")
    assert (folder / "curves/power.svg").read_bytes() == first


def test_a_spec(call, folder):
    (folder / "s.yaml").write_text(
        "spec: 1\ndata: data/castle.csv\nvcov: {cluster: sid}\n"
        "models: {a: l_homicide ~ cdl | sid + year, b: l_murder ~ cdl | sid + year}\n"
    )
    said = call("power", "s.yaml", "--model", "b", "--effect", "0.1", "--format", "json")
    (record,) = json.loads(said.out)
    assert (record["model"], record["term"], record["basis"]) == ("b", "cdl", "asymptotic")
    both = call("power", "s.yaml", "--out", "two")
    assert "cdl of a" in both.out
    assert "cdl of b" in both.out
    assert len(list((folder / "two").iterdir())) == 6
    drawn = call("power", "s.yaml", "--model", "a", "--effect", "0.1", "--simulate", "20", "--format", "json")
    assert json.loads(drawn.out)[0]["curve"][0]["simulation"] is not None


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (["s.yaml", "--n", "9"], 3, "cannot be used together"),
        ([], 3, "give a spec"),
        (["--effect", "1", "--effect", "2"], 3, "give a spec"),
        (["--n", "100", "--model", "a"], 3, "belong to a spec"),
        (["--n", "100", "--icc", "0.1"], 3, "give --clusters"),
        (["--n", "10", "--clusters", "20"], 3, "at least as many rows"),
        (["--n", "10", "--share", "0.1"], 3, "two rows or clusters"),
        (["--effect", "0.01", "--clusters", "8", "--icc", "0.5"], 3, "no number of rows"),
        (["--n", "1"], 2, "4<=x"),
        (["--n", "100", "--alpha", "0"], 2, "alpha"),
        (["absent.yaml"], 3, "absent.yaml"),
    ],
)
def test_what_is_refused(call, arguments, status, word):
    said = call("power", *arguments)
    assert said.status == status
    assert word in said.err
