"""Completed panels against pandas' own product of keys, and rows that cannot be completed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impact.core.errors import DataError, SpecError

BLOCK = {"unit": "district", "time": ["year", "month"], "by": "kind", "counts": "count"}


def rows_of(seed, kept):
    rng = np.random.default_rng(seed)
    full = [
        {"district": d, "region": d[0], "year": t, "month": m, "kind": k, "count": int(rng.poisson(4)) + 1,
         "holiday": int(m == 2), "rain": float(rng.normal())}
        for d in ("a1", "a2", "b1") for t in (2018, 2019) for m in (1, 2, 3) for k in ("robbery", "theft")
    ]  # fmt: skip
    return [row for row in full if rng.random() < kept or (row["month"], row["kind"]) == (2, "robbery")]


def complete(prepared, rows, **changes):
    return prepared({"main": rows}, model="count ~ holiday + rain + region", complete=BLOCK | changes)[1]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_product_of_the_keys_that_occur(prepared, seed):
    rows = rows_of(seed, 0.6)
    main = complete(prepared, rows)
    data = pd.DataFrame(rows)
    periods = data[["year", "month"]].drop_duplicates()
    keys = data[["district"]].drop_duplicates().merge(periods, how="cross")
    keys = keys.merge(data[["kind"]].drop_duplicates(), how="cross")
    expected = keys.merge(data, how="left", on=["district", "year", "month", "kind"])
    expected = expected.sort_values(["district", "year", "month", "kind"], ignore_index=True)
    assert main.n_rows == len(expected)
    np.testing.assert_array_equal(main.columns["count"], expected["count"].fillna(0))
    # the region is the district's and is filled; the weather is of the row alone and is not
    assert main.columns["region"].tolist() == [d[0] for d in expected["district"]]
    np.testing.assert_array_equal(main.columns["rain"], expected["rain"])
    (said,) = [one for one in main.notices if one.code == "W494"]
    added = len(expected) - len(rows)
    assert said.message.startswith(f"{added} of {len(expected)} cells")
    assert "rain" in said.message
    assert main.constructed["complete"] == {
        "rows_before": len(rows), "added": added, "rows": len(expected), "left_missing": ["rain"],
    }  # fmt: skip


def test_nothing_to_add_is_not_told(prepared):
    main = complete(prepared, rows_of(1, 1.1))
    assert main.constructed["complete"]["added"] == 0
    assert not [one for one in main.notices if one.code == "W494"]


def test_total_counts_do_not_change(prepared):
    rows = rows_of(5, 0.5)
    assert complete(prepared, rows).columns["count"].sum() == sum(row["count"] for row in rows)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (lambda: [*rows_of(1, 1.1), rows_of(1, 1.1)[0]], "several rows of a1/2018/1"),
        (lambda: [rows_of(1, 1.1)[0] | {"district": ""}, *rows_of(1, 1.1)[1:]], "missing in 1 rows"),
        (lambda: [row | {"count": "some"} for row in rows_of(1, 1.1)], "no numbers"),
    ],
)
def test_panels_that_cannot_be_completed(prepared, rows, words):
    with pytest.raises(DataError) as caught:
        complete(prepared, rows())
    assert caught.value.faults[0].code == "E289"
    assert words in caught.value.faults[0].message


def test_a_column_named_twice(prepared):
    with pytest.raises(SpecError) as caught:
        complete(prepared, rows_of(1, 1.1), counts="kind")
    assert caught.value.faults[0].code == "E452"
