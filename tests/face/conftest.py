"""County data and fits that several tests look at."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import impact

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="session")
def counties():
    """500 counties, 2003 to 2007, with time since a higher minimum wage (−1 for those without) and a treatment."""
    table = pd.read_csv(DATA / "mpdta.csv")
    treated = table["first_treat"] > 0
    table["rel"] = np.where(treated, table["year"] - table["first_treat"], -1)
    table["post"] = (treated & (table["year"] >= table["first_treat"])).astype(float)
    return table


@pytest.fixture(scope="session")
def event_fit(counties):
    """Least squares on indicators of event time."""
    return impact.feols("lemp ~ i(rel, ref=-1) | countyreal + year", counties, vcov={"cluster": "countyreal"})


@pytest.fixture(scope="session")
def cs_fit(counties):
    """Callaway and Sant'Anna with a covariate."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", impact.ImpactWarning)
        return impact.did(
            counties, y="lemp", unit="countyreal", time="year", cohort="first_treat", estimator="cs",
            controls=["lpop"], more={"never": 0},
        )  # fmt: skip
