"""Complaints: the three tables in their own shapes, zero cells completed, places of one system, offences apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impact.core.errors import DataError, SpecError

ROWS = [
    # year, month, ubigeo as a number, department, offence, count
    (2018, 1, 10101, "AMAZONAS", "Hurto", 3),
    (2018, 2, 10101, "AMAZONAS", "Robo agravado", 1),
    (2018, 1, 150101, "LIMA", "Hurto", 30),
    (2018, 1, 150101, "LIMA", "Extorsión", 2),
    (2019, 5, 150101, "LIMA", "Hurto", 33),
    (2019, 5, 150132, "LIMA", "Robo agravado", 7),
    (2019, 6, 70101, "CALLAO", "Hurto", 5),
]
POLICE = {
    "ANIO": [row[0] for row in ROWS],
    "MES": [row[1] for row in ROWS],
    "DPTO_HECHO_NEW": [row[3] for row in ROWS],
    "PROV_HECHO": ["X"] * 7,
    "DIST_HECHO": ["Y"] * 7,
    "UBIGEO_HECHO": [row[2] for row in ROWS],
    "P_MODALIDADES": [row[4] for row in ROWS],
    "cantidad": [row[5] for row in ROWS],
}
EVERYTHING = (
    "district",
    "province",
    "department",
    "department_name",
    "year",
    "month",
    "offence",
    "complaints",
)


def table(frame) -> pd.DataFrame:
    return pd.DataFrame({name: values for name, values in frame.columns.items()})


@pytest.fixture
def police(text):
    text("den/DATASET_Denuncias.csv", POLICE, encoding="utf-8-sig")


def test_sums_and_zeros_against_a_pivot(asked, police):
    """Every place x period x offence, against pandas' own pivot of the rows."""
    found = table(asked("complaints: {folder: den, period: month}", *EVERYTHING))
    rows = pd.DataFrame(ROWS, columns=["year", "month", "ubigeo", "name", "offence", "complaints"])
    rows["district"] = rows["ubigeo"].astype(str).str.zfill(6)
    rows["period"] = list(zip(rows["year"], rows["month"], strict=True))
    wide = rows.pivot_table("complaints", "district", ["period", "offence"], "sum", fill_value=0)
    assert len(found) == 4 * 4 * 3
    for _, row in found.iterrows():
        key = ((int(row["year"]), int(row["month"])), row["offence"])
        expected = wide.loc[row["district"], key] if key in wide.columns else 0
        assert row["complaints"] == expected, row
    assert found["complaints"].sum() == sum(row[5] for row in ROWS)
    assert set(found["department_name"]) == {"Amazonas", "Lima", "Callao"}


def test_zeros_are_told_and_can_be_left_out(asked, police):
    frame = asked("complaints: {folder: den, level: department}", "complaints")
    # 3 departments x 2 years x 3 offences, 7 of them with rows
    told = next(notice for notice in frame.notices if notice.code == "W475")
    assert (told.details["count"], told.details["cells"]) == ("11", "18")
    sparse = asked("complaints: {folder: den, level: department, zeros: false}", "complaints")
    assert sparse.n_rows == 7 and "W475" not in {notice.code for notice in sparse.notices}
    assert frame.read == sparse.read == 7


def test_lost_zeros_are_counted(asked, police):
    frame = asked("complaints: {folder: den, level: province}", "province")
    assert sorted(set(frame.columns["province"])) == ["0101", "0701", "1501"]
    assert next(notice for notice in frame.notices if notice.code == "W466").details["listed"] == "ubigeo 3"


def test_years_without_all_months_are_told(asked, police):
    frame = asked("complaints: {folder: den}", "complaints")
    assert [n.details["months"] for n in frame.notices if n.code == "W476"] == ["2", "2"]
    assert "W476" not in {
        n.code for n in asked("complaints: {folder: den, period: month}", "complaints").notices
    }


def test_offences_are_pooled_only_by_name(asked, police):
    block = "complaints: {folder: den, level: department, offences: {property: ['hurto*', 'ROBO*']}}"
    found = table(asked(block, "department", "year", "offence", "complaints"))
    assert set(found["offence"]) == {"property"}
    lima = found[found["department"] == "15"].set_index("year")["complaints"]
    assert lima.to_dict() == {2018.0: 30.0, 2019.0: 40.0}
    (step,) = asked(block, "complaints").steps
    assert (step.reason, step.dropped) == ("other offences", 1)


@pytest.mark.parametrize(
    ("offences", "word"),
    [("{drugs: [trafico*]}", "takes none"), ("{a: [hurto], b: ['h*']}", "taken by 'a' and by 'b'")],
)
def test_offences_that_are_not_there_or_twice(asked, police, offences, word):
    with pytest.raises(DataError) as caught:
        asked(f"complaints: {{folder: den, offences: {offences}}}", "complaints")
    assert caught.value.code == "E273"
    assert word in caught.value.faults[0].message and "Extorsión" in caught.value.faults[0].help


def test_years(asked, police):
    frame = asked("complaints: {folder: den, years: 2019}", "complaints", "year")
    assert set(frame.columns["year"]) == {2019.0} and frame.steps[0].dropped == 4
    with pytest.raises(DataError) as caught:
        asked("complaints: {folder: den, years: 2019-2021}", "complaints")
    assert caught.value.code == "E252" and "2020, 2021" in caught.value.faults[0].message


def test_numbers_of_reniec_are_refused(asked, text):
    names = {"ANIO": [2018] * 4, "MES": [1] * 4, "DPTO_HECHO_NEW": ["CALLAO", "LIMA", "CUSCO", "PIURA"]}
    rest = {"P_MODALIDADES": ["Hurto"] * 4, "cantidad": [1] * 4}
    text("den/t.csv", {**names, "UBIGEO_HECHO": ["240101", "140101", "070101", "190101"], **rest})
    with pytest.raises(DataError) as caught:
        asked("complaints: {folder: den}", "complaints")
    assert caught.value.code == "E270" and "Callao" in caught.value.faults[0].message
    text("den/t.csv", {**names, "UBIGEO_HECHO": ["070101", "150101", "080101", "200101"], **rest})
    assert asked("complaints: {folder: den}", "complaints").n_rows == 4


def test_rows_without_a_place_are_left_out(asked, text):
    text("den/t.csv", {**POLICE, "UBIGEO_HECHO": [10101, "", 150101, 999999, 150101, 150132, 70101]})
    frame = asked("complaints: {folder: den, zeros: false}", "complaints")
    assert frame.steps[0].reason == "no place" and frame.steps[0].dropped == 2
    assert next(n for n in frame.notices if n.code == "W471").details["count"] == "2"


def test_districts_created_later(asked, police, text):
    text("new.csv", {"code": ["150132", "70101"], "was": ["150101", "070102"]})
    frame = asked("complaints: {folder: den, districts: new.csv}", "district", "complaints")
    assert set(frame.columns["district"]) == {"010101", "150101", "070102"}
    assert next(n for n in frame.notices if n.code == "W473").details["count"] == "2"
    files = [one["file"] for one in frame.files["main"]["files"]]
    assert files == ["den/DATASET_Denuncias.csv", "new.csv"]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"code": ["150132"], "old": ["150101"]}, "E253"),
        ({"code": ["150132", "150101"], "was": ["150101", "150102"]}, "E271"),
        ({"code": ["150132", "150132"], "was": ["150101", "150102"]}, "E271"),
        ({"code": ["nowhere"], "was": ["150101"]}, "E271"),
    ],
)
def test_a_table_of_districts_that_is_wrong(asked, police, text, columns, code):
    text("new.csv", columns)
    with pytest.raises(DataError) as caught:
        asked("complaints: {folder: den, districts: new.csv}", "district")
    assert caught.value.code == code


def test_complaints_to_prosecutors(asked, text):
    """Semicolons, a byte-order mark, yearly totals by article."""
    columns = {
        "periodo_denuncia": ["2019"] * 3,
        "anio_denuncia": [2019, 2019, 2020],
        "fecha_descarga": ["2024-01-01"] * 3,
        "distrito_fiscal": ["LAMBAYEQUE"] * 3,
        "generico": ["CONTRA EL PATRIMONIO", "CONTRA EL PATRIMONIO", "CONTRA LA VIDA"],
        "articulo": ["185", "188", "106"],
        "des_articulo": ["Hurto; simple", "Robo", "Homicidio"],
        "cantidad": [10, 5, 1],
        "ubigeo": ["140101", "140101", "140201"],
        "dpto": ["LAMBAYEQUE"] * 3,
    }
    text("mp/lambayeque.csv", columns, sep=";", encoding="utf-8-sig")
    block = "complaints: {folder: mp, table: prosecutors, zeros: false}"
    found = table(asked(block, "district", "year", "offence", "complaints"))
    assert found["complaints"].tolist() == [15.0, 1.0]
    by_article = table(
        asked(
            "complaints: {folder: mp, table: prosecutors, names: {offence: articulo}}",
            "offence",
            "complaints",
        )
    )
    assert by_article.groupby("offence")["complaints"].sum().to_dict() == {
        "106": 1.0,
        "185": 10.0,
        "188": 5.0,
    }
    with pytest.raises(DataError) as caught:
        asked("complaints: {folder: mp, table: prosecutors, period: month}", "complaints")
    assert caught.value.code == "E253"


def test_the_registry_counts_its_rows(asked, text):
    columns = {
        "AÑO": [2016, 2016, 2016], "MES": [1, 1, 2], "CCDD": [1, 15, 15], "CCPP": ["1", "01", "01"],
        "CCDI": [1, 1, 1], "IH207_MOD": ["Hurto", "Hurto", "Hurto"],
    }  # fmt: skip
    text("reg/cap200.csv", columns, encoding="utf-8")
    block = "complaints: {folder: reg, table: registry, names: {offence: IH207_MOD}, zeros: false}"
    found = table(asked(block, "district", "complaints"))
    assert dict(zip(found["district"], found["complaints"], strict=True)) == {"010101": 1.0, "150101": 2.0}
    with pytest.raises(SpecError) as caught:
        asked("complaints: {folder: reg, table: registry}", "complaints")
    assert caught.value.code == "E259"


def test_headers_and_frame_agree(asked, police):
    for options in ("", ", period: month", ", level: department", ", level: province, zeros: false"):
        block = f"complaints: {{folder: den{options}}}"
        assert set(asked(block, header=True)) == set(asked(block).columns)


def test_an_empty_folder_says_which_table_to_get(asked, tmp_path):
    (tmp_path / "den").mkdir()
    with pytest.raises(DataError) as caught:
        asked("complaints: {folder: den}", "complaints")
    assert caught.value.code == "E252" and "policiales" in caught.value.faults[0].help


def test_another_table_is_refused(asked, text):
    text("den/t.csv", {"a": [1], "b": [2]})
    with pytest.raises(DataError) as caught:
        asked("complaints: {folder: den}", "complaints")
    assert caught.value.code == "E253" and "ubigeo_hecho" in caught.value.faults[0].message


def test_two_files_are_one_table(asked, text):
    half = {name: values[:4] for name, values in POLICE.items()}
    other = {name: values[4:] for name, values in POLICE.items()}
    text("den/a.csv", half)
    text("den/b.csv", other, sep="|")
    whole = asked("complaints: {folder: den}", *EVERYTHING)
    assert whole.read == 7 and float(np.sum(whole.columns["complaints"])) == 81
    assert len(whole.files["main"]["files"]) == 2


def test_nothing_left_is_told(asked, text):
    text("den/t.csv", {**POLICE, "UBIGEO_HECHO": ["x"] * 7, "DPTO_HECHO_NEW": [""] * 7})
    with pytest.raises(DataError) as caught:
        asked("complaints: {folder: den}", "complaints")
    assert caught.value.code == "E275" and "no place (7)" in caught.value.faults[0].message
