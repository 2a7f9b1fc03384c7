"""One coefficient in the units that readers compare: per standard deviation of its exposure, and as an elasticity.

    per standard deviation   β sd(x)
    elasticity               β mean(x) / mean(y);  β mean(x) where y is a logarithm or the model one of counts
    per cent                 100 β / mean(y);      100 (exp β − 1) there

Means and deviations are those of the estimation sample with the model's weights. Errors are by the delta method with
these held fixed. Exposure of nobody (a constant) has no such units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import INTERCEPT, Design

STATISTICS = ("per_sd", "elasticity", "semi_elasticity")
# which rows of the results they are of: coefficients of columns
KIND = "coef"


def moments_of(x: Floats, weights: Floats | None, weight_kind: str) -> tuple[float, float]:
    """Mean and standard deviation of a column (n,), weighted as the model is.

    The deviation divides by Σw − 1 with frequency weights, else by Σw (n − 1)/n, which is n − 1 without weights.
    """
    w = np.ones(len(x)) if weights is None else weights
    total, count = float(np.sum(w)), float(len(x))
    if total <= 0:
        return math.nan, math.nan
    mean = float(np.sum(w * x)) / total
    freedom = total - 1.0 if weight_kind == "frequency" else total * (count - 1.0) / count
    return mean, math.sqrt(float(np.sum(w * (x - mean) ** 2)) / freedom) if freedom > 0 else math.nan


def unit_fields(
    row: Mapping[str, object], design: Design, term: str, group: str | None, scale: str, *, all_columns: bool
) -> dict[str, float]:
    """Further fields of a row of the results; empty where its term is no column of the model.

    Arguments:
        term: name of the column in the design; group: of the row where several groups share one regression.
        scale: of the outcome, level or log; '' where coefficients are neither.
        all_columns: whether indicators have these units, too, and not only what has more than two values.
    """
    position = next((j for j, one in enumerate(design.terms) if one.name == term), None)
    if position is None or row["kind"] != KIND or row["term"] == INTERCEPT:
        return {}
    rows = _rows_of(design, group)
    x = design.x[rows, position]
    if not len(x) or not (all_columns or np.any((x != x.min()) & (x != x.max()))):
        return {}
    mean, spread = moments_of(x, None if design.weights is None else design.weights[rows], design.weight_kind)
    found = {"exposure_mean": mean, "exposure_sd": spread}
    for name, factor in _factors(row, mean, spread, scale).items():
        found[name] = factor * _number(row, "estimate")
        found[f"{name}_se"] = abs(factor) * _number(row, "std_error")
    if scale == "log":
        rate = math.exp(min(_number(row, "estimate"), 700.0))
        found["semi_elasticity"] = 100.0 * (rate - 1.0)
        found["semi_elasticity_se"] = 100.0 * rate * _number(row, "std_error")
    return found


def _factors(row: Mapping[str, object], mean: float, spread: float, scale: str) -> dict[str, float]:
    """What the coefficient is multiplied by in each unit."""
    factors = {"per_sd": spread}
    outcome = _number(row, "mean_outcome")
    if scale == "log":
        return factors | {"elasticity": mean}
    if scale == "level" and math.isfinite(outcome) and outcome != 0:
        return factors | {"elasticity": mean / outcome, "semi_elasticity": 100.0 / outcome}
    return factors


def _rows_of(design: Design, group: str | None) -> slice:
    """The rows of a group among those of an interacted regression; all of them else."""
    groups = design.extra.get("groups")
    if not isinstance(groups, Mapping) or group not in groups:
        return slice(None)
    start = 0
    for name, facts in groups.items():
        if name == group:
            return slice(start, start + int(facts["rows"]))
        start += int(facts["rows"])
    return slice(None)


def _number(row: Mapping[str, object], key: str) -> float:
    value = row.get(key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
