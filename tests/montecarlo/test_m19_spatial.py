"""M19: errors and a regressor that fall off with distance: Conley's errors at a cut-off beyond their range.

600 places in a square of about 1,800 km, exponential correlation with a range of 50 km: over-rejection below .03 with
a cut-off of three times that, while robust errors reject far too often.
"""

from __future__ import annotations

import numpy as np
import pytest

import impact as im

pytestmark = pytest.mark.slow
PLACES, DRAWS, RANGE_KM = 600, 300, 50.0


def test_rejections(agrees):
    rng = np.random.default_rng(19)
    lat, lon = rng.uniform(-8, 8, (2, PLACES))
    # near the equator a degree is 111.2 km both ways
    apart = 111.2 * np.hypot(lat[:, None] - lat, lon[:, None] - lon)
    root = np.linalg.cholesky(np.exp(-apart / RANGE_KM) + 1e-10 * np.eye(PLACES))
    rejected = np.zeros(2)
    for _ in range(DRAWS):
        x, y = (root @ rng.standard_normal((PLACES, 2))).T
        fit = im.feols("y ~ x", {"y": y, "x": x, "lat": lat, "lon": lon})
        spatial = fit.tidy(vcov={"conley": {"lat": "lat", "lon": "lon", "km": 3 * RANGE_KM}})
        rejected += [fit.tidy()["p_value"][1] <= 0.05, spatial["p_value"][1] <= 0.05]
    robust, conley = rejected / DRAWS
    print(f"M19 spatial errors: hc1 {robust:.3f}, conley {conley:.3f}")
    assert robust > conley
    assert agrees(conley, 0.05, DRAWS, gap=0.03)
