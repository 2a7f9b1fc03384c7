"""Rank correlation (Spearman 1904), ties at their mean rank."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def mean_ranks(values: Floats) -> Floats:
    """Ranks from 1 of (n,) values; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts).astype(np.float64)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)


def rank_correlation(left: Floats, right: Floats) -> float:
    """Spearman's correlation of two (n,) vectors; NaN where one of them does not vary."""
    a, b = mean_ranks(left), mean_ranks(right)
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / spread) if spread > 0 else float("nan")
