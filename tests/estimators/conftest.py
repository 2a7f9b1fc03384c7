"""Fixtures of the estimators: designs of who is treated from when on the test panel, and published samples."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import statsmodels

from impact.design.adoption import build_adoption

DATA = Path(__file__).parents[2] / "data"
BIRTHS = Path(statsmodels.__file__).parent / "treatment" / "tests" / "results" / "cataneo2.csv"


def columns_of(file):
    """Columns of numbers of a CSV file, empty cells as NaN; columns of text are left out."""
    with file.open() as opened:
        rows = list(csv.DictReader(opened))
    found = {}
    for name in rows[0]:
        try:
            found[name] = np.array([float(row[name] or "nan") for row in rows])
        except ValueError:
            continue
    return found


@pytest.fixture(scope="session")
def births():
    """Cattaneo (2010): 4,642 births, smoking of the mother, as shipped with the tests of statsmodels."""
    return columns_of(BIRTHS)


@pytest.fixture(scope="session")
def training():
    """LaLonde (1986): the training experiment."""
    return columns_of(DATA / "nsw.csv")


@pytest.fixture(scope="session")
def elections():
    """Lee, Moretti and Butler (2004): votes in the House by members with narrow and wide majorities."""
    return columns_of(DATA / "close_elections.csv")


@pytest.fixture(scope="module")
def adoption_design_of(plan_of, as_frame, test_panel):
    """Design and options of an estimator on the test panel, with some columns, rows or keys changed."""
    cohorts = {"unit": "i", "time": "t", "cohort": "g", "never": 0}

    def make(estimator, columns=None, rows=None, design=None, **block):
        model = {"estimator": estimator, "outcome": "y", **block}
        request = plan_of(design={**cohorts, **(design or {})}, models={"m": model}).models[0]
        return build_adoption(as_frame({**test_panel, **(columns or {})}, rows), request), request.options

    return make
