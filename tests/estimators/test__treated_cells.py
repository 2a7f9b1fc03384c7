"""Regressors of a regression that is saturated in treated cells: which cells, their means, and columns for levels."""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators._imputed as imputed
import impact.estimators._treated_cells as treated_cells
import impact.estimators.did_etwfe as did_etwfe
import impact.kernels.imputation as imputation
from impact.design.adoption import build_adoption

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def setting(plan_of, as_frame, test_panel):
    def make(rows=None, **block):
        model = {"estimator": "did_etwfe", "outcome": "y", **block}
        request = plan_of(design=COHORTS, models={"m": model}).models[0]
        design = build_adoption(as_frame(test_panel, rows), request)
        return imputed.setting_of(design, did_etwfe.EtwfeOptions(), "did_etwfe")

    return make


def test_cells_of_both_comparisons(setting):
    found = setting()
    later = treated_cells.saturate(found, never=False, reference=-1)
    assert len(later.cells.cohort) == 11
    assert len(later.base) == 0
    never = treated_cells.saturate(found, never=True, reference=-1)
    assert len(never.cells.cohort) == 3 * 7
    assert never.base.tolist() == [[4, 3], [5, 4], [7, 6]]


def test_a_base_period_that_is_missing_is_the_one_before(setting, test_panel):
    rows = np.flatnonzero(test_panel["t"] != 4)
    never = treated_cells.saturate(setting(rows=rows), never=True, reference=-1)
    assert never.base.tolist() == [[4, 3], [5, 3], [7, 6]]


def test_covariates_are_about_the_means_of_their_cohorts(setting, test_panel):
    made = treated_cells.saturate(setting(controls=["z"], weights="w"), never=False, reference=-1)
    w, g = test_panel["w"], test_panel["g"]
    for cohort in (0, 4, 5, 7):
        assert np.average(made.centred[g == cohort, 0], weights=w[g == cohort]) == pytest.approx(0, abs=1e-14)
    cell = (g == 5) & (test_panel["t"] == 6)
    place = np.flatnonzero((made.cells.cohort == 5) & (made.cells.time == 6))
    assert made.means[place, 0] == pytest.approx(np.average(made.centred[cell, 0], weights=w[cell]))


def test_levels_and_columns_are_the_same_regressors(setting):
    found = setting(controls=["x", "z"])
    made = treated_cells.saturate(found, never=False, reference=-1)
    parts = treated_cells.parts_of(found, made, cohort_effects=True)
    columns = treated_cells.columns_of(parts, np.arange(480))
    effects = imputation.Effects(parts, found.adoption.unit.codes, 60, ())
    b = np.linspace(-1, 1, columns.shape[1])
    assert imputation.level_values(effects, b[:, None])[:, 0] == pytest.approx(columns @ b, abs=1e-12)
    asked = treated_cells.effects_asked(made, columns.shape[1])
    cells = made.cells.rows.codes
    own = columns[:, -33:]
    for cell in (0, 7):
        assert asked[-33:, cell] == pytest.approx(own[cells == cell].mean(axis=0), abs=1e-14)


def test_rows_of_a_cohort_and_period_share_a_number(setting, test_panel):
    found = setting()
    number, first = treated_cells.cohort_periods(found, imputed.cohort_factor(found))
    assert len(first) == 32
    assert (test_panel["g"][first][number] == test_panel["g"]).all()
    assert (test_panel["t"][first][number] == test_panel["t"]).all()
