"""Meats that allow correlation over time: Newey–West within units, Driscoll–Kraay between all of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


class RepeatedPeriods(ValueError):
    """Some unit has two rows in one period, so that lags are not defined."""

    def __init__(self, count: int) -> None:
        """Keep how many rows repeat a unit and period."""
        super().__init__(f"{count} rows repeat a unit and period")
        self.count = count


def periods(values: Floats) -> npt.NDArray[np.int64]:
    """Whole-number positions of sorted distinct time values (T,): gaps stay gaps.

    The step is the smallest difference between consecutive values; values that are no whole multiples of it
    (months counted in days, say) are numbered one after the other.
    """
    if len(values) < 2:
        return np.zeros(len(values), dtype=np.int64)
    steps = (values - values[0]) / np.diff(values).min()
    whole = np.round(steps)
    if np.max(np.abs(steps - whole)) > 1e-6:
        return np.arange(len(values))
    found: npt.NDArray[np.int64] = whole.astype(np.int64)
    return found


def default_lags(n_periods: int) -> int:
    """floor(T^(1/4)), the rule of fixest for panels."""
    return int(np.floor(n_periods**0.25 + 1e-12))


def bartlett(lag: int, lags: int) -> float:
    """Weight 1 − lag/(lags + 1) of Newey and West (1987)."""
    return 1.0 - lag / (lags + 1.0)


def newey_west_meat(scores: Floats, unit: Integers, position: npt.NDArray[np.int64], lags: int) -> Floats:
    """Σ_i [Γ_0i + Σ_l (1 − l/(L+1)) (Γ_li + Γ_li')], Γ_li = Σ_t s_it s_i,t−l' over the periods present: (k,
    k).

    Arguments:
        scores: (n, k); unit: (n,) codes; position: (n,) whole-number period of each row; lags: L ≥ 0.

    Raises:
        RepeatedPeriods: a unit has two rows in one period.

    Source: Newey and West (1987), equation 5, within each unit.
    """
    order = np.lexsort((position, unit))
    sorted_scores, sorted_unit, sorted_position = scores[order], unit[order], position[order]
    same_unit = sorted_unit[1:] == sorted_unit[:-1]
    repeated = int(np.count_nonzero(same_unit & (sorted_position[1:] == sorted_position[:-1])))
    if repeated:
        raise RepeatedPeriods(repeated)
    meat = sorted_scores.T @ sorted_scores
    # Rows are at most `lags` apart where their periods are: each earlier row of a pair is one of the last L
    # rows.
    for back in range(1, min(lags, len(order) - 1) + 1):
        distance = sorted_position[back:] - sorted_position[:-back]
        near = (sorted_unit[back:] == sorted_unit[:-back]) & (distance <= lags)
        weight = np.where(near, 1.0 - distance / (lags + 1.0), 0.0)
        product = (sorted_scores[back:] * weight[:, None]).T @ sorted_scores[:-back]
        meat += product + product.T
    return meat


def driscoll_kraay_meat(totals: Floats, position: npt.NDArray[np.int64], lags: int) -> Floats:
    """Newey–West meat of the periods' total scores (T, k) at whole-number positions (T,).

    Source: Driscoll and Kraay (1998), equation 7.
    """
    return newey_west_meat(totals, np.zeros(len(totals), dtype=np.int32), position, lags)
