"""Controls taken out with coefficients of untreated rows: dense dummies, and controls that effects explain."""

import numpy as np
import pytest

from impact.design.adoption import build_adoption
from impact.estimators._treated_block import read_panel
from impact.estimators._untreated_fit import without_controls

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


def test_the_same_as_a_regression_with_dummies(request_with, as_frame, test_panel):
    design = build_adoption(as_frame(test_panel), request_with(COHORTS, controls=["z", "x"]))
    panel, dropped = without_controls(read_panel(design, "x"))
    assert list(dropped) == ["x"]
    untreated = test_panel["D"] == 0
    dummies = [
        (test_panel[name][:, None] == np.unique(test_panel[name])).astype(float) for name in ("i", "t")
    ]
    full = np.column_stack([test_panel["z"], *dummies])[untreated]
    b = np.linalg.lstsq(full, test_panel["y"][untreated], rcond=None)[0][0]
    assert panel.y.ravel() == pytest.approx(test_panel["y"] - b * test_panel["z"], abs=1e-9)


def test_without_controls_nothing_changes(request_with, as_frame, test_panel):
    panel = read_panel(build_adoption(as_frame(test_panel), request_with(COHORTS)), "x")
    assert without_controls(panel) == (panel, {})
