"""SPSS, dBase, Arrow, DuckDB and old Stata: the same table comes back; labels, missing codes and encodings."""

from __future__ import annotations

import datetime
import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pytest

import impact.data.readers._coded_columns as coded_columns
import impact.data.readers.stata as stata_reader
from impact.core.errors import DataError
from impact.data.read import header_of, read_frame
from impact.schema.data_blocks import DataBlock

NAN = np.nan
FIELDS = [("id", "N", 8, 0), ("x", "N", 12, 3), ("name", "C", 12, 0), ("day", "D", 8, 0), ("yes", "L", 1, 0)]
ROWS = [
    [1, 0.5, "Áncash", "20181031", "T"],
    [2, None, "La Libertad", None, "?"],
    [3, -1.25, None, "20200229", "f"],
]


def read(folder: Path, content: bytes | None, wanted: Any = None, **block: Any) -> Any:
    if content is not None:
        (folder / block["file"]).write_bytes(content)
    made = DataBlock.model_validate(block)
    return read_frame(made, folder=folder, roots={}, wanted=wanted)


def code_of(folder: Path, content: bytes | None, **block: Any) -> Any:
    with pytest.raises(DataError) as caught:
        read(folder, content, **block)
    (fault,) = caught.value.faults
    assert fault.help
    return fault


def test_dbase_kinds(tmp_path: Path, dbf_bytes: Any) -> None:
    frame = read(tmp_path, dbf_bytes(FIELDS, ROWS), file="t.dbf")
    np.testing.assert_array_equal(frame.columns["id"], [1, 2, 3])
    np.testing.assert_array_equal(frame.columns["x"], [0.5, NAN, -1.25])
    assert frame.columns["name"].tolist() == ["Áncash", "La Libertad", None]
    assert frame.columns["day"].tolist() == [datetime.date(2018, 10, 31), None, datetime.date(2020, 2, 29)]
    np.testing.assert_array_equal(frame.columns["yes"], [1, NAN, 0])
    assert header_of(DataBlock(file="t.dbf"), folder=tmp_path, roots={}) == ("id", "x", "name", "day", "yes")
    assert list(read(tmp_path, None, {"x"}, file="t.dbf").columns) == ["x"]


def test_dbase_binary_fields(tmp_path: Path, dbf_bytes: Any) -> None:
    frame = read(
        tmp_path, dbf_bytes([("n", "I", 4, 0), ("c", "C", 3, 0)], [[-7, "007"], [70000, "1"]]), file="t.dbf"
    )
    assert frame.columns["n"].tolist() == [-7.0, 70000.0]
    # a code stays text in a typed file
    assert frame.columns["c"].tolist() == ["007", "1"]
    typed = read(tmp_path, None, file="t.dbf", types={"c": "number"})
    assert typed.columns["c"].tolist() == [7.0, 1.0]


def test_dbase_deleted_rows_are_counted(tmp_path: Path, dbf_bytes: Any) -> None:
    frame = read(tmp_path, dbf_bytes(FIELDS, ROWS, deleted=[1]), file="t.dbf")
    assert frame.n_rows == 2 and [n.details["count"] for n in frame.notices if n.code == "W479"] == [1]
    assert code_of(tmp_path, dbf_bytes(FIELDS, ROWS, deleted=[0, 1, 2]), file="t.dbf").code == "E212"


@pytest.mark.parametrize(
    ("driver", "encoding"), [(0x02, "cp850"), (0x57, "cp1252"), (0x01, "cp437"), (0x00, "utf-8")]
)
def test_dbase_encodings(tmp_path: Path, dbf_bytes: Any, driver: int, encoding: str) -> None:
    content = dbf_bytes([("name", "C", 14, 0)], [["ñandú"], ["Perú"]], driver=driver, encoding=encoding)
    assert read(tmp_path, content, file="t.dbf").columns["name"].tolist() == ["ñandú", "Perú"]


@pytest.mark.parametrize("encoding", ["latin-1", "cp850"])
def test_an_encoding_that_the_file_does_not_declare_is_offered(
    tmp_path: Path, dbf_bytes: Any, encoding: str
) -> None:
    content = dbf_bytes([("name", "C", 14, 0)], [["Perú"], ["año"]], driver=0, encoding=encoding)
    fault = code_of(tmp_path, content, file="t.dbf")
    assert fault.code == "E216" and encoding in fault.help
    assert read(tmp_path, None, file="t.dbf", encoding=encoding).columns["name"].tolist() == ["Perú", "año"]
    assert code_of(tmp_path, None, file="t.dbf", encoding="klingon").code == "E216"


def test_dbase_faults(tmp_path: Path, dbf_bytes: Any) -> None:
    good = dbf_bytes(FIELDS, ROWS)
    for content, code in (
        (b"", "E211"),
        (good[:60], "E218"),
        (good[:-40], "E218"),
        (good.replace(b"20181031", b"20181399"), "E218"),
        (b"id,x\n1,2\n", "E202"),
        (dbf_bytes([("m", "M", 10, 0)], [["1"]]), "E242"),
        (dbf_bytes(FIELDS, []), "E212"),
    ):
        assert code_of(tmp_path, content, file="t.dbf").code == code, content[:20]


def test_arrow_files(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1, None, 3], pa.int64()),
            "name": pa.array(["a", None, "b"]).dictionary_encode(),
            "day": pa.array([datetime.date(2018, 1, 1)] * 3),
            "sure": pa.array([True, False, None]),
        }
    )
    pa.feather.write_feather(table, tmp_path / "t.feather")
    frame = read(tmp_path, None, file="t.feather")
    np.testing.assert_array_equal(frame.columns["id"], [1, NAN, 3])
    assert frame.columns["name"].tolist() == ["a", None, "b"]
    np.testing.assert_array_equal(frame.columns["sure"], [1, 0, NAN])
    assert header_of(DataBlock(file="t.feather"), folder=tmp_path, roots={}) == ("id", "name", "day", "sure")
    (tmp_path / "t.feather").rename(tmp_path / "t.csv")
    assert code_of(tmp_path, None, file="t.csv").code == "E202"
    assert code_of(tmp_path, b"ARROW1\0\0 broken", file="u.arrow").code == "E218"
    assert code_of(tmp_path, b"FEA1 old", file="v.feather").code == "E202"


def test_wanted_columns_and_codes_of_arrow(tmp_path: Path) -> None:
    pa.feather.write_feather(pa.table({"x": [1.0, 99.0], "t": ["a", "NA"]}), tmp_path / "t.arrow")
    frame = read(tmp_path, None, {"x", "t"}, file="t.arrow", missing={"x": [99], "t": ["NA"]})
    np.testing.assert_array_equal(frame.columns["x"], [1, NAN])
    assert frame.columns["t"].tolist() == ["a", None]


NO_DUCKDB = pytest.mark.skipif(find_spec("duckdb") is None, reason="duckdb is not installed (extra: formats)")
NO_SPSS = pytest.mark.skipif(
    find_spec("pyreadstat") is None, reason="pyreadstat is not installed (extra: formats)"
)


@pytest.fixture
def base(tmp_path: Path) -> str:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed (extra: formats)")
    with duckdb.connect(str(tmp_path / "b.duckdb")) as made:
        made.execute(
            "CREATE TABLE persons (id BIGINT, name VARCHAR, x DOUBLE, day DATE, money DECIMAL(12,2))"
        )
        made.execute(
            "INSERT INTO persons VALUES (1, 'Áncash', 0.5, '2018-10-31', 1234.56), (2, NULL, NULL, NULL, 1)"
        )
    return "b.duckdb"


@NO_DUCKDB
def test_duckdb_tables(tmp_path: Path, base: str) -> None:
    import duckdb

    frame = read(tmp_path, None, file=base)
    assert frame.columns["name"].tolist() == ["Áncash", None]
    assert frame.columns["money"].tolist() == [1234.56, 1.0]
    assert frame.columns["day"].tolist() == [datetime.date(2018, 10, 31), None]
    np.testing.assert_array_equal(frame.columns["x"], [0.5, NAN])
    before = (tmp_path / base).read_bytes()
    assert read(tmp_path, None, {"x"}, file=base).n_rows == 2
    assert read(tmp_path, None, {"nothing"}, file=base).n_rows == 2
    assert (tmp_path / base).read_bytes() == before
    with duckdb.connect(str(tmp_path / base)) as made:
        made.execute(
            'CREATE SCHEMA s; CREATE TABLE s."odd ""name" (y INTEGER); INSERT INTO s."odd ""name" VALUES (7)'
        )
    assert code_of(tmp_path, None, file=base).code == "E278"
    fault = code_of(tmp_path, None, file=base, table="person")
    assert (fault.code, fault.suggestion) == ("E278", "persons")
    assert read(tmp_path, None, file=base, table='s.odd "name').columns["y"].tolist() == [7.0]
    names = header_of(DataBlock(file=base, table="persons"), folder=tmp_path, roots={})
    assert names == ("id", "name", "x", "day", "money")


@NO_DUCKDB
def test_duckdb_faults(tmp_path: Path, base: str) -> None:
    assert code_of(tmp_path, b"not a base", file="c.duckdb").code == "E202"
    assert code_of(tmp_path, b"", file="d.duckdb").code == "E211"
    broken = (tmp_path / base).read_bytes()[:5000]
    assert code_of(tmp_path, broken, file="e.duckdb").code == "E218"
    assert code_of(tmp_path, b"a\n1\n", file="f.csv", table="t").code == "E240"


@NO_SPSS
def test_spss_labels_and_missing_values(tmp_path: Path) -> None:
    import pyreadstat

    table = pd.DataFrame({
        "sex": [1.0, 2.0, 9.0, NAN], "name": ["Áncash", "", "Lima", "x"],
        "day": [datetime.date(2018, 10, 31)] * 3 + [None],
    })  # fmt: skip
    for suffix in (".sav", ".zsav"):
        file = tmp_path / f"t{suffix}"
        pyreadstat.write_sav(
            table, str(file), column_labels={"sex": "Sexo"}, variable_value_labels={"sex": {1: "hombre", 2: "mujer"}},
            missing_ranges={"sex": [9]}, compress=suffix == ".zsav",
        )  # fmt: skip
        frame = read(tmp_path, None, file=file.name)
        np.testing.assert_array_equal(frame.columns["sex"], [1, 2, NAN, NAN])
        assert frame.columns["name"].tolist() == ["Áncash", None, "Lima", "x"]
        assert frame.columns["day"].tolist() == [datetime.date(2018, 10, 31)] * 3 + [None]
        assert frame.labels == {"sex": "Sexo"}
        assert frame.value_labels == {"sex": {1.0: "hombre", 2.0: "mujer"}}
        (told,) = [notice for notice in frame.notices if notice.code == "W445"]
        assert (told.details["count"], told.details["tags"]) == (1, "9 1")
        labelled = read(tmp_path, None, {"sex"}, file=file.name, types={"sex": "labels"})
        assert labelled.columns["sex"].tolist() == ["hombre", "mujer", None, None]
        assert header_of(DataBlock(file=file.name), folder=tmp_path, roots={}) == ("sex", "name", "day")
        assert read(tmp_path, None, {"nothing"}, file=file.name).n_rows == 4


@NO_SPSS
def test_spss_faults(tmp_path: Path) -> None:
    assert code_of(tmp_path, b"$FL2@(#) SPSS cut off", file="t.sav").code == "E218"
    assert code_of(tmp_path, b"a,b\n", file="u.sav").code == "E202"


def test_what_is_not_installed_is_named_with_its_extra(tmp_path: Path, monkeypatch: Any) -> None:
    import builtins

    own = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name in ("pyreadstat", "duckdb"):
            raise ImportError(name)
        return own(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    for file, content, package in (("t.sav", b"$FL2", "pyreadstat"), ("t.duckdb", b"12345678DUCK", "duckdb")):
        fault = code_of(tmp_path, content, file=file)
        assert fault.code == "E208" and package in fault.message
        assert "impact-evaluation[formats]" in fault.help


OLD = {"conglome": [5.0, 12.0, 340.0], "wage": [1.5, 8.98846567431158e307, -2.0]}


@pytest.mark.parametrize("version", [108, 110, 111])
def test_old_stata_versions(tmp_path: Path, old_stata_bytes: Any, version: int) -> None:
    content = old_stata_bytes(version, OLD, {"wage": "Ingreso"})
    frame = read(tmp_path, content, file="t.dta")
    assert frame.columns["conglome"].tolist() == [5, 12, 340]
    # the largest double is Stata's missing value
    np.testing.assert_array_equal(frame.columns["wage"], [1.5, NAN, -2.0])
    assert frame.labels == {"wage": "Ingreso"}
    assert header_of(DataBlock(file="t.dta"), folder=tmp_path, roots={}) == ("conglome", "wage")


@NO_SPSS
def test_old_stata_through_the_other_library(tmp_path: Path, old_stata_bytes: Any, monkeypatch: Any) -> None:
    """A frame library that refuses version 110, as older ones do, is stood in for."""
    from pandas.io import stata

    def refuse(*_: Any, **__: Any) -> None:
        raise ValueError(
            "Version of given Stata file is 110. pandas supports importing versions 113, 114, 115"
        )

    monkeypatch.setattr(stata, "StataReader", refuse)
    frame = read(tmp_path, old_stata_bytes(110, OLD, {"wage": "Ingreso"}), file="t.dta")
    assert frame.columns["conglome"].tolist() == [5, 12, 340]
    np.testing.assert_array_equal(frame.columns["wage"], [1.5, NAN, -2.0])
    assert frame.labels == {"wage": "Ingreso"}
    assert header_of(DataBlock(file="t.dta"), folder=tmp_path, roots={}) == ("conglome", "wage")


def test_old_stata_without_the_other_library(tmp_path: Path, old_stata_bytes: Any, monkeypatch: Any) -> None:
    def absent(request: Any, function: str, name: str) -> Any:
        raise DataError(request.fault("E208", format=name, suffix=".dta", reason="", advice="x"))

    monkeypatch.setattr(coded_columns, "foreign", absent)
    monkeypatch.setattr(stata_reader, "_read", lambda *_: (_ for _ in ()).throw(stata_reader._OldVersion))
    assert code_of(tmp_path, old_stata_bytes(110, OLD), file="t.dta").code == "E208"


def test_value_labels_of_a_stata_file_belong_to_their_column(tmp_path: Path) -> None:
    """Also where one column of several is read."""
    table = pd.DataFrame({"a": [1, 2], "b": [0, 1], "c": [1.5, 2.5]})
    labels: dict[Any, dict[float, str]] = {"b": {0: "Pase", 1: "Beca"}}
    table.to_stata(tmp_path / "t.dta", write_index=False, version=118, value_labels=labels)
    for wanted in (None, {"b"}, {"b", "c"}):
        frame = read(tmp_path, None, wanted, file="t.dta")
        assert frame.value_labels == {"b": {0.0: "Pase", 1.0: "Beca"}}
        labelled = read(tmp_path, None, wanted, file="t.dta", types={"b": "labels"})
        assert labelled.columns["b"].tolist() == ["Pase", "Beca"]


def test_a_head_that_lies_about_its_rows(tmp_path: Path, dbf_bytes: Any) -> None:
    content = bytearray(dbf_bytes(FIELDS, ROWS))
    content[4:8] = struct.pack("<I", 4_000_000)
    assert code_of(tmp_path, bytes(content), file="t.dbf").code == "E218"
