"""Effects fitted on some rows and carried to others: dense least squares as the oracle, on random panels with gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.imputation as imputation


def dense_residual(y, matrix, weights):
    root = np.sqrt(weights)
    return y - matrix @ (np.linalg.pinv(matrix * root[:, None]) @ (y * root))


def spanned(matrix, weights):
    """Rows that the rows with weight span, by the projection on their row space."""
    used = matrix[weights > 0]
    _, values, vectors = np.linalg.svd(used, full_matrices=False)
    basis = vectors[values > 1e-9 * values[0]]
    return np.abs(matrix - matrix @ basis.T @ basis).max(axis=1) < 1e-7


CASES = {
    "two ways": {},
    "controls": {"controls": 2},
    "unit slopes": {"slopes": True},
    "all": {"slopes": True, "groups": True, "controls": 1},
}


@pytest.mark.parametrize("case", CASES)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_predictions_and_reach_are_those_of_dense_least_squares(imputation_case, case, seed):
    y, x, effects, weights, predicted, matrix = imputation_case(seed, **CASES[case])
    found = imputation.fit(y, x, effects, weights)
    rows = np.flatnonzero(predicted)
    fine = spanned(matrix, weights)
    if case != "all" and found.kept.all():
        without_x = matrix[:, : matrix.shape[1] - x.shape[1]]
        assert imputation.reached(found.system, rows).tolist() == spanned(without_x, weights)[rows].tolist()
    reached = fine & np.where(predicted, True, weights > 0)
    reached[rows] &= imputation.reached(found.system, rows)
    assert found.residual[reached] == pytest.approx(dense_residual(y, matrix, weights)[reached], abs=1e-8)


def test_no_noise_is_recovered_through_large_effects(imputation_case):
    _y, x, effects, weights, _predicted, matrix = imputation_case(5, controls=2)
    truth = matrix @ np.linspace(-1e6, 1e6, matrix.shape[1])
    found = imputation.fit(truth, x, effects, weights)
    fine = spanned(matrix, weights)
    assert np.abs(found.residual[fine]).max() < 1e-6


def test_controls_that_cannot_be_carried_are_flagged(imputation_case):
    y, _, effects, weights, predicted, _ = imputation_case(3)
    treated_only = np.where(predicted, np.arange(len(y)) % 5, 0.0)
    constant = effects.unit * 2.0
    found = imputation.fit(y, np.column_stack([treated_only, constant]), effects, weights)
    assert found.kept.tolist() == [False, False]
    assert found.carried.tolist() == [True, False]


def test_too_many_levels_are_refused():
    codes = np.arange(3000, dtype=np.int32)
    effects = imputation.Effects((imputation.Part(codes, 3000),), codes, 3000)
    with pytest.raises(imputation.TooManyLevelsError):
        imputation.prepare(effects, np.ones(3000))
