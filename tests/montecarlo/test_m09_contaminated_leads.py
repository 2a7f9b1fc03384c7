"""M09: leads of a two-way event study that pick up later effects (Sun and Abraham 2021, proposition 3): no noise.

Three cohorts with paths of their own and parallel trends: every lead is zero in truth. The two-way regression finds
others; estimators that compare cohort by cohort find zero.
"""

from __future__ import annotations

import numpy as np
import pytest

import impact as im

START = np.repeat([3, 5, 7, 0], 5)
TIME = np.arange(1, 9)
# effect by time since treatment, of each cohort
PATHS = {3: [1, 3, 4, 4, 3, 1], 5: [2, 2, 2, 2], 7: [-3, 5]}


def panel():
    size = np.zeros((len(START), len(TIME)))
    for start, path in PATHS.items():
        size[start == START, start - 1 :] = path
    y = np.arange(len(START))[:, None] ** 0.5 + np.sin(TIME) + size
    unit = np.repeat(np.arange(len(START)), len(TIME))
    return {"i": unit, "t": np.tile(TIME, len(START)), "g": np.repeat(START, len(TIME)), "y": y.ravel()}


def leads(estimator, **more):
    found = im.did(
        panel(), y="y", time="t", unit="i", cohort="g", estimator=estimator, more={"never": 0, **more}
    )
    rows = {
        t.event_time: b
        for t, b in zip(found.estimate.terms, found.estimate.params, strict=True)
        if t.kind == "event"
    }
    return np.array([rows[e] for e in sorted(rows) if e < -1])


def by_dummies():
    """The two-way event study by dense least squares: leads −6 … −2."""
    data = panel()
    event = np.where(data["g"] > 0, data["t"] - data["g"], -1)
    columns = [event == e for e in range(-6, 6) if e != -1]
    columns += [data["i"] == i for i in range(1, len(START))] + [data["t"] == t for t in TIME]
    x = np.column_stack(columns).astype(float)
    return np.linalg.lstsq(x, data["y"], rcond=None)[0][:5]


def test_leads_of_the_two_way_regression():
    found = leads("twfe", effect="event_study")
    assert found == pytest.approx(by_dummies(), abs=1e-9)
    assert (np.abs(found) > 0.05).all()


@pytest.mark.parametrize(
    ("estimator", "more"),
    [
        ("cs", {}),
        ("cs", {"base_period": "universal", "control_group": "not_yet"}),
        ("sa", {}),
        ("etwfe", {"control_group": "never"}),
        ("gardner", {}),
        ("dcdh", {}),
        ("lp", {"pre": 3, "post": 1}),
        ("bjs", {"pretrends": 4}),
    ],
)
def test_leads_that_are_zero(estimator, more):
    found = leads(estimator, **more)
    assert len(found) >= 2
    assert found == pytest.approx(0, abs=1e-10)
