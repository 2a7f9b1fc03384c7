"""Sums by group: of one column or of several, plain or weighted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import impact.kernels.compiled as compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


def group_sums(codes: Integers, levels: int, values: Floats, weights: Floats | None = None) -> Floats:
    """Sums of ``values`` in each group, times ``weights`` where given.

    Each sum is added in the order of the rows, whatever the number of threads.

    Arguments:
        codes: (n,) int32 in 0…levels−1; levels: number of groups G.
        values: (n,) or (n, p) float64, any strides.
        weights: (n,) or None. With the residual as weights this gives the scores by cluster.

    Returns:
        (G,) or (G, p) sums; groups without rows have 0.

    Raises:
        ValueError: lengths differ or a code lies outside 0…G−1.
    """
    sums = compiled.group_sums(codes, levels, (values,), weights)
    return sums[:, 0] if values.ndim == 1 else sums


def group_counts(codes: Integers, levels: int, weights: Floats | None = None) -> Floats:
    """Rows (or sum of weights) of each group: (G,) float64. Arguments as in ``group_sums``."""
    return compiled.group_counts(codes, levels, weights)


def group_means(codes: Integers, levels: int, values: Floats, weights: Floats | None = None) -> Floats:
    """(Weighted) mean of ``values`` (n,) or (n, p) in each group; NaN where a group has no rows."""
    sums = group_sums(codes, levels, values, weights)
    total = group_counts(codes, levels, weights)
    total = np.where(total == 0, np.nan, total)
    return sums / (total if values.ndim == 1 else total[:, None])


def count_levels(codes: Integers, levels: int) -> int:
    """Number of groups that have rows."""
    return compiled.count_levels(codes, levels)
