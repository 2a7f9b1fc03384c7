"""What imputation, two-stage and saturated regressions share: cells, effects as the kernel takes them, shares."""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators._imputed as imputed
import impact.estimators.did_bjs as did_bjs
from impact.design.adoption import build_adoption

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def setting(plan_of, as_frame, test_panel):
    def make(**block):
        model = {"estimator": "did_bjs", **({} if "formula" in block else {"outcome": "y"}), **block}
        request = plan_of(design=COHORTS, models={"m": model}).models[0]
        design = build_adoption(as_frame(test_panel), request)
        return imputed.setting_of(design, did_bjs.BjsOptions(), "did_bjs")

    return make


def test_cells_are_cohorts_by_periods(setting):
    found = setting()
    cells = imputed.cells_of(found, found.treated)
    pairs = [(g, t) for g in (4, 5, 7) for t in range(g, 9)]
    assert list(zip(cells.cohort, cells.time, strict=True)) == pairs
    assert cells.rows.size.tolist() == [15.0] * 11
    assert cells.names(cells.event == 4) == "(4, 8)"
    assert np.bincount(cells.rows.codes + 1).tolist() == [315, *[15] * 11]


def test_shares_are_mean_weights_of_units(setting, test_panel):
    shares = imputed.cohort_shares(setting(weights="w"), np.array([4.0, 5.0, 7.0]))
    w = test_panel["w"].reshape(60, 8)[:, 0]
    g = test_panel["g"].reshape(60, 8)[:, 0]
    assert shares == pytest.approx([w[g == cohort].sum() for cohort in (4, 5, 7)])


def test_effects_of_the_unit_are_apart(setting, test_panel):
    found = setting(formula="y ~ z | i[t] + c")
    absorbed = imputed.absorbed_of(found, "unit")
    effects = imputed.kernel_effects(found, absorbed)
    assert len(effects.within) == 2
    assert effects.within[0] is None
    assert effects.within[1] == pytest.approx(test_panel["t"])
    assert [part.levels for part in effects.parts] == [8, 12]
    assert imputed.kernel_effects(found, imputed.absorbed_of(found, "cohort")).within[-1] is not None


def test_groups_are_rows_where_a_cluster_changes_inside_units(setting):
    assert imputed.groups_of(setting()).count == 60
    assert imputed.groups_of(setting(vcov={"cluster": "c"})).whole_units
    assert imputed.groups_of(setting(vcov={"cluster": "t"})).count == 480
