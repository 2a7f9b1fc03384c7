"""From frames to the main sample: derive, filter, checks, panel; counts of false and missing apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.errors import DataError, SpecError
from impact.core.frames import Frame
from impact.data.evaluation import evaluate_on
from impact.data.prepare import prepare_frame
from impact.schema.data_blocks import CheckBlock, PanelBlock
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.tree import Expression


def frame(**columns: Any) -> Frame:
    arrays = {}
    for name, values in columns.items():
        text = any(isinstance(value, str) for value in values)
        arrays[name] = (
            np.array(values)
            if isinstance(values, np.ndarray)
            else np.array(values, dtype=object if text else float)
        )
    n_rows = len(next(iter(arrays.values())))
    return Frame(columns=arrays, n_rows=n_rows, read=n_rows)


def parsed(**texts: str) -> dict[str, Expression]:
    return {name: parse_expression(text) for name, text in texts.items()}


def test_false_and_missing_are_counted_apart() -> None:
    age = [13, 14, 64, 65, np.nan, 30]
    wage = [1, 1, np.nan, 1, 1, 0]
    found = prepare_frame(
        {"main": frame(age=age, wage=wage)},
        filters=parsed(working_age="14 <= age <= 64", employed="wage > 0"),
    )
    assert [(s.name, s.dropped, s.false, s.missing) for s in found.steps] == [
        ("working_age", 3, 2, 1),
        ("employed", 2, 1, 1),
    ]
    assert found.columns["age"].tolist() == [14]
    assert (found.read, found.n_rows) == (6, 1)
    assert found.steps[0].reason == "14 <= age <= 64"


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.sampled_from([0.0, 1.0, 2.0, np.nan]), min_size=1, max_size=20),
    limits=st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=3),
)
def test_the_ledger_adds_up(values: list[float], limits: list[float]) -> None:
    filters = parsed(**{f"f{i}": f"x >= {limit:g}" for i, limit in enumerate(limits)})
    kept = [value for value in values if value >= max(limits)]
    main = {"main": frame(x=values)}
    if not kept:
        with pytest.raises(DataError):
            prepare_frame(main, filters=filters)
        return
    found = prepare_frame(main, filters=filters)
    assert found.n_rows == len(kept) == len(values) - sum(step.dropped for step in found.steps)
    assert all(step.dropped == step.false + step.missing for step in found.steps)
    assert sum(step.missing for step in found.steps) == int(np.isnan(values).sum())


def test_derived_columns_follow_what_they_read() -> None:
    found = prepare_frame(
        {"main": frame(wage=[1, 10, 0])},
        derive=parsed(
            double="log_wage * 2", log_wage="log(wage) if wage > 0 else missing", high="wage > base"
        ),
        params={"base": 5.0},
    )
    np.testing.assert_allclose(found.columns["double"], [0, 2 * np.log(10), np.nan])
    assert found.columns["high"].tolist() == [0, 1, 0]
    assert list(found.columns) == ["wage", "double", "log_wage", "high"]


def test_a_column_may_be_made_again_from_itself() -> None:
    found = prepare_frame({"main": frame(ubigeo=["7", "1501"])}, derive=parsed(ubigeo='lpad(ubigeo, 4, "0")'))
    assert found.columns["ubigeo"].tolist() == ["0007", "1501"]
    assert found.notices == ()


def test_a_column_replaced_by_others_is_told() -> None:
    found = prepare_frame({"main": frame(x=[1], y=[2])}, derive=parsed(x="y + 1"))
    assert [notice.code for notice in found.notices] == ["W447"]
    assert found.columns["x"].tolist() == [3]


def test_circles_and_unknown_columns() -> None:
    with pytest.raises(SpecError):
        prepare_frame({"main": frame(x=[1])}, derive=parsed(a="b + x", b="a"))
    with pytest.raises(DataError) as caught:
        prepare_frame({"main": frame(wage=[1])}, derive=parsed(a="wag + 1"))
    assert caught.value.suggestion == "wage"


def test_lags_follow_the_calendar_whatever_the_order_of_rows() -> None:
    order = np.array([3, 0, 2, 1, 4])
    columns = {
        "id": np.array(["a", "a", "a", "b", "b"], dtype=object),
        "year": np.array([2015.0, 2016, 2018, 2015, 2016]),
        "y": np.array([1.0, 2, 3, 4, 5]),
    }
    panel = PanelBlock(unit=["id"], time="year")
    found = prepare_frame(
        {"main": frame(**{name: values[order] for name, values in columns.items()})},
        panel=panel,
        derive=parsed(before="lag(y)"),
    )
    expected = np.array([np.nan, 1, np.nan, np.nan, 4])
    np.testing.assert_array_equal(found.columns["before"], expected[order])


def test_the_frequency_of_the_panel_is_used() -> None:
    days = np.array(["2015-01-01", "2015-04-01", "2015-07-01"], dtype="datetime64[D]")
    main = frame(id=[1, 1, 1], day=days, y=[1, 2, 3])
    derive = parsed(before="lag(y)")
    quarterly = prepare_frame(
        {"main": main}, panel=PanelBlock(unit=["id"], time="day", freq="quarter"), derive=derive
    )
    np.testing.assert_array_equal(quarterly.columns["before"], [np.nan, 1, 2])
    monthly = prepare_frame(
        {"main": main}, panel=PanelBlock(unit=["id"], time="day", freq="month"), derive=derive
    )
    assert np.isnan(monthly.columns["before"]).all()
    biennial = frame(id=[1, 1], year=[2015, 2017], y=[1, 2])
    found = prepare_frame(
        {"main": biennial}, panel=PanelBlock(unit=["id"], time="year", freq=2), derive=derive
    )
    np.testing.assert_array_equal(found.columns["before"], [np.nan, 1])


def test_repeated_keys_are_told_where_no_lag_is_taken() -> None:
    found = prepare_frame(
        {"main": frame(id=[1, 1, 2, np.nan], year=[2015, 2015, 2015, 2015])},
        panel=PanelBlock(unit=["id"], time="year"),
    )
    assert [(notice.code, notice.details["count"]) for notice in found.notices] == [("W444", 1), ("W440", 2)]
    assert "id=1 year=2015 (rows 1, 2)" in found.notices[1].message


def test_panel_keys_may_be_derived() -> None:
    main = frame(a=["x", "y"], year=[2015, 2016], y=[1.0, 2.0])
    found = prepare_frame(
        {"main": main},
        panel=PanelBlock(unit=["id"], time="year"),
        derive=parsed(before="lag(y)", id='replace(a, "y", "x")'),
    )
    np.testing.assert_array_equal(found.columns["before"], [np.nan, 1.0])


def test_checks_that_hold_say_nothing() -> None:
    found = prepare_frame(
        {"main": frame(id=[1, 2, 3, 4], sex=["m", "f", None, "f"], wage=[1, 2, 3, np.nan])},
        checks={
            name: CheckBlock.model_validate(block)
            for name, block in {
                "key": {"unique": "id"},
                "rows": {"rows": 4},
                "more": {"rows": ">= 1_000e-3"},
                "wage": {"expr": "wage > 0", "share": ">= 75%"},
                "sex": {"column": "sex", "values": ["m", "f"]},
                "ids": {"column": "id", "values": [1, 2, 3, 4, 5]},
                "known": {"missing": "id"},
                "mostly": {"missing": ["wage", "sex"], "share": "<= 0.25"},
            }.items()
        },
    )
    assert found.notices == ()


def test_all_failed_checks_at_once() -> None:
    with pytest.raises(DataError) as caught:
        prepare_frame(
            {"main": frame(id=[1, 1])},
            checks={
                "key": CheckBlock(unique=["id"]),
                "rows": CheckBlock(rows=3),
                "e": CheckBlock(expr="id > 1"),
            },
        )
    assert [fault.code for fault in caught.value.faults] == ["E430", "E431", "E432"]


def test_one_expression_on_a_frame() -> None:
    found = evaluate_on(frame(x=[1, 0, np.nan]), parse_expression("1 / x"), of="derive.y")
    np.testing.assert_array_equal(found.values, [1, np.nan, np.nan])
    assert [(notice.code, notice.of) for notice in found.notices] == [("W412", "derive.y")]
