"""Rank correlation against scipy's, ties included."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from impact.kernels.ledger.ranks import mean_ranks, rank_correlation


def test_ranks_and_correlation_with_ties():
    generator = np.random.default_rng(2)
    left = generator.integers(0, 8, 200).astype(float)
    right = left + generator.integers(0, 6, 200)
    np.testing.assert_allclose(mean_ranks(left), stats.rankdata(left))
    assert rank_correlation(left, right) == pytest.approx(stats.spearmanr(left, right).statistic, rel=1e-12)


def test_no_correlation_with_a_constant():
    assert np.isnan(rank_correlation(np.ones(5), np.arange(5.0)))
