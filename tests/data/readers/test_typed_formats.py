"""The same table as csv, Parquet, Stata and workbook gives the same frame."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impact.core.frames import Frame
from impact.data.fingerprint import columns_sha256
from impact.data.read import header_of, read_frame
from impact.schema.data_blocks import DataBlock

TABLE = pd.DataFrame(
    {
        "code": ["07", "15", "01"],
        "count": [1, 2, 3],
        "wage": [10.5, np.nan, 1 / 3],
        "name": ["ñandú", "b", None],
        "day": pd.to_datetime(["2018-10-31", "2017-01-03", "2000-02-29"]),
    }
)


def write(folder: Path, file: str, book: Any, table: pd.DataFrame = TABLE) -> Path:
    path = folder / file
    if file.endswith(".csv"):
        table.to_csv(path, index=False, date_format="%Y-%m-%d")
    elif file.endswith(".parquet"):
        table.to_parquet(path, index=False)
    elif file.endswith(".dta"):
        table.assign(name=table["name"].fillna("")).to_stata(path, write_index=False, version=118)
    else:
        rows = table.astype(object).where(table.notna(), None).to_numpy().tolist()
        cells = [[cell.date() if isinstance(cell, pd.Timestamp) else cell for cell in row] for row in rows]
        path.write_bytes(book(sheet=[list(table.columns), *cells]))
    return path


def read(folder: Path, file: str, **keys: Any) -> Frame:
    wanted = keys.pop("wanted", None)
    return read_frame(DataBlock(file=file, **keys), folder=folder, wanted=wanted)


FILES = ["x.csv", "x.parquet", "x.dta", "x.xlsx"]


@pytest.mark.parametrize("file", FILES)
def test_one_table_in_four_formats(tmp_path: Path, workbook_bytes: Any, file: str) -> None:
    write(tmp_path, file, workbook_bytes)
    frame = read(tmp_path, file)
    assert header_of(DataBlock(file=file), folder=tmp_path) == tuple(TABLE.columns)
    assert list(frame.columns) == list(TABLE.columns)
    assert frame.columns["code"].tolist() == ["07", "15", "01"]
    assert frame.columns["count"].tolist() == [1.0, 2.0, 3.0]
    np.testing.assert_array_equal(frame.columns["wage"], [10.5, np.nan, 1 / 3])
    assert frame.columns["name"].tolist() == ["ñandú", "b", None]
    assert frame.columns["day"].dtype == "datetime64[D]"
    assert frame.columns["day"].astype(str).tolist() == ["2018-10-31", "2017-01-03", "2000-02-29"]
    assert frame.n_rows == frame.read == 3


def test_the_fingerprint_of_the_columns_is_that_of_the_values(tmp_path: Path, workbook_bytes: Any) -> None:
    hashes = set()
    for file in FILES:
        write(tmp_path, file, workbook_bytes, TABLE if file != "x.parquet" else TABLE.iloc[::-1])
        hashes.add(columns_sha256(read(tmp_path, file).columns))
    assert len(hashes) == 1


@pytest.mark.parametrize("file", ["x.parquet", "x.dta", "x.xlsx"])
def test_wanted_columns_and_missing_codes(tmp_path: Path, workbook_bytes: Any, file: str) -> None:
    write(tmp_path, file, workbook_bytes)
    frame = read(tmp_path, file, wanted={"count", "name"}, missing={"count": [2], "name": ["b"]})
    assert list(frame.columns) == ["count", "name"]
    np.testing.assert_array_equal(frame.columns["count"], [1.0, np.nan, 3.0])
    assert frame.columns["name"].tolist() == ["ñandú", None, None]


@pytest.mark.parametrize("file", ["x.parquet", "x.dta", "x.xlsx"])
def test_numbers_declared_as_text_and_back(tmp_path: Path, workbook_bytes: Any, file: str) -> None:
    write(tmp_path, file, workbook_bytes)
    frame = read(tmp_path, file, types={"count": "text", "code": "number"})
    assert frame.columns["count"].tolist() == ["1", "2", "3"]
    assert frame.columns["code"].tolist() == [7.0, 15.0, 1.0]


def test_parquet_kinds(tmp_path: Path) -> None:
    table = pa.table(
        {
            "nullable": pa.array([1, None, 3], pa.int64()),
            "small": pa.array([1, 2, None], pa.int8()),
            "flag": pa.array([True, False, None]),
            "choice": pa.array(["a", "b", None]).dictionary_encode(),
            "day": pa.array([datetime.date(2018, 10, 31), None, datetime.date(1999, 1, 1)]),
            "time": pa.array([datetime.datetime(2018, 10, 31, 13, 5), None, datetime.datetime(1999, 1, 1)]),
            "money": pa.array(["1.50", None, "2.25"]).cast(pa.decimal128(10, 2)),
            "nothing": pa.nulls(3),
            "list": pa.array([[1], [2], None]),
            "single": pa.array([0.1, None, float("inf")], pa.float32()),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    names = set(table.column_names) - {"list"}
    frame = read(tmp_path, "x.parquet", wanted=names)
    columns = frame.columns
    for name, values in {
        "nullable": [1, np.nan, 3],
        "small": [1, 2, np.nan],
        "flag": [1, 0, np.nan],
        "nothing": [np.nan] * 3,
        "money": [1.5, np.nan, 2.25],
        "single": [float(np.float32(0.1)), np.nan, np.nan],
    }.items():
        assert columns[name].dtype == np.float64
        np.testing.assert_array_equal(columns[name], values)
    assert columns["choice"].tolist() == ["a", "b", None]
    assert columns["day"].astype(str).tolist() == ["2018-10-31", "NaT", "1999-01-01"]
    assert columns["time"].astype(str).tolist() == ["2018-10-31", "NaT", "1999-01-01"]
    assert {notice.code: notice.details["count"] for notice in frame.notices} == {"W442": 1, "W435": 1}


def test_long_identifiers_as_text(tmp_path: Path) -> None:
    ids = [2**53 + 1, 2**60, -5]
    pq.write_table(pa.table({"id": ids}), tmp_path / "x.parquet")
    assert read(tmp_path, "x.parquet", types={"id": "text"}).columns["id"].tolist() == [str(i) for i in ids]


def test_stata_labels_and_tagged_missing_values(tmp_path: Path) -> None:
    path = tmp_path / "x.dta"
    table = pd.DataFrame(
        {"sex": pd.array([1, 2, 1], "int8"), "wage": [1.5, np.nan, 2.5], "t": ["a", "", "c"]}
    )
    table.to_stata(
        path,
        write_index=False,
        version=118,
        variable_labels={"sex": "sexo", "wage": "ingreso (soles)"},
        value_labels={"sex": {1: "hombre", 2: "mujer"}},
    )
    # the missing value of a double becomes .a: two bytes differ (Stata's own coding of missing doubles)
    raw = path.read_bytes()
    plain = np.array([0x7FE0000000000000], dtype="<u8").tobytes()
    tagged = np.array([0x7FE0010000000000], dtype="<u8").tobytes()
    start = raw.index(b"<data>")
    assert raw[start:].count(plain) == 1
    path.write_bytes(raw[:start] + raw[start:].replace(plain, tagged))
    frame = read(tmp_path, "x.dta")
    assert frame.columns["sex"].tolist() == [1.0, 2.0, 1.0]
    np.testing.assert_array_equal(frame.columns["wage"], [1.5, np.nan, 2.5])
    assert frame.columns["t"].tolist() == ["a", None, "c"]
    assert dict(frame.labels) == {"sex": "sexo", "wage": "ingreso (soles)"}
    assert [(notice.code, notice.details["tags"]) for notice in frame.notices] == [("W445", ".a 1")]
    labelled = read(tmp_path, "x.dta", types={"sex": "labels"}, wanted={"sex"})
    assert labelled.columns["sex"].tolist() == ["hombre", "mujer", "hombre"]


@pytest.mark.parametrize("version", [114, 117, 118, 119])
def test_stata_versions(tmp_path: Path, version: int) -> None:
    table = pd.DataFrame({"ubigeo": ["070101"], "y": [2.0], "n": [3]})
    table.to_stata(tmp_path / "x.dta", write_index=False, version=version)
    frame = read(tmp_path, "x.dta")
    assert header_of(DataBlock(file="x.dta"), folder=tmp_path) == ("ubigeo", "y", "n")
    assert (frame.columns["ubigeo"][0], frame.columns["y"][0], frame.columns["n"][0]) == ("070101", 2.0, 3.0)


def test_workbook_sheets_and_cells(tmp_path: Path, workbook_bytes: Any) -> None:
    rows = [["year", "code", "flag", 2019], [2015, "07", True, 1.5], [2016, "15", False, None], [None] * 4]
    (tmp_path / "x.xlsx").write_bytes(workbook_bytes(notes=[["a"]], data=rows))
    frame = read(tmp_path, "x.xlsx", sheet="data")
    assert list(frame.columns) == ["year", "code", "flag", "2019"]
    assert frame.n_rows == 2
    assert frame.columns["code"].tolist() == ["07", "15"]
    assert frame.columns["flag"].tolist() == [1.0, 0.0]
