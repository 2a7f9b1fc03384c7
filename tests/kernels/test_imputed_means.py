"""Means over cells of imputed effects: the weights reproduce them, and give the same influence as the short way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.imputation as imputation
import impact.kernels.imputed_means as means

CASES = {
    "two ways": {},
    "controls": {"controls": 2},
    "unit slopes": {"slopes": True},
    "all": {"slopes": True, "groups": True, "controls": 1},
}


@pytest.mark.parametrize("case", CASES)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_weights_reproduce_means_and_influence_is_weights_times_residuals(imputation_case, case, seed):
    """Σ v y is the mean effect, and by unit Σ v e is the influence that is made without v."""
    y, x, effects, weights, predicted, _ = imputation_case(seed, **CASES[case])
    found = imputation.fit(y, x, effects, weights)
    rows = np.flatnonzero(predicted)
    rows = rows[imputation.reached(found.system, rows)]
    if len(rows) == 0 or not found.kept.all():
        return
    codes = np.full(len(y), -1, dtype=np.int32)
    codes[rows] = effects.parts[0].codes[rows] % 2
    if len(np.unique(codes[rows])) < 2:
        return
    cells = means.make_cells(codes, 2, 1.0 + (np.arange(len(y)) % 3))
    att = means.cell_means(found.residual, cells)
    v = means.implied_weights(found, cells)
    assert v.T @ y == pytest.approx(att, abs=1e-8)
    own = np.where(codes >= 0, found.residual - att[codes], 0.0)
    by_row = v * np.where(codes >= 0, own, found.residual)[:, None]
    expected = np.zeros((effects.units, 2))
    np.add.at(expected, effects.unit, by_row)
    influence = means.influence_of_cells(found, cells, own, effects.unit, effects.units)
    assert influence == pytest.approx(expected, abs=1e-9)
