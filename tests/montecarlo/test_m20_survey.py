"""M20: a stratified two-stage sample: intervals with the design cover, those of independent rows do not.

Four strata of unlike means and weights, 15 primary units drawn in each, 10 persons in each of these, outcomes that
persons of a unit share. Truth: the mean over the strata's population shares, and a regression slope.
"""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.slow
STRATA, UNITS, PERSONS, DRAWS = 4, 15, 10, 500
SHARES = np.array([0.4, 0.3, 0.2, 0.1])


def draw(rng):
    stratum = np.repeat(np.arange(STRATA), UNITS * PERSONS)
    unit = np.repeat(np.arange(STRATA * UNITS), PERSONS)
    shared, x_shared = rng.standard_normal((2, STRATA * UNITS))
    x = x_shared[unit] + rng.standard_normal(len(unit))
    y = stratum + 0.5 * x + shared[unit] + rng.standard_normal(len(unit))
    return {"y": y, "x": x, "h": stratum + 0.0, "psu": unit + 0.0, "w": SHARES[stratum]}


def test_coverage(agrees, fit_plan):
    rng = np.random.default_rng(20)
    survey = {"weights": "w", "strata": "h", "psu": "psu"}
    mean = fit_plan(survey=survey, models={"main": {"estimator": "survey_mean", "of": ["y"]}})
    slope = fit_plan(survey=survey, models={"main": "y ~ x + i(h)"})
    truth = float(SHARES @ np.arange(STRATA))
    covered = np.zeros(3)
    for _ in range(DRAWS):
        data = draw(rng)
        for place, (fit, term, value) in enumerate(((mean, 0, truth), (slope, 1, 0.5))):
            found = fit(data).inference
            covered[place] += found.ci_low[term] <= value <= found.ci_high[term]
        weighted = np.average(data["y"], weights=data["w"])
        error = np.sqrt(np.average((data["y"] - weighted) ** 2, weights=data["w"]) / len(data["y"]))
        covered[2] += abs(weighted - truth) <= 1.96 * error
    rates = covered / DRAWS
    print(f"M20 survey: mean {rates[0]:.3f}, slope {rates[1]:.3f}, mean of independent rows {rates[2]:.3f}")
    assert agrees(rates[0], 0.95, DRAWS, gap=0.015)
    assert agrees(rates[1], 0.95, DRAWS, gap=0.015)
    assert rates[2] < 0.90
