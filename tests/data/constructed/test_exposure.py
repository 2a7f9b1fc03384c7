"""Exposure: shares and doses against arithmetic written out, and everything that makes them impossible."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DataError, ImpactError, SpecError

TYPES = {"place": "text"}
MAIN = [{"place": p, "year": t, "y": 1.0, "x": 0.0} for p in ("01", "02", "03") for t in (2016, 2018)]
MIGRANTS = [
    {"place": "01", "year": 2016, "venezuelans": 10, "people": 1000},
    {"place": "01", "year": 2018, "venezuelans": 90, "people": 1200},
    {"place": "02", "year": 2016, "venezuelans": 0, "people": 500},
    {"place": "02", "year": 2018, "venezuelans": 5, "people": 400},
    {"place": "03", "year": 2016, "venezuelans": 1, "people": 200},
    {"place": "03", "year": 2018, "venezuelans": 3, "people": 250},
]
SHARE = {
    "kind": "share", "count": "venezuelans", "over": "people", "unit": "place", "time": "year", "data": "migrants",
}  # fmt: skip
SHARES = [
    {"office": "lima", "place": "15", "share": 85},
    {"office": "lima", "place": "07", "share": 85},
    {"office": "trujillo", "place": "13", "share": 5},
]
PEOPLE = [
    {"place": p, "year": t, "population_persons": n * (1 if t == 2015 else 2)}
    for p, n in (("15", 9000), ("07", 1000), ("13", 2000), ("20", 1500), ("24", 500))
    for t in (2015, 2018)
]
PLACES = [
    {"place": p, "year": t, "y": 1.0, "x": 0.0} for p in ("15", "07", "13", "20", "24") for t in (2017, 2018)
]
DOSE = {
    "kind": "dose", "unit": "place", "time": "year", "shares": "shares", "office": "office", "population": "people",
    "stock": {"2017": 100, "2018": 600}, "denominator_year": 2015, "rest": "zero",
}  # fmt: skip


def share_of(prepared, migrants=MIGRANTS, main=MAIN, **changes):
    blocks = {"exposure": {"m": SHARE | changes}}
    return prepared({"main": main, "migrants": migrants}, types=TYPES, model="y ~ m", **blocks)


def dose_of(prepared, shares=SHARES, people=PEOPLE, main=PLACES, **changes):
    files = {"main": main, "shares": shares, "people": people}
    return prepared(files, types=TYPES, model="y ~ m", exposure={"m": DOSE | changes})


def problem(call):
    with pytest.raises(ImpactError) as caught:
        call()
    return caught.value.faults[0].code, caught.value.faults[0].message


def test_the_base_year_divides_every_period(prepared):
    _, main = share_of(prepared, denominator_year=2016)
    expected = [100 * 10 / 1000, 100 * 90 / 1000, 0, 100 * 5 / 500, 100 * 1 / 200, 100 * 3 / 200]
    np.testing.assert_allclose(main.columns["m"], expected, rtol=1e-14)
    facts = main.constructed["exposure.m"]
    assert facts["mean"] == pytest.approx(np.mean(expected))
    assert facts["sd"] == pytest.approx(np.std(expected, ddof=1))
    assert (facts["cells"], facts["denominator_year"], facts["rows_without"]) == (6, 2016, 0)


def test_the_year_of_the_spec_and_each_periods_own(prepared):
    blocks = {"exposure": {"m": SHARE}, "denominator_year": 2016}
    _, main = prepared({"main": MAIN, "migrants": MIGRANTS}, types=TYPES, model="y ~ m", **blocks)
    assert main.columns["m"][1] == pytest.approx(9.0)
    _, main = share_of(prepared, denominator_year="current", scale=1)
    assert main.columns["m"][1] == pytest.approx(90 / 1200)
    assert main.constructed["exposure.m"]["denominator_year"] == "current"


def test_cells_of_education_and_experience_are_summed(prepared):
    """Persons of main are the table: weights of migrants over weights of everybody by cell."""
    rng = np.random.default_rng(4)
    rows = [
        {"educ": int(e), "exper": int(x), "w": float(w), "migrant": int(g), "y": 0.0}
        for e, x, w, g in zip(
            rng.integers(0, 3, 300), rng.integers(0, 4, 300), rng.uniform(1, 9, 300), rng.random(300) < 0.2,
            strict=True,
        )
    ]  # fmt: skip
    block = {"kind": "share", "count": "wm", "over": "w", "unit": ["educ", "exper"], "combine": "sum"}
    _, main = prepared({"main": rows}, model="y ~ m", derive={"wm": "w * migrant"}, exposure={"m": block})
    for row, found in zip(rows, main.columns["m"], strict=True):
        cell = [r for r in rows if (r["educ"], r["exper"]) == (row["educ"], row["exper"])]
        own = 100 * sum(r["w"] * r["migrant"] for r in cell) / sum(r["w"] for r in cell)
        assert found == pytest.approx(own, rel=1e-12)
    assert main.constructed["exposure.m"]["cells"] == 12


def test_denominators_of_another_file_without_periods(prepared):
    census = [{"place": p, "workers": n} for p, n in (("01", 100), ("02", 50), ("03", 10))]
    migrants = [{"place": r["place"], "venezuelans": r["venezuelans"]} for r in MIGRANTS if r["year"] == 2018]
    block = {"kind": "share", "count": "venezuelans", "over": "workers", "unit": "place", "data": "migrants",
             "over_data": "census"}  # fmt: skip
    files = {"main": MAIN, "migrants": migrants, "census": census}
    _, main = prepared(files, types=TYPES, model="y ~ m", exposure={"m": block})
    np.testing.assert_allclose(main.columns["m"], [90, 90, 10, 10, 30, 30])


def test_a_derived_column_reads_the_exposure_and_a_filter_comes_before_the_check(prepared):
    files = {"main": [*MAIN, {"place": "99", "year": 2018, "y": 0.0, "x": 0.0}], "migrants": MIGRANTS}
    blocks = {"exposure": {"m": SHARE | {"denominator_year": 2016}}, "derive": {"m2": "m * 2"}}
    _, main = prepared(files, types=TYPES, model="y ~ m2", filter='place != "99"', **blocks)
    np.testing.assert_allclose(main.columns["m2"], 2 * main.columns["m"])
    code, message = problem(lambda: prepared(files, types=TYPES, model="y ~ m2", **blocks))
    assert code == "E287"
    assert "99/2018" in message


def test_units_without_exposure_may_go_and_are_counted(prepared):
    files = {"main": [*MAIN, {"place": "99", "year": 2018, "y": 0.0, "x": 0.0}], "migrants": MIGRANTS}
    block = SHARE | {"denominator_year": 2016, "missing": "drop"}
    _, main = prepared(files, types=TYPES, model="y ~ m", exposure={"m": block})
    assert np.isnan(main.columns["m"][-1])
    (said,) = [one for one in main.notices if one.code == "W490"]
    assert "99/2018" in said.message
    assert main.constructed["exposure.m"]["rows_without"] == 1


@pytest.mark.parametrize(
    ("rows", "changes", "words"),
    [
        (MIGRANTS, {}, "say whose population divides"),
        (MIGRANTS, {"denominator_year": 2007}, "no row of migrants is of year 2007"),
        (
            [*MIGRANTS, MIGRANTS[0] | {"venezuelans": 11}],
            {"denominator_year": 2016},
            "several values within one",
        ),
        (
            [MIGRANTS[0] | {"venezuelans": -1}, *MIGRANTS[1:]],
            {"denominator_year": 2016},
            "missing or negative",
        ),
        (
            [MIGRANTS[0] | {"venezuelans": ""}, *MIGRANTS[1:]],
            {"denominator_year": 2016},
            "missing or negative",
        ),
        ([MIGRANTS[0] | {"people": 0}, *MIGRANTS[1:]], {"denominator_year": 2016}, "is zero in"),
        ([r | {"people": "many"} for r in MIGRANTS], {"denominator_year": 2016}, "holds no numbers"),
        (
            [{k: v for k, v in r.items() if k != "people"} for r in MIGRANTS],
            {"denominator_year": 2016},
            "no column",
        ),
    ],
)
def test_shares_that_cannot_be(prepared, rows, changes, words):
    code, message = problem(lambda: share_of(prepared, migrants=rows, **changes))
    assert code in ("E286", "E514")
    assert words in message or code == "E514"


def test_keys_of_different_kinds(prepared):
    numbered = [r | {"place": int(r["place"])} for r in MIGRANTS]
    files = {"main": [r | {"place": f"a{r['place']}"} for r in MAIN], "migrants": numbered}
    block = {"m": SHARE | {"denominator_year": 2016}}
    code, message = problem(lambda: prepared(files, model="y ~ m", exposure=block))
    assert code == "E286"
    assert "types" in message


def test_doses_by_hand(prepared):
    _, main = dose_of(prepared)
    lima, trujillo = 100 * 0.85 / 10_000, 100 * 0.05 / 2000
    expected = np.outer([lima, lima, trujillo, 0, 0], [100, 600]).ravel()
    np.testing.assert_allclose(main.columns["m"], expected, rtol=1e-14)
    facts = main.constructed["exposure.m"]
    assert facts["share_sum_pct"] == pytest.approx(90)
    assert facts["mean"] == pytest.approx(expected.mean())
    (said,) = [one for one in main.notices if one.code == "W496"]
    assert "90" in said.message
    assert "10" in said.message


def test_the_rest_by_population_places_the_whole_stock(prepared):
    _, main = dose_of(prepared, rest="population")
    lima, trujillo, rest = 100 * 0.85 / 10_000, 100 * 0.05 / 2000, 100 * 0.10 / 2000
    expected = np.outer([lima, lima, trujillo, rest, rest], [100, 600]).ravel()
    np.testing.assert_allclose(main.columns["m"], expected, rtol=1e-14)
    persons = {r["place"]: r["population_persons"] for r in PEOPLE if r["year"] == 2015}
    placed = sum(
        m * persons[r["place"]] / 100
        for m, r in zip(main.columns["m"], PLACES, strict=True)
        if r["year"] == 2018
    )
    assert placed == pytest.approx(600)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"shares": [r | {"share": 99} for r in SHARES]}, "sum to 198"),
        ({"shares": [*SHARES, SHARES[0]]}, "several rows of a place"),
        ({"shares": [SHARES[0], SHARES[1] | {"share": 80}, SHARES[2]]}, "differs within one office"),
        ({"shares": [r | {"share": -1} for r in SHARES]}, "negative"),
        ({"shares": [*SHARES, {"office": "cusco", "place": "08", "share": 1}]}, "no population: 08"),
        ({"denominator_year": 1999}, "has no year 1999"),
        ({"denominator_year": None}, "say whose population"),
        ({"people": [r | {"population_persons": 0} for r in PEOPLE]}, "not positive"),
        ({"people": [*PEOPLE, PEOPLE[0]]}, "several rows of a place in 2015"),
    ],
)
def test_doses_that_cannot_be(prepared, changes, words):
    code, message = problem(lambda: dose_of(prepared, **changes))
    assert code == "E286"
    assert words in message


def test_no_place_is_left_for_the_rest(prepared):
    every = [
        *SHARES,
        {"office": "piura", "place": "20", "share": 1},
        {"office": "tumbes", "place": "24", "share": 1},
    ]
    code, message = problem(lambda: dose_of(prepared, shares=every, rest="population"))
    assert (code, "no place without a share" in message) == ("E286", True)


def test_periods_without_a_stock_are_named(prepared):
    with pytest.raises(DataError) as caught:
        dose_of(prepared, stock={"2018": 600})
    assert caught.value.faults[0].code == "E287"
    assert "15/2017" in caught.value.faults[0].message


@pytest.mark.parametrize(
    "changes", [{"kind": "sharing"}, {"rest": "nobody"}, {"stock": {}}, {"stock": {"soon": 3}}, {"scale": 0}]
)
def test_blocks_that_are_not_understood(prepared, changes):
    with pytest.raises(SpecError):
        dose_of(prepared, **changes)
