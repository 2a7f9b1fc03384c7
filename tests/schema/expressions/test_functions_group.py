from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from impact.core.errors import DataError
from impact.schema.expressions.context import Context
from impact.schema.expressions.evaluate import evaluate
from impact.schema.expressions.panel import panel_keys
from impact.schema.expressions.parse import parse_expression

Run = Callable[..., list[object]]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(11)
    rows = 500
    frame = pd.DataFrame(
        {
            "x": random.normal(size=rows).round(3),
            "w": random.uniform(0, 2, rows),
            "g": random.integers(0, 20, rows).astype(float),
            "h": random.choice(["a", "b", "c"], rows),
            "t": random.permutation(rows),
            "c": random.integers(0, 2, rows).astype(float),
        }
    )
    frame.loc[::7, "x"] = np.nan
    frame.loc[::11, "g"] = np.nan
    frame.loc[::13, "h"] = None
    frame.loc[frame.g == 3, "x"] = np.nan
    return frame


def evaluated(frame: pd.DataFrame, text: str) -> np.ndarray:
    columns = {name: frame[name].to_numpy() for name in frame}
    return evaluate(parse_expression(text), columns, Context(len(frame)))


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("mean(x, by=g)", "mean"),
        ("sum(x, by=g)", lambda group: group.sum(min_count=1)),
        ("count(x, by=g)", "count"),
        ("sd(x, by=g)", "std"),
        ("min(x, by=g)", "min"),
        ("max(x, by=g)", "max"),
        ("nunique(x, by=g)", "nunique"),
        ("p(x, 30, by=g)", lambda group: group.quantile(0.3)),
        ("share(x > 0, by=g)", lambda group: (group.dropna() > 0).mean() if group.notna().any() else np.nan),
    ],
)
def test_figures_agree_with_pandas(frame: pd.DataFrame, text: str, function: object) -> None:
    for by in (["g"], ["g", "h"]):
        expected = frame.groupby(by)["x"].transform(function)
        found = evaluated(frame, text.replace("by=g", f"by=[{', '.join(by)}]"))
        np.testing.assert_allclose(found, expected.to_numpy(dtype=float), rtol=1e-12, atol=1e-12)


def test_whole_sample_without_by(frame: pd.DataFrame) -> None:
    assert np.allclose(evaluated(frame, "mean(x)"), frame.x.mean())
    assert np.allclose(evaluated(frame, "p(x, 50)"), frame.x.median())
    assert (evaluated(frame, "count()") == 500).all()


def test_weighted_mean(frame: pd.DataFrame) -> None:
    used = frame.dropna(subset=["x", "g"])
    expected = used.groupby("g")[["x", "w"]].apply(lambda part: np.average(part.x, weights=part.w))
    np.testing.assert_allclose(evaluated(frame, "wmean(x, w, by=g)"), frame.g.map(expected), rtol=1e-12)
    with pytest.raises(DataError, match="E414"):
        evaluated(frame, "wmean(x, w - 1, by=g)")


def test_first_and_last_follow_the_order_not_the_rows(frame: pd.DataFrame) -> None:
    by_time = frame.sort_values("t")
    for name, at in (("first", 0), ("last", -1)):
        expected = by_time.groupby("g")["x"].apply(lambda group, at=at: group.iloc[at])
        np.testing.assert_array_equal(evaluated(frame, f"{name}(x, by=g, order=t)"), frame.g.map(expected))
    assert evaluated(frame, "first(h, by=g, order=t)").dtype == object


def test_rank_agrees_with_pandas(frame: pd.DataFrame) -> None:
    for ties in ("average", "min", "max"):
        expected = frame.groupby("g")["x"].rank(method=ties)
        np.testing.assert_array_equal(evaluated(frame, f'rank(x, by=g, ties="{ties}")'), expected)
    np.testing.assert_array_equal(evaluated(frame, "rank(t)"), frame.t.rank())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("rank(c)", "E415"),
        ("first(x, by=g, order=c)", "E415"),
        ("first(x, by=g)", "E410"),
        ('rank(c, ties="odd")', "E414"),
        ("p(x, 101)", "E414"),
        ("p(x, g)", "E414"),
        ("mean(h)", "E406"),
    ],
)
def test_refusals(frame: pd.DataFrame, text: str, code: str) -> None:
    with pytest.raises(DataError) as caught:
        evaluated(frame, text)
    assert caught.value.code == code


def test_row_order_does_not_matter(frame: pd.DataFrame) -> None:
    shuffled = frame.sample(frac=1, random_state=1)
    for text in (
        "mean(x, by=[g, h])",
        "sd(x, by=g)",
        "last(x, by=g, order=t)",
        "p(x, 75, by=h)",
        "ntile(x, 5)",
    ):
        first = pd.Series(evaluated(frame, text), frame.index)
        second = pd.Series(evaluated(shuffled, text), shuffled.index)
        np.testing.assert_allclose(second.sort_index(), first, rtol=1e-12)


def test_the_panel_gives_the_order() -> None:
    columns = {"id": np.array([1, 1, 2]), "t": np.array([2, 1, 5]), "x": np.array([10.0, 20.0, 30.0])}
    context = Context(3, panel_keys([columns["id"]], columns["t"]))
    assert evaluate(parse_expression("first(x, by=id)"), columns, context).tolist() == [20, 20, 30]


def test_empty_data() -> None:
    columns = {"x": np.array([]), "g": np.array([])}
    for text in (
        "mean(x, by=g)",
        "min(x, by=g)",
        "rank(x)",
        "p(x, 5)",
        "x + 1",
        "1 if x > 0 else 2",
        "winsor(x, 0.1)",
    ):
        assert len(evaluate(parse_expression(text), columns, Context(0))) == 0
