"""Sun and Abraham's event study against R's fixest (sunab, 0.12) on the test panel, brute force, and known truths."""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators.did_sa as did_sa
import impact.pipeline.fit as fitting
from impact.core.errors import DesignError

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}
# R fixest: sunab(g, t), cluster = ~i
EVENTS = {
    -6: (-0.14716025186, 0.22499623245),
    -5: (0.01560513185, 0.16401111905),
    -4: (0.08295357806, 0.1363558365),
    -3: (0.10668271063, 0.08542629894),
    -2: (0.07556357754, 0.07920661285),
    0: (0.45776975580, 0.08776439716),
    1: (0.54887284493, 0.10811608086),
    2: (0.56581582553, 0.13915319877),
    3: (0.67108776737, 0.17166079814),
    4: (0.68750270825, 0.24649006093),
}


@pytest.fixture(scope="module")
def fit(plan_of, as_frame, test_panel):
    def make(columns=None, rows=None, spec=None, **block):
        plan = plan_of(
            design=COHORTS, models={"m": {"estimator": "did_sa", "outcome": "y", **block}}, **(spec or {})
        )
        frame = as_frame({**test_panel, **(columns or {})}, rows)
        (result,) = fitting.fit_request(frame, plan.models[0], seed=1).results
        if result.error is not None:
            raise result.error
        return result

    return make


def rows_of(result):
    return {
        term.name: (value, error)
        for term, value, error in zip(
            result.estimate.terms, result.estimate.params, result.inference.std_error, strict=True
        )
    }


def test_check_values(fit):
    found = rows_of(fit(vcov={"cluster": "i"}))
    for event, (value, error) in EVENTS.items():
        assert found[f"event[{event}]"] == pytest.approx((value, error), abs=1e-9)
    assert found["event[-1]"] == pytest.approx((0.0, np.nan), nan_ok=True)
    assert found["att"] == pytest.approx((0.5619306997, 0.1099642379), abs=1e-9)
    for cohort, value in {
        4: (0.5925016250, 0.15484778),
        5: (0.5742750217, 0.1680709262),
        7: (0.4608147422, 0.1425381805),
    }.items():
        assert found[f"cohort[{cohort}]"] == pytest.approx(value, abs=1e-8)
    assert next(iter(found)) == "att"


def test_weights(fit):
    found = rows_of(fit(weights="w", vcov={"cluster": "i"}))
    assert found["att"] == pytest.approx((0.5748101255, 0.1125095056), abs=1e-9)
