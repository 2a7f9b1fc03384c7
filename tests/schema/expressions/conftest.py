"""A small frame with missing values, and a short way to evaluate on it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from impact.schema.expressions.context import Context, Event
from impact.schema.expressions.evaluate import evaluate
from impact.schema.expressions.panel import panel_keys
from impact.schema.expressions.parse import parse_expression

COLUMNS = {
    "x": np.array([1.0, 2.0, np.nan, -4.0, 0.0]),
    "i": np.array([1, 2, 3, 4, 5]),
    "s": np.array(["a", "bb", None, "01", "3.5"], dtype=object),
    "f": np.array([True, False, True, True, False]),
    "d": np.array(["2018-01-01", "2020-12-31", "NaT", "2021-01-03", "2016-02-29"], "datetime64[D]"),
    "g": np.array([1, 1, 2, 2, np.nan]),
    "id": np.array([1, 1, 1, 2, 2]),
    "t": np.array([2010, 2011, 2013, 2010, 2011]),
}


def run_on_small_frame(source: str, events: list[Event] | None = None) -> list[object]:
    context = Context(
        5,
        panel_keys([COLUMNS["id"]], COLUMNS["t"]),
        {"k": 3, "name": "bb"},
        [] if events is None else events,
    )
    found = evaluate(parse_expression(source), COLUMNS, context)
    if found.dtype.kind == "M":
        return [None if np.isnat(entry) else str(entry) for entry in found]
    return [
        None if entry is None or (isinstance(entry, float) and math.isnan(entry)) else entry
        for entry in found.tolist()
    ]


@pytest.fixture
def run() -> Callable[..., list[object]]:
    return run_on_small_frame
