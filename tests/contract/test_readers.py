"""Asked of every data format: the same table comes back whatever file it was stored in."""

from __future__ import annotations

import struct

import numpy as np
import pandas as pd
import pytest

import impact.catalog as catalog
from impact.core.errors import DataError
from impact.data.read import header_of, read_frame
from impact.schema.data_blocks import DataBlock

TABLE = pd.DataFrame(
    {
        "id": [1.0, 2.0, 3.0, 4.0],
        "x": [0.5, np.nan, -1.25, 1e-3],
        "name": ["Áncash", "La Libertad", "Lima", "ñandú"],
    }
)
WRITE = {
    ".csv": lambda table, file: table.to_csv(file, index=False),
    ".tsv": lambda table, file: table.to_csv(file, index=False, sep="\t"),
    ".dta": lambda table, file: table.to_stata(file, write_index=False, version=118),
    ".parquet": lambda table, file: table.to_parquet(file, index=False),
    ".xlsx": lambda table, file: table.to_excel(file, index=False),
    ".feather": lambda table, file: table.to_feather(file),
    ".dbf": lambda table, file: file.write_bytes(dbf_of(table)),
    ".sav": lambda table, file: pytest.importorskip("pyreadstat", reason=EXTRA).write_sav(table, str(file)),
}
EXTRA = "its package is not installed (extra: formats)"


def dbf_of(table):
    """A dBase III table of numbers and texts, its texts in UTF-8."""
    fields = [(name, b"N" if table[name].dtype.kind == "f" else b"C") for name in table]
    head = struct.pack(
        "<4BIHH20x", 3, 118, 10, 31, len(table), 32 + 32 * len(fields) + 1, 1 + 20 * len(fields)
    )
    head += (
        b"".join(struct.pack("<11sc4xBB14x", name.encode(), kind, 20, 10) for name, kind in fields) + b"\r"
    )
    for row in table.itertuples(index=False):
        head += b" "
        for value in row:
            shown = "" if value != value else f"{value:.10f}" if isinstance(value, float) else value
            head += shown.encode().ljust(20)
    return head + b"\x1a"


def duckdb_of(table, file):
    duckdb = pytest.importorskip("duckdb", reason=EXTRA)
    with duckdb.connect(str(file)) as base:
        base.register("given", table)
        base.execute("CREATE TABLE kept AS SELECT * FROM given")


WRITE[".duckdb"] = duckdb_of
SUFFIXES = [
    (keyword, suffix)
    for keyword in catalog.READERS.names()
    for suffix in catalog.READERS.load(keyword).suffixes
]
KNOWN = [(keyword, suffix) for keyword, suffix in SUFFIXES if suffix in WRITE]


def test_every_format_is_asked():
    assert {keyword for keyword, _ in SUFFIXES} == {keyword for keyword, _ in KNOWN}
    assert all(suffix.startswith(".") and suffix == suffix.lower() for _, suffix in SUFFIXES)


@pytest.fixture
def stored(tmp_path):
    def store(suffix, table=TABLE):
        if suffix == ".xlsx":
            pytest.importorskip(
                "openpyxl", reason="a workbook is written by openpyxl, which reading does not need"
            )
        WRITE[suffix](table, tmp_path / f"table{suffix}")
        return DataBlock(file=f"table{suffix}"), tmp_path

    return store


@pytest.mark.parametrize(("keyword", "suffix"), KNOWN)
def test_the_table_comes_back(stored, keyword, suffix):
    block, folder = stored(suffix)
    frame = read_frame(block, folder=folder, name="main", roots={})
    assert frame.n_rows == frame.read == 4
    assert list(frame.columns) == list(TABLE.columns)
    for name in ("id", "x"):
        assert frame.columns[name].dtype == np.float64
        np.testing.assert_array_equal(frame.columns[name], TABLE[name].to_numpy())
    assert frame.columns["name"].dtype == object
    assert frame.columns["name"].tolist() == TABLE["name"].tolist()
    (facts,) = frame.files.values()
    assert {"sha256", "rows", "bytes"} <= set(facts)


@pytest.mark.parametrize(("keyword", "suffix"), KNOWN)
def test_only_wanted_columns_are_read(stored, keyword, suffix):
    block, folder = stored(suffix)
    frame = read_frame(block, folder=folder, name="main", roots={}, wanted={"x", "not there"})
    assert list(frame.columns) == ["x"]
    assert header_of(block, folder=folder, name="main", roots={}) == tuple(TABLE.columns)


@pytest.mark.parametrize(("keyword", "suffix"), KNOWN)
@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02 no such format \xff\xfe"])
def test_a_broken_file_is_a_data_error(tmp_path, keyword, suffix, content):
    if suffix in (".sav", ".duckdb") and content == b"":
        pytest.importorskip({".sav": "pyreadstat", ".duckdb": "duckdb"}[suffix], reason=EXTRA)
    (tmp_path / f"table{suffix}").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_frame(DataBlock(file=f"table{suffix}"), folder=tmp_path, name="main", roots={})
    assert caught.value.code.startswith("E2")
    assert all(fault.help for fault in caught.value.faults)


@pytest.mark.parametrize(("keyword", "suffix"), KNOWN)
def test_an_absent_file_is_a_data_error(tmp_path, keyword, suffix):
    with pytest.raises(DataError) as caught:
        read_frame(DataBlock(file=f"absent{suffix}"), folder=tmp_path, name="main", roots={})
    assert caught.value.exit_status == 4
