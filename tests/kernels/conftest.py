"""Random cases that several kernels are tested on."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.imputation as imputation


@pytest.fixture(scope="session")
def imputation_case():
    """Outcome, controls, effects, weights, rows to predict and the dense regressors of a random panel with gaps."""

    def make(seed, *, slopes=False, groups=False, controls=0):
        """A panel with gaps, weights and rows to predict; its dense matrix of regressors."""
        rng = np.random.default_rng(seed)
        units, periods = 14, 7
        unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
        keep = rng.random(units * periods) > 0.12
        unit, time = unit[keep].astype(np.int32), time[keep].astype(np.int32)
        n = len(unit)
        start = rng.choice([3, 4, 5, 99], size=units)
        predicted = time >= start[unit]
        weights = np.where(predicted, 0.0, 0.5 + rng.random(n))
        z = rng.normal(size=n)
        within = (None, z) if slopes else (None,)
        parts = [imputation.Part(time, periods)]
        dense = [unit[:, None] == np.arange(units), time[:, None] == np.arange(periods)]
        if slopes:
            dense.append((unit[:, None] == np.arange(units)) * z[:, None])
        if groups:
            group = (unit % 3).astype(np.int32) - np.int32(1)
            parts.append(imputation.Part(group, 2, z**2))
            dense.append((group[:, None] == np.arange(2)) * (z**2)[:, None])
        x = rng.normal(size=(n, controls)) + 3.0
        matrix = np.column_stack([*dense, x]).astype(float)
        effects = imputation.Effects(tuple(parts), unit, units, within)
        return rng.normal(size=n) + unit + 10.0 * time, x, effects, weights, predicted, matrix

    return make
