"""Conformal tests of one treated series, and the curve of p-values over hypothetical effects.

Under the right effect θ the residuals of a fit to all periods, the treated ones with θ taken off, are exchangeable: p
is the share of (cyclic) shifts of time whose statistic on the treated places is at least as large as the actual one.
Source: Chernozhukov, Wüthrich and Zhu (2021), sections 2.2 and 2.3 (moving blocks), D.1 for inversion.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVELS = (0.1, 0.05, 0.01)
TIES = 1e-10


def moving_block_p(residuals: Floats, treated: int) -> float:
    """p-value of residuals (T,) whose last ``treated`` places are treated; statistic mean absolute residual."""
    count = len(residuals)
    size = np.abs(residuals)
    doubled = np.concatenate([size, size])
    sums = np.cumsum(np.concatenate([[0.0], doubled]))
    statistic = (sums[treated : treated + count] - sums[:count]) / treated
    actual = statistic[count - treated]
    return float(np.mean(statistic >= actual * (1 - TIES)))


def p_curve(
    p_of: Callable[[float], float], centre: float, scale: float, *, points: int = 30, halvings: int = 14
) -> tuple[Floats, Floats]:
    """Hypothetical effects and their p-values: a grid around the estimate, widened until rejection, refined where the
    p-value crosses 10, 5 and 1 per cent.

    Arguments:
        p_of: p-value of one effect. centre: the estimate. scale: half-width to start from, > 0.
    """
    found = {centre: p_of(centre)}
    for side in (-1.0, 1.0):
        steps = np.linspace(0.0, 1.0, points // 2 + 1)[1:]
        for share in steps.tolist():
            found[centre + side * share * scale] = p_of(centre + side * share * scale)
        reach = scale
        floor = found[centre + side * scale]
        for _ in range(6):
            reach *= 2
            value = p_of(centre + side * reach)
            found[centre + side * reach] = value
            if value <= min(LEVELS) or (value >= floor and reach > 8 * scale):
                break
            floor = value
    for level in LEVELS:
        _refine(found, p_of, level, halvings)
    values = np.array(sorted(found))
    return values, np.array([found[value] for value in values.tolist()])


def _refine(found: dict[float, float], p_of: Callable[[float], float], level: float, halvings: int) -> None:
    """Halve the outermost intervals in which the p-value crosses the level."""
    values = sorted(found)
    kept = [place for place, value in enumerate(values) if found[value] > level + 1e-12]
    if not kept:
        return
    for inner, outer in ((kept[0], kept[0] - 1), (kept[-1], kept[-1] + 1)):
        if not 0 <= outer < len(values):
            continue
        inside, outside = values[inner], values[outer]
        for _ in range(halvings):
            middle = (inside + outside) / 2
            found[middle] = p_of(middle)
            inside, outside = (middle, outside) if found[middle] > level + 1e-12 else (inside, middle)
