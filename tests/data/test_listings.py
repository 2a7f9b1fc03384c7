"""Listings against pandas' groupby, against hand counts, and on rows that give none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.errors import DataError, ImpactError
from impact.core.frames import Frame
from impact.core.listings import Listing
from impact.data.listings import aggregate, compute_listing, plain_value
from impact.schema.listings.requests import listings_of
from impact.schema.load import load_nodes


def request(text: str) -> Any:
    tree = load_nodes((f"listings:\n  t:\n    {text.strip()}\n").encode(), name="spec.yaml")
    (found,), faults = listings_of(tree)
    assert faults == []
    return found


def frame(**columns: Any) -> Frame:
    made = {
        name: np.array(values, dtype=object if any(isinstance(v, str) for v in values) else float)
        for name, values in columns.items()
    }
    return Frame(columns=made, n_rows=len(next(iter(made.values()))))


def listed(text: str, data: Frame) -> tuple[Listing, list[str]]:
    found, notices = compute_listing(data, request(text), params={})
    return found, [one.code for one in notices]


def column(found: Listing, name: str) -> list[Any]:
    return [row.values[name] for row in found.rows]


DATA = frame(
    area=["b", "a", "b", "a", "b"], year=[2018, 2018, 2019, 2019, 2019], x=[1, 2, 4, np.nan, 8], w=[1, 1, 3, 1, 1],
    name=["B", "A", "B", "A", "B"],
)  # fmt: skip


def test_sums_means_and_facts_by_group() -> None:
    found, codes = listed(
        """by: area
    columns: {name: name, total: {sum: x}, mean: {mean: x}, weighted: {mean: x, weights: w}, n: {count: true},
      large: {count: x > 1}, top: {max: x}, low: {min: x}, middle: {median: x}, spread: {sd: x}}""",
        DATA,
    )
    assert [row.key for row in found.rows] == ["a", "b"]
    assert [row.n for row in found.rows] == [2, 3]
    assert column(found, "name") == ["A", "B"]
    assert column(found, "total") == [2, 13]
    assert column(found, "mean") == [2, pytest.approx(13 / 3)]
    assert column(found, "weighted") == [2, pytest.approx((1 + 3 * 4 + 8) / 5)]
    assert column(found, "n") == [2, 3]
    assert column(found, "large") == [1, 2]
    assert (column(found, "top"), column(found, "low"), column(found, "middle")) == ([2, 8], [2, 1], [2, 4])
    assert column(found, "spread") == [None, pytest.approx(np.std([1, 4, 8], ddof=1))]
    assert codes == []


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 2), st.one_of(st.none(), st.floats(-9, 9))),
        min_size=1,
        max_size=40,
    )
)
def test_as_pandas_groups(rows: list[tuple[int, int, float | None]]) -> None:
    values = [np.nan if v is None else v for *_, v in rows]
    data = frame(a=[r[0] for r in rows], b=[r[1] for r in rows], v=values)
    found, _ = listed(
        "by: [a, b]\n    columns: {s: {sum: v}, m: {mean: v}, c: {count: true}, q: {median: v}}", data
    )
    grouped = (
        pd.DataFrame({"a": [r[0] for r in rows], "b": [r[1] for r in rows], "v": values})
        .groupby(["a", "b"])
        .v
    )
    assert [row.key for row in found.rows] == [f"{a};{b}" for a, b in grouped.groups]
    for name, expected in (
        ("s", grouped.sum(min_count=1)),
        ("m", grouped.mean()),
        ("c", grouped.size()),
        ("q", grouped.median()),
    ):
        ours = [np.nan if v is None else v for v in column(found, name)]
        np.testing.assert_allclose(ours, expected.to_numpy(dtype=float), rtol=1e-12, atol=1e-12)


def test_running_sums_derived_columns_and_the_total() -> None:
    """Refugee applications of 2015 to 2017 and what was accepted: running and total ratios by hand."""
    data = frame(year=[2016, 2015, 2017], submitted=[4406, 435, 34179], accepted=[159, 200, 217])
    found, _ = listed(
        """by: year
    columns: {s: {sum: submitted}, a: {sum: accepted}}
    cumulate: {s_so_far: s, a_so_far: a}
    derive: {ratio: {value: 100 * a / s, digits: 1}, so_far: 100 * a_so_far / s_so_far}
    total: true""",
        data,
    )
    assert [row.key for row in found.rows] == ["2015", "2016", "2017", "total"]
    assert column(found, "s_so_far") == [435, 4841, 39020, None]
    assert column(found, "ratio") == pytest.approx(
        [100 * 200 / 435, 100 * 159 / 4406, 100 * 217 / 34179, 100 * 576 / 39020]
    )
    assert column(found, "so_far")[:3] == pytest.approx(
        [100 * 200 / 435, 100 * 359 / 4841, 100 * 576 / 39020]
    )
    assert column(found, "so_far")[3] is None
    assert found.rows[-1].is_total
    assert found.rows[-1].n == 3
    assert found.digits == {"ratio": 1}


def test_running_sums_restart_for_each_outer_name_and_stop_at_the_missing() -> None:
    found, _ = listed("by: [area, year]\n    columns: {x: {sum: x}}\n    cumulate: {run: x}", DATA)
    assert [row.key for row in found.rows] == ["a;2018", "a;2019", "b;2018", "b;2019"]
    assert column(found, "run") == [2, None, 1, 13]


@pytest.mark.parametrize(
    ("order", "keys"),
    [("x", ["b;2018", "a;2018", "b;2019", "a;2019"]), ("-x", ["b;2019", "a;2018", "b;2018", "a;2019"]),
     ("[-year, area]", ["a;2019", "b;2019", "a;2018", "b;2018"]),
     ("-double", ["b;2019", "a;2018", "b;2018", "a;2019"])],
)  # fmt: skip
def test_order(order: str, keys: list[str]) -> None:
    text = (
        f"by: [area, year]\n    columns: {{x: {{sum: x}}}}\n    derive: {{double: 2 * x}}\n    order: {order}"
    )
    assert [row.key for row in listed(text, DATA)[0].rows] == keys


def test_a_fact_with_two_values_is_refused() -> None:
    with pytest.raises(DataError) as error:
        listed("by: area\n    columns: {x: x}", DATA)
    (found,) = error.value.faults
    assert found.code == "E454"
    assert "row b" in found.message


def test_names_of_rows_may_be_expressions_and_rows_without_one_are_counted() -> None:
    found, codes = listed("by: {late: 'when(year == 2019, area)'}\n    columns: {n: {count: true}}", DATA)
    assert [(row.key, row.values["n"]) for row in found.rows] == [("a", 1), ("b", 2)]
    assert codes == ["W500"]


def test_groups_that_are_too_small_and_a_total_that_would_tell_them() -> None:
    text = "by: area\n    columns: {s: {sum: x}}\n    total: true\n    min_rows: 3"
    found, codes = listed(text, DATA)
    assert column(found, "s") == [None, 13, None]
    assert [row.is_hidden for row in found.rows] == [True, False, True]
    assert codes == ["W503"]


def test_filters_of_a_listing_come_on_top() -> None:
    found, _ = listed("by: area\n    filter: year == 2019\n    columns: {n: {count: true}}", DATA)
    assert column(found, "n") == [1, 2]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("by: place\n    columns: {n: {count: true}}", "E455"),
        ("by: area\n    columns: {n: {sum: name}}", "E455"),
        ("by: area\n    columns: {n: {mean: x, weights: 0 - w}}", "E455"),
        ("by: area\n    columns: {n: name}\n    cumulate: {run: n}", "E455"),
        ("by: {none: 'when(year == 1900, area)'}\n    columns: {n: {count: true}}", "E455"),
        ("by: area\n    filter: year == 1900\n    columns: {n: {count: true}}", "E243"),
        ("by: area\n    columns: {n: {sum: z}}", "E402"),
        ("by: area\n    columns: {n: {count: x}}", "E411"),
    ],
)
def test_rows_that_give_no_listing(text: str, code: str) -> None:
    with pytest.raises(ImpactError) as error:
        listed(text, DATA)
    assert error.value.faults[0].code == code


def test_one_row_and_all_missing() -> None:
    found, _ = listed(
        "by: area\n    columns: {s: {sum: x}, m: {mean: x}, f: x}", frame(area=["a"], x=[np.nan])
    )
    assert [found.rows[0].values[name] for name in ("s", "m", "f")] == [None, None, None]


def test_too_many_rows() -> None:
    with pytest.raises(DataError) as error:
        listed("by: a\n    columns: {n: {count: true}}", frame(a=list(range(5001))))
    assert "5,001" in error.value.faults[0].message


def test_dates_and_texts_as_values() -> None:
    data = Frame(
        columns={"a": np.array(["2018-10-31", "NaT"], dtype="datetime64[D]"), "k": np.array([1.0, 2.0])},
        n_rows=2,
    )
    found, _ = compute_listing(data, request("by: k\n    columns: {a: a}"), params={})
    assert column(found, "a") == ["2018-10-31", None]
    assert plain_value(np.float64(2.5)) == 2.5


def test_a_mean_with_weights_of_zero_has_no_value() -> None:
    assert np.isnan(aggregate(np.array([1.0, 2.0]), "mean", np.array([0.0, 0.0])))
    assert aggregate(np.array([1.0, 3.0]), "mean", np.array([3.0, 1.0])) == pytest.approx(1.5)
