"""Victimisation: base shares, and effects between worlds that are drawn with the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.victims import make_victimisation


def test_shares_of_victims_and_reports():
    table = make_victimisation(Settings(world="null"))
    early, late = table["anio"] == 2017, table["anio"] == 2021
    assert table["victim"][early].mean() == pytest.approx(0.25, abs=0.03)
    assert table["victim"][late].mean() < table["victim"][early].mean() - 0.04
    # 14 to 15.5 % of victims report (press)
    assert np.nanmean(table["reported"]) == pytest.approx(0.1475, abs=0.02)
    assert np.isnan(table["reported"]).tolist() == (table["victim"] == 0).tolist()
    assert len(table["person"]) == 50 * 96 * 8


@pytest.mark.parametrize(("world", "feels", "victims"), [("ac2020", 0.006, 0.0), ("mixed", 0.006, 0.0012)])
def test_worlds_differ_by_the_effects(world, feels, victims):
    table, null = (make_victimisation(Settings(world=w, size="full")) for w in (world, "null"))
    for name, effect in (("insecure", feels), ("victim", victims)):
        gap = table[name] - null[name]
        slope = (gap * table["exposure"]).sum() / (table["exposure"] ** 2).sum()
        error = np.sqrt(np.mean(gap**2) / (table["exposure"] ** 2).sum())
        assert slope == pytest.approx(effect, abs=4 * error)


def test_reporting_shifts_in_the_mixed_world_alone():
    mixed, null, ac = (
        make_victimisation(Settings(world=w, size="full")) for w in ("mixed", "null", "ac2020")
    )
    assert np.array_equal(ac["reported"], null["reported"], equal_nan=True)
    both = ~np.isnan(mixed["reported"]) & ~np.isnan(null["reported"])
    gap, m = (mixed["reported"] - null["reported"])[both], mixed["exposure"][both]
    assert (gap * m).sum() / (m**2).sum() == pytest.approx(0.003, abs=0.0006)
