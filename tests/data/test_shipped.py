"""The shipped files: each reads without a fault, has the rows that SOURCES.md says, and known sums."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impact.data.prepare import prepare_frame
from impact.data.read import read_frame
from impact.schema.data_blocks import DataBlock
from impact.schema.expressions.parse import parse_expression
from impact.schema.shipped import shipped_folder

FILES = sorted(file.name for file in shipped_folder("data").glob("*.csv"))
SOURCES = (shipped_folder("data") / "SOURCES.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES)
def test_rows_and_columns_are_as_stated(file: str) -> None:
    # numbers, ranges and words of the paper stand in one column each: they are read as text
    mixed = {"peru_seed_facts.csv": ("value", "year"), "peru_crime_published.csv": ("date",)}
    types = dict.fromkeys(mixed.get(file, ()), "text")
    frame = read_frame(DataBlock(file=file, types=types), folder=shipped_folder("data"))
    stated = re.search(rf"{re.escape(file)}(?: \(| \| )([0-9,]+)(?: rows, | × )([0-9]+)", SOURCES)
    assert stated is not None, "every file has its rows and columns in SOURCES.md"
    assert (frame.n_rows, len(frame.columns)) == (int(stated[1].replace(",", "")), int(stated[2]))
    with (shipped_folder("data") / file).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    for position, name in enumerate(rows[0]):
        cells = [row[position] for row in rows[1:]]
        values = frame.columns[name]
        if values.dtype.kind == "f":
            expected = [float(cell) if cell else np.nan for cell in cells]
            np.testing.assert_array_equal(values, expected)
        else:
            found = [None if pd.isna(value) else str(value) for value in values.tolist()]
            assert found == [cell or None for cell in cells]


def test_no_file_that_may_not_ship() -> None:
    assert not {"card_krueger.csv", "adh.csv"} & set(FILES)
    assert all(path.suffix in (".csv", ".md") for path in shipped_folder("data").iterdir())
    assert sum(path.stat().st_size for path in shipped_folder("data").iterdir()) < 3_750_000


def test_the_urban_sample_of_the_cells() -> None:
    main = read_frame(DataBlock(file="shipped:peru_enaho_panel_cells"), folder=Path("/"))
    area = 'when(department_code != "15", department_code, metropolitan == 1, "1501", "1599")'
    filters = {
        "ages": 'age_group in ["14-24", "25-39", "40-64"]',
        "urban": "urban == 1",
        "years": "2015 <= year <= 2018",
    }
    found = prepare_frame(
        {"main": main},
        derive={"area_id": parse_expression(area)},
        filters={name: parse_expression(text) for name, text in filters.items()},
    )
    # persons and areas of the main study, counted from the persons themselves
    assert found.columns["n_employed"].sum() == 36_478
    assert len(set(found.columns["area_id"].tolist())) == 26
    women = (found.columns["sex"] == "women") & (found.columns["age_group"] == "14-24")
    assert found.columns["n_employed"][women].sum() == 2_635


@pytest.mark.parametrize(
    ("file", "column", "mean"),
    [
        ("nsw.csv", "re78", 5300.763683456),
        ("wagepan.csv", "lwage", 1.649147),
        ("munnell.csv", "unemp", 6.602206),
        ("mroz.csv", "nwifeinc", 20.128964),
        ("card.csv", "educ", 13.263455),
        ("close_elections.csv", "score", 41.898798),
    ],
)
def test_means_of_replication_files(file: str, column: str, mean: float) -> None:
    frame = read_frame(DataBlock(file=file), folder=shipped_folder("data"))
    assert frame.columns[column].mean() == pytest.approx(mean, rel=1e-6)
