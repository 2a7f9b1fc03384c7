"""Identities that hold exactly, on random panels: each side is computed by another way through the tool."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import impact as im

FEW = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**32 - 1)
CLOSE = 1e-9


def panel(seed: int, *, gaps: bool = True) -> pd.DataFrame:
    """6 to 14 units and 4 to 8 periods, some rows missing, effects of unit and time, integer counts."""
    rng = np.random.default_rng(seed)
    units, periods = int(rng.integers(9, 15)), int(rng.integers(5, 9))
    i, t = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    kept = rng.random(len(i)) > (0.15 if gaps else -1)
    i, t = i[kept], t[kept]
    n = len(i)
    x, z = rng.normal(size=n) + 0.3 * i, rng.normal(size=n) - 0.2 * t
    y = 0.7 * x - 0.4 * z + 0.5 * i + 0.1 * t * t + rng.normal(size=n)
    return pd.DataFrame(
        {
            "i": i.astype(float), "t": t.astype(float), "g": (i % 3).astype(float), "x": x, "z": z, "y": y,
            "w": rng.uniform(0.2, 3.0, n), "c": rng.integers(1, 4, n).astype(float), "row": np.arange(n, dtype=float),
        }
    )  # fmt: skip


def same(one, other, *, terms=("x", "z"), errors=True, rel=CLOSE):
    for term in terms:
        assert one.coef()[term] == pytest.approx(other.coef()[term], rel=rel, abs=rel)
        if errors:
            assert one.se()[term] == pytest.approx(other.se()[term], rel=10 * rel)


@FEW
@given(seed=SEEDS)
def test_frisch_waugh(seed):
    data = panel(seed)
    long = im.feols("y ~ x + z | i + t", data, vcov="iid", ssc="none")
    rest = {name: residual(f"{name} ~ z | i + t", data) for name in ("y", "x")}
    short = im.feols("y ~ x - 1", pd.DataFrame(rest), vcov="iid")
    assert short.coef()["x"] == pytest.approx(long.coef()["x"], rel=CLOSE)


def residual(formula: str, data: pd.DataFrame) -> np.ndarray:
    """Residuals in the order of the data; rows that were dropped stay as zeros, which carry no weight."""
    fit = im.feols(formula, data)
    values = np.zeros(len(data))
    values[fit.result.design.sample.kept] = fit.estimate.linear.residual
    return values


@FEW
@given(seed=SEEDS)
@pytest.mark.parametrize(
    ("absorbed", "dummies"),
    [
        ("| i", "+ i(i)"),
        ("| i + t", "+ i(i) + i(t)"),
        ("| i + g^t", "+ i(i) + i(g):i(t)"),
        ("| i[t]", "+ i(i) + i(i):t"),
        ("| i[t] + t", "+ i(i) + i(i):t + i(t)"),
    ],
)
@pytest.mark.parametrize("vcov", ["iid", "hc2", {"cluster": "i", "ssc": "none"}])
def test_dummies_are_effects(absorbed, dummies, vcov, seed):
    data = panel(seed)
    inside = im.feols(f"y ~ x + z {absorbed}", data, vcov=vcov, ssc="none")
    kept = data.iloc[np.sort(inside.result.design.sample.kept)]
    outside = im.feols(f"y ~ x + z {dummies}", kept, vcov=vcov, ssc="none")
    same(inside, outside, rel=1e-8)


@FEW
@given(seed=SEEDS)
@pytest.mark.parametrize("kind", ["cr0", "cr1", "cr2", "cr3"])
def test_whole_weights_are_repeated_rows(kind, seed):
    data = panel(seed)
    vcov = {"cluster": "i", "type": kind}
    weighted = im.feols("y ~ x + z | t", data, weights={"c": "frequency"}, vcov=vcov)
    kept = data.iloc[np.sort(weighted.result.design.sample.kept)]
    repeated = im.feols("y ~ x + z | t", kept.loc[kept.index.repeat(kept["c"].astype(int))], vcov=vcov)
    same(weighted, repeated)
    assert weighted.estimate.n_obs == repeated.estimate.n_obs


@FEW
@given(seed=SEEDS, scale=st.sampled_from([1e-6, 0.5, 3.0, 1e7]))
@pytest.mark.parametrize("kind", ["analytic", "sampling"])
@pytest.mark.parametrize("vcov", ["hc1", "hc3", {"cluster": "i"}])
def test_scaled_weights(kind, vcov, scale, seed):
    data = panel(seed)
    data["v"] = data["w"] * scale
    one, other = (im.feols("y ~ x + z | i", data, weights={name: kind}, vcov=vcov) for name in ("w", "v"))
    same(one, other)


@FEW
@given(seed=SEEDS)
def test_weight_zero_is_an_absent_row(seed):
    data = panel(seed)
    data["v"] = np.where(data["row"] % 5 == 0, 0.0, data["w"])
    zero = im.feols("y ~ x + z | i", data, weights={"v": "analytic"})
    same(zero, im.feols("y ~ x + z | i", data[data["v"] > 0], weights={"v": "analytic"}))


@FEW
@given(seed=SEEDS)
def test_clusters_of_one_row_are_hc1(seed):
    data = panel(seed)
    one = im.feols("y ~ x + z | i", data, vcov={"cluster": "row"}, ssc="fixest")
    other = im.feols("y ~ x + z | i", data, vcov="hc1")
    same(one, other)


@FEW
@given(seed=SEEDS)
def test_two_ways_are_the_sum_less_the_pairs(seed):
    data = panel(seed)
    data["it"] = data["i"] * 100 + data["t"]
    both, *parts = (
        im.feols("y ~ x + z", data, vcov={"cluster": by, "type": "cr0"}).vcov()
        for by in (["i", "t"], "i", "t", "it")
    )
    assert both == pytest.approx(parts[0] + parts[1] - parts[2], rel=1e-9, abs=1e-15)


@FEW
@given(seed=SEEDS)
def test_residuals_sum_to_zero_in_every_level(seed):
    data = panel(seed)
    fit = im.feols("y ~ x + z | i + t", data, weights={"w": "analytic"})
    design, linear = fit.result.design, fit.estimate.linear
    scale = np.abs(design.y).max() * design.weights.max()
    for effect in design.absorb:
        sums = np.bincount(effect.factor.codes, weights=linear.weights * linear.residual)
        assert np.abs(sums).max() <= 1e-9 * scale * len(data)
    assert np.abs((linear.weights * linear.residual) @ linear.x).max() <= 1e-8 * scale * len(data)


@FEW
@given(seed=SEEDS)
def test_what_must_not_matter(seed):
    """Order of rows, names of units, shifted time, an unused column, a unit's own constant, the unit of measurement."""
    data = panel(seed)
    first = im.feols("y ~ x + z | i + t", data, vcov={"cluster": "i"})
    names = np.random.default_rng(seed).permutation(int(data["i"].max()) + 1)
    variants = {
        "rows": data.sample(frac=1, random_state=seed % 1000),
        "names": data.assign(i=[f"u{names[int(v)]:03d}" for v in data["i"]]),
        "time": data.assign(t=data["t"] + 100),
        "column": data.assign(unused=np.arange(len(data))),
        "constant": data.assign(y=data["y"] + 10 * data["i"] - 3 * data["t"]),
        "shift": data.assign(x=data["x"] + 100),
    }
    for name, changed in variants.items():
        fit = im.feols("y ~ x + z | i + t", changed, vcov={"cluster": "i"})
        same(fit, first, rel=1e-10 if name != "shift" else 1e-9)
    doubled = im.feols("y ~ x + z | i + t", data.assign(y=4 * data["y"]), vcov={"cluster": "i"})
    assert doubled.coef()["x"] == pytest.approx(4 * first.coef()["x"], rel=CLOSE)
    assert doubled.se()["x"] == pytest.approx(4 * first.se()["x"], rel=CLOSE)


@FEW
@given(seed=SEEDS)
def test_panel_twice_under_other_names(seed):
    data = panel(seed)
    once = im.feols("y ~ x + z | i + t", data, vcov={"cluster": "i", "type": "cr0"})
    twice = pd.concat([data, data.assign(i=data["i"] + 1000)])
    again = im.feols("y ~ x + z | i + t", twice, vcov={"cluster": "i", "type": "cr0"})
    same(once, again, errors=False)
    assert again.se()["x"] == pytest.approx(once.se()["x"] / np.sqrt(2), rel=CLOSE)


@FEW
@given(seed=SEEDS)
@pytest.mark.parametrize("vcov", ["iid", "hc1", "hc3", {"cluster": "i"}, {"cluster": "i", "type": "cr2"}])
def test_sums_are_persons(vcov, seed, tmp_path_factory):
    """An outcome given as sums, through a spec, against one row a person."""
    rng = np.random.default_rng(seed)
    cells = panel(seed)
    count = rng.integers(2, 6, len(cells))
    index = np.repeat(np.arange(len(cells)), count)
    persons = cells.iloc[index].assign(p=rng.random(len(index)) < 0.4).astype(float).reset_index(drop=True)
    sums = persons.groupby(index)["p"].sum().to_numpy()
    folder = tmp_path_factory.mktemp("sums")
    cells.assign(s=sums, k=count)[["i", "t", "x", "z", "s", "k"]].to_csv(folder / "cells.csv", index=False)
    keyword = vcov if isinstance(vcov, str) else dict(vcov)
    spec = {
        "spec": 1, "study": "s", "data": "cells.csv", "outcomes": {"p": {"sum": "s", "count": "k"}},
        "models": {"main": {"formula": "p ~ x + z | t", "vcov": keyword}},
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        rows = {row["term"]: row for row in im.run(spec, out=None).document["rows"]}
    direct = im.feols("p ~ x + z | t", persons, vcov=vcov)
    for term in ("x", "z"):
        assert rows[term]["estimate"] == pytest.approx(direct.coef()[term], rel=1e-8, abs=1e-10)
        assert rows[term]["std_error"] == pytest.approx(direct.se()[term], rel=1e-8)
