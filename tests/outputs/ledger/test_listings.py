"""Inputs, drivers, break-even values and published figures as lists; the sections of the report."""

from __future__ import annotations

import pytest

from impact.outputs._draw import draw_outputs
from impact.outputs._tables import grids
from impact.outputs.ledger.sections import equations_grid, scenarios_grid
from impact.pipeline.study import StudyOptions, run_study
from impact.schema.load import load_nodes


def cells(grid):
    return [[cell.text for cell in row.cells] for row in grid.rows]


@pytest.fixture(scope="module")
def tables(ledger):
    document, request = ledger
    return grids(document, request, "en")


def test_inputs_with_status_and_source(tables):
    rows = {row[0]: row[1:] for row in cells(tables["inputs"])}
    assert rows["Tax a head"] == [
        "3,000",
        "1,000 to 5,000",
        "triangular",
        "PEN/person/year",
        "own",
        "assumption",
    ]
    assert rows["People"][0] == "2,000 (2019) … 4,000 (2021)"


def test_published_figures_keep_their_units(tables, ledger):
    document, _ = ledger
    rows = cells(tables["T4b"])[2:]
    assert [row[2:4] for row in rows] == [
        ["0.43", "% of GDP"],
        ["2200", "million soles in five years"],
        ["+", "million soles"],
    ]
    assert [row[-1] for row in rows] == [
        "close",
        "not available",
        "sign agrees",
    ]  # 0.50 % against 0.43 ± 0.01
    by_unit = next(cell for cell in document["published"] if cell["printed"] == "2200")
    assert (
        by_unit["difference"] is None and by_unit["published"] == 2200 and by_unit["our_unit"] == "PEN/year"
    )
    notes = " ".join(tables["T4b"].notes)
    assert "never converted" in notes and "contradicts the line above" in notes


def test_a_printed_table_of_several_scenarios():
    grid = "{columns: [status_quo, more], rows: {'mean(net,2019,2020)': {estimate: [10, '30.0']}}}"
    text = f"""spec: 1
kind: ledger
years: 2019..2020
inputs: {{x: 5}}
equations: {{net: 2 * x + 0 * year}}
scenarios: {{status_quo: {{}}, more: {{x: 15}}}}
published: {{printed: {{source: {{text: a, evidence: table}}, grid: {grid}}}}}
"""
    found = run_study(load_nodes(text, name="grid.yaml"), StudyOptions(out=None)).document["published"]
    assert [(cell["model"], cell["term"], cell["ours"], cell["verdict"]) for cell in found] == [
        ("status_quo", "mean(net, 2019, 2020)", 10, "equal"),
        ("more", "mean(net, 2019, 2020)", 30, "equal"),
    ]


def test_drivers_from_the_widest_swing(tables):
    rows = [row for row in cells(tables["drivers"]) if len(row) == 5][1:]
    first = rows[:3]
    assert [row[0] for row in first] == ["Tax a head", "service", "spare"]
    # 2,500 persons on average, 2,000 PEN either way, over a GDP of 1e9, in percent
    assert first[0][2:] == ["-0.250", "0.750", "1.000"]
    assert float(first[0][1]) > 0.8
    assert float(first[1][1]) < 0


def test_break_even_in_every_scenario(tables):
    rows = cells(tables["breakeven"])[1:]
    assert [row[3] for row in rows] == ["2,000.0000"] * 3


def test_sections_of_the_report(ledger):
    document, request = ledger
    assert cells(scenarios_grid(document, "en"))[1:3] == [
        ["Status quo", "no change"],
        ["integration", "Tax a head = 4,000"],
    ]
    rows = cells(equations_grid(document, "es"))
    assert ["Saldo neto", "net = revenue - cost", "PEN/year"] in rows
    assert rows[-1][1] == "net == revenue - cost: cierra, mayor diferencia 0"
    files = draw_outputs(document, request)
    page = files["report.html"].decode()
    assert "Scenarios" in page and "Equations and identities" in page and "Tax a head" in page
    assert {"figures/fan.csv", "figures/fan.es.png", "figures/tornado.en.svg", "tables/T4.es.html"} <= set(
        files
    )
