"""The table of a curve: a row a specification in the order of the estimates, choices in words, reasons of failures."""

from __future__ import annotations

import pytest

from impact.core.curves import CurveResult, CurveRow
from impact.core.errors import OutputError
from impact.outputs._curve_rows import curve_entry
from impact.outputs._curve_table import curve_grid
from impact.outputs._statistics import Printing
from impact.schema.display import TableBlock


def rows():
    made = []
    for place, (estimate, p_value) in enumerate(((0.3, 0.01), (-0.1, 0.4), (float("nan"), float("nan")))):
        choices = {"outcome": ("y", "z")[place % 2], "controls": ("none", "$more", "none")[place]}
        error = "" if p_value == p_value else "E501 no rows are left"
        made.append(
            CurveRow(place + 1, choices, choices["outcome"], "ols", "m", estimate, 0.1, estimate / 0.1, 9.0,
                     p_value, estimate - 0.2, estimate + 0.2, 50.0, error)
        )  # fmt: skip
    return tuple(made)


@pytest.fixture
def document():
    result = CurveResult(
        "main", {"outcome": ("y", "z"), "controls": ("none", "$more")}, rows(), 4, 1, 0.95, 0
    )
    summary = {"run": 2, "median": 0.1, "lowest": -0.1, "highest": 0.3, "significant": 0.5, "p_median": None}
    sentences = {"en": "Two of three.", "es": "Dos de tres."}
    test = {"test": "speccurve", "kind": "speccurve", "details": {"sentences": sentences}}
    return {
        "models": {}, "rows": [], "tests": [test], "labels": {"y": {"en": "wages", "es": "salarios"}},
        "speccurve": curve_entry(result, summary), "alpha": 0.05, "study": "s", "spec_sha256": "0" * 64,
        "impact": "0",
    }  # fmt: skip


def grid(document, language="en", **fields):
    block = TableBlock(rows="speccurve", **fields)
    return curve_grid("t", block, document, Printing(digits=3, stars=(), min_cell=0, language=language))


def cells(row):
    return [cell.text for cell in row.cells]


def test_rows_by_estimate(document):
    body = grid(document).of_role("body")
    assert [cells(row) for row in body] == [
        ["z", "$more", "-0.100", "0.100", "0.400", "50"],
        ["wages *", "none", "0.300", "0.100", "0.010", "50"],
    ]


def test_heads_and_notes_in_spanish(document):
    made = grid(document, "es")
    assert cells(made.rows[0])[:3] == ["Resultado", "Controles", "Estimación"]
    assert "Dos de tres." in made.notes
    assert any("1 especificaciones no se pudieron estimar: E501" in note for note in made.notes)
    assert cells(made.of_role("body")[1])[:2] == ["salarios *", "ninguno"]


def test_rows_of_the_results_have_the_fields_of_a_row(document):
    row = document["speccurve"]["rows"][0]
    assert {"model", "outcome", "group", "estimator", "term", "kind", "estimate", "std_error", "statistic", "df",
            "p_value", "ci_low", "ci_high", "level", "n_obs"} <= set(row)  # fmt: skip
    assert (row["preferred"], row["error"]) == (True, None)
    failed = document["speccurve"]["rows"][2]
    assert (failed["estimate"], failed["error"]) == (None, "E501 no rows are left")


def test_own_notes_alone(document):
    assert grid(document, notes="mine", default_notes=False).notes == ("mine",)


@pytest.mark.parametrize("keep", [False, True])
def test_without_a_curve(document, keep):
    if keep:
        for row in document["speccurve"]["rows"]:
            row["estimate"] = None
    else:
        del document["speccurve"]
    with pytest.raises(OutputError) as caught:
        grid(document)
    assert caught.value.faults[0].code == "E713"
