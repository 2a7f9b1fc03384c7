"""M14: shift-share regressors with errors that regions of alike sectors share (Adão, Kolesár and Morales 2019).

700 regions, 100 sectors with shares that fall off quickly, no effect; errors contain the same shares times another
draw of sector shocks. An independent program on such a design: homoskedastic errors reject .470, robust ones .447,
AKM .058; the paper's abstract says up to 55 per cent. AKM0 imposes the null and is a little conservative with a
hundred sectors.
"""

from __future__ import annotations

import numpy as np
import pytest

import impact as im
import impact.kernels.instruments.shift_share as shift_share

pytestmark = pytest.mark.slow
REGIONS, SECTORS, DRAWS = 700, 100, 500
CRITICAL = 1.959963984540054


def draw(rng, shares):
    x = shares @ rng.standard_normal(SECTORS)
    noise = shares @ rng.standard_normal(SECTORS)
    return x, noise / noise.std() + rng.standard_normal(REGIONS) * 0.7


def exposure_robust(shares, x, y):
    """|t| with AKM errors, and whether AKM0 rejects zero; x and y without their means."""
    x, y = x - x.mean(), y - y.mean()
    scale = float(x @ x)
    beta = float(x @ y) / scale
    exposures = shift_share.Exposures(shares, np.zeros(REGIONS, dtype=np.int32), 1)
    effects, _ = shift_share.shock_effects(exposures, x / scale)
    codes = np.arange(SECTORS, dtype=np.int32).reshape(1, SECTORS)
    parts = shift_share.exposure_robust(exposures, effects, y - beta * x, x, estimate=beta, cluster=codes)
    at_null = abs(beta) / np.sqrt(parts.variance_at_null())
    return abs(beta) / np.sqrt(parts.variance()), at_null


def test_rejections(agrees):
    rng = np.random.default_rng(14)
    rejected = np.zeros(4)
    for _ in range(DRAWS):
        shares = rng.dirichlet(np.full(SECTORS, 0.1), size=REGIONS)
        x, y = draw(rng, shares)
        fit = im.feols("y ~ x", {"y": y, "x": x}, vcov="iid")
        plain = abs(fit.tidy()["statistic"][1])
        robust = abs(fit.tidy(vcov="hc1")["statistic"][1])
        akm, akm0 = exposure_robust(shares, x, y)
        rejected += [plain > CRITICAL, robust > CRITICAL, akm > CRITICAL, akm0 > CRITICAL]
    rates = rejected / DRAWS
    print(f"M14 shift-share: iid {rates[0]:.3f}, hc1 {rates[1]:.3f}, akm {rates[2]:.3f}, akm0 {rates[3]:.3f}")
    assert rates[0] > 0.25 and rates[1] > 0.25
    assert agrees(rates[2], 0.05, DRAWS, gap=0.03)
    assert agrees(rates[3], 0.05, DRAWS, gap=0.02)
