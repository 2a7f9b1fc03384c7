"""F2: Medicaid expansion and insurance (Rambachan and Roth 2023), event study and static effect, states clustered."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import impact as im

DATA = Path(__file__).parents[2] / "data" / "ehec.csv"
# event study of dins, 2013 omitted, CR1 by state
EVENTS = {
    -6: (-0.00529, 0.00856),
    -5: (-0.01130, 0.00844),
    -4: (-0.00268, 0.00703),
    -3: (-0.00142, 0.00626),
    -2: (0.00034, 0.00731),
    0: (0.04645, 0.00906),
    1: (0.06921, 0.01024),
}
STATIC = (0.06122, 0.00792)


def as_printed(error, terms):
    """The list's errors count K = terms + 1, neither states nor years; fixest counts the years: K = terms + 8."""
    return error * np.sqrt((344 - terms - 8) / (344 - terms - 1))


@pytest.fixture(scope="module")
def states():
    with open(DATA, encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if int(row["year"]) < 2016 and row["yexp2"] not in {"2015", "2015.0"}
        ]
    first = np.array([float(row["yexp2"] or 0) for row in rows])
    return {
        "state": np.array([row["state"] for row in rows], dtype=object),
        "year": np.array([float(row["year"]) for row in rows]),
        "dins": np.array([float(row["dins"]) for row in rows]),
        "first": np.where(first == 2014, 2014.0, 0.0),
    }


def rows_of(fit):
    terms, error = fit.estimate.terms, fit.inference.std_error
    return {
        t.name: (b, e) for t, b, e in zip(terms, fit.estimate.params.tolist(), error.tolist(), strict=True)
    }


@pytest.mark.parametrize("estimator", ["twfe", "sa", "stacked"])
def test_event_study(states, estimator):
    """With one cohort the three regressions are the same; the stacked one has no state effects and its own K."""
    more = {"never": 0}
    if estimator == "stacked":
        more |= {"effects": "unit"}
    found = rows_of(
        im.did(states, y="dins", time="year", unit="state", cohort="first", estimator=estimator, more=more)
    )
    assert len(states["dins"]) == 344
    for event, (value, error) in EVENTS.items():
        ours = found[f"event[{event}]"]
        assert (ours[0], as_printed(ours[1], 7)) == pytest.approx((value, error), abs=6e-6)


def test_static_effect(states):
    fit = im.did(
        states, y="dins", time="year", unit="state", cohort="first", estimator="twfe", more={"never": 0}
    )
    value, error = rows_of(fit)["att"]
    assert (value, as_printed(error, 1)) == pytest.approx(STATIC, abs=6e-6)
    assert not [notice for notice in fit.estimate.notices if notice.code in {"W544", "W545"}]
