"""Rotemberg weights of a model: dense formulas by sector, leave-out shocks, and models they do not exist for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def world(shift_share_world):
    return shift_share_world("rotemberg")


def dense(data, formula_columns):
    """Weights and estimates by shock with dummies of period, from long columns."""
    shares, g = formula_columns
    base = np.column_stack([pd.get_dummies(data["t"]).to_numpy(float), data["w"]])
    y, x = (data[c] - base @ np.linalg.lstsq(base, data[c], rcond=None)[0] for c in ("y", "x"))
    periods = sorted(data["t"].unique())
    part = [
        (s, t, (shares[s] * g[s] * (data["t"] == t)) @ x, (shares[s] * g[s] * (data["t"] == t)) @ y)
        for s in shares
        for t in periods
    ]
    total = sum(p[2] for p in part)
    return pd.DataFrame(part, columns=["s", "t", "on_x", "on_y"]).assign(
        weight=lambda d: d["on_x"] / total, piece=lambda d: d["on_y"] / total
    )


def test_weights_add_up_and_give_the_estimate(world):
    data, shares, shocks, tests, document = world
    (test,) = tests("m")
    expected = dense(data, (shares, shocks)).groupby("s")[["weight", "piece"]].sum()
    shown = pd.DataFrame(test["details"]["sectors"]).set_index("sector")
    assert shown["weight"].to_numpy() == pytest.approx(
        expected.loc[shown.index, "weight"].to_numpy(), rel=1e-7
    )
    ratio = expected["piece"] / expected["weight"]
    assert shown["estimate"].to_numpy() == pytest.approx(ratio.loc[shown.index].to_numpy(), rel=1e-6)
    row = next(row for row in document["rows"] if row["model"] == "m" and row["term"] == "x")
    assert (shown["weight"] * shown["estimate"]).sum() == pytest.approx(row["estimate"], rel=1e-8)
    assert test["details"]["sum_of_weights"] == pytest.approx(1.0)


def test_summary_figures(world):
    data, shares, shocks, tests, _ = world
    (test,) = tests("m")
    weights = dense(data, (shares, shocks))
    negative = weights.loc[weights["weight"] < 0, "weight"].sum()
    assert test["statistic"] == pytest.approx(negative, rel=1e-7)
    assert test["details"]["share_negative"] == pytest.approx(-negative / weights["weight"].abs().sum())
    by_sector = weights.groupby("s")["weight"].sum()
    assert test["details"]["top"] == by_sector.abs().sort_values(ascending=False).index[:2].tolist()
    g = pd.DataFrame(shocks).assign(t=data["t"]).groupby("t").first().unstack()
    joined = weights.set_index(["s", "t"])["weight"]
    correlation = np.corrcoef(joined, g.loc[joined.index])[0, 1]
    assert test["details"]["correlation_with_shocks"] == pytest.approx(correlation, rel=1e-6)
    by_period = weights.groupby("t")["weight"].sum().tolist()
    assert [one["weight"] for one in test["details"]["periods"]] == pytest.approx(by_period, rel=1e-7)


def test_other_models_are_noted(world):
    *_, tests, _ = world
    (test,) = tests("other")
    assert test["verdict"] == "note" and "shift-share variable" in test["sentence"]
    (test,) = tests("plain")
    assert "no instruments" in test["sentence"]
