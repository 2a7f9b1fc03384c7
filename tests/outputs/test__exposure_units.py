"""Coefficients per standard deviation and as elasticities: by hand with every kind of weights, and in groups."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import impact
from impact.outputs._exposure_units import moments_of

WORDS = ["estimate", "per_sd", "elasticity", "semi_elasticity"]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(5)
    n = 240
    m = rng.gamma(2.0, 1.5, n)
    return pd.DataFrame(
        {
            "m": m,
            "d": (m > 3).astype(float),
            "c": (rng.random(n) < 0.4).astype(float),
            "y": 10 - 0.4 * m + rng.normal(size=n),
            "count": rng.poisson(np.exp(1 + 0.1 * m)),
            "w": rng.integers(1, 6, n).astype(float),
            "g": np.where(rng.random(n) < 0.4, "a", "b"),
        }
    )


def rows_of(data, tmp_path, model, table=None, **blocks):
    data.to_csv(tmp_path / "x.csv", index=False)
    tables = {"T": {"stat": WORDS} if table is None else table}
    spec = {"spec": 1, "study": "units", "data": "x.csv", "model": model, "tables": tables, **blocks}
    path = tmp_path / "s.yaml"
    path.write_text(json.dumps(spec), encoding="utf-8")
    return impact.run(path, out=None).document


def row(document, term="m", group=None):
    return next(r for r in document["rows"] if (r["term"], r["group"]) == (term, group))


def test_levels_against_arithmetic(data, tmp_path):
    found = row(rows_of(data, tmp_path, "y ~ m"))
    fit = sm.OLS(data.y, sm.add_constant(data.m)).fit(cov_type="HC1")
    b, se = fit.params["m"], fit.bse["m"]
    sd, mx, my = data.m.std(), data.m.mean(), data.y.mean()
    assert found["exposure_sd"] == pytest.approx(sd)
    assert (found["per_sd"], found["per_sd_se"]) == pytest.approx((b * sd, se * sd))
    assert (found["elasticity"], found["elasticity_se"]) == pytest.approx((b * mx / my, se * mx / my))
    assert (found["semi_elasticity"], found["semi_elasticity_se"]) == pytest.approx(
        (100 * b / my, 100 * se / my)
    )


@pytest.mark.parametrize("kind", ["frequency", "analytic", "sampling"])
def test_weights(data, tmp_path, kind):
    found = row(rows_of(data, tmp_path, {"formula": "y ~ m", "weights": {"w": kind}}))
    if kind == "frequency":
        spread = data.loc[data.index.repeat(data.w.astype(int)), "m"].std()
    else:
        mean = np.average(data.m, weights=data.w)
        n = len(data)
        spread = math.sqrt(np.average((data.m - mean) ** 2, weights=data.w) * n / (n - 1))
    assert found["exposure_sd"] == pytest.approx(spread)
    assert found["exposure_mean"] == pytest.approx(np.average(data.m, weights=data.w))
    assert found["per_sd"] == pytest.approx(found["estimate"] * spread)
    outcome = np.average(data.y, weights=data.w)
    assert found["elasticity"] == pytest.approx(found["estimate"] * found["exposure_mean"] / outcome)


@pytest.mark.parametrize(
    ("model", "blocks"),
    [
        ("log(y) ~ m", {}),
        ({"formula": "count ~ m", "estimator": "ppml"}, {}),
        ("y ~ m", {"log_outcomes": ["y"]}),
    ],
)
def test_logarithms_and_counts(data, tmp_path, model, blocks):
    """The delta method: d(100(exp b − 1)) = 100 exp(b) db; elasticities need no mean of the outcome."""
    found = row(rows_of(data, tmp_path, model, **blocks))
    b, se = found["estimate"], found["std_error"]
    assert found["elasticity"] == pytest.approx(b * data.m.mean())
    assert found["elasticity_se"] == pytest.approx(se * data.m.mean())
    step = 1e-6
    slope = (math.exp(b + step) - math.exp(b - step)) / (2 * step)
    assert found["semi_elasticity"] == pytest.approx(100 * (math.exp(b) - 1))
    assert found["semi_elasticity_se"] == pytest.approx(100 * slope * se, rel=1e-6)


def test_no_elasticity_of_an_index(data, tmp_path):
    found = row(rows_of(data, tmp_path, {"formula": "c ~ m", "estimator": "logit"}, {"cell": WORDS}))
    assert found.get("elasticity") is None


@pytest.mark.parametrize("mode", ["split", "interact"])
def test_each_group_has_its_own_moments(data, tmp_path, mode):
    model = {"formula": "y ~ m", "by": "g", "by_mode": mode, "weights": {"w": "frequency"}}
    document = rows_of(data, tmp_path, model, {"rows": {"by": ["g"]}, "cell": WORDS})
    for name in ("a", "b"):
        own = data[data.g == name]
        found = row(document, group=f"g={name}")
        spread = own.loc[own.index.repeat(own.w.astype(int)), "m"].std()
        outcome = np.average(own.y, weights=own.w)
        assert found["exposure_sd"] == pytest.approx(spread)
        mean = np.average(own.m, weights=own.w)
        assert found["elasticity"] == pytest.approx(found["estimate"] * mean / outcome)


def test_the_estimation_sample_counts_and_not_the_file(data, tmp_path):
    some = data.assign(y=data.y.where(data.m < 4))
    found = row(rows_of(some, tmp_path, "y ~ m"))
    assert found["exposure_sd"] == pytest.approx(data.m[data.m < 4].std())


def test_nothing_is_stored_where_nobody_asks(data, tmp_path):
    assert "per_sd" not in row(rows_of(data, tmp_path, "y ~ m", {"cell": ["estimate", "se"]}))
    unit = {"unit_of_exposure": "one point"}
    assert "per_sd" in row(rows_of(data, tmp_path, "y ~ m", {"cell": ["estimate"]}, **unit))
    # an indicator has no deviation that anybody compares, unless it is asked for
    assert "per_sd" not in row(rows_of(data, tmp_path, "y ~ d", {"cell": ["estimate"]}, **unit), "d")
    assert "per_sd" in row(rows_of(data, tmp_path, "y ~ d"), "d")


def test_moments_without_weights_or_rows():
    x = np.array([1.0, 2.0, 6.0])
    assert moments_of(x, None, "") == pytest.approx((3.0, np.std(x, ddof=1)))
    assert math.isnan(moments_of(x, np.zeros(3), "sampling")[0])
    assert math.isnan(moments_of(x[:1], None, "")[1])
