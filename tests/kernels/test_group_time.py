"""Cells by cohort and period: base periods and comparison groups as written, all cells against one by one."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.group_time as kernel
from impact.kernels.doubly_robust import Group, compare_changes

PERIODS = np.arange(1.0, 7)


def cells(**timing):
    return {
        (cell.cohort, PERIODS[cell.time]): (PERIODS[cell.base], cell.until)
        for cell in kernel.plan_cells([3.0, 5.0], PERIODS, kernel.Timing(**timing))
    }


def test_base_periods():
    """The last period before treatment; before treatment the one just before, or that same one."""
    varying, universal = cells(), cells(universal=True)
    assert {t: base for (g, t), (base, _) in varying.items() if g == 5} == {2: 1, 3: 2, 4: 3, 5: 4, 6: 4}
    assert {t: base for (g, t), (base, _) in universal.items() if g == 5} == dict.fromkeys(range(1, 7), 4)
    early = cells(anticipation=1)
    assert {t: base for (g, t), (base, _) in early.items() if g == 5} == {2: 1, 3: 2, 4: 3, 5: 3, 6: 3}
    assert {base for base, _ in cells(universal=True, reference=-2.0).values()} == {1, 3}


def test_comparison_cohorts_start_later():
    assert {until for _, until in cells().values()} == {np.inf}
    found = cells(not_yet=True, universal=True, anticipation=1)
    assert found[5, 1] == (3, 4)
    assert found[5, 6] == (3, 7)


def test_a_cohort_without_a_period_before_has_no_cells():
    assert kernel.plan_cells([1.0], PERIODS, kernel.Timing()) == []
    assert {g for g, _ in cells(anticipation=2)} == {5}


@pytest.mark.parametrize("not_yet", [True, False])
@pytest.mark.parametrize("fixed", [True, False])
def test_cells_together_are_cells_one_by_one(not_yet, fixed):
    rng = np.random.default_rng(1)
    cohort = np.repeat([3.0, 5.0, np.inf], 30)
    rng.shuffle(cohort)
    row = np.arange(90 * 6).reshape(90, 6)
    x = np.column_stack([np.ones(540), rng.normal(size=540)])
    weights = rng.uniform(0.5, 2, 540)
    if fixed:
        x, weights = np.repeat(x[::6], 6, axis=0), np.repeat(weights[::6], 6)
    panel = kernel.PanelArrays(rng.normal(size=(90, 6)), cohort, row, x, weights, fixed=fixed)
    plan = kernel.plan_cells([3.0, 5.0], PERIODS, kernel.Timing(not_yet=not_yet))
    found = kernel.panel_effects(panel, plan, kernel.Rules())
    for j, cell in enumerate(plan):
        change = panel.y[:, [cell.time]] - panel.y[:, [cell.base]]
        untreated = np.isinf(cohort) | ((cohort > cell.until) & (cohort != cell.cohort))
        rows = row[:, min(cell.time, cell.base)]
        sides = [Group(change[u], x[rows[u]], weights[rows[u]]) for u in (cohort == cell.cohort, untreated)]
        one = compare_changes(*sides, method="dr")
        assert found.att[j] == pytest.approx(one.att[0], abs=1e-12)
        assert found.cells[untreated, j] == pytest.approx(one.control[:, 0], abs=1e-12)
        assert found.cells[cohort == cell.cohort, j] == pytest.approx(one.treated[:, 0], abs=1e-12)
        assert not found.cells[~untreated & (cohort != cell.cohort), j].any()


def test_cells_without_comparison_have_their_reason():
    """The last cohort has nobody to compare with once it is treated."""
    rng = np.random.default_rng(2)
    cohort = np.repeat([3.0, 5.0], 20)
    panel = kernel.PanelArrays(rng.normal(size=(40, 6)), cohort, np.arange(240).reshape(40, 6))
    plan = kernel.plan_cells([3.0, 5.0], PERIODS, kernel.Timing(not_yet=True))
    found = kernel.panel_effects(panel, plan, kernel.Rules())
    for j, cell in enumerate(plan):
        alone = not np.any((cohort > cell.until) & (cohort != cell.cohort))
        assert np.isnan(found.att[j]) == alone
        assert (found.reasons.get(j) == "empty") == alone
        assert not alone or not found.cells[:, j].any()
