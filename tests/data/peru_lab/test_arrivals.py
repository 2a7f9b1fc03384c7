"""Arrivals and permits: take-up, selection, bunching, and effects between worlds."""

from __future__ import annotations

import numpy as np
import pytest

from impact.data.peru_lab.arrivals import make_arrivals
from impact.data.peru_lab.permits import take_up
from impact.data.peru_lab.settings import Knobs, Settings


@pytest.mark.parametrize(("share", "gap"), [(0.64, 0.3), (0.2, 0.5), (0.5, 0.0)])
def test_take_up_and_selection(share, gap):
    random = np.random.default_rng(4)
    advantage = random.standard_normal(400_000)
    takes = take_up(advantage, share, gap, random)
    assert takes.mean() == pytest.approx(share, abs=0.004)
    assert advantage[takes].mean() - advantage[~takes].mean() == pytest.approx(gap, abs=0.015)


def test_rows_and_dates():
    table = make_arrivals(Settings())
    assert len(set(zip(table["person"], table["wave"], strict=True))) == len(table["wave"])
    assert (table["wave"] == 2).sum() == 20_000
    days = (table["entry_date"] - np.datetime64("2018-10-31")).astype(int)
    assert np.array_equal(days, table["days_to_cutoff"])
    assert np.array_equal(table["eligible"] == 1, table["entry_date"] <= np.datetime64("2018-10-31"))
    # nobody has a permit of this round at the first interview, nor without the right
    assert not table["ptp"][(table["wave"] == 1) | (table["eligible"] == 0)].any()
    rows = (table["wave"] == 2) & (table["eligible"] == 1)
    assert table["ptp"][rows].mean() == pytest.approx(0.64, abs=0.02)
    assert (table["entry_date"][table["wave"] == 1] <= np.datetime64("2018-12-01")).all()


def test_bunching_before_the_cut_off():
    def beside(bunching):
        table = make_arrivals(Settings(size="full", knobs=Knobs(bunching=bunching)))
        day = table["days_to_cutoff"][table["wave"] == 2]
        return (
            ((day > -7) & (day <= 0)).sum(),
            ((day > 0) & (day <= 7)).sum(),
            ((day > 70) & (day <= 100)).sum(),
        )

    before, after, far = beside(0.0)
    assert before / after == pytest.approx(1.0, abs=0.12)
    heaped, hollow, as_far = beside(0.3)
    assert heaped / hollow > 1.25 and far == as_far


def test_worlds_differ_by_the_effects_alone():
    table, null = (make_arrivals(Settings(world=w, size="full")) for w in ("ac2020", "null"))
    holds = table["ptp"] == 1
    gap = table["log_income"] - null["log_income"]
    assert gap[holds] == pytest.approx(0.06, abs=1.1e-4) and not gap[~holds].any()
    for name, effect in (("contract", 0.08), ("health_cover", 0.10)):
        change = table[name] - null[name]
        assert change[holds].mean() == pytest.approx(effect, abs=0.005) and not change[~holds].any()
