from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from impact.core.errors import DataError
from impact.schema.expressions.context import Context, Event, stored_parameters
from impact.schema.expressions.evaluate import evaluate
from impact.schema.expressions.panel import panel_keys
from impact.schema.expressions.parse import parse_expression

Run = Callable[..., list[object]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "lag(x)",
            [None, 1, None, None, -4],
        ),  # 2012 is absent: the lag of 2013 is missing, not the row before
        ("lag(x, 2)", [None, None, 2, None, None]),
        ("lag(x, 0)", [1, 2, None, -4, 0]),
        ("lead(x)", [2, None, None, 0, None]),
        ("lag(x, -1)", [2, None, None, 0, None]),
        ("diff(x)", [None, 1, None, None, 4]),
        ("lag(s)", [None, "a", None, None, "01"]),
        ("lag(d)", [None, "2018-01-01", None, None, "2021-01-03"]),
        ("cumsum(i)", [1, 3, 6, 4, 9]),
        ("cumsum(x)", [1, 3, None, -4, -4]),
        ("ever(i == 2)", [1, 1, 1, 0, 0]),
        ("ever(x == 9)", [None, None, None, 0, 0]),
        ("first_time(i >= 2)", [2011, 2011, 2011, 2010, 2010]),
        ("first_time(x > 1)", [2011, 2011, 2011, None, None]),
    ],
)
def test_panel_functions(run: Run, text: str, expected: list[object]) -> None:
    assert run(text) == expected


def test_lags_agree_with_a_merge_on_the_calendar() -> None:
    random = np.random.default_rng(5)
    frame = pd.DataFrame({"u": random.integers(0, 40, 600), "t": random.integers(1990, 2020, 600)})
    frame = frame.drop_duplicates().sample(frac=1, random_state=2).reset_index(drop=True)
    frame["x"] = random.normal(size=len(frame))
    columns = {name: frame[name].to_numpy() for name in frame}
    context = Context(len(frame), panel_keys([columns["u"]], columns["t"]))
    for periods in (1, 2, 5, -3):
        earlier = frame.assign(t=frame.t + periods)
        expected = frame.merge(earlier, on=["u", "t"], how="left", suffixes=("", "_lag"))["x_lag"]
        found = evaluate(parse_expression(f"lag(x, {periods})"), columns, context)
        np.testing.assert_array_equal(found, expected)
    summed = frame.sort_values("t").groupby("u")["x"].cumsum().sort_index()
    np.testing.assert_allclose(evaluate(parse_expression("cumsum(x)"), columns, context), summed, rtol=1e-12)


def test_repeated_keys_have_no_order() -> None:
    columns = {"u": np.array([1, 1, 2]), "t": np.array([5, 5, 5]), "x": np.array([1.0, 2.0, 3.0])}
    context = Context(3, panel_keys([columns["u"]], columns["t"]))
    for text in ("lag(x)", "lead(x)", "diff(x)", "cumsum(x)"):
        with pytest.raises(DataError) as caught:
            evaluate(parse_expression(text), columns, context)
        assert caught.value.code == "E415"
        assert "2 rows" in caught.value.faults[0].message
    assert evaluate(parse_expression("ever(x > 1)"), columns, context).tolist() == [1, 1, 1]


def test_a_panel_is_needed() -> None:
    for text in ("lag(x)", "ever(x > 1)", "cumsum(x)"):
        with pytest.raises(DataError, match="E410"):
            evaluate(parse_expression(text), {"x": np.ones(2)}, Context(2))


def test_sample_functions_store_their_parameters(run: Run) -> None:
    events: list[Event] = []
    assert run("winsor(i, 0.1)", events) == [1.4, 2, 3, 4, 4.6]
    assert run("ntile(i, 2)", events) == [1, 1, 1, 2, 2]
    standard = run("std(i)", events)
    assert abs(sum(standard)) < 1e-12
    assert stored_parameters(events) == {
        "winsor(i, 0.1)": {"share": 0.1, "low": 1.4, "high": 4.6},
        "ntile(i, 2)": {"groups": 2, "cuts": [3.0]},
        "std(i)": {"mean": 3.0, "sd": pytest.approx(2.5**0.5)},
    }


def test_ntile_agrees_with_pandas() -> None:
    x = np.random.default_rng(8).normal(size=1001)
    found = evaluate(parse_expression("ntile(x, 4)"), {"x": x}, Context(1001))
    np.testing.assert_array_equal(found, pd.qcut(x, 4, labels=False) + 1)


@pytest.mark.parametrize(
    "text", ["winsor(x, 0.6)", "ntile(x, 1)", "lag(x, 0.5)", "lag(x, i)", "lag(x, 5000)"]
)
def test_parameters_out_of_range(run: Run, text: str) -> None:
    with pytest.raises(DataError, match="E414"):
        run(text)
