"""The Medicaid event study of Rambachan and Roth, by dense least squares."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).parents[3] / "data" / "ehec.csv"


@pytest.fixture(scope="session")
def medicaid():
    """(β̂, Σ): insurance on treated × year (2013 omitted), state and year effects, clustered by state.

    States that expanded in 2014 against those that had not by 2015; factors G/(G − 1) and (n − 1)/(n − K) with K = 15,
    state effects not counted, as fixest does.
    """
    with DATA.open(encoding="utf-8") as handle:
        rows = [row for row in csv.DictReader(handle) if int(row["year"]) < 2016]
    rows = [row for row in rows if row["yexp2"] == "" or float(row["yexp2"]) != 2015]
    states, state = np.unique([row["state"] for row in rows], return_inverse=True)
    year = np.array([int(row["year"]) for row in rows])
    treated = np.array([row["yexp2"] != "" and float(row["yexp2"]) == 2014 for row in rows], dtype=float)
    y = np.array([float(row["dins"]) for row in rows])
    x = np.column_stack([treated * (year == t) for t in range(2008, 2016) if t != 2013])
    effects = np.column_stack([np.eye(len(states))[state], np.eye(8)[year - 2008][:, 1:]])
    basis = np.linalg.qr(effects)[0]
    x, y = x - basis @ (basis.T @ x), y - basis @ (basis.T @ y)
    bread = np.linalg.inv(x.T @ x)
    params = bread @ x.T @ y
    scores = np.zeros((len(states), 7))
    np.add.at(scores, state, x * (y - x @ params)[:, None])
    count, groups = len(y), len(states)
    assert (count, groups) == (344, 43)
    factor = groups / (groups - 1) * (count - 1) / (count - 15)
    return params, factor * bread @ scores.T @ scores @ bread
