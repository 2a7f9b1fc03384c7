"""ENAPRES: chapters by year, place in three parts, keys of changing width, victims by offence."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DataError

NAN = np.nan
CHAPTER = {
    "ANIO": ["2018"] * 3,
    "MES": ["1", "2", "3"],
    "CONGLOMERADO": ["15", "0015", "7"],
    "NSELV": ["3", "3", "10"],
    "AREA": [1, 1, 1],
    "CCDD": ["1", "01", "15"],
    "CCPP": ["1", "1", "01"],
    "CCDI": ["1", "01", "32"],
    "VIVIENDA": ["3", "03", "9"],
    "HOGAR": ["1", "1", "1"],
    "P600_A": ["1", "2", "1"],
    "P601_1": [3, 2, 1],
    "P601_6": [1, 2, NAN],
    "P601_12A": [2, 9, 1],
    "FACTOR": [10.5, 10.5, 30.0],
}


@pytest.fixture
def two_years(stata, text):
    stata("p/2018/CAP_600_URBANO.dta", CHAPTER)
    text("p/ENAPRES_2019_600.csv", {**CHAPTER, "ANIO": [2019] * 3}, sep=";")


def test_years_and_keys(asked, two_years):
    names = ("year", "ubigeo", "department", "person", "psu", "weight", "victim_6", "victim_1", "victim_12a")
    frame = asked("enapres: {folder: p, years: 2018-2019}", *names)
    column = {name: values.tolist() for name, values in frame.columns.items()}
    assert column["year"] == [2018.0] * 3 + [2019.0] * 3
    assert column["ubigeo"] == ["010101", "010101", "150132"] * 2
    assert column["department"] == ["01", "01", "15"] * 2
    assert column["person"][:3] == ["2018-15-3-1-1", "2018-15-3-1-2", "2018-7-9-1-1"]
    assert column["psu"][0] == "2018-15" and column["psu"][3] == "2019-15"
    assert column["weight"][:3] == [10.5, 10.5, 30.0]
    # 3 is "has none": no victim; 9 and blank are no answer
    np.testing.assert_array_equal(column["victim_1"], [0, 0, 1] * 2)
    np.testing.assert_array_equal(column["victim_6"], [1, 0, NAN] * 2)
    np.testing.assert_array_equal(column["victim_12a"], [0, NAN, 1] * 2)
    assert len(frame.files["main"]["files"]) == 2
    assert "W466" in {notice.code for notice in frame.notices}


def test_names_are_in_small_letters(asked, two_years):
    frame = asked("enapres: {folder: p, years: 2018}", "p601_6", "factor")
    assert set(frame.columns) == {"p601_6", "factor"}


def test_an_absent_year_is_named(asked, two_years):
    with pytest.raises(DataError) as caught:
        asked("enapres: {folder: p, years: 2017-2020}", header=True)
    (fault,) = caught.value.faults
    assert fault.code == "E252" and "2017 (600), 2020 (600)" in fault.message and "INEI" in fault.help


def test_another_chapter_and_files_of_other_names(asked, two_years, stata):
    stata("p/2018/CAP_300.dta", {"ANIO": ["2018"], "P300_2B": [2.0]})
    frame = asked("enapres: {folder: p, years: 2018, chapter: 300}", "p300_2b")
    assert frame.columns["p300_2b"].tolist() == [2.0]
    stata("q/victims18.dta", CHAPTER)
    assert asked("enapres: {folder: q, years: 2018, files: 'victims*.dta'}", "factor").n_rows == 3
    with pytest.raises(DataError) as caught:
        asked("enapres: {folder: q, years: 2018}", "factor")
    assert caught.value.code == "E252"


def test_a_file_of_another_year_is_refused(asked, stata):
    stata("p/2017/CAP_600.dta", CHAPTER)
    with pytest.raises(DataError) as caught:
        asked("enapres: {folder: p, years: 2017}", "factor")
    assert caught.value.code == "E257"


def test_two_candidates_are_refused(asked, two_years, stata):
    stata("p/2018/CAP_600_RURAL.dta", CHAPTER)
    with pytest.raises(DataError) as caught:
        asked("enapres: {folder: p, years: 2018}", "factor")
    assert caught.value.code == "E256" and "CAP_600_RURAL" in caught.value.faults[0].message


def test_headers_and_frame_agree(asked, two_years):
    block = "enapres: {folder: p, years: 2018-2019}"
    assert set(asked(block, header=True)) == set(asked(block).columns)
