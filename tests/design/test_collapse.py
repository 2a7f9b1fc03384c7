"""Rows that are alike as one: against sums over the persons behind them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.design.collapse import collapse


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_groups_keep_number_mean_and_spread_of_the_persons(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = [rng.normal(size=rng.integers(1, 6)) for _ in range(30)]
    key, year = rng.integers(0, 3, 30), rng.integers(0, 2, 30).astype(float)
    order = np.lexsort((year, key))
    cells, key, year = [cells[i] for i in order], key[order], year[order]
    y = np.array([cell.mean() for cell in cells])
    weights = np.array([float(len(cell)) for cell in cells])
    within = np.array([np.sum((cell - cell.mean()) ** 2) for cell in cells])
    names = np.array([f"k{k}" for k in key], dtype=object)
    found = collapse(y, weights, within, [names, year])
    assert found is not None
    for g, position in enumerate(found.first):
        alike = (key == key[position]) & (year == year[position])
        persons = np.concatenate([cell for cell, same in zip(cells, alike, strict=True) if same])
        assert found.weights[g] == len(persons)
        assert found.y[g] == pytest.approx(persons.mean(), abs=1e-12)
        assert found.within[g] == pytest.approx(np.sum((persons - persons.mean()) ** 2), abs=1e-10)


def test_rows_that_all_differ_stay() -> None:
    ones = np.ones(4)
    assert collapse(ones, ones, ones, [np.arange(4.0)]) is None
