"""Random small panels against statsmodels (dummies) and linearmodels: estimates, and errors under each preset."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linearmodels.iv import AbsorbingLS
from linearmodels.panel import PanelOLS

import impact as im

FEW = settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**32 - 1)


def panel(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    units, periods = int(rng.integers(8, 20)), int(rng.integers(4, 8))
    i, t = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    n = len(i)
    x, z = rng.normal(size=n) + 0.2 * i, rng.normal(size=n) + 0.1 * t
    y = 0.5 * x + z + 0.3 * i + rng.normal(size=n) * (1 + 0.2 * (i % 3))
    return pd.DataFrame({"i": i, "t": t, "x": x, "z": z, "y": y, "w": rng.uniform(0.5, 2, n)})


def dummies(data: pd.DataFrame, effects: tuple[str, ...], weights: bool):
    formula = "y ~ x + z" + "".join(f" + C({name})" for name in effects)
    return smf.wls(formula, data, weights=data["w"]) if weights else smf.ols(formula, data)


@FEW
@given(seed=SEEDS)
@pytest.mark.parametrize("effects", [(), ("i",), ("i", "t")])
@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("kind", ["iid", "hc0", "hc1", "hc2", "hc3"])
def test_statsmodels(effects, weights, kind, seed):
    data = panel(seed)
    given_weights = {"w": "analytic"} if weights else None
    formula = "y ~ x + z" + (" | " + " + ".join(effects) if effects else "")
    ours = im.feols(
        formula, data, vcov=kind, weights=given_weights, ssc="statsmodels" if kind == "hc1" else None
    )
    model = dummies(data, effects, weights)
    theirs = model.fit(cov_type="nonrobust" if kind == "iid" else kind.upper())
    for term in ("x", "z"):
        assert ours.coef()[term] == pytest.approx(theirs.params[term], rel=1e-8)
        assert ours.se()[term] == pytest.approx(theirs.bse[term], rel=1e-8)


@FEW
@given(seed=SEEDS)
@pytest.mark.parametrize("effects", [(), ("i",), ("i", "t")])
def test_statsmodels_clusters(effects, seed):
    """statsmodels counts every dummy: (N−1)/(N−K) · G/(G−1) with K in full."""
    data = panel(seed)
    formula = "y ~ x + z" + (" | " + " + ".join(effects) if effects else "")
    ours = im.feols(formula, data, vcov={"cluster": "i"}, ssc="statsmodels")
    theirs = dummies(data, effects, False).fit(cov_type="cluster", cov_kwds={"groups": data["i"]})
    for term in ("x", "z"):
        assert ours.se()[term] == pytest.approx(theirs.bse[term], rel=1e-8)


@FEW
@given(seed=SEEDS)
@pytest.mark.parametrize("preset", ["fixest", "reghdfe", "stata", "statsmodels", "none"])
def test_presets_differ_by_their_factors_alone(preset, seed):
    """Each preset is CR0 times the factors that its definition gives, computed here from N, K and G."""
    data = panel(seed)
    n, units, periods = len(data), data["i"].nunique(), data["t"].nunique()
    plain = im.feols("y ~ x + z | i + t", data, vcov={"cluster": "i", "type": "cr0", "ssc": "none"})
    ours = im.feols("y ~ x + z | i + t", data, vcov={"cluster": "i"}, ssc=preset)
    nested = 2 + periods - 1 + 1  # the effects of i lie inside the clusters: one constant stands for them
    full = 2 + units + periods - 1
    k = {"fixest": nested, "reghdfe": nested, "stata": full, "statsmodels": full, "none": None}[preset]
    factor = 1.0 if k is None else (n - 1) / (n - k) * units / (units - 1)
    if preset == "reghdfe":
        factors = ours.inference.variance["factors"]
        factor = float(np.prod(list(factors.values())))
        assert abs(ours.inference.variance["k"] - nested) <= 1
    assert ours.se()["x"] == pytest.approx(plain.se()["x"] * np.sqrt(factor), rel=1e-8)


@FEW
@given(seed=SEEDS)
def test_linearmodels(seed):
    data = panel(seed)
    frame = data.set_index(["i", "t"])
    theirs = PanelOLS(frame["y"], frame[["x", "z"]], entity_effects=True, time_effects=True).fit(
        cov_type="unadjusted"
    )
    ours = im.feols("y ~ x + z | i + t", data, vcov="iid")
    for term in ("x", "z"):
        assert ours.coef()[term] == pytest.approx(theirs.params[term], rel=1e-8)
        assert ours.se()[term] == pytest.approx(theirs.std_errors[term], rel=1e-8)


@FEW
@given(seed=SEEDS)
def test_linearmodels_absorbing(seed):
    data = panel(seed)
    effects = data[["i", "t"]].astype("category")
    theirs = AbsorbingLS(data["y"], data[["x", "z"]], absorb=effects, weights=data["w"]).fit()
    ours = im.feols("y ~ x + z | i + t", data, weights={"w": "analytic"}, vcov="hc1")
    for term in ("x", "z"):
        assert ours.coef()[term] == pytest.approx(theirs.params[term], rel=1e-6)
