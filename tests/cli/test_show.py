"""`impact show`: formulas, overview, models, resolved spec, sample ledger."""

from __future__ import annotations

import json

import pytest

LIMA = "specs/employment_keepjob_lima.yaml"
SPEC = """spec: 1
data: data/castle.csv
filter: {late: year > 2004, known: l_homicide > 0}
models:
  a: l_homicide ~ post | sid + year
  b: {formula: l_homicide ~ post, filter: south == 1}
vcov: {cluster: sid}
"""


def test_a_formula_as_in_the_reference(call):
    said = call("show", "keep ~ $demog | ubigeo + quarter^group | m ~ z")
    assert said.out.splitlines() == [
        "outcome       keep",
        "regressors    $demog      (from $demog)",
        "absorbed      ubigeo; quarter x group",
        "endogenous    m",
        "instruments   z",
        "estimator     iv (two-stage least squares)",
    ]


def test_a_wrong_formula_points_at_the_character(call):
    said = call("show", "keep ~ lgo(x) | a")
    assert said.status == 3
    assert said.out == ""
    assert "   1 | keep ~ lgo(x) | a\n     |        ^^^ did you mean 'log'?" in said.err


def test_a_formula_as_json_and_in_spanish(call):
    assert json.loads(call("show", "y ~ x", "--format", "json").out)["outcome"] == "y"
    assert "resultado" in call("show", "y ~ x", "--lang", "es").out


@pytest.fixture
def spec(folder):
    (folder / "s.yaml").write_text(SPEC, encoding="utf-8")
    return "s.yaml"


def test_the_overview_reads_no_data(call, spec, folder):
    (folder / "data/castle.csv").unlink()
    said = call("show", spec)
    assert said.status == 0
    assert said.out.startswith("s\n")
    assert "a, b" in said.out
    assert "late, known" in said.out


def test_models_after_expansion(call, spec):
    models = json.loads(call("show", spec, "--models", "--format", "json").out)
    assert [model["name"] for model in models] == ["a", "b"]
    assert models[0]["formula"] == "l_homicide ~ post | sid + year"
    assert models[0]["variance"] == "cluster sid"
    assert "south == 1" in models[1].values()


def test_the_sample_ledger_adds_up(call, spec):
    blocks = json.loads(call("show", spec, "--sample", "--format", "json").out)
    assert [block["name"] for block in blocks] == ["main sample", "a", "b"]
    for block in blocks:
        numbers = [int(text.split("(")[0].replace(",", "")) for key, text in block.items() if key != "name"]
        assert sum(numbers[:-1]) == numbers[-1]
        assert numbers[0] == 550
    assert int(blocks[0]["late"].split("(")[0]) == -250


def test_absent_data_are_exit_4(call, spec, folder):
    (folder / "data/castle.csv").unlink()
    assert call("show", spec, "--sample").status == 4
