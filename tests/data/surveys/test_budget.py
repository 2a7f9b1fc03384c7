"""Budget: sums by the columns that are named, in blocks, from the open files and from extracts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import impact.data.readers.csv as csv_reader
from impact.core.errors import DataError, SpecError

NAN = np.nan


@pytest.fixture
def spending(text):
    """A few thousand rows of the open file's shape."""
    draw = np.random.default_rng(3)
    n = 3000
    rows = {
        "ANO_EJE": draw.choice([2018, 2019], n).tolist(),
        "MES_EJE": draw.integers(1, 13, n).tolist(),
        "NIVEL_GOBIERNO": draw.choice(["E", "R", "M"], n).tolist(),
        "DEPARTAMENTO_EJECUTORA": draw.choice(["1", "07", "15"], n).tolist(),
        "FUNCION": draw.choice([3, 5, 20, 22], n).tolist(),
        "FUNCION_NOMBRE": draw.choice(["ORDEN PÚBLICO, Y SEGURIDAD", "SALUD"], n).tolist(),
        "MONTO_PIA": draw.integers(0, 1000, n).tolist(),
        "MONTO_PIM": draw.integers(0, 2000, n).tolist(),
        "MONTO_DEVENGADO": np.round(draw.uniform(0, 1500, n), 2).tolist(),
    }
    text("mef/gasto.csv", rows)
    return pd.DataFrame(rows)


def test_sums_against_a_group_by(asked, spending, monkeypatch):
    monkeypatch.setattr(csv_reader.read_blocks, "__kwdefaults__", {"rows": 700})
    frame = asked("budget: {folder: mef, by: [year, department, funcion]}")
    found = pd.DataFrame(dict(frame.columns)).set_index(["year", "department", "funcion"])
    spending["department"] = spending["DEPARTAMENTO_EJECUTORA"].str.zfill(2)
    spending["funcion"] = spending["FUNCION"].astype(str).str.zfill(2)
    own = spending.groupby(["ANO_EJE", "department", "funcion"])[
        ["MONTO_PIA", "MONTO_PIM", "MONTO_DEVENGADO"]
    ].sum()
    assert len(found) == len(own) == 24 and frame.read == 3000
    for key, row in own.iterrows():
        np.testing.assert_allclose(found.loc[key, ["pia", "pim", "devengado"]].astype(float), row, rtol=1e-12)
    np.testing.assert_allclose(found["execution"], found["devengado"] / found["pim"])
    assert frame.units["devengado"] == "nominal soles"
    # a block has one row of the file each, whatever the size of the blocks
    assert frame.files["main"]["files"][0]["rows"] == 3000


def test_zeros_of_codes_are_put_back_and_counted(asked, spending):
    frame = asked(
        "budget: {folder: mef, by: funcion, amounts: pim}".replace("amounts: pim", "amounts: [pim]")
    )
    assert frame.columns["funcion"].tolist() == ["03", "05", "20", "22"]
    assert list(frame.columns) == ["funcion", "pim"]
    told = next(notice for notice in frame.notices if notice.code == "W466")
    assert told.details["listed"] == f"funcion {int((spending['FUNCION'] < 10).sum()):,}"


def test_values_to_keep_and_years(asked, spending):
    block = "budget: {folder: mef, by: [year, funcion], years: 2019, keep: {nivel_gobierno: e, funcion: ['05', '20']}}"
    frame = asked(block, "year", "funcion", "pim")
    rows = spending[(spending["ANO_EJE"] == 2019) & (spending["NIVEL_GOBIERNO"] == "E")]
    own = rows[rows["FUNCION"].isin([5, 20])].groupby("FUNCION")["MONTO_PIM"].sum()
    assert frame.columns["pim"].tolist() == own.tolist()
    assert {step.reason: step.dropped for step in frame.steps}["other years"] == int(
        (spending["ANO_EJE"] == 2018).sum()
    )


def test_an_extract_with_a_column_a_month(asked, text):
    months = {f"mto_devenga_{month:02d}": [float(month), NAN] for month in range(1, 13)}
    text(
        "siaf/x.txt",
        {"ano_eje": [2017, 2017], "sec_ejec": ["000123", "000007"], "mto_pim": [100, 50], **months},
        sep="|",
    )
    frame = asked("budget: {folder: siaf, by: [year, sec_ejec]}")
    assert frame.columns["sec_ejec"].tolist() == ["000007", "000123"]
    # 1 + 2 + … + 12
    np.testing.assert_array_equal(frame.columns["devengado"], [NAN, 78.0])
    np.testing.assert_array_equal(frame.columns["execution"], [NAN, 0.78])


def test_departments_by_name_or_number(asked, text):
    names = ["LIMA", "15. LIMA", "Provincia Constitucional del Callao", "áncash", "EXTERIOR"]
    text(
        "mef/g.csv",
        {"ANO_EJE": [2018] * 5, "DEPARTAMENTO_EJECUTORA_NOMBRE": names, "MONTO_PIM": [1, 2, 4, 8, 16]},
    )
    frame = asked("budget: {folder: mef, by: department}")
    assert dict(zip(frame.columns["department"], frame.columns["pim"], strict=True)) == {
        "02": 8.0,
        "07": 4.0,
        "15": 3.0,
    }
    assert [(step.reason, step.dropped) for step in frame.steps] == [("a column of `by` is blank", 1)]


def test_revenue(asked, text):
    text(
        "mef/i.csv",
        {"ANO_EJE": [2018, 2018], "RUBRO": ["00", "09"], "MONTO_PIA": [1, 2], "MONTO_RECAUDADO": [3, 4]},
    )
    frame = asked("budget: {folder: mef, by: [year, rubro]}")
    assert frame.columns["recaudado"].tolist() == [3.0, 4.0] and frame.columns["rubro"].tolist() == [
        "00",
        "09",
    ]
    assert "execution" not in frame.columns


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        ("by: [year, nowhere]", "E253", "nowhere"),
        ("by: year, amounts: [girado]", "E253", "monto_girado"),
        ("by: year, years: 2025", "E275", "other years (3,000)"),
        ("by: year, years: [2018, 2025]", "E252", "2025"),
        ("by: year, keep: {nivel_gobierno: X}", "E275", "keep"),
        ("by: year, files: other*.csv", "E252", "other*.csv"),
    ],
)
def test_what_is_not_there(asked, spending, options, code, word):
    with pytest.raises(DataError) as caught:
        asked(f"budget: {{folder: mef, {options}}}")
    assert caught.value.code == code and word in caught.value.faults[0].message


@pytest.mark.parametrize(
    ("options", "code"),
    [("", "E103"), ("by: [year, YEAR]", "E259"), ("by: []", "E106"), ("by: year, amounts: [money]", "E105")],
)
def test_wrong_options(asked, options, code):
    with pytest.raises(SpecError) as caught:
        asked(f"budget: {{folder: mef, {options}}}")
    assert caught.value.code == code


def test_ragged_rows_and_words_are_refused(asked, tmp_path):
    (tmp_path / "mef").mkdir()
    (tmp_path / "mef/g.csv").write_text("ANO_EJE,MONTO_PIM\n2018,1\n2018\n")
    with pytest.raises(DataError) as caught:
        asked("budget: {folder: mef, by: year}")
    assert caught.value.code == "E214"
    (tmp_path / "mef/g.csv").write_text("ANO_EJE,MONTO_PIM\n2018,much\n2018,2\n")
    with pytest.raises(DataError) as caught:
        asked("budget: {folder: mef, by: year}")
    assert caught.value.code == "E210"
    (tmp_path / "mef/g.csv").write_text("ANO_EJE,MONTO_PIM\n")
    with pytest.raises(DataError) as caught:
        asked("budget: {folder: mef, by: year}")
    assert caught.value.code == "E212"


def test_headers_and_frame_agree(asked, spending):
    block = "budget: {folder: mef, by: [year, month]}"
    assert set(asked(block, header=True)) == set(asked(block).columns)


def test_a_stata_file_is_one_block(asked, stata):
    stata("mef/g.dta", {"ano_eje": [2018.0, 2018.0], "funcion": ["05", "5"], "monto_pim": [1.0, 2.0]})
    frame = asked("budget: {folder: mef, by: [year, funcion]}")
    assert frame.columns["pim"].tolist() == [3.0]
