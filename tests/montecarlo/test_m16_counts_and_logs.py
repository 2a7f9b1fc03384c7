"""M16: multiplicative errors whose variance depends on a regressor, with effects (Santos Silva and Tenreyro 2006).

E[y | x] = exp(0.5 x + effects) while Var(log y | x) falls with x: Poisson pseudo maximum likelihood has no bias,
least squares on logs has that of −½ dVar(log e)/dx. The log error is normal with mean −s²/2 and s² = exp(−x): its
slope is known.
"""

from __future__ import annotations

import numpy as np
import pytest

import impact as im

pytestmark = pytest.mark.slow
UNITS, PERIODS, DRAWS = 100, 8, 300


def test_bias(agrees):
    rng = np.random.default_rng(16)
    unit, time = np.repeat(np.arange(UNITS), PERIODS), np.tile(np.arange(PERIODS), UNITS)
    found = {"ppml": [], "logs": []}
    covered = 0
    for _ in range(DRAWS):
        level = rng.standard_normal(UNITS)[unit] + 0.2 * time
        x = rng.uniform(-1, 1, len(unit)) + 0.2 * level
        spread = np.exp(-x / 2)
        log_error = -(spread**2) / 2 + spread * rng.standard_normal(len(unit))
        data = {"y": np.exp(0.5 * x + level + log_error), "x": x, "i": unit, "t": time}
        counts = im.fepois("y ~ x | i + t", data, vcov={"cluster": "i"})
        low, high = counts.confint()["x"]
        covered += low <= 0.5 <= high
        found["ppml"].append(counts.coef()["x"])
        found["logs"].append(im.feols("log(y) ~ x | i + t", data).coef()["x"])
    means = {name: np.mean(values) for name, values in found.items()}
    noise = {name: np.std(values) / np.sqrt(DRAWS) for name, values in found.items()}
    print(f"M16 slope .5: ppml {means['ppml']:.3f}, logs {means['logs']:.3f}, cover {covered / DRAWS:.3f}")
    assert abs(means["ppml"] - 0.5) < 4 * noise["ppml"] + 0.01
    # E[log e | x] = −exp(−x)/2 rises with x: by more than a third at these values
    assert means["logs"] > 0.75
    assert agrees(covered / DRAWS, 0.95, DRAWS, gap=0.04)
