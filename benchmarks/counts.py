"""Poisson pseudo maximum likelihood with two effects, 200,000 rows, errors clustered by unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from contenders import contenders
from harness import Case, main

FORMULA, NAMES = "y ~ x1 + x2 | unit + time", ["x1", "x2"]


def counts(units: int, periods: int, *, shuffled: bool = False) -> pd.DataFrame:
    """Counts of mean about one; regressors follow the unit's level, and some units have only zeros."""
    rng = np.random.default_rng(3)
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    if shuffled:
        order = rng.permutation(len(unit))
        unit, time = unit[order], time[order]
    level = rng.standard_normal(units)[unit] + 0.5 * np.sin(time)
    frame = pd.DataFrame({"unit": unit, "time": time, "x1": rng.standard_normal(len(unit)) + 0.5 * level})
    frame["x2"] = rng.standard_normal(len(unit)) - 0.5 * level
    frame["y"] = rng.poisson(np.exp(0.3 * frame["x1"] - 0.2 * frame["x2"] + 0.7 * level - 0.3))
    return frame


def flows(places: int, years: int) -> pd.DataFrame:
    """Flows between places: effects of origin by year and of destination by year, many zeros, heavy tails."""
    rng = np.random.default_rng(4)
    origin, destination, year = (
        part.ravel()
        for part in np.meshgrid(np.arange(places), np.arange(places), np.arange(years), indexing="ij")
    )
    push, pull = rng.standard_normal((2, places, years))
    distance = rng.gamma(2.0, 1.0, (places, places))[origin, destination]
    agreement = (rng.random(len(origin)) < 0.2).astype(float)
    mean = np.exp(push[origin, year] + pull[destination, year] - 0.6 * distance + 0.3 * agreement)
    value = (
        mean
        * np.exp(rng.standard_normal(len(origin)) - 0.5)
        * (rng.random(len(origin)) < mean / (mean + 0.1))
    )
    return pd.DataFrame(
        {
            "y": value,
            "x1": distance,
            "x2": agreement,
            "unit": origin * years + year,
            "time": destination * years + year,
        }
    )


CASES = {
    "short": Case("counts, 20,000 units x 10 periods", lambda: counts(20_000, 10), {}),
    "long": Case("counts, 2,000 units x 100 periods", lambda: counts(2_000, 100), {}),
    "shuffled": Case(
        "counts, 20,000 x 10, rows in random order", lambda: counts(20_000, 10, shuffled=True), {}
    ),
    "flows": Case("flows, 141 x 141 places x 10 years", lambda: flows(141, 10), {}),
}
CASES = {
    key: Case(case.name, case.data, contenders(FORMULA, "unit", NAMES, function="fepois"))
    for key, case in CASES.items()
}

if __name__ == "__main__":
    main(CASES)
