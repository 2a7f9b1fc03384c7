"""The table of a ledger holds the numbers of the results, its assumptions and what scenarios change."""

from __future__ import annotations

import pytest

from impact.outputs._tables import grids
from impact.outputs.ledger.table import ledger_grid
from impact.outputs.ledger.words import digits_for, line_label, number_words
from impact.schema.ledger.block import LedgerTableBlock


def cells(grid):
    return [[cell.text for cell in row.cells] for row in grid.rows]


@pytest.fixture(scope="module")
def tables(ledger):
    document, request = ledger
    return {language: grids(document, request, language) for language in ("en", "es")}


def value(document, model, term, key="estimate"):
    return next(row[key] for row in document["rows"] if (row["model"], row["term"]) == (model, term))


def test_a_layout_of_the_domain_has_the_lines_that_the_spec_has(tables, ledger):
    document, _ = ledger
    rows = cells(tables["en"]["T4"])
    assert rows[0] == ["Line", "2019", "2020", "2021", "mean 2019–2021", "present value"]
    heads = [row[0] for row in rows]
    assert heads[1] == "Status quo"
    assert heads[2] == "Public revenue (million PEN/year)"
    assert "Net balance, % of GDP" in heads and "Pr(Net balance > 0)" in heads
    assert not [head for head in heads if "Grants" in head]
    numbers = {
        cell.number for row in tables["en"]["T4"].rows for cell in row.cells if cell.number is not None
    }
    assert value(document, "integration", "net[2020]") / 1e6 in numbers
    assert value(document, "return", "pv(net)") / 1e6 in numbers
    assert value(document, "status_quo", "pr(pv(net) > 0)") in numbers


def test_closed_form_of_a_cell(ledger):
    """2019: (1000 + 2000) / 2 persons at 3,000 less 2,000; present value of three years at 5 %."""
    document, _ = ledger
    assert value(document, "status_quo", "net[2019]") == pytest.approx(1.5e6)
    assert value(document, "status_quo", "pv(net)") == pytest.approx(1.5e6 + 2.5e6 / 1.05 + 3.5e6 / 1.05**2)
    assert value(document, "status_quo", "mean(net_gdp, 2019, 2021)") == pytest.approx(0.25)


def test_units_come_from_the_inputs_and_the_domain(ledger):
    document, _ = ledger
    assert value(document, "status_quo", "revenue[2019]", "unit") == "PEN/year"
    assert value(document, "status_quo", "net_gdp[2019]", "unit") == "% of GDP"
    assert value(document, "status_quo", "mid[2019]", "unit") == "person"


def test_every_assumption_that_a_table_touches_is_listed(tables):
    notes = " ".join(tables["en"]["T4"].notes)
    assert "Assumptions: Tax a head 3,000 PEN/person/year (1,000 to 5,000; own)." in notes
    assert "nobody" not in notes and "register" not in notes
    assert "integration: Tax a head = 4,000." in notes
    assert "return: People {path: {2021: 500}}." in notes
    assert "Break-even value of Tax a head" in notes and "2,000.0000" in notes
    assert "1,000 draws, seed 4" in notes and "Gaussian copula" in notes
    spanish = " ".join(tables["es"]["T4"].notes)
    assert "Supuestos: Impuesto por persona" in spanish and "Personas {path" in spanish


def test_chosen_columns_panels_and_cells(tables, ledger):
    document, _ = ledger
    rows = cells(tables["en"]["plain"])
    assert rows[0][1:] == ["2020", "2019", "2020"]
    assert [row[0] for row in rows[1:] if row[0]] == [
        "Net balance, % of GDP",
        "max(net, 0) (PEN/year)",
        "People (person)",
    ]
    assert rows[1][1] == f"{value(document, 'integration', 'net_gdp[2020]', 'median'):.3f}"
    assert rows[2][1].startswith("(")


def test_spanish_and_english_have_the_same_numbers(tables):
    for name, grid in tables["en"].items():
        other = tables["es"][name]
        assert [[c.number for c in row.cells] for row in grid.rows] == [
            [c.number for c in r.cells] for r in other.rows
        ]


def test_all_lines_where_the_spec_has_no_table(ledger):
    document, _ = ledger
    rows = cells(ledger_grid("lines", LedgerTableBlock(), document, "en"))
    assert sum(row[0].startswith("Net balance") for row in rows) == 6


@pytest.mark.parametrize(
    ("values", "digits"),
    [([12345.6], 0), ([123.4], 0), ([12.3], 2), ([1.23], 3), ([0.123], 3), ([0.0123], 4), ([0], 0)],
)
def test_decimals_follow_the_size(values, digits):
    assert digits_for(values, None) == digits
    assert digits_for(values, 5) == 5


def test_words(ledger):
    document, _ = ledger
    assert line_label(document, "net[2018]", "es") == "Saldo neto, 2018"
    assert line_label(document, "pv(net)", "en") == "Net balance, present value"
    assert (number_words(1e9), number_words(0.1234567), number_words(41.9)) == (
        "1,000,000,000",
        "0.1235",
        "41.9",
    )
