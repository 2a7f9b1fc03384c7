"""M08: the static two-way coefficient under staggered effects that grow (Goodman-Bacon 2021): exact algebra, no noise.

Cohorts 5 and 9 of 12 periods, effect t − g + 1 and no noise: 0.5 without never treated units and 2.5 with them, where
the mean effect is 46/12 = 3.8333. Estimators that compare with untreated units alone find the mean effect.
"""

from __future__ import annotations

import numpy as np
import pytest

import impact as im


def panel(never):
    starts = np.array([5, 5, 9, 9, *([0, 0] if never else [])])
    unit, time = np.repeat(np.arange(len(starts)), 12), np.tile(np.arange(1, 13), len(starts))
    start = starts[unit]
    effect = np.where((start > 0) & (time >= start), time - start + 1.0, 0.0)
    return {"i": unit, "t": time, "g": start, "y": unit + 0.5 * time**2 + effect}


def att(data, estimator, **more):
    fit = im.did(data, y="y", time="t", unit="i", cohort="g", estimator=estimator, more={"never": 0, **more})
    return fit.estimate.params[0]


@pytest.mark.parametrize(("never", "expected"), [(False, 0.5), (True, 2.5)])
def test_the_two_way_coefficient(never, expected):
    assert att(panel(never), "twfe", effect="static") == pytest.approx(expected, abs=1e-10)


def test_estimators_that_find_the_mean_effect():
    """Means over treated rows, or over a window: (1 + … + 4)/4 for the four periods that both cohorts have."""
    assert att(panel(True), "sa") == pytest.approx(46 / 12, abs=1e-10)
    for estimator, more in (("stacked", {"post": 3}), ("lp", {"pooled_post": 3, "weighting": "equal"})):
        assert att(panel(True), estimator, **more) == pytest.approx(2.5, abs=1e-10)
