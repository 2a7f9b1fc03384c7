"""The regression of missing outcomes: statsmodels on an indicator made by hand, and models that have none."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact.core.errors import SpecError
from impact.pipeline.fit import fit_request
from impact.pipeline.lost_outcomes import lost_outcomes


@pytest.fixture(scope="module")
def columns():
    random = np.random.default_rng(7)
    d, x, g = random.integers(0, 2, 200), random.normal(size=200), np.arange(200) % 4
    y = np.exp(random.normal(size=200))
    y[random.uniform(size=200) < 0.2 + 0.2 * d] = np.nan
    z = random.normal(size=200)
    z[:5] = np.nan
    return {"d": d, "x": x, "g": g, "y": y, "z": z, "w": 1 + np.arange(200) % 3}


def lost_of(request, frame, place=0):
    result = fit_request(frame, request, seed=1).results[place]
    return lost_outcomes(result, request=request, frame=frame)


@pytest.mark.parametrize(
    ("formula", "missing"),
    [
        ("y ~ d + x", lambda c: np.isnan(c["y"])),
        ("log(y + z) ~ d + x", lambda c: np.isnan(c["y"]) | np.isnan(c["z"])),
    ],
)
def test_against_statsmodels(columns, request_of, as_frame, formula, missing):
    """A transform is missing where one of its columns is; that it is not defined elsewhere is no attrition."""
    lost = lost_of(request_of(formula, vcov="hc1"), as_frame(columns))
    x = sm.add_constant(np.column_stack([columns["d"], columns["x"]]))
    oracle = sm.OLS(missing(columns).astype(float), x).fit(cov_type="HC1")
    names = [term.name for term in lost.estimate.terms]
    order = [names.index(name) for name in ("Intercept", "d", "x")]
    assert lost.estimate.params[order] == pytest.approx(oracle.params, rel=1e-9)
    assert lost.inference.std_error[order] == pytest.approx(oracle.bse, rel=1e-9)
    assert len(lost.design.y) == 200
    assert lost.permutation is None


def test_filters_weights_and_groups_are_the_models_own(columns, request_of, as_frame):
    frame = as_frame(columns)
    request = request_of("y ~ d + x", vcov="hc1", weights="w", filter="x > -1", by="g")
    kept = (columns["x"] > -1) & (columns["g"] == 2)
    results = fit_request(frame, request, seed=1).results
    (one,) = [result for result in results if result.group == "g=2"]
    lost = lost_outcomes(one, request=request, frame=frame)
    x = sm.add_constant(np.column_stack([columns["d"], columns["x"]])[kept])
    oracle = sm.WLS(np.isnan(columns["y"])[kept].astype(float), x, weights=columns["w"][kept]).fit()
    names = [term.name for term in lost.estimate.terms]
    assert lost.group == "g=2"
    assert lost.estimate.params[names.index("d")] == pytest.approx(oracle.params[1], rel=1e-9)


def test_nothing_is_missing(columns, request_of, as_frame):
    lost = lost_of(request_of("x ~ d"), as_frame(columns))
    assert lost.estimate is None and lost.inference is None
    assert not lost.design.y.any()


@pytest.mark.parametrize(
    "block",
    [
        {"formula": "y ~ d + x", "estimator": "quantile", "vcov": "iid"},
        {"formula": "l(x) ~ d", "panel": {"unit": "g", "time": "w"}},
        {"formula": "~ d", "outcome": {"sum": "d", "count": "w"}},
        {"formula": "y ~ d", "by": "g", "by_mode": "interact"},
    ],
)
def test_models_without_such_a_regression(columns, request_of, as_frame, block):
    from impact.core.findings import ModelResult

    request = request_of(block["formula"], **{k: v for k, v in block.items() if k != "formula"})
    result = ModelResult("main", None, None, None, None)
    with pytest.raises(SpecError) as caught:
        lost_outcomes(result, request=request, frame=as_frame(columns))
    assert caught.value.code == "E679"
