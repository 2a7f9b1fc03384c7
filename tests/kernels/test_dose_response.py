"""Curves of a dose: a line by hand, cells together and apart, and what has no curve."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.dose_response as kernel
from impact.kernels.group_time import Cell, PanelArrays


@pytest.fixture(scope="module")
def panel():
    draws = np.random.default_rng(5)
    cohort = np.repeat([2.0, 3.0, np.inf], 12)
    dose = np.where(np.isfinite(cohort), draws.uniform(1, 3, 36), 0.0)
    row = np.arange(36)[:, None] + np.zeros(4, dtype=np.int64)
    arrays = PanelArrays(draws.normal(size=(36, 4)), cohort, row)
    return arrays, np.column_stack([np.ones(36), dose]), dose


def test_a_line(panel):
    arrays, basis, dose = panel
    (curve,), reasons = kernel.fit_curves(arrays, basis, [Cell(2.0, 3, 0, np.inf)])
    change = arrays.y[:, 3] - arrays.y[:, 0]
    slope, level = np.polyfit(dose[:12], change[:12], 1)
    other = change[24:]
    found = kernel.level_at(curve, np.array([1.0, 2.0]))
    assert found.value == pytest.approx([level + 2 * slope - other.mean()])
    assert found.control[:, 0] == pytest.approx(-(other - other.mean()) / 12)
    found = kernel.slope_at(curve, np.array([0.0, 1.0]))
    residual = change[:12] - level - slope * dose[:12]
    centred = dose[:12] - dose[:12].mean()
    assert found.value == pytest.approx([slope])
    assert found.treated[:, 0] == pytest.approx(centred * residual / np.sum(centred**2))
    derivative = np.column_stack([np.zeros(36), np.ones(36)])
    mean = kernel.mean_slope(curve, derivative)
    assert mean.value == pytest.approx([slope])
    assert mean.treated == pytest.approx(found.treated)
    assert kernel.mean_level(curve).value == pytest.approx([change[:12].mean() - other.mean()])
    assert reasons == {}


def test_cells_together_are_cells_apart(panel):
    arrays, basis, _ = panel
    cells = [Cell(2.0, 1, 0, 1.0), Cell(2.0, 2, 0, 2.0), Cell(2.0, 3, 0, 3.0), Cell(3.0, 3, 1, 3.0)]
    together, _ = kernel.fit_curves(arrays, basis, cells)
    values = {
        place: value
        for curve in together
        for place, value in zip(curve.places, kernel.mean_level(curve).value.tolist(), strict=True)
    }
    assert sorted(values) == [0, 1, 2, 3]
    for j, cell in enumerate(cells):
        (apart,), _ = kernel.fit_curves(arrays, basis, [cell])
        assert values[j] == pytest.approx(kernel.mean_level(apart).value[0], abs=1e-13)


def test_reasons(panel):
    arrays, basis, dose = panel
    cells = [Cell(2.0, 3, 0, np.inf), Cell(2.0, 0, 0, np.inf)]
    inside = np.arange(24)
    alone = PanelArrays(arrays.y[inside], arrays.cohort[inside], arrays.row[inside])
    assert kernel.fit_curves(alone, basis[inside], cells) == ([], {0: "empty"})
    same = np.column_stack([basis, dose])
    assert kernel.fit_curves(arrays, same, cells) == ([], {0: "singular"})
