"""The power curve drawn: its points are the data, each way has its line and its word, nothing is drawn of nothing."""

from __future__ import annotations

import pytest

from impact.core.errors import OutputError
from impact.outputs._power_curve import power_grid, ways_of
from impact.outputs._request import OutputRequest
from impact.outputs.figure_power import draw, write
from impact.schema.display import FigureBlock

CURVE = [
    {"effect": 0.0, "formula": 0.05, "permutation": None, "simulation": 0.06},
    {"effect": 0.5, "formula": 0.8, "permutation": None, "simulation": 0.79},
]


@pytest.fixture
def document():
    details = {"curve": CURVE, "power": 0.8, "sentences": {"en": "An effect of one half.", "es": "Medio."}}
    finding = {"test": "p", "kind": "power", "of": "main", "term": "x", "statistic": 0.5, "details": details}
    return {"models": {"main": {}}, "rows": [], "labels": {}, "tests": [finding]}


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="power", **fields)
    return draw("f", block, document, OutputRequest(figures={"f": block}), language=language)


def test_the_picture_is_sound(document, sound):
    sound(drawn(document, title="Power"))


def test_the_data_are_the_points(document):
    made = drawn(document)
    assert made.columns == ("effect", "formula", "simulation")
    assert [dict(one) for one in made.data] == [
        {"effect": 0.0, "formula": 0.05, "simulation": 0.06},
        {"effect": 0.5, "formula": 0.8, "simulation": 0.79},
    ]
    assert drawn(document, "es").title == "Potencia: x (main)"
    assert len(write(document, OutputRequest(figures={"f": FigureBlock(kind="power")}))) == 3


def test_ways_that_are_not_there_are_left_out():
    assert ways_of(CURVE) == ["formula", "simulation"]
    grid = power_grid("power", "Power", CURVE, (), "es")
    assert [[cell.text for cell in row.cells] for row in grid.rows] == [
        ["Efecto", "fórmula", "simulación"],
        ["0.0000", "5.0 %", "6.0 %"],
        ["0.5000", "80.0 %", "79.0 %"],
    ]


@pytest.mark.parametrize("fields", [{"term": "z"}, {"test": "q"}, {"model": "other"}])
def test_without_a_curve(document, fields):
    with pytest.raises(OutputError) as error:
        drawn(document, **fields)
    assert error.value.faults[0].code == "E713"
