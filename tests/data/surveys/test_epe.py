"""EPE and EPEN: weights called after their quarter, monthly money, months in several files, two sets of names."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DataError, SpecError

NAN = np.nan
EPE = {
    "pano": [2018, 2018, 2017, 2018],
    "pmes": [11, 12, 12, 1],
    "conglome": ["5", "0005", "12", "7"],
    "vivienda": ["1", "2", "3", "4"],
    "p107": [1, 2, 1, 2],
    "p108": [30, 40, 50, 15],
    "p209t": [48.0, NAN, 20.0, 10.0],
    "ocu200": [1, 4, 2, 1],
    "ingtot": [1500.0, NAN, NAN, 999999.0],
    "ingprin": [1400.0, NAN, NAN, 300.0],
    "resident": [1, 1, 1, 2],
    "fa_nde18": [100.0, 110.0, 120.0, 130.0],
}
EPEN = {
    "ANIO": [2023, 2023],
    "MES": ["08", "09"],
    "CONGLOMERADO": ["1", "2"],
    "C207": [2, 1],
    "C208": [22, 33],
    "whoraT": [40, 45],
    "OCUP300": [1, 1],
    "INGTOT": [1200, 2000],
    "RESIDENT": [1, 9],
    "fa_aso23": [200.0, 210.0],
}


@pytest.fixture
def files(stata, text):
    stata("epe/epe_nde18.dta", EPE)
    text("epe/EPEN_ASO23.csv", EPEN, encoding="latin-1", sep=";")


def test_one_name_for_what_the_editions_call_differently(asked, files):
    names = ("year", "month", "activity", "sex", "age", "hours", "income", "weight", "source_file", "ingprin")
    frame = asked("epe: {folder: epe, years: 2018, files: '*.dta'}", *names)
    assert frame.columns["weight"].tolist() == [100.0, 110.0]
    np.testing.assert_array_equal(frame.columns["income"], [1500.0, NAN])
    assert frame.columns["month"].tolist() == [11.0, 12.0]
    assert frame.units == {"income": "monthly soles", "ingprin": "monthly soles"}
    assert [(step.reason, step.dropped) for step in frame.steps] == [("not residents", 1), ("other years", 1)]


def test_both_editions_on_top_of_each_other(asked, stata):
    stata("epe/epe_nde18.dta", EPE)
    stata("epe/epen_aso23.dta", EPEN)
    names = ("year", "activity", "sex", "age", "hours", "income", "weight", "month")
    frame = asked("epe: {folder: epe, years: [2018, 2023], persons: all}", *names)
    assert frame.columns["year"].tolist() == [2018, 2018, 2018, 2023, 2023]
    assert frame.columns["age"].tolist() == [30, 40, 15, 22, 33]
    assert frame.columns["weight"].tolist() == [100, 110, 130, 200, 210]
    assert frame.columns["month"].tolist() == [11, 12, 1, 8, 9]
    np.testing.assert_array_equal(frame.columns["income"], [1500, NAN, NAN, 1200, 2000])
    told = {notice.code: notice for notice in frame.notices}
    assert told["W478"].details["names"] == "fa_nde18, fa_aso23"
    assert told["W467"].details["listed"] == "ingtot 1"
    assert "W477" not in told


def test_a_text_file_of_an_office(asked, files):
    block = "epe: {folder: epe, years: 2023, files: '*.csv'}, encoding: latin-1"
    frame = asked(block, "weight", "income")
    assert frame.columns["weight"].tolist() == [200.0] and frame.columns["income"].tolist() == [1200.0]


def test_months_of_moving_quarters_are_told(asked, stata):
    stata("epe/a.dta", EPE)
    stata("epe/b.dta", {**EPE, "pmes": [12, 12, 12, 1]})
    frame = asked("epe: {folder: epe, years: 2018, persons: all}", "month")
    assert next(n for n in frame.notices if n.code == "W477").details["months"] == "2018-01, 2018-12"


def test_the_weight_must_be_one(asked, stata):
    stata("epe/a.dta", {**EPE, "fa_def18": [1.0] * 4})
    for weight, count in (("fa_*", "2 columns"), ("'FAC300*'", "0 columns")):
        with pytest.raises(DataError) as caught:
            asked(f"epe: {{folder: epe, years: 2018, weight: {weight}}}", header=True)
        assert caught.value.code == "E274" and count in caught.value.faults[0].message
    chosen = asked("epe: {folder: epe, years: 2018, weight: FA_DEF18}", "weight")
    assert set(chosen.columns["weight"]) == {1.0}


def test_a_year_without_rows_is_named(asked, files):
    with pytest.raises(DataError) as caught:
        asked("epe: {folder: epe, years: [2018, 2019], files: '*.dta'}", "weight")
    assert caught.value.code == "E252" and "2019" in caught.value.faults[0].message


def test_another_file_is_refused(asked, stata):
    stata("epe/a.dta", {"x": [1.0]})
    with pytest.raises(DataError) as caught:
        asked("epe: {folder: epe, years: 2018, weight: x}", header=True)
    assert caught.value.code == "E253" and "ocu200" in caught.value.faults[0].message


def test_no_file(asked, tmp_path):
    (tmp_path / "epe").mkdir()
    with pytest.raises(DataError) as caught:
        asked("epe: {folder: epe, years: 2018}", header=True)
    assert caught.value.code == "E252" and "Modulo76" in caught.value.faults[0].help


def test_residents_need_their_mark(asked, stata):
    stata("epe/a.dta", {name: values for name, values in EPE.items() if name != "resident"})
    with pytest.raises(DataError) as caught:
        asked("epe: {folder: epe, years: 2018}", "weight")
    assert caught.value.code == "E253"
    assert asked("epe: {folder: epe, years: 2018, persons: all}", "weight").n_rows == 3


def test_raw_codes_stay(asked, stata):
    stata("epe/a.dta", EPE)
    frame = asked("epe: {folder: epe, years: 2018, persons: all, codes: raw}", "income")
    assert 999999.0 in frame.columns["income"]


def test_headers_and_frame_agree(asked, stata):
    stata("epe/a.dta", EPE)
    block = "epe: {folder: epe, years: 2018}"
    assert set(asked(block, header=True)) == set(asked(block).columns)


def test_years_are_needed(asked):
    with pytest.raises(SpecError) as caught:
        asked("epe: {folder: epe}")
    assert caught.value.code == "E103"
