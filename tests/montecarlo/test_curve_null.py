"""A specification curve under the null: p-values over the curve are uniform when whole units are shuffled.

Treatment is constant in each unit and outcomes share a part of each unit. Permutation of whole units is exact
(Fisher 1935): a share a of samples has p ≤ a. Shuffling rows instead ignores the units and rejects far too often,
which is why `unit:` exists.
"""

from __future__ import annotations

import numpy as np
import pytest

from impact.diagnostics._specification_curve import summarize
from impact.pipeline.curve import run_curve

pytestmark = pytest.mark.slow
UNITS, PERIODS, DRAWS, REPS = 24, 4, 300, 99
NAMES = ("median", "in_direction", "stouffer")


@pytest.fixture
def rejections(plan_of, as_frame):
    """Share of samples with p at or below a tenth, for each statistic of the curve."""

    def share(**inference):
        vary = {"outcome": ["y", "z"], "controls": [[], ["c"]], "fe": ["t", "none"]}
        plan = plan_of(
            models={"main": {"formula": "y ~ d", "vcov": {"cluster": "u"}}}, seed=8,
            speccurve={"target": "d", "vary": vary, "inference": {"permute": "d", "reps": REPS, **inference}},
        )  # fmt: skip
        rng = np.random.default_rng(33)
        found = {name: [] for name in NAMES}
        for _ in range(DRAWS):
            unit, time = (
                np.repeat(np.arange(float(UNITS)), PERIODS),
                np.tile(np.arange(float(PERIODS)), UNITS),
            )
            part = rng.normal(size=UNITS).repeat(PERIODS)
            y, z, c = (part + rng.normal(size=UNITS * PERIODS) for _ in range(3))
            d = rng.permutation(UNITS).repeat(PERIODS) < UNITS / 2
            frame = as_frame({"u": unit, "t": time, "y": y, "z": z, "c": c, "d": d.astype(float)})
            p_values = summarize(run_curve(plan, frame), alpha=0.05).p_values
            for name in NAMES:
                found[name].append(p_values[name] <= 0.1)
        return {name: np.mean(values) for name, values in found.items()}

    return share


def test_whole_units_are_exact(rejections, agrees):
    """Median and Stouffer's z have no ties: a tenth. Shares tie often, which makes their p-values larger."""
    found = rejections(unit="u")
    print(f"curve, units shuffled: {found}")
    assert agrees(found["median"], 0.1, DRAWS)
    assert agrees(found["stouffer"], 0.1, DRAWS)
    assert found["in_direction"] <= 0.1 + 3 * np.sqrt(0.09 / DRAWS)


def test_rows_alone_are_not(rejections):
    found = rejections(within=["t"])
    print(f"curve, rows shuffled: {found}")
    assert found["median"] > 0.2
