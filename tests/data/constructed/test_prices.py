"""Constant prices: the chain of monthly changes by hand, Lima's printed inflation, money not deflated twice."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from impact.core.errors import DataError, SpecError
from impact.schema.shipped import shipped_folder

ROWS = [
    {"year": t, "mes": f"{m:02d}", "pay": p, "d524a1": p, "y": 0.0}
    for t, m, p in ((2016, 1, 12000.0), (2017, 6, 24000.0), (2019, 12, 0.0), (2018, 3, ""))
]
BLOCK = {"of": "pay", "unit": "annual", "to": "monthly", "base": 2016}


def real(prepared, rows=ROWS, files=None, **changes):
    types = {"mes": "text"}
    return prepared(
        {"main": rows, **(files or {})}, types=types, model="r ~ y", deflate={"r": BLOCK | changes}
    )[1]


def levels():
    """Month number → price level, straight from the shipped file."""
    with (shipped_folder("data") / "peru_cpi_lima_monthly.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found, level = {}, 1.0
    for row in rows:
        level *= 1 + float(row["cpi_lima_monthly_change_pct"]) / 100
        found[int(row["year"]), int(row["month"])] = level
    return found


def year_mean(year):
    return sum(level for (y, _), level in levels().items() if y == year) / 12


def test_annual_nominal_to_monthly_real(prepared):
    main = real(prepared)
    expected = [1000.0, 2000.0 * year_mean(2016) / year_mean(2017), 0.0, np.nan]
    np.testing.assert_allclose(main.columns["r"], expected, rtol=1e-12)
    (said,) = main.notices
    assert said.code == "W497"
    assert "1 rows are zero, 1 missing" in said.message
    assert main.constructed["deflate.r"]["unit_factor"] == pytest.approx(1 / 12)


def test_by_month_and_in_its_own_unit(prepared):
    main = real(prepared, month="mes", unit="monthly", to=None)
    expected = [12000 * year_mean(2016) / levels()[2016, 1], 24000 * year_mean(2016) / levels()[2017, 6]]
    np.testing.assert_allclose(main.columns["r"][:2], expected, rtol=1e-12)
    assert real(prepared, month="mes", unit="monthly", to="annual").columns["r"][1] == pytest.approx(
        12 * expected[1]
    )


def test_the_shipped_series_gives_the_printed_inflation_of_2017():
    """The press printed 1.36 per cent for 2017 (December to December); the changes compound to 1.35."""
    assert 100 * (levels()[2017, 12] / levels()[2016, 12] - 1) == pytest.approx(1.36, abs=0.015)


def prices(changes, *, start=2015):
    return [
        {"year": start + k // 12, "month": k % 12 + 1, "cpi_lima_monthly_change_pct": c}
        for k, c in enumerate(changes)
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (prices([0.1] * 60)[:20] + prices([0.1] * 60)[21:], "a gap or a repeated month after 2016-08"),
        (prices([0.1] * 60) + prices([0.1])[:1], "a gap or a repeated month after 2015-01"),
        (prices([0.1] * 12), "do not cover the twelve months of 2016"),
        (prices([0.1] * 36), "no prices for 2019"),
        (prices([0.1] * 59 + [""]), "missing years or changes"),
        ([row | {"month": 13} for row in prices([0.1] * 60)], "months other than 1 to 12"),
        (prices([0.1] * 59 + [-100]), "-100 per cent"),
    ],
)
def test_price_series_that_cannot_be_used(prepared, rows, words):
    with pytest.raises(DataError) as caught:
        real(prepared, files={"cpi": rows}, prices="cpi")
    assert caught.value.faults[0].code == "E288"
    assert words in caught.value.faults[0].message


def test_money_that_is_real_already(prepared):
    with pytest.raises(DataError) as caught:
        real(prepared, of="d524a1")
    assert "constant prices already" in caught.value.faults[0].message
    chain = {"r": BLOCK, "rr": BLOCK | {"of": "r"}}
    with pytest.raises(DataError) as caught:
        prepared({"main": ROWS}, types={"mes": "text"}, model="rr ~ y", deflate=chain)
    assert caught.value.faults[0].code == "E288"


def test_months_that_are_none(prepared):
    with pytest.raises(DataError) as caught:
        real(prepared, rows=[ROWS[0] | {"mes": "17"}, *ROWS[1:]], month="mes")
    assert "the months 1 to 12" in caught.value.faults[0].message


def test_the_unit_must_be_said(prepared):
    with pytest.raises(SpecError) as caught:
        prepared({"main": ROWS}, model="r ~ y", deflate={"r": {"of": "pay", "base": 2016}})
    assert caught.value.faults[0].code == "E103"
