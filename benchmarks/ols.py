"""Least squares, 1,000,000 rows and 20 regressors, robust and clustered by 1,000 groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from contenders import contenders
from harness import Case, main

ROWS, REGRESSORS, GROUPS = 1_000_000, 20, 1_000
NAMES = [f"x{j}" for j in range(REGRESSORS)]
FORMULA = "y ~ " + " + ".join(NAMES)


def data() -> pd.DataFrame:
    """Normal regressors, errors with a part for each group and a spread that follows the first regressor."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({name: rng.standard_normal(ROWS) for name in NAMES})
    frame["group"] = rng.integers(0, GROUPS, ROWS)
    noise = (
        rng.standard_normal(ROWS) * (1 + np.abs(frame["x0"])) + rng.standard_normal(GROUPS)[frame["group"]]
    )
    frame["y"] = 1 + frame[NAMES].sum(axis=1) + noise
    return frame


CASES = {
    "hc1": Case("least squares, 1,000,000 x 20, hc1", data, contenders(FORMULA, None, NAMES)),
    "cluster": Case(
        "least squares, 1,000,000 x 20, 1,000 clusters", data, contenders(FORMULA, "group", NAMES)
    ),
}

if __name__ == "__main__":
    main(CASES)
