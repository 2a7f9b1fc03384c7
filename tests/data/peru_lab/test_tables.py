"""Every table: columns known beforehand, the mark, the same numbers for the same seed and others for another."""

from __future__ import annotations

import numpy as np
import pytest

import impact.data.peru_lab.sample as sample
from impact.data.fingerprint import columns_sha256
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.tables import TABLES, columns_of, make_table

NAMES = (*TABLES, "truth")


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setitem(sample.A_QUARTER, "small", 1_000)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("world", ["ac2020", "null", "mixed"])
def test_columns_are_those_announced(name, world):
    made = make_table(name, Settings(world=world))
    assert tuple(made) == columns_of(name)
    assert len({len(values) for values in made.values()}) == 1
    assert (made["synthetic"] == 1).all()
    for values in made.values():
        assert values.dtype in (np.float64, object) or values.dtype.kind == "M"
        if values.dtype == np.float64:
            assert not np.isinf(values).any()


@pytest.mark.parametrize("name", TABLES)
def test_a_seed_is_the_numbers(name):
    one, again, other = (columns_sha256(make_table(name, Settings(seed=s))) for s in (5, 5, 6))
    assert one == again
    assert one != other
