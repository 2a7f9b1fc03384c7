"""Delimited text: types by the whole column, exact numbers, block by block the same as at once."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import impact.data.readers._csv_large as large_reader
import impact.data.readers.csv as csv_reader
from impact.core.frames import Frame
from impact.data.read import header_of, read_frame
from impact.schema.data_blocks import DataBlock


def read(folder: Path, content: str | bytes, **keys: Any) -> Frame:
    wanted = keys.pop("wanted", None)
    raw = content.encode() if isinstance(content, str) else content
    (folder / "x.csv").write_bytes(raw)
    return read_frame(DataBlock(file="x.csv", **keys), folder=folder, wanted=wanted)


def column(frame: Frame, name: str) -> list[Any]:
    return [None if pd.isna(value) else value for value in frame.columns[name].tolist()]


def test_kinds_of_columns(tmp_path: Path) -> None:
    frame = read(tmp_path, "n,t,d,l,e,c\n1,a,2018-10-31,TRUE,,07\n2.5,,,FALSE,,15\n,ñ b,2000-02-29,,,\n")
    assert {name: values.dtype.str for name, values in frame.columns.items()} == {
        "n": "<f8",
        "t": "|O",
        "d": "<M8[D]",
        "l": "<f8",
        "e": "<f8",
        "c": "|O",
    }
    assert column(frame, "n") == [1.0, 2.5, None]
    assert column(frame, "t") == ["a", None, "ñ b"]
    assert frame.columns["d"].astype(str).tolist() == ["2018-10-31", "NaT", "2000-02-29"]
    assert column(frame, "l") == [1.0, 0.0, None]
    assert column(frame, "e") == [None, None, None]
    assert column(frame, "c") == ["07", "15", None]
    assert not any(values.flags.writeable for values in frame.columns.values())


def test_declared_text_keeps_zeros_and_declared_number_drops_them(tmp_path: Path) -> None:
    assert column(read(tmp_path, "c\n07\n15\n", types={"c": "text"}), "c") == ["07", "15"]
    assert column(read(tmp_path, "c\n7\n15\n", types={"c": "text"}), "c") == ["7", "15"]
    frame = read(tmp_path, "c\n07\n15\n", types={"c": "number"})
    assert column(frame, "c") == [7.0, 15.0]
    assert frame.notices == ()


def test_a_declared_type_gives_no_notice(tmp_path: Path) -> None:
    assert read(tmp_path, "c\n07\n15\n", types={"c": "text"}).notices == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("-1", -1.0),
        ("+1", 1.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        (" 2 ", 2.0),
        ("0", 0.0),
        ("0.50", 0.5),
        ("-0.0", 0.0),
        ("123456789012345", 123456789012345.0),
        ("9007199254740992", 2.0**53),
        ("12345678901234567.5", 12345678901234567.5),
    ],
)
def test_numbers_as_written(tmp_path: Path, text: str, value: float) -> None:
    assert column(read(tmp_path, f"x\n{text}\n"), "x") == [value]


@pytest.mark.parametrize(
    "text", ["1_000", "0x10", "nan", "NaN", "1 000", "١", "--1", "1e", "e5", "1.2.3", "½"]
)
def test_no_numbers(tmp_path: Path, text: str) -> None:
    assert column(read(tmp_path, f"x\n{text}\na\n"), "x") == [text, "a"]


def test_other_number_marks(tmp_path: Path) -> None:
    frame = read(
        tmp_path, 'x;y\n1.234,5;1\n-2;2,5\n1.000.000;"3"\n', delimiter=";", decimal=",", thousands="."
    )
    assert column(frame, "x") == [1234.5, -2.0, 1e6]
    assert column(frame, "y") == [1.0, 2.5, 3.0]


def test_missing_codes(tmp_path: Path) -> None:
    text = "w,t,c\n10,a,07\n999999,NA,99\n999999.0,NA,07\nNA,b,\n"
    frame = read(tmp_path, text, missing={"*": ["NA"], "w": [999999], "c": ["99"]})
    assert column(frame, "w") == [10.0, None, None, None]
    assert column(frame, "t") == ["a", None, None, "b"]
    assert column(frame, "c") == ["07", None, "07", None]
    assert column(read(tmp_path, text, missing=["NA"]), "w") == [10.0, 999999.0, 999999.0, None]


def test_dates_in_three_orders(tmp_path: Path) -> None:
    frame = read(
        tmp_path,
        "a,b,c\n2018-10-31,31/10/2018,10/31/2018\n2018/1/2,2.1.2018,1-2-2018\n",
        types={"a": "date", "b": "date_dmy", "c": "date_mdy"},
    )
    for name in "abc":
        assert frame.columns[name].astype(str).tolist() == ["2018-10-31", "2018-01-02"]


def test_partial_dates_stay_text(tmp_path: Path) -> None:
    assert column(read(tmp_path, "d\n1991\n2017-01\n2017-01-03\n"), "d") == ["1991", "2017-01", "2017-01-03"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfa,b\n1,x\n2,y\n",
        b"a,b\r\n1,x\r\n2,y\r\n",
        b"a,b\r1,x\r2,y\r",
        b"a,b\n1,x\n2,y",
        b'"a","b"\n"1","x"\n"2","y"\n',
        b" a , b \n1,x\n2,y\n\n\n",
    ],
)
def test_marks_line_ends_and_quotes(tmp_path: Path, content: bytes) -> None:
    frame = read(tmp_path, content)
    assert list(frame.columns) == ["a", "b"]
    assert column(frame, "a") == [1.0, 2.0]
    assert column(frame, "b") == ["x", "y"]
    assert frame.notices == ()


def test_old_encodings(tmp_path: Path) -> None:
    for encoding in ("latin-1", "cp850", "utf-16"):
        frame = read(tmp_path, "año,x\nñandú,1\n".encode(encoding), encoding=encoding)
        assert column(frame, "año") == ["ñandú"]


def test_decomposed_names_are_composed(tmp_path: Path) -> None:
    assert list(read(tmp_path, "an\u0303o\n1\n").columns) == ["año"]


def test_separators_and_quoted_line_breaks(tmp_path: Path) -> None:
    frame = read(tmp_path, 'a|b\n"x|y\nz"|1\n', delimiter="|")
    assert column(frame, "a") == ["x|y\nz"]
    (tmp_path / "x.tsv").write_text("a\tb\n1\tx\n")
    assert list(read_frame(DataBlock(file="x.tsv"), folder=tmp_path).columns) == ["a", "b"]


def test_only_wanted_columns_are_looked_at(tmp_path: Path) -> None:
    content = "a,bad,c\n1,1,x\n2,2,y\n3,?,z\n"
    assert list(read(tmp_path, content, wanted={"c", "a", "absent"}).columns) == ["a", "c"]
    assert list(read(tmp_path, content, columns=["c"]).columns) == ["c"]
    assert header_of(DataBlock(file="x.csv"), folder=tmp_path) == ("a", "bad", "c")


def test_column_without_a_name_is_left_out(tmp_path: Path) -> None:
    assert list(read(tmp_path, ",a\n1,2\n").columns) == ["a"]


def test_a_late_word_makes_the_whole_column_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "BLOCK_ROWS", 3)
    rows = "".join(f"{code},{code}\n" for code in [1, 2, 3, 4, 5, 6, 7])
    frame = read(tmp_path, "a,b\n" + rows + "8,08\n")
    assert column(frame, "a") == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    assert column(frame, "b") == ["1", "2", "3", "4", "5", "6", "7", "08"]
    mixed = read(tmp_path, "b\n1\n2\n3\nx\ny\nz\nw\nNA\n")
    assert column(mixed, "b") == ["1", "2", "3", "x", "y", "z", "w", "NA"]
    assert [notice.code for notice in mixed.notices] == ["W437"]


CELLS = st.one_of(
    st.just(""),
    st.integers(-(10**6), 10**6).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(alphabet='ab,"\nñ 0123', max_size=6),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12))
def test_texts_survive_and_blocks_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str]]
) -> None:
    stream = io.StringIO()
    csv.writer(stream).writerows([("a", "b"), *rows])
    monkeypatch.setattr(csv_reader, "BLOCK_ROWS", 20_000)
    frame = read(tmp_path, stream.getvalue(), types={"a": "text", "b": "text"})
    for position, name in enumerate("ab"):
        assert column(frame, name) == [row[position] if row[position].strip() else None for row in rows]
    whole = outcome(tmp_path, stream.getvalue())
    for size in (1, 2, 5):
        monkeypatch.setattr(csv_reader, "BLOCK_ROWS", size)
        assert outcome(tmp_path, stream.getvalue()) == whole


def outcome(folder: Path, content: str) -> object:
    """What reading gives: columns and notices, or the faults."""
    try:
        frame = read(folder, content)
    except Exception as error:
        return str(error)
    return {name: column(frame, name) for name in frame.columns}, frame.notices


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_are_read_to_the_last_bit(tmp_path: Path, values: list[float]) -> None:
    frame = read(tmp_path, "x\n" + "".join(f"{value!r}\n" for value in values), types={"x": "number"})
    assert np.array_equal(frame.columns["x"], np.array(values) + 0.0)


ODD_CELLS = st.one_of(
    CELLS,
    st.sampled_from(
        [
            "07",
            "-07",
            "+1",
            " 1",
            "1 ",
            "inf",
            "-Infinity",
            "nan",
            "NA",
            "1e400",
            "TRUE",
            "False",
            "true",
            "1_000",
            "0x1",
            "9007199254740993",
            "9007199254740993.0",
            "18446744073709551616",
            "1e5",
            "00.5",
            "2018-10-31",
            "#",
            "'1'",
            "1,5",
            "\u0661",
            "-",
            ".",
            "x\ty",
            "007a",
            "-9223372036854775809",
        ]
    ),
    st.floats().map(repr),
)


@example(columns=[["", "", "18446744073709551616", "1_000"]], quoting=csv.QUOTE_MINIMAL, ends="\n")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    columns=st.lists(st.lists(ODD_CELLS, min_size=4, max_size=4), min_size=1, max_size=3),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    ends=st.sampled_from(["\n", "\r\n"]),
)
def test_large_files_are_read_as_small_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: list[list[str]], quoting: Any, ends: str
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=quoting, lineterminator=ends)
    writer.writerows([[f"c{i}" for i in range(len(columns))], *zip(*columns, strict=True)])
    found = []
    for least in (10**9, 0):
        monkeypatch.setattr(csv_reader, "LARGE_BYTES", least)
        found.append(outcome(tmp_path, stream.getvalue()))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,2\n3\n",
        "a,b\n1,2\n3,4,5\n",
        'a,b\n1,"x,y"\n',
        'a,b\n1,"x\ny"\n',
        "a,b\n1,2\n\n3,4\n",
        "a\n1\n\n2\n",
        "a,b\r1,2\r",
        'a,b\n"1"x,2\n',
        "a,b\n1,x\0\n",
        "a,b\n",
        "",
    ],
)
def test_files_that_the_fast_parser_would_misread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    found = []
    for least in (10**9, 0):
        monkeypatch.setattr(csv_reader, "LARGE_BYTES", least)
        found.append(outcome(tmp_path, content))
    assert found[0] == found[1]


def test_the_fast_parser_is_used_and_takes_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "LARGE_BYTES", 0)
    monkeypatch.setattr(large_reader, "_PIECE", 16)
    monkeypatch.setattr(csv_reader, "_gather", None)
    rows = "".join(f"{i},0{i},{i / 7!r}\n" for i in range(100))
    frame = read(tmp_path, "a,b,c\n" + rows.rstrip("\n"))
    assert column(frame, "a") == list(range(100))
    assert column(frame, "b") == [f"0{i}" for i in range(100)]
    assert column(frame, "c") == [i / 7 for i in range(100)]
