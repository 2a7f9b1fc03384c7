"""Every class of bad data ends in a typed error with code, where and what next, or in a counted notice."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impact.core.errors import DataError, ImpactError, SpecError
from impact.core.texts import entry
from impact.data.prepare import prepare_frame
from impact.data.read import header_of, read_frame
from impact.schema.data_blocks import CheckBlock, DataBlock, JoinBlock, PanelBlock
from impact.schema.expressions.parse import parse_expression

GOOD = b"id,year,wage\na,2015,10\nb,2016,20.5\n"


def stata_bytes(**columns: Any) -> bytes:
    stream = io.BytesIO()
    pd.DataFrame(columns).to_stata(stream, write_index=False, version=118)
    return stream.getvalue()


def parquet_bytes(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


def zip_bytes() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("data.csv", GOOD)
    return stream.getvalue()


def fault_of(folder: Path, block: dict[str, Any], content: bytes | None) -> ImpactError:
    (folder / "specs").mkdir(exist_ok=True)
    if content is not None:
        (folder / "specs" / block["file"]).write_bytes(content)
    before = content
    with pytest.raises(ImpactError) as caught:
        read_frame(DataBlock.model_validate(block), folder=folder / "specs")
    if before is not None:
        assert (folder / "specs" / block["file"]).read_bytes() == before
    return caught.value


def assert_full(error: ImpactError, code: str, *words: str) -> None:
    """Class, code, what and where, and what next."""
    codes = [fault.code for fault in error.faults]
    assert code in codes, f"{codes}: {error}"
    found = next(fault for fault in error.faults if fault.code == code)
    assert found.place is not None and found.place.path
    assert found.help or "Use " in found.message
    assert "{" not in found.message.replace("{{", "") or "expect: {" in found.message
    for word in words:
        assert word in f"{found.message} {found.help} {found.suggestion}", (word, found)


LONG_ID = 2**53 + 1
TEXT_FAULTS: list[tuple[str, str, bytes, dict[str, Any], tuple[str, ...]]] = [
    ("empty", "E211", b"", {}, ("empty",)),
    ("byte-order mark alone", "E211", b"\xef\xbb\xbf", {}, ("empty",)),
    ("header only", "E212", b"id,year\n", {}, ("no rows",)),
    ("header and blank lines", "E212", b"id,year\n\n\n", {}, ("no rows",)),
    ("blank header", "E218", b",,\n1,2,3\n", {}, ("first row",)),
    ("duplicate header", "E213", b"id,year,id\n1,2,3\n", {}, ("'id'", "columns:")),
    ("ragged, short", "E214", b"a,b,c\n1,2,3\n4,5\n6,7,8\n", {}, ("line 3 has 2", "3 cells")),
    ("ragged, long", "E214", b"a,b\n1,2\n4,5,6\n", {}, ("line 3 has 3",)),
    ("semicolons", "E215", b"id;year;wage\n1;2015;3\n", {}, ("delimiter:", '";"')),
    ("semicolons and decimal commas", "E215", b"id;wage, real\n1;2,5\n", {}, ("delimiter:",)),
    ("tabs", "E215", b"id\tyear\n1\t2015\n", {}, ("delimiter:", "\\t")),
    ("bars", "E215", b"id|year\n1|2015\n", {}, ("delimiter:", "|")),
    ("latin-1", "E216", "id,name\n1,año\n".encode("latin-1"), {}, ("line 2", "encoding: latin-1")),
    ("cp850", "E216", "id,name\n1,año\n".encode("cp850"), {}, ("encoding: cp850",)),
    ("utf-16", "E216", "id,name\n1,a\n".encode("utf-16"), {}, ("encoding: utf-16",)),
    ("unknown encoding", "E216", GOOD, {"encoding": "latin-99"}, ("latin-99",)),
    ("declared encoding wrong", "E216", "a\nñ\n".encode("latin-1"), {"encoding": "utf-8"}, ("not utf-8",)),
    ("NUL", "E217", b"a,b\n1,2\n1,\x002\n", {}, ("line 3",)),
    ("open quote", "E219", b'a,b\n1,"x\n2,3\n4,5\n', {}, ("line 2",)),
    ("stray quote", "E237", b'a,b\n1,2\n1,"x"y\n', {}, ("line 3",)),
    ("words in numbers", "E210", b"w\n1\n2\nNA\n3\nx1\n", {}, ("2 of 5", "'NA' (row 3)", "missing:")),
    ("decimal comma", "E210", b'w\n"1,5"\n2\n3\n', {}, ("'1,5' (row 1)", "decimal:")),
    ("thousands", "E210", b'w\n"1,500"\n2\n3\n', {}, ("thousands:",)),
    ("wrong thousands", "E210", b'w\n"1,50"\n2\n"1,500"\n', {"thousands": ","}, ("'1,50'",)),
    ("currency", "E210", b"w\nS/ 10\n20\n30\n", {}, ("'S/ 10'",)),
    ("underscore", "E210", b"w\n1_000\n2\n3\n", {}, ("'1_000'",)),
    ("declared number", "E210", b"w\na\nb\n1\n", {"types": {"w": "number"}}, ("2 of 3", "'a' (row 1)")),
    ("declared long number", "E224", f"w\n1\n{LONG_ID}\n".encode(), {"types": {"w": "number"}}, ("types:",)),
    ("no date", "E230", b"d\n2015-01-01\n2015-02-30\n", {"types": {"d": "date"}}, ("'2015-02-30' (row 2)",)),
    ("month and day swapped", "E230", b"d\n13/02/2015\n", {"types": {"d": "date_mdy"}}, ("date_dmy",)),
    ("no logical", "E234", b"l\ntrue\nmaybe\n", {"types": {"l": "logical"}}, ("'maybe'",)),
    ("no whole number", "E235", b"i\n1\n2.5\n", {"types": {"i": "integer"}}, ("2.5", "row 2")),
    ("unknown column", "E209", GOOD, {"columns": ["id", "wagge"]}, ("'wagge'", "wage")),
    ("unknown typed column", "E209", GOOD, {"types": {"yaer": "text"}}, ("'yaer'", "year")),
    ("unknown column with codes", "E209", GOOD, {"missing": {"wag": [9]}}, ("'wag'", "wage")),
    ("other hash", "E221", GOOD, {"sha256": "0" * 64}, ("0000",)),
    ("option of a workbook", "E240", GOOD, {"sheet": "a"}, ("sheet", "xlsx")),
]


@pytest.mark.parametrize(
    ("code", "content", "keys", "words"),
    [row[1:] for row in TEXT_FAULTS],
    ids=[row[0] for row in TEXT_FAULTS],
)
def test_text_files(
    tmp_path: Path, code: str, content: bytes, keys: dict[str, Any], words: tuple[str, ...]
) -> None:
    assert_full(fault_of(tmp_path, {"file": "x.csv", **keys}, content), code, *words)


def test_unknown_format_names_the_nearest(tmp_path: Path) -> None:
    error = fault_of(tmp_path, {"file": "x.csv", "format": "cvs"}, GOOD)
    assert isinstance(error, SpecError)
    assert error.suggestion == "csv"


PARQUET = parquet_bytes(pa.table({"a": [1, 2], "b": ["x", "y"]}))
STATA = stata_bytes(a=[1, 2], b=["x", "y"])
DISGUISED: list[tuple[str, str, str, bytes, tuple[str, ...]]] = [
    ("zip", "x.csv", "E232", zip_bytes(), ("zip archive", "unpack")),
    ("zip by name", "x.zip", "E232", zip_bytes(), ("unpack",)),
    ("gzip", "x.csv.gz", "E232", gzip.compress(GOOD), ("gzip", "unpack")),
    ("gzip as csv", "x.csv", "E232", gzip.compress(GOOD), ("gzip",)),
    ("parquet as csv", "x.csv", "E202", PARQUET, ("Parquet", "format:")),
    ("stata as csv", "x.csv", "E202", STATA, ("Stata",)),
    ("text as parquet", "x.parquet", "E202", GOOD, ("text", "format:")),
    ("text as stata", "x.dta", "E202", GOOD, ("text",)),
    ("text as workbook", "x.xlsx", "E202", GOOD, ("text",)),
    ("web page", "x.csv", "E202", b"<!DOCTYPE html><html>not found</html>", ("web page",)),
    ("pickle as csv", "x.csv", "E202", pickle.dumps({"a": 1}, protocol=4), ("pickle",)),
    ("pickle", "x.pkl", "E208", pickle.dumps({"a": 1}, protocol=4), (".csv",)),
    ("r data", "x.rds", "E208", b"not much", ("R files", ".csv")),
    ("unknown ending", "x.dat", "E223", GOOD, ("format:", ".csv")),
    ("misspelt ending", "x.parqet", "E223", PARQUET, (".parquet",)),
    ("truncated parquet", "x.parquet", "E218", PARQUET[: len(PARQUET) // 2], ("damaged", "again")),
    ("truncated stata", "x.dta", "E218", STATA[: len(STATA) // 3], ("again",)),
    ("truncated stata data", "x.dta", "E218", STATA[: STATA.index(b"<data>") + 8], ("again",)),
    ("empty parquet", "x.parquet", "E218", b"", ("again",)),
    ("empty stata", "x.dta", "E218", b"", ("again",)),
    (
        "no rows in parquet",
        "x.parquet",
        "E212",
        parquet_bytes(pa.table({"a": pa.array([], pa.int64())})),
        ("no rows",),
    ),
    ("no rows in stata", "x.dta", "E212", stata_bytes(a=np.array([], dtype=float)), ("no rows",)),
    (
        "lists in parquet",
        "x.parquet",
        "E242",
        parquet_bytes(pa.table({"a": [[1], [2]]})),
        ("'a'", "columns:"),
    ),
    ("long ids in parquet", "x.parquet", "E224", parquet_bytes(pa.table({"a": [LONG_ID, 1]})), ("text",)),
    (
        "long ids, unsigned",
        "x.parquet",
        "E224",
        parquet_bytes(pa.table({"a": pa.array([2**64 - 1], pa.uint64())})),
        (),
    ),
]


@pytest.mark.parametrize(
    ("file", "code", "content", "words"), [row[1:] for row in DISGUISED], ids=[row[0] for row in DISGUISED]
)
def test_disguised_packed_and_damaged(
    tmp_path: Path, file: str, code: str, content: bytes, words: tuple[str, ...]
) -> None:
    assert_full(fault_of(tmp_path, {"file": file}, content), code, *words)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, ("'one'", "'two'", "sheet:")),
        ({"sheet": "on"}, ("none is called 'on'", "one")),
    ],
)
def test_sheet_must_be_clear(
    tmp_path: Path, workbook_bytes: Any, keys: dict[str, Any], words: tuple[str, ...]
) -> None:
    content = workbook_bytes(one=[["a"], [1]], two=[["b"], [2]])
    assert_full(fault_of(tmp_path, {"file": "x.xlsx", **keys}, content), "E225", *words)


def test_truncated_workbook(tmp_path: Path, workbook_bytes: Any) -> None:
    content = workbook_bytes(one=[["a"], [1]])
    assert_full(fault_of(tmp_path, {"file": "x.xlsx"}, content[: len(content) // 2]), "E218", "again")


PATHS: list[tuple[str, dict[str, Any], str, tuple[str, ...]]] = [
    ("absent", {"file": "y.csv"}, "E201", ("'y.csv'", "source")),
    ("absent, near", {"file": "xx.csv"}, "E201", ("x.csv",)),
    (
        "absent, told where",
        {"file": "y.csv", "source": "INEI", "access": "registration"},
        "E201",
        ("source: INEI", "access: registration"),
    ),
    ("absolute", {"file": "/etc/passwd"}, "E203", ("absolute", "root")),
    ("home", {"file": "~/x.csv"}, "E203", ("root",)),
    ("drive", {"file": "C:\\data\\x.csv"}, "E203", ("root",)),
    ("climbing", {"file": "../../../x.csv"}, "E204", ("outside",)),
    ("linked outside", {"file": "link.csv"}, "E204", ("outside",)),
    ("folder", {"file": "folder.csv"}, "E200", ("folder",)),
    ("pipe", {"file": "pipe.csv"}, "E200", ("regular",)),
    ("address", {"file": "https://example.org/x.csv"}, "E231", ("download",)),
    ("file address", {"file": "file:///etc/passwd"}, "E231", ()),
    ("network share", {"file": "//host/x.csv"}, "E231", ()),
    ("unknown root", {"root": "enahoo", "file": "x.csv"}, "E226", ("enaho", "IMPACT_ROOT_ENAHOO")),
    ("climbing from a root", {"root": "enaho", "file": "../x.csv"}, "E204", ("outside",)),
    ("shipped", {"file": "shipped:castel"}, "E239", ("shipped:castle",)),
    ("NUL in the name", {"file": "x\0.csv"}, "E200", ("NUL",)),
]


@pytest.mark.parametrize(("keys", "code", "words"), [row[1:] for row in PATHS], ids=[row[0] for row in PATHS])
def test_paths(tmp_path: Path, keys: dict[str, Any], code: str, words: tuple[str, ...]) -> None:
    project = tmp_path / "project"
    specs = project / "specs"
    for folder in (specs, project / "store", specs / "folder.csv"):
        folder.mkdir(parents=True)
    (project / "impact.toml").write_text('[roots]\nenaho = "store"\n')
    (tmp_path / "x.csv").write_bytes(GOOD)
    (specs / "x.csv").write_bytes(GOOD)
    (specs / "link.csv").symlink_to(tmp_path / "x.csv")
    os.mkfifo(specs / "pipe.csv")
    roots = {"enaho": project / "store"}
    with pytest.raises(DataError) as caught:
        read_frame(DataBlock.model_validate(keys), folder=specs, roots=roots)
    assert_full(caught.value, code, *words)
    assert caught.value.exit_status == 4
    assert str(tmp_path) not in str(caught.value)


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.csv").write_bytes(GOOD)
    # a root user may read everything, so that the system's answer is put in its mouth
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(DataError) as caught:
        read_frame(DataBlock(file="x.csv"), folder=tmp_path)
    assert_full(caught.value, "E200", "permission")


def test_file_that_changes_while_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(GOOD)
    import impact.data.read as reading

    honest = reading.file_sha256
    hashes = []

    def hash_then_write(file: Path) -> str:
        hashes.append(honest(file))
        path.write_bytes(GOOD + b"c,2017,30\n")
        return hashes[-1]

    monkeypatch.setattr(reading, "file_sha256", hash_then_write)
    with pytest.raises(DataError) as caught:
        read_frame(DataBlock(file="x.csv"), folder=tmp_path)
    assert_full(caught.value, "E222", "changed")


def test_faults_of_all_columns_at_once(tmp_path: Path) -> None:
    error = fault_of(tmp_path, {"file": "x.csv"}, b"a,b,c\n1,2,x\n2,y,1\nNA,3,2\n")
    assert [fault.place.path for fault in error.faults if fault.place] == [
        "data.main.types.a",
        "data.main.types.b",
        "data.main.types.c",
    ]


def frame(tmp_path: Path, name: str, text: str, **keys: Any) -> Any:
    (tmp_path / f"{name}.csv").write_text(text)
    return read_frame(DataBlock(file=f"{name}.csv", **keys), folder=tmp_path, name=name)


MAIN = "year,area,wage\n2010,x,1\n2011,y,2\n2012,x,3\n2013,z,4\n"
JOINS: list[tuple[str, str, dict[str, Any], str, tuple[str, ...]]] = [
    (
        "unmatched",
        "year,cpi\n2010,1\n",
        {"on": "year", "expect": {"unmatched": 0}},
        "E207",
        (
            "3 years of main have no partner in cpi (2011, 2012, 2013); expected 0. Use `keep: left` with "
            "`expect: {unmatched: any}`, or filter them.",
        ),
    ),
    (
        "unused",
        "year,cpi\n2010,1\n2011,1\n2012,1\n2013,1\n1999,1\n",
        {"on": "year", "expect": {"unused": 0}},
        "E207",
        ("1 years of cpi have no partner in main (1999)",),
    ),
    (
        "m:1 repeated",
        "year,cpi\n2010,1\n2010,2\n2011,3\n",
        {"on": "year"},
        "E206",
        ("how: m:1", "2010: 2 rows", "cpi"),
    ),
    (
        "1:1 repeated in main",
        "area,code\nx,1\ny,2\n",
        {"on": "area", "how": "1:1"},
        "E206",
        ("x: 2 rows", "main"),
    ),
    ("1:m repeated in main", "area,code\nx,1\ny,2\n", {"on": "area", "how": "1:m"}, "E206", ("x: 2 rows",)),
    (
        "text and number",
        "area,code\n1,1\n",
        {"on": "area"},
        "E205",
        ("main.area is text", "cpi.area is number"),
    ),
    ("clash", "year,wage\n2010,1\n", {"on": "year"}, "E227", ("'wage'", "columns:")),
    ("no key", "jahr,cpi\n2010,1\n", {"on": "year"}, "E241", ("'year'",)),
    ("no column", "year,cpi\n2010,1\n", {"on": "year", "columns": ["cip"]}, "E241", ("'cip'", "cpi")),
    ("no file", "year,cpi\n2010,1\n", {"on": "year", "data": "cpl"}, "E229", ("'cpl'", "cpi")),
]


@pytest.mark.parametrize(
    ("other", "keys", "code", "words"), [row[1:] for row in JOINS], ids=[row[0] for row in JOINS]
)
def test_joins(tmp_path: Path, other: str, keys: dict[str, Any], code: str, words: tuple[str, ...]) -> None:
    frames = {"main": frame(tmp_path, "main", MAIN), "cpi": frame(tmp_path, "cpi", other)}
    with pytest.raises(DataError) as caught:
        prepare_frame(frames, joins={"cpi": JoinBlock.model_validate(keys)})
    assert_full(caught.value, code, "joins.cpi", *words)


PANEL = "id,year,wage\na,2015,1\na,2015,2\nb,2015,3\nb,2016,4\n"


@pytest.mark.parametrize(
    ("panel", "derive", "code", "words"),
    [
        ({"unit": "id", "time": "year"}, "lag(wage)", "E220", ("id=a year=2015 (rows 1, 2)", "2 rows")),
        ({"unit": "idd", "time": "year"}, "lag(wage)", "E233", ("'idd'", "id")),
        ({"unit": "year", "time": "id"}, "lag(wage)", "E233", ("text",)),
        ({"unit": ["id", "wage"], "time": "year", "freq": "month"}, "lag(wage)", "E245", ("freq: month",)),
        ({"unit": ["id", "wage"], "time": "year", "freq": 2}, "lag(wage)", "E245", ("2 apart",)),
    ],
    ids=["repeated", "no unit", "text as time", "months of years", "step"],
)
def test_panels(
    tmp_path: Path, panel: dict[str, Any], derive: str, code: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(DataError) as caught:
        prepare_frame(
            {"main": frame(tmp_path, "main", PANEL)},
            panel=PanelBlock.model_validate(panel),
            derive={"before": parse_expression(derive)},
        )
    assert_full(caught.value, code, *words)


CHECKS: list[tuple[str, dict[str, Any], str, tuple[str, ...]]] = [
    ("unique", {"unique": ["id", "year"]}, "430", ("2 rows", "a/2015 (rows 1, 2)")),
    ("rows", {"rows": ">= 5"}, "431", ("4 rows", ">= 5")),
    ("exact rows", {"rows": 3}, "431", ("== 3",)),
    ("expr", {"expr": "wage < 4"}, "432", ("0.75", "3 true", "1 false", "0 missing")),
    ("share", {"expr": "wage < 3", "share": ">= 0.9"}, "432", ("0.5", ">= 0.9")),
    ("values", {"column": "id", "values": ["a"]}, "433", ("'id'", "b (2)")),
    ("numbers", {"column": "year", "values": [2015]}, "433", ("2016 (1)",)),
    ("missing", {"missing": "late"}, "434", ("2 of 4",)),
    ("missing share", {"missing": "late", "share": "<= 0.4"}, "434", ("<= 0.4",)),
]


@pytest.mark.parametrize(
    ("keys", "number", "words"), [row[1:] for row in CHECKS], ids=[row[0] for row in CHECKS]
)
@pytest.mark.parametrize("otherwise", ["error", "warn"])
def test_checks(
    tmp_path: Path, keys: dict[str, Any], number: str, words: tuple[str, ...], otherwise: str
) -> None:
    main = frame(tmp_path, "main", PANEL)
    derive = {"late": parse_expression("wage if year == 2016 or wage > 2 else missing")}
    checks = {"it": CheckBlock.model_validate({**keys, "else": otherwise})}
    if otherwise == "warn":
        found = prepare_frame({"main": main}, derive=derive, checks=checks).notices
        assert [notice.code for notice in found] == [f"W{number}"]
        assert all(word in found[0].message for word in words)
        return
    with pytest.raises(DataError) as caught:
        prepare_frame({"main": main}, derive=derive, checks=checks)
    assert_full(caught.value, f"E{number}", "checks.it", *words)


@pytest.mark.parametrize(
    "keys",
    [
        {"unique": ["idd"]},
        {"rows": "many"},
        {"expr": "wage > 0", "share": "most"},
        {"column": "x", "values": [1]},
    ],
)
def test_checks_that_cannot_be_asked(tmp_path: Path, keys: dict[str, Any]) -> None:
    with pytest.raises(DataError) as caught:
        prepare_frame(
            {"main": frame(tmp_path, "main", PANEL)}, checks={"it": CheckBlock.model_validate(keys)}
        )
    assert_full(caught.value, "E435", "checks.it")


def test_filters_that_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        prepare_frame(
            {"main": frame(tmp_path, "main", PANEL)}, filters={"late": parse_expression("year > 2020")}
        )
    assert caught.value.code == "E243"
    assert "'late'" in str(caught.value)


def test_group_of_texts_in_header_faults(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"a;b\n1;2\n")
    with pytest.raises(DataError) as caught:
        header_of(DataBlock(file="x.csv"), folder=tmp_path)
    assert_full(caught.value, "E215", "delimiter:")


NOTICES: list[tuple[str, bytes, str, tuple[str, ...]]] = [
    ("leading zeros", b"code,x\n07,1\n15,2\n", "W436", ("'code'", "'07'")),
    ("long ids", f"code\n{LONG_ID}\n1\n".encode(), "W438", ("'code'",)),
    ("few numbers among words", b"t\na\nb\nc\n1\n", "W437", ("1 of its values",)),
    ("infinities", b"x\n1\ninf\n-Infinity\n1e999\n", "W435", ("3 infinite",)),
    ("column without a name", b",a\n1,2\n", "W441", ("position 1",)),
    ("blank lines", b"a,b\n1,2\n\n3,4\n\n", "W443", ("1 blank",)),
    ("code left as a number", b"x\n1\n2\n999999\n999999\n999999\n3\n", "W446", ("999999", "3 times")),
    ("negative code", b"x\n1\n2\n-9\n-9\n-9\n3\n", "W446", ("-9",)),
]


@pytest.mark.parametrize(
    ("content", "code", "words"), [row[1:] for row in NOTICES], ids=[row[0] for row in NOTICES]
)
def test_counted_notices(tmp_path: Path, content: bytes, code: str, words: tuple[str, ...]) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    found = read_frame(DataBlock(file="x.csv"), folder=tmp_path).notices
    assert [notice.code for notice in found] == [code]
    assert all(word in found[0].message for word in words), found[0].message


def test_every_code_has_its_texts_in_both_languages() -> None:
    used = {row[1] for row in TEXT_FAULTS} | {row[2] for row in DISGUISED} | {row[2] for row in PATHS}
    used |= {row[3] for row in JOINS} | {row[2] for row in NOTICES} | {f"E{row[2]}" for row in CHECKS}
    for code in sorted(used):
        english, spanish = entry(code), entry(code, "es")
        assert english["message"] != spanish["message"], code
        assert {"title", "message", "explain"} <= set(english), code
        assert set(english) == set(spanish), code
