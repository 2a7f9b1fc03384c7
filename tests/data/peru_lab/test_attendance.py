"""Attendance: doses, the closure of 2020, and the effect between worlds."""

from __future__ import annotations

import numpy as np
import pytest

from impact.data.peru_lab.attendance import make_attendance
from impact.data.peru_lab.settings import Settings


def test_doses():
    table = make_attendance(Settings())
    assert len(table["anio"]) == 43 * 6
    assert not table["dose"][table["anio"] < 2019].any()
    assert table["dose"] == pytest.approx(table["seats"] / table["out_of_school"], abs=1e-5)
    assert 0.1 < (table["dose"][table["anio"] == 2021] == 0).mean() < 0.6
    assert table["attendance"].min() > 0 and table["attendance"].max() < 1
    closed = table["closed"] == 1
    assert set(table["anio"][closed].tolist()) == {2020}
    assert table["attendance"][closed].mean() < table["attendance"][~closed].mean() - 0.1


def test_worlds_differ_by_the_effect_alone():
    table, null = make_attendance(Settings()), make_attendance(Settings(world="null"))
    assert np.abs(table["attendance"] - null["attendance"] - 0.06 * table["dose"]).max() < 1.1e-5
