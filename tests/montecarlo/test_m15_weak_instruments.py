"""M15: one instrument of concentration 1, 10 and 100, errors of both equations correlated by .9.

An independent program: the Wald test of two-stage least squares rejects .165, .079, .048; Anderson-Rubin .051
whatever the strength, as theory has it. The tF test (Lee, McCrary, Moreira and Porter 2022) never rejects too often.
"""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.slow
ROWS, DRAWS = 200, 2000
WALD = {1: 0.165, 10: 0.079, 100: 0.048}


@pytest.mark.parametrize("concentration", sorted(WALD))
def test_rejections(agrees, fit_plan, concentration):
    rng = np.random.default_rng(1500 + concentration)
    fit = fit_plan(models={"main": {"estimator": "iv", "formula": "y ~ 1 | x ~ z", "vcov": "iid"}})
    strength = np.sqrt(concentration / ROWS)
    rejected = np.zeros(3)
    for _ in range(DRAWS):
        z, v, e = rng.standard_normal((3, ROWS))
        x = strength * z + v
        u = 0.9 * v + np.sqrt(1 - 0.81) * e
        found = fit({"y": u, "x": x, "z": z}).inference
        place = 1
        extra = found.extra
        inside = extra["ci_low_tf"][place] <= 0 <= extra["ci_high_tf"][place]
        rejected += [found.p_value[place] <= 0.05, extra["p_ar"][place] <= 0.05, not inside]
    wald, robust, tf = rejected / DRAWS
    print(f"M15 concentration {concentration}: wald {wald:.3f}, anderson-rubin {robust:.3f}, tf {tf:.3f}")
    assert agrees(wald, WALD[concentration], DRAWS, gap=0.01, expected_draws=5000)
    assert agrees(robust, 0.05, DRAWS, gap=0.005)
    assert tf <= 0.05 + 3.29 * np.sqrt(0.05 * 0.95 / DRAWS)
