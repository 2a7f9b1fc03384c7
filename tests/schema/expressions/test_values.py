from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impact.schema.expressions.values import (
    as_column,
    codes_of,
    combined_codes,
    map_texts,
    missing_in,
    spread,
)


def test_columns_become_floats_texts_or_days() -> None:
    assert as_column(np.array([1, 2], dtype=np.int8)).dtype == np.float64
    assert as_column([True, False]).tolist() == [1.0, 0.0]
    assert as_column(np.array(["2020-01-01T12:00"], "datetime64[ns]")).dtype == "datetime64[D]"
    assert as_column(np.array(["a", np.nan], dtype=object)).tolist() == ["a", None]
    assert as_column(np.array(["a"])).dtype == object
    with pytest.raises(OverflowError):
        as_column(np.array([2**53 + 1]))
    with pytest.raises(TypeError):
        as_column(np.array([1j]))


def test_codes_agree_with_pandas() -> None:
    random = np.random.default_rng(3)
    for values in (
        random.integers(-5, 5, 200).astype(float),
        random.normal(size=200).round(1),
        np.array([1e12, 3.0, 1e12, -1e12]),
        random.choice(["a", "b", "c"], 200).astype(object),
        np.array(["2020-01-01", "NaT", "2020-01-01"], "datetime64[D]"),
    ):
        codes, count = codes_of(values)
        expected, levels = pd.factorize(values)
        assert count == len(levels)
        assert len(set(zip(codes, expected, strict=True))) == len(set(expected))


def test_combined_codes_separate_combinations() -> None:
    """`1` with `12` is another group than `11` with `2`."""
    codes, count = combined_codes([as_column(["1", "11", "1", None]), as_column(["12", "2", "12", "2"])])
    assert count == 2
    assert codes[0] == codes[2] != codes[1]
    assert codes[3] == -1


def test_each_different_text_is_mapped_once() -> None:
    calls: list[str] = []
    value = np.array(["a", "b", None, "a"], dtype=object)
    out = map_texts(value, lambda text: calls.append(text) or text.upper())
    assert out.tolist() == ["A", "B", None, "A"]
    assert calls == ["a", "b"]


def test_spread_and_missing() -> None:
    assert spread("a", 2).tolist() == ["a", "a"]
    assert missing_in(spread(None, 2, "date")).all()
    assert missing_in(None)
    assert not missing_in("a")
