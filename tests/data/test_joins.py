"""Joins against the frame library's merge, and what the ledger says of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.data.joins import join_frames
from impact.schema.data_blocks import JoinBlock


def frame(name: str, /, **columns: list[Any]) -> Frame:
    arrays = {}
    for key, values in columns.items():
        text = any(isinstance(value, str) for value in values)
        arrays[key] = np.array(values, dtype=object if text else float)
    n_rows = len(next(iter(arrays.values())))
    return Frame(columns=arrays, n_rows=n_rows, name=name, read=n_rows)


def join(main: Frame, other: Frame, **keys: Any) -> Frame:
    return join_frames({"main": main, "other": other}, {"other": JoinBlock.model_validate(keys)})


def as_rows(columns: Any, names: list[str]) -> list[tuple[Any, ...]]:
    def plain(value: Any) -> Any:
        return "" if pd.isna(value) else value

    rows = zip(*(columns[name] for name in names), strict=True)
    return sorted((tuple(plain(value) for value in row) for row in rows), key=str)


KEYS = st.sampled_from(["a", "b", "c", "d"])
YEARS = st.sampled_from([2015.0, 2016.0, 2017.0])


@settings(max_examples=100, deadline=None)
@given(
    left=st.lists(st.tuples(KEYS, YEARS), min_size=1, max_size=12),
    right=st.lists(st.tuples(KEYS, YEARS), min_size=1, max_size=8),
    how=st.sampled_from(["m:1", "1:m", "1:1"]),
    keep=st.sampled_from(["left", "inner", "outer"]),
)
def test_as_the_frame_library_merges(
    left: list[tuple[str, float]], right: list[tuple[str, float]], how: str, keep: str
) -> None:
    left = list(dict.fromkeys(left)) if how != "m:1" else left
    right = list(dict.fromkeys(right)) if how != "1:m" else right
    tables = [
        pd.DataFrame(
            {"k": [row[0] for row in rows], "t": [row[1] for row in rows], name: np.arange(len(rows)) + 0.5}
        )
        for rows, name in ((left, "x"), (right, "z"))
    ]
    expected = tables[0].merge(tables[1], on=["k", "t"], how=keep)
    frames = [
        frame(name, **{key: table[key].tolist() for key in table})
        for name, table in zip(("main", "other"), tables, strict=True)
    ]
    if keep == "inner" and expected.empty:
        with pytest.raises(DataError, match="E247"):
            join(*frames, on=["k", "t"], how=how, keep=keep)
        return
    found = join(*frames, on=["k", "t"], how=how, keep=keep)
    assert found.n_rows == len(expected)
    assert as_rows(found.columns, ["k", "t", "x", "z"]) == as_rows(expected, ["k", "t", "x", "z"])


def test_rows_keep_their_order_and_files_their_facts() -> None:
    main = frame("main", year=[2012, 2010, 2011, 2010], wage=[1, 2, 3, 4])
    other = frame("other", year=[2010, 2011, 2012], cpi=[1.0, 1.1, 1.2])
    found = join(main, other, on="year", expect={"unmatched": 0, "unused": 0})
    assert found.columns["wage"].tolist() == [1, 2, 3, 4]
    assert found.columns["cpi"].tolist() == [1.2, 1.0, 1.1, 1.0]
    assert found.steps == ()
    assert found.notices == ()


def test_what_does_not_match_is_told_or_counted() -> None:
    main = frame("main", year=[2010, 2011, np.nan], wage=[1, 2, 3])
    other = frame("other", year=[2010, np.nan], cpi=[1.0, 9.0])
    left = join(main, other, on="year")
    np.testing.assert_array_equal(left.columns["cpi"], [1.0, np.nan, np.nan])
    assert [(notice.code, notice.details["count"]) for notice in left.notices] == [("W439", 2)]
    inner = join(main, other, on="year", keep="inner")
    assert inner.n_rows == 1
    assert [(step.name, step.dropped) for step in inner.steps] == [("join other", 2)]
    assert join(main, other, on="year", expect={"unmatched": 2}).notices == ()
    with pytest.raises(DataError) as caught:
        join(main, other, on="year", expect={"unmatched": 1})
    assert "2 years of main have no partner in other (missing, 2011); expected 1" in str(caught.value)


def test_keys_with_other_names_and_chosen_columns() -> None:
    main = frame("main", dep=["01", "02"], wage=[1, 2])
    other = frame("other", department_code=["02", "01"], name=["Áncash", "Amazonas"], wage=[7, 8])
    found = join(main, other, on={"dep": "department_code"}, columns=["name"])
    assert list(found.columns) == ["dep", "wage", "name"]
    assert found.columns["name"].tolist() == ["Amazonas", "Áncash"]
    assert not found.columns["name"].flags.writeable


def test_outer_keeps_the_keys_of_rows_without_main() -> None:
    main = frame("main", year=[2010], wage=[1])
    other = frame("other", jahr=[2010, 2011], name=["x", "y"])
    found = join(main, other, on={"year": "jahr"}, keep="outer")
    assert found.columns["year"].tolist() == [2010, 2011]
    assert found.columns["name"].tolist() == ["x", "y"]
    np.testing.assert_array_equal(found.columns["wage"], [1, np.nan])


def test_the_main_frame_is_the_first_unless_one_is_called_main() -> None:
    cells = frame("cells", year=[2010, 2010], wage=[1, 2])
    prices = frame("prices", year=[2010], cpi=[3])
    found = join_frames({"cells": cells, "prices": prices}, {"prices": JoinBlock(on=["year"])})
    assert found.columns["cpi"].tolist() == [3, 3]
    assert join_frames({"prices": prices, "main": cells}, {}).n_rows == 2
