"""Minimum wages and teen employment (Callaway and Sant'Anna 2021): effects by cohort and period, with analytic errors.

Numbers: computed with public packages on the same table (csdid 0.4.3 and differences agree to five decimals).
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import impact.estimators.did_cs as did_cs
from impact.design.adoption import build_adoption

FILE = Path(__file__).parents[2] / "data" / "mpdta.csv"
DESIGN = {"unit": "countyreal", "time": "year", "cohort": "first_treat", "never": 0}

CELLS = {
    (2004, 2004): (-0.01050, 0.02325),
    (2004, 2005): (-0.07042, 0.03098),
    (2004, 2006): (-0.13726, 0.03644),
    (2004, 2007): (-0.10081, 0.03436),
    (2006, 2004): (0.00652, 0.02333),
    (2006, 2005): (-0.00275, 0.01956),
    (2006, 2006): (-0.00459, 0.01776),
    (2006, 2007): (-0.04122, 0.02023),
    (2007, 2004): (0.03051, 0.01503),
    (2007, 2005): (-0.00273, 0.01640),
    (2007, 2006): (-0.03109, 0.01788),
    (2007, 2007): (-0.02605, 0.01666),
}
VARIANTS = {
    "never": {
        "att_simple": (-0.03995, 0.01203),
        "att_dynamic": (-0.07724, 0.01996),
        "att_cohort": (-0.03102, 0.01245),
        "att_calendar": (-0.04170, 0.01597),
        "event[-3]": (0.03051, 0.01503),
        "event[-2]": (-0.00056, 0.01329),
        "event[-1]": (-0.02446, 0.01424),
        "event[0]": (-0.01993, 0.01183),
        "event[1]": (-0.05096, 0.01689),
        "event[2]": (-0.13726, 0.03644),
        "event[3]": (-0.10081, 0.03436),
        "cohort[2004]": (-0.07975, 0.02637),
        "cohort[2006]": (-0.02291, 0.01670),
        "cohort[2007]": (-0.02605, 0.01666),
        "calendar[2004]": (-0.01050, None),
        "calendar[2005]": (-0.07042, None),
        "calendar[2006]": (-0.04882, None),
        "calendar[2007]": (-0.03706, None),
        **{f"att_gt[{g},{t}]": numbers for (g, t), numbers in CELLS.items()},
    },
    "not_yet": {
        "att_simple": (-0.03976, 0.01205),
        "att_dynamic": (-0.07740, 0.01956),
        "att_cohort": (-0.03046, 0.01258),
        "att_calendar": (-0.04427, 0.01557),
        "att_gt[2004,2004]": (-0.01937, None),
        "att_gt[2006,2006]": (0.00466, None),
    },
    "dr": {
        "att_simple": (-0.04175, 0.01150),
        "att_dynamic": (-0.08035, 0.01896),
        "event[0]": (-0.02106, None),
        "event[1]": (-0.05300, None),
        "event[2]": (-0.14045, None),
        "event[3]": (-0.10690, None),
        "att_cohort": (-0.03282, 0.01190),
        "att_calendar": (-0.04418, 0.01504),
    },
    "reg": {"att_simple": (-0.04197, 0.01144), "att_dynamic": (-0.08078, None)},
    "dr_not_yet": {
        "att_simple": (-0.04135, 0.01143),
        "att_dynamic": (-0.07999, None),
        "att_cohort": (-0.03226, None),
        "att_calendar": (-0.04566, None),
    },
}
BLOCKS = {
    "never": {},
    "not_yet": {"control_group": "not_yet"},
    "dr": {"controls": ["lpop"]},
    "reg": {"controls": ["lpop"], "method": "reg"},
    "dr_not_yet": {"controls": ["lpop"], "control_group": "not_yet"},
}


@pytest.fixture(scope="module")
def counties(as_frame):
    with FILE.open(encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    return as_frame({name: [float(row[name]) for row in rows] for name in rows[0]})


@pytest.fixture(scope="module")
def fit(plan_of, counties):
    def make(**block):
        plan = plan_of(design=DESIGN, models={"m": {"estimator": "did_cs", "outcome": "lemp", **block}})
        return did_cs.fit(build_adoption(counties, plan.models[0]), plan.models[0].options)

    return make


@pytest.mark.parametrize("variant", list(VARIANTS))
def test_checked_numbers(fit, variant):
    estimate = fit(**BLOCKS[variant])
    error = dict(
        zip(
            (term.name for term in estimate.terms),
            np.sqrt((estimate.influence.rows**2).sum(axis=0)),
            strict=True,
        )
    )
    value = dict(zip(error, estimate.params, strict=True))
    for name, (expected, own) in VARIANTS[variant].items():
        assert value[name] == pytest.approx(expected, abs=5.1e-6), name
        assert own is None or error[name] == pytest.approx(own, abs=5.1e-6), name


def test_the_published_test_before_treatment(fit):
    """Printed by the package's introduction: p = 0.16812."""
    assert fit().tables["pretest"]["p_value"] == pytest.approx(0.16812, abs=5e-6)
