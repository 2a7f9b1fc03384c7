"""Step-down p-values over a family of hypotheses, from statistics that were resampled together.

The table (S, H) holds sizes of statistics: row 0 the actual ones, the other rows those of the resamples, all drawn
under the null with the same resample for every hypothesis, so that their dependence is kept. A statistic that a
resample does not have counts against rejecting; a hypothesis without an actual one keeps NaN.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TIE = 1e-10


def stepdown_maxima(table: Floats) -> Floats:
    """Adjusted p-values (H,): the largest statistic against the largest of all, then the next against the rest.

    Source: Romano and Wolf (2005), algorithm 1; Westfall and Young (1993), algorithm 2.8 with maxima.
    """
    actual = table[0]
    filled = np.where(np.isnan(table), np.inf, table)
    order = np.argsort(-np.where(np.isnan(actual), -np.inf, actual), kind="stable")
    return _stepped(order[~np.isnan(actual[order])], -filled, -actual * (1.0 - TIE))


def stepdown_minima(table: Floats) -> Floats:
    """Adjusted p-values (H,): the smallest p-value against the smallest of all in each resample, and so on.

    The p-value of a resample is the share of all that are at least as large in its own column, so that statistics with
    different laws count alike. Source: Westfall and Young (1993), algorithm 2.8.
    """
    filled = np.where(np.isnan(table), np.inf, table)
    p_values = np.column_stack([_shares(column) for column in filled.T])
    p_values[0, np.isnan(table[0])] = np.nan
    actual = p_values[0].copy()
    order = np.argsort(np.where(np.isnan(actual), np.inf, actual), kind="stable")
    return _stepped(order[~np.isnan(actual[order])], p_values, actual * (1.0 + TIE))


def unadjusted(table: Floats) -> Floats:
    """The p-value of each hypothesis on its own (H,), NaN without an actual statistic."""
    filled = np.where(np.isnan(table), np.inf, table)
    shares = np.mean(filled >= table[0] * (1.0 - TIE), axis=0)
    return np.where(np.isnan(table[0]), np.nan, shares)


def _shares(column: Floats) -> Floats:
    """Share of a column at least as large as each of its values, ties counted."""
    ordered = np.sort(column)
    return 1.0 - np.searchsorted(ordered, column * (1.0 - TIE), side="left") / len(column)


def _stepped(order: npt.NDArray[np.int64], values: Floats, limits: Floats) -> Floats:
    """Share of resamples whose smallest value among the hypotheses left is within the limit; it never falls."""
    adjusted = np.full(values.shape[1], np.nan)
    largest = 0.0
    for step, j in enumerate(order.tolist()):
        within = values[:, order[step:]].min(axis=1) <= limits[j]
        largest = max(largest, float(np.mean(within)))
        adjusted[j] = largest
    return adjusted
