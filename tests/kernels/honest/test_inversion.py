"""Ends of accepted values: refined, widened, open, empty, in several pieces."""

from __future__ import annotations

import math

import numpy as np
import pytest

from impact.kernels.honest.inversion import confidence_ends


@pytest.mark.parametrize(
    ("low", "high"), [(-1.23456, 2.34567), (-0.01234, 0.0456), (-3000.5, 1.5), (18.0, 19.5)]
)
def test_ends(low, high):
    found = confidence_ends(lambda grid: (grid >= low) & (grid <= high), 0.0, 1.0)
    assert found == pytest.approx((low, high), abs=1e-4 if low < -100 else 1e-6)


def test_open_and_empty():
    low, high = confidence_ends(lambda grid: grid > 1.5, 0.0, 1.0)
    assert low == pytest.approx(1.5, abs=1e-6) and high == math.inf
    assert confidence_ends(lambda grid: grid < 1.5, 0.0, 1.0)[0] == -math.inf
    assert all(math.isnan(end) for end in confidence_ends(lambda grid: np.zeros(len(grid), bool), 0.0, 1.0))


def test_pieces_are_spanned():
    def accepts(grid):
        return (np.abs(grid + 2) < 0.5) | (np.abs(grid - 3) < 0.25)

    assert confidence_ends(accepts, 0.0, 1.0) == pytest.approx((-2.5, 3.25), abs=1e-6)
