"""Triple differences from four means, the most precise mean over cohorts, and columns that share a comparison."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.group_time import Cell, PanelArrays, Rules
from impact.kernels.triple_difference import triple_effects


@pytest.fixture(scope="module")
def panel():
    draws = np.random.default_rng(2)
    cohort = np.repeat([2.0, 3.0, np.inf], 20)
    x = np.column_stack([np.ones(60), draws.normal(size=60)])
    row = np.arange(60)[:, None] + np.zeros(4, dtype=np.int64)
    return PanelArrays(draws.normal(size=(60, 4)), cohort, row, x), np.tile([True, False], 30)


def test_four_means(panel):
    arrays, eligible = panel
    plain = PanelArrays(arrays.y, arrays.cohort, arrays.row)
    found = triple_effects(plain, eligible, [Cell(2.0, 2, 0, np.inf)], Rules())
    change = arrays.y[:, 2] - arrays.y[:, 0]

    def mean(cohort, flag):
        return change[(arrays.cohort == cohort) & (eligible == flag)].mean()

    expected = mean(2, True) - mean(2, False) - mean(np.inf, True) + mean(np.inf, False)
    assert found.att == pytest.approx([expected])
    parts = sum(
        np.var(change[(arrays.cohort == cohort) & (eligible == flag)]) / 10
        for cohort in (2, np.inf)
        for flag in (True, False)
    )
    assert np.sum(found.cells**2) == pytest.approx(parts)


@pytest.mark.parametrize("method", ["dr", "reg", "ipw_hajek"])
def test_the_mean_over_cohorts_is_the_most_precise(panel, method):
    """Its variance is the smallest of all means, and 1 / (1'Ω⁻¹1)."""
    arrays, eligible = panel
    rules = Rules(method)
    both = triple_effects(arrays, eligible, [Cell(2.0, 1, 0, 2.0)], rules)
    never = triple_effects(arrays, eligible, [Cell(2.0, 1, 0, np.inf)], rules)
    inside = arrays.cohort != np.inf
    later = PanelArrays(arrays.y[inside], arrays.cohort[inside], arrays.row[inside], arrays.x)
    third = triple_effects(later, eligible[inside], [Cell(2.0, 1, 0, 2.0)], rules)
    rows = np.zeros((60, 2))
    rows[:, 0], rows[inside, 1] = never.cells[:, 0], third.cells[:, 0]
    omega = rows.T @ rows
    weights = np.linalg.solve(omega, np.ones(2))
    weights /= weights.sum()
    assert both.att[0] == pytest.approx(weights @ [never.att[0], third.att[0]])
    assert np.sum(both.cells**2) == pytest.approx(1 / np.linalg.inv(omega).sum())
    assert np.sum(both.cells**2) <= min(np.diag(omega)) + 1e-15


def test_columns_together_are_columns_apart(panel):
    arrays, eligible = panel
    cells = [Cell(2.0, 1, 0, 1.0), Cell(2.0, 2, 0, 2.0), Cell(2.0, 3, 0, 3.0), Cell(3.0, 0, 0, 3.0)]
    together = triple_effects(arrays, eligible, cells, Rules())
    for j, cell in enumerate(cells):
        apart = triple_effects(arrays, eligible, [cell], Rules())
        assert together.att[j] == pytest.approx(apart.att[0], abs=1e-13)
        assert together.cells[:, j] == pytest.approx(apart.cells[:, 0], abs=1e-13)
    assert together.att[3] == 0


def test_reasons(panel):
    arrays, eligible = panel
    cells = [Cell(2.0, 1, 0, np.inf), Cell(3.0, 3, 1, np.inf)]
    nobody = eligible & (arrays.cohort != 3.0)
    found = triple_effects(arrays, nobody, cells, Rules())
    assert np.isfinite(found.att[0])
    assert found.reasons == {1: "empty"}
    alone = triple_effects(arrays, eligible | np.isinf(arrays.cohort), cells[:1], Rules())
    assert alone.reasons == {0: "empty"}
