"""Unit and period effects, 1,000,000 rows, errors clustered by unit: balanced, and with a tenth of the rows lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
from contenders import contenders
from harness import Case, main

FORMULA, NAMES = "y ~ x1 + x2 | unit + time", ["x1", "x2"]


def panel(units: int, periods: int, *, lost: float = 0.0, shuffled: bool = False) -> pd.DataFrame:
    """Regressors that follow the unit and the period, errors that follow the unit."""
    rng = np.random.default_rng(2)
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    kept = rng.random(len(unit)) >= lost
    order = rng.permutation(int(kept.sum())) if shuffled else slice(None)
    unit, time = unit[kept][order], time[kept][order]
    level = rng.standard_normal(units)[unit] + 0.1 * time
    frame = pd.DataFrame({"unit": unit, "time": time, "x1": rng.standard_normal(len(unit)) + level})
    frame["x2"] = rng.standard_normal(len(unit)) - level
    frame["y"] = frame["x1"] - 0.5 * frame["x2"] + level + rng.standard_normal(len(unit))
    return frame


CASES = {
    "short": Case("two effects, 100,000 units x 10 periods", lambda: panel(100_000, 10), {}),
    "middle": Case("two effects, 50,000 units x 20 periods", lambda: panel(50_000, 20), {}),
    "long": Case("two effects, 10,000 units x 100 periods", lambda: panel(10_000, 100), {}),
    "gaps": Case(
        "two effects, 111,111 units x 10, a tenth of the rows lost", lambda: panel(111_111, 10, lost=0.1), {}
    ),
    "shuffled": Case(
        "two effects, 100,000 x 10, rows in random order", lambda: panel(100_000, 10, shuffled=True), {}
    ),
}
CASES = {
    key: Case(case.name, case.data, contenders(FORMULA, "unit", NAMES, slow=key in {"short", "long"}))
    for key, case in CASES.items()
}

if __name__ == "__main__":
    main(CASES)
