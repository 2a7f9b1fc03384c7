"""Cities: the metropolis is one, three are exposed, effects between worlds, the lockdown."""

from __future__ import annotations

import numpy as np
import pytest

from impact.data.peru_lab.cities import make_cities
from impact.data.peru_lab.districts import make_districts
from impact.data.peru_lab.settings import Knobs, Settings


def test_lima_is_the_metropolis():
    table, places = make_cities(Settings()), make_districts(Settings())
    assert len(table["city"]) == 24 * 32 and len(set(table["city"])) == 24 and "07" not in table["city"]
    assert set(table["name"][table["exposed"] == 1]) == {"Arequipa", "Lima", "Piura"}
    rows = (places["metropolitan"] == 1) & (places["quarter"] == 32)
    lima = (table["city"] == "15") & (table["quarter"] == 32)
    expected = 100 * places["migrants"][rows].sum() / places["natives_2016"][rows].sum()
    assert table["exposure"][lima] == pytest.approx([expected], rel=1e-4)


def test_worlds_differ_by_the_effects_alone():
    mixed, null, ac = (make_cities(Settings(world=w)) for w in ("mixed", "null", "ac2020"))
    gap = mixed["log_wage_informal"] - null["log_wage_informal"]
    assert np.abs(gap + 0.006 * mixed["exposure"]).max() < 1.1e-6
    for name in ("paid_employment", "log_wage_formal"):
        assert np.array_equal(mixed[name], null[name])
    assert np.array_equal(ac["log_wage_informal"], null["log_wage_informal"])


def test_the_lockdown():
    closed, free = (make_cities(Settings(knobs=Knobs(lockdown=x))) for x in (0.25, 0.0))
    ratio = closed["paid_employment"] / free["paid_employment"]
    locked = (closed["anio"] == 2020) & (closed["trimestre"] >= 2)
    lima = closed["city"] == "15"
    assert ratio[locked & lima] == pytest.approx(0.75, abs=1e-5)
    assert ratio[locked & ~lima] == pytest.approx(0.85, abs=1e-5)
    assert (ratio[~locked] == 1).all()
