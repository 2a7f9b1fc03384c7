"""ENAHO: files of the shapes that the office publishes, read as one table; every trap of them is a test."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DataError, SpecError
from impact.data.derive import derive_columns
from impact.schema.expressions.parse import parse_expression

NAN = np.nan
# eight persons of three households: one mark of the panel, one visitor, one domestic worker who is no member
HOUSE = ["5", "5", "5", "5", "12", "12", "12", "340"]
PERSONS = {
    "vivienda": ["7", "7", "7", "7", "11", "11", "11", "101"],
    "hogar": ["11", "11", "11", "11", "11", "11", "11", "11"],
    "codperso": ["1", "2", "3", "4", "1", "2", "3", "1"],
    "p203": [1, 2, 3, 0, 1, 8, 3, 1],
    "p204": [1, 1, 1, 1, 1, 2, 1, 1],
    "p205": [2, 1, 2, 2, 2, 2, 2, 2],
    "p206": [NAN, NAN, NAN, NAN, NAN, 1, NAN, NAN],
    "p207": [1, 2, 1, 2, 2, 2, 1, 1],
    "p208a": [45, 44, 12, 20, 60, 99, 17, 33],
    "ubigeo": ["010101", "010101", "010101", "010101", "150101", "150101", "150101", "150132"],
    "facpob07": [100.0] * 4 + [50.0] * 3 + [80.0],
}


def padded(values, width, sign):
    return [value.rjust(width, sign) for value in values]


def members(conglome=HOUSE, **changes):
    return {
        "aÑo": ["2018"] * 8,
        "mes": ["01", "02", "03", "12"] * 2,
        "conglome": conglome,
        **PERSONS,
        **changes,
    }


def employment(rows=(0, 1, 4, 5, 6, 7), **changes):
    """The module of persons of 14 and more, its keys padded with zeros."""
    own = {
        "año": [2018] * 6,
        "conglome": padded([HOUSE[i] for i in rows], 6, "0"),
        "vivienda": padded([PERSONS["vivienda"][i] for i in rows], 3, "0"),
        "hogar": [PERSONS["hogar"][i] for i in rows],
        "codperso": padded([PERSONS["codperso"][i] for i in rows], 2, "0"),
        "p203": [PERSONS["p203"][i] for i in rows],
        "p204": [PERSONS["p204"][i] for i in rows],
        "ocu500": [1, 1, 1, 1, 0, 2],
        "p511a": [1.0, 6.0, 5.0, 7.0, NAN, NAN],
        "i524a1": [12000.0, 999999.0, 30000.0, NAN, NAN, NAN],
        "fac500a": [110.0, 110.0, 60.0, 60.0, 60.0, 90.0],
    }
    return {**own, **changes}


def sumaria(**changes):
    own = {
        "a_o": ["2018"] * 3,
        "conglome": ["000005", "000012", "000340"],
        "vivienda": ["007", "011", "101"],
        "hogar": ["11"] * 3,
        "dominio": [8, 8, 2],
        "estrato": [1, 5, 6],
        "mieperho": [3, 2, 1],
        "gashog2d": [36000.0, 24000.0, 4000.0],
        "linea": [344.0, 344.0, 344.0],
        "factor07": [100.0, 50.0, 80.0],
    }
    return {**own, **changes}


@pytest.fixture
def year2018(stata):
    """The three modules of 2018, each padded in its own way."""
    stata("e/634-Modulo02/enaho01-2018-200.dta", members(conglome=padded(HOUSE, 6, " ")))
    stata("e/634-Modulo05/enaho01a-2018-500.dta", employment())
    stata("e/634-Modulo34/sumaria-2018.dta", sumaria())


def test_modules_with_keys_of_any_padding_are_one_table(asked, year2018):
    block = "enaho: {folder: e, years: 2018, modules: ['02', '05', '34']}"
    frame = asked(block, "person", "p207", "i524a1", "gashog2d", "ocu500", "fac500a", "year")
    assert frame.columns["person"].tolist() == [
        "000005-007-11-01", "000005-007-11-02", "000005-007-11-03", "000012-011-11-01", "000012-011-11-02",
        "000012-011-11-03", "000340-101-11-01",
    ]  # fmt: skip
    np.testing.assert_array_equal(frame.columns["i524a1"], [12000, NAN, NAN, 30000, NAN, NAN, NAN])
    np.testing.assert_array_equal(frame.columns["fac500a"], [110, 110, NAN, 60, 60, 60, 90])
    np.testing.assert_array_equal(frame.columns["gashog2d"], [36000] * 3 + [24000] * 3 + [4000])
    np.testing.assert_array_equal(frame.columns["ocu500"], [1, 1, NAN, 1, 1, NAN, 2])
    assert set(frame.columns["year"]) == {2018.0}
    (step,) = frame.steps
    assert step.dropped == 1 and "p203" in step.reason


def test_what_was_repaired_is_counted(asked, year2018):
    frame = asked("enaho: {folder: e, years: 2018, modules: [members, 34]}", "p208a", "hogar")
    told = {notice.code: notice for notice in frame.notices}
    # blanks in conglome, vivienda without zeros (but for 101 and twice 11 → 011), codperso of one digit
    assert told["W466"].details["listed"] == "codperso 8, conglome 8, vivienda 7"
    assert told["W467"].details["listed"] == "p208a 1"
    raw = asked("enaho: {folder: e, years: 2018, modules: members, codes: raw}", "p208a")
    assert 99 in raw.columns["p208a"] and "W467" not in {notice.code for notice in raw.notices}


@pytest.mark.parametrize(
    ("persons", "rows", "dropped"),
    [("all", 8, []), ("current", 7, [1]), ("members", 6, [1, 1]), ("residents", 6, [1, 1])],
)
def test_persons(asked, year2018, persons, rows, dropped):
    frame = asked(f"enaho: {{folder: e, years: 2018, modules: members, persons: {persons}}}", "p207")
    assert frame.n_rows == rows and [step.dropped for step in frame.steps] == dropped
    assert frame.read == 8


def test_residents_are_not_the_members(asked, year2018):
    """A member away for a month is no resident, a domestic worker who sleeps in the house is one."""
    residents = asked("enaho: {folder: e, years: 2018, modules: '02', persons: residents}", "person")
    assert "000005-007-11-02" not in residents.columns["person"]
    assert "000012-011-11-02" in residents.columns["person"]


def test_made_columns(asked, year2018):
    frame = asked(
        "enaho: {folder: e, years: 2018, modules: [200, 500, sumaria]}",
        "psu", "stratum", "department", "province", "urban", "month", "quarter", "formal_contract", "poverty_weight",
    )  # fmt: skip
    found = {name: values.tolist() for name, values in frame.columns.items()}
    assert found["psu"] == ["2018-000005"] * 3 + ["2018-000012"] * 3 + ["2018-000340"]
    assert found["stratum"] == ["2018-8-1"] * 3 + ["2018-8-5"] * 3 + ["2018-2-6"]
    assert found["department"][3:] == ["15"] * 4 and found["province"][0] == "0101"
    assert found["urban"] == [1, 1, 1, 1, 1, 1, 0]
    assert found["month"] == [1, 2, 3, 1, 2, 3, 12] and found["quarter"] == [1, 1, 1, 1, 1, 1, 4]
    np.testing.assert_array_equal(found["formal_contract"], [1, 1, NAN, 0, 0, NAN, NAN])
    # factor07 x mieperho, the weight of persons
    assert found["poverty_weight"] == [300.0] * 3 + [100.0] * 3 + [80.0]


def test_poverty_by_hand(asked, year2018):
    """Poor if gashog2d/(12 mieperho) < linea: 333 < 344 only in the third household; 80 of 480 persons."""
    frame = asked(
        "enaho: {folder: e, years: 2018, modules: 34}", "gashog2d", "mieperho", "linea", "poverty_weight"
    )
    column = frame.columns
    poor = column["gashog2d"] / (12 * column["mieperho"]) < column["linea"]
    assert np.average(poor, weights=column["poverty_weight"]) == pytest.approx(80 / 480)
    assert frame.units == {"gashog2d": "annual soles", "linea": "monthly soles"}
    assert {n.details["unit"] for n in frame.notices if n.code == "W469"} == {"annual soles", "monthly soles"}


def test_a_column_of_another_year_is_refused(asked, year2018, stata):
    stata("e/634-Modulo05/enaho01a-2018-500.dta", employment(**{"año": [2017] * 6}))
    with pytest.raises(DataError) as caught:
        asked("enaho: {folder: e, years: 2018}", "ocu500")
    assert caught.value.code == "E257" and "2017" in caught.value.faults[0].message


@pytest.mark.parametrize("name", ["año", "aÑo", "a_o", "aÃ±o", "ano", "a¤o", "AÑO", None])
def test_the_year_column_whatever_its_name(asked, text, name):
    columns = {key: value for key, value in employment().items() if key != "año"}
    text("e/enaho01a-2018-500.csv", {**({name: ["2018"] * 6} if name else {}), **columns})
    frame = asked("enaho: {folder: e, years: 2018}", "year", "ocu500")
    assert frame.columns["year"].tolist() == [2018.0] * 6
    names = asked("enaho: {folder: e, years: 2018}", header=True)
    assert name not in names and "year" in names


def test_years_of_two_digits(stata, asked):
    stata("e/enaho01a-2018-500.dta", employment(**{"año": ["18"] * 6}))
    assert asked("enaho: {folder: e, years: 2018}", "year").columns["year"][0] == 2018


def test_codes_that_moved_in_2012(asked, stata):
    """p511a = 6 was services until 2011 and is CAS, which is formal, from 2012."""
    for year in (2011, 2012):
        width = 4
        stata(
            f"e/enaho01a-{year}-500.dta",
            employment(
                **{"año": [year] * 6, "conglome": padded([HOUSE[i] for i in (0, 1, 4, 5, 6, 7)], width, "0")}
            ),
        )
    frame = asked("enaho: {folder: e, years: 2011-2012}", "formal_contract", "p511a", "psu")
    np.testing.assert_array_equal(
        frame.columns["formal_contract"], [1, 0, 0, 0, NAN, NAN, 1, 1, 0, 0, NAN, NAN]
    )
    assert frame.columns["psu"][0] == "2011-000005" and frame.columns["psu"][6] == "2012-000005"
    assert [notice.details["column"] for notice in frame.notices if notice.code == "W468"] == ["p511a"]
    one = asked("enaho: {folder: e, years: 2012}", "p511a")
    assert "W468" not in {notice.code for notice in one.notices}


def test_a_variable_of_some_years_only(asked, stata):
    stata("e/enaho01a-2023-500.dta", employment(**{"año": [2023] * 6, "ocupinf": [1, 2, 1, 2, 1, 2]}))
    stata("e/enaho01a-2024-500.dta", employment(**{"año": [2024] * 6}))
    frame = asked("enaho: {folder: e, years: [2023, 2024]}", "ocupinf")
    np.testing.assert_array_equal(frame.columns["ocupinf"], [1, 2, 1, 2, 1, 2] + [NAN] * 6)
    (told,) = [notice for notice in frame.notices if notice.code == "W465"]
    assert told.details["column"] == "ocupinf" and told.details["parts"] == "2024"
    assert frame.read == 12


def test_ubigeo_as_a_number_and_as_text(asked, stata, text):
    stata("e/enaho01a-2018-500.dta", employment(ubigeo=[10101, 10101, 150101, 150101, 150101, 150132]))
    frame = asked("enaho: {folder: e, years: 2018}", "ubigeo", "department")
    assert frame.columns["ubigeo"].tolist() == ["010101"] * 2 + ["150101"] * 3 + ["150132"]
    assert frame.columns["department"].tolist() == ["01"] * 2 + ["15"] * 4
    assert "ubigeo 2" in next(n.details["listed"] for n in frame.notices if n.code == "W466")


def test_pase_is_no_answer(asked, stata):
    labels = {"p5091": {0: "Pase", 1: "Beca"}}
    stata("e/enaho01a-2018-500.dta", employment(p5091=[0, 1, 0, 1, 0, 0]), value_labels=labels)
    frame = asked("enaho: {folder: e, years: 2018}", "p5091")
    np.testing.assert_array_equal(frame.columns["p5091"], [NAN, 1, NAN, 1, NAN, NAN])
    assert frame.value_labels["p5091"] == {0.0: "Pase", 1.0: "Beca"}


def test_a_raw_merge_that_fails_is_refused(asked, year2018, stata):
    """Keys that a spreadsheet changed: a fifth of the persons finds itself."""
    changed = employment(vivienda=["007", "907", "911", "911", "911", "901"])
    stata("e/634-Modulo05/enaho01a-2018-500.dta", changed)
    with pytest.raises(DataError) as caught:
        asked(
            "enaho: {folder: e, years: 2018, modules: [02, 05]}".replace("02, 05", "members, employment"),
            "ocu500",
        )
    assert caught.value.code == "E255" and "16.7 %" in caught.value.faults[0].message
    lax = asked("enaho: {folder: e, years: 2018, modules: [members, employment], match: 0.1}", "ocu500")
    assert np.isfinite(lax.columns["ocu500"]).sum() == 1


def test_a_household_without_sumaria_is_refused(asked, year2018, stata):
    stata("e/634-Modulo34/sumaria-2018.dta", {key: values[:2] for key, values in sumaria().items()})
    with pytest.raises(DataError) as caught:
        asked("enaho: {folder: e, years: 2018, modules: [members, sumaria]}", "linea")
    assert caught.value.code == "E255" and "members" in caught.value.faults[0].message


def test_a_person_twice_is_refused(asked, stata):
    columns = {key: [*values, values[0]] for key, values in employment().items()}
    stata("e/enaho01a-2018-500.dta", columns)
    with pytest.raises(DataError) as caught:
        asked("enaho: {folder: e, years: 2018}", "ocu500")
    assert caught.value.code == "E254" and "000005-007-11-01" in caught.value.faults[0].message


def test_every_file_that_is_absent_is_named_with_its_code(asked, year2018):
    with pytest.raises(DataError) as caught:
        asked("enaho: {folder: e, years: 2016-2018, modules: [employment, sumaria]}", header=True)
    (fault,) = caught.value.faults
    assert fault.code == "E252" and caught.value.exit_status == 4
    assert "2016 (05, 34), 2017 (05, 34)" in fault.message
    assert "546-Modulo05, 546-Modulo34, 603-Modulo05, 603-Modulo34" in fault.help
    assert fault.place.line == 2


def test_alternates_of_sumaria_and_other_endings(asked, year2018, stata, text):
    stata("e/634-Modulo34/sumaria-2018-12g.dta", sumaria(gashog2d=[0.0] * 3))
    text("e/634-Modulo34/sumaria-2018.csv", {"x": [1]})
    frame = asked("enaho: {folder: e, years: 2018, modules: 34}", "gashog2d")
    assert frame.columns["gashog2d"].tolist() == [36000.0, 24000.0, 4000.0]
    assert list(frame.files["main"]["files"][0]["file"].split("/"))[-1] == "sumaria-2018.dta"


def test_several_candidates_are_refused_and_files_chooses(asked, year2018, stata):
    stata("e/old/enaho01a-2018-500.dta", employment(ocu500=[2] * 6))
    with pytest.raises(DataError) as caught:
        asked("enaho: {folder: e, years: 2018}", "ocu500")
    assert caught.value.code == "E256"
    block = "enaho: {folder: e, years: 2018, files: {'05': 'old/enaho01a-{year}-500.dta'}}"
    assert set(asked(block, "ocu500").columns["ocu500"]) == {2.0}
    with pytest.raises(DataError) as caught:
        asked(block.replace("old/", "new/"), "ocu500")
    assert caught.value.code == "E251" and "new/enaho01a-2018-500.dta" in caught.value.faults[0].message


def test_a_file_in_the_folder_of_its_code(asked, stata):
    stata("e/634-Modulo05/500.dta", employment())
    assert asked("enaho: {folder: e, years: 2018}", "ocu500").n_rows == 6


def test_a_text_file_in_latin_1(asked, text):
    text("e/enaho01a-2018-500.csv", {**employment(), "lugar": ["Áncash"] * 6}, encoding="latin-1")
    with pytest.raises(DataError) as caught:
        asked("enaho: {folder: e, years: 2018}", "ocu500")
    assert caught.value.code == "E216" and "latin-1" in caught.value.faults[0].help
    frame = asked("enaho: {folder: e, years: 2018}, encoding: latin-1", "lugar", "household")
    assert frame.columns["lugar"][0] == "Áncash" and frame.columns["household"][0] == "000005-007-11"


def test_factor07_beside_the_module_of_employment_is_told(asked, year2018):
    told = asked("enaho: {folder: e, years: 2018, modules: [employment, sumaria]}", "factor07", "ocu500")
    assert "W470" in {notice.code for notice in told.notices}
    plain = asked("enaho: {folder: e, years: 2018, modules: [employment, sumaria]}", "fac500a", "ocu500")
    assert "W470" not in {notice.code for notice in plain.notices}


def test_headers_and_frame_agree(asked, year2018):
    block = "enaho: {folder: e, years: 2018, modules: [members, employment, sumaria]}"
    assert set(asked(block, header=True)) == set(asked(block).columns)


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        ("years: 2018, modules: 06", "E1", ""),
        ("years: 2018, modules: emplyment", "E163", "employment"),
        ("years: 2018, modules: [500, employment]", "E163", "twice"),
        ("years: 18", "E163", "four digits"),
        ("years: 2018, persons: adults", "E105", ""),
        ("years: 2018, match: 2", "E106", ""),
        ("years: 2018, panel: long, match: 0.5", "E259", "match"),
        ("years: 2018, panel: wide, persons: members", "E259", "persons"),
        ("modules: 500", "E103", "years"),
    ],
)
def test_wrong_options(asked, options, code, word):
    with pytest.raises(SpecError) as caught:
        asked(f"enaho: {{folder: e, {options}}}", "x")
    fault = caught.value.faults[0]
    assert fault.code.startswith(code) and word in fault.message + fault.help


WIDE = {
    "numpanh": [1, 1, 2],
    "conglome": ["5", "5", "12"],
    "vivienda": ["7", "7", "11"],
    "numper": [1, 2, 1],
    "p203_17": [1, 2, NAN],
    "p203_18": [1, NAN, 1],
    "p208a_17": [40, 38, NAN],
    "p208a_18": [41, NAN, 60],
    "i524a1_17": [999999.0, 5000.0, NAN],
    "i524a1_18": [9000.0, NAN, 7000.0],
    "facpanel1718": [10.0, 11.0, 12.0],
}


def test_a_wide_panel_becomes_long(asked, stata):
    stata("p/enaho01a-2017-2018-500-panel.dta", WIDE)
    block = "enaho: {folder: p, years: 2017-2018, panel: long}"
    frame = asked(block, "i524a1", "p208a", "year", "panel_person", "facpanel1718")
    assert frame.columns["year"].tolist() == [2017, 2017, 2018, 2018]
    assert frame.columns["panel_person"].tolist() == ["1-1-5-7", "1-2-5-7", "1-1-5-7", "2-1-12-11"]
    np.testing.assert_array_equal(frame.columns["i524a1"], [NAN, 5000, 9000, 7000])
    assert frame.columns["facpanel1718"].tolist() == [10, 11, 10, 12]
    assert [step.dropped for step in frame.steps] == [2]
    assert set(asked(block, header=True)) >= {"i524a1", "p208a", "year", "panel_person", "facpanel1718"}


def test_a_wide_panel_stays_wide(asked, stata):
    stata("p/enaho01a-2017-2018-500-panel.dta", WIDE)
    frame = asked("enaho: {folder: p, years: 2017-2018, panel: wide}", "i524a1_17", "conglome")
    np.testing.assert_array_equal(frame.columns["i524a1_17"], [NAN, 5000, NAN])
    assert frame.columns["conglome"].tolist() == ["000005", "000005", "000012"]
    assert frame.units == {"i524a1_17": "annual soles"}


def test_a_long_panel(asked, stata):
    columns = {
        "año": [2016, 2017, 2018, 2018], "numpanh": [1, 1, 1, 2], "numper": [1, 1, 1, 1], "p203": [1, 1, 1, 0],
        "i524a1": [1.0, 2.0, 3.0, 4.0],
    }  # fmt: skip
    stata("p/panel-500.dta", columns)
    frame = asked("enaho: {folder: p, years: 2017-2018, panel: long}", "i524a1", "panel_person", "year")
    assert frame.columns["i524a1"].tolist() == [2.0, 3.0]
    assert frame.columns["panel_person"].tolist() == ["1-1", "1-1"]
    assert [step.dropped for step in frame.steps] == [1, 1]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("years: 2017-2019, panel: long", "E258"),
        ("years: 2017, panel: long, modules: [employment, members]", "E258"),
        ("years: 2017, panel: long, modules: members", "E252"),
    ],
)
def test_a_panel_that_is_not_there(asked, stata, options, code):
    stata("p/enaho01a-2017-2018-500-panel.dta", WIDE)
    with pytest.raises(DataError) as caught:
        asked(f"enaho: {{folder: p, {options}}}", "p208a")
    assert [fault.code for fault in caught.value.faults] == [code]


def test_a_long_file_is_not_read_as_wide(asked, stata):
    stata("p/panel-500.dta", {"año": [2017], "numper": [1]})
    for options in ("years: 2017, panel: wide", "years: 2018, panel: long"):
        with pytest.raises(DataError) as caught:
            asked(f"enaho: {{folder: p, {options}}}", "numper")
        assert caught.value.code == "E258"


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("gashog2d + linea", True),
        ("gashog2d / 12 + linea", False),
        ("gashog2d < 12 * linea", False),
        ("gashog2d + gashog2d", False),
        ("when(gashog2d > linea, 1, 0)", True),
        ("linea + mieperho", False),
    ],
)
def test_annual_and_monthly_money_together_are_told(asked, year2018, expression, told):
    frame = asked("enaho: {folder: e, years: 2018, modules: 34}", "gashog2d", "linea", "mieperho")
    derived = derive_columns(frame, {"sum": parse_expression(expression)}, params={})
    found = [notice for notice in derived.notices if notice.code == "W472"]
    assert bool(found) == told
    if found:
        assert found[0].details["annual"] == "gashog2d" and found[0].details["monthly"] == "linea"
