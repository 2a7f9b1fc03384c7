"""The trial: lots within strata, attrition, and effects between worlds."""

from __future__ import annotations

import numpy as np
import pytest

from impact.data.peru_lab.settings import Knobs, Settings
from impact.data.peru_lab.trial import make_trial


def test_half_of_each_stratum():
    table = make_trial(Settings())
    applied = table["arm"] != "outside"
    assert applied.sum() == 1_600
    for stratum in set(table["stratum"][applied].tolist()):
        rows = table["stratum"] == stratum
        assert abs(table["assigned"][rows].sum() - rows.sum() / 2) <= 0.5
    assert not table["assigned"][~applied].any()
    assert table["woman"].mean() == pytest.approx(0.712, abs=0.03)
    assert table["venezuelan"].mean() == pytest.approx(0.585, abs=0.03)
    # nearly everybody who was trained got capital, too: 1,325 of 1,351
    trained = table["trained"] == 1
    assert table["capital"][trained].mean() == pytest.approx(0.981, abs=0.015)
    assert not table["trained"][table["assigned"] == 0].any()


def test_attrition_is_a_knob():
    for share in (0.0, 0.12, 0.4):
        table = make_trial(Settings(size="full", knobs=Knobs(attrition=share)))
        lost = np.isnan(table["log_profit_1"])
        assert np.array_equal(lost, table["found"] == 0)
        assert lost.mean() == pytest.approx(share + 0.005 * (share > 0), abs=0.012)


def test_worlds_differ_by_the_effect_alone():
    for world, effect in (("ac2020", 0.10), ("mixed", 0.05)):
        table, null = make_trial(Settings(world=world)), make_trial(Settings(world="null"))
        gap = table["log_profit_1"] - null["log_profit_1"]
        known = ~np.isnan(gap)
        assert gap[known] == pytest.approx(effect * table["assigned"][known], abs=1.1e-4)
