"""A frame written and read again by pyarrow itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from impact.data.readers._converting import missing_of, write_table


@pytest.fixture
def frame(as_frame):
    made = as_frame(
        {
            "whole": [1.0, np.nan, 3.0],
            "part": [0.1, np.nan, -3e-9],
            "none": [np.nan] * 3,
            "word": ["a", None, "ñ, b"],
        }
    )
    days = np.array(["2020-02-29", "NaT", "1899-12-31"], dtype="datetime64[D]")
    return replace(made, columns={**made.columns, "day": days}, labels={"part": "a share"})


def test_parquet_keeps_types_labels_and_missing_values(frame, tmp_path):
    write_table(frame, tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    assert [str(kind) for kind in table.schema.types] == [
        "int64",
        "double",
        "double",
        "string",
        "date32[day]",
    ]
    assert table["whole"].to_pylist() == [1, None, 3]
    assert table["part"].to_pylist() == [0.1, None, -3e-9]
    assert table["none"].null_count == 3
    assert table["word"].to_pylist() == ["a", None, "ñ, b"]
    assert [str(day) for day in table["day"].to_pylist()] == ["2020-02-29", "None", "1899-12-31"]
    assert table.schema.field("part").metadata[b"label"] == b"a share"


def test_csv_has_the_same_values(frame, tmp_path):
    write_table(frame, tmp_path / "a.csv")
    table = pa_csv.read_csv(tmp_path / "a.csv")
    assert table["whole"].to_pylist() == [1, None, 3]
    assert table["part"].to_pylist() == [0.1, None, -3e-9]


def test_missing_values_of_every_kind(frame):
    assert missing_of(frame.columns["word"]).tolist() == [False, True, False]
    assert missing_of(frame.columns["day"]).tolist() == [False, True, False]
    assert missing_of(frame.columns["part"]).tolist() == [False, True, False]
