"""Fixtures of the estimators: designs of who is treated from when on the test panel."""

from __future__ import annotations

import pytest

from impact.design.adoption import build_adoption


@pytest.fixture(scope="module")
def adoption_design_of(plan_of, as_frame, test_panel):
    """Design and options of an estimator on the test panel, with some columns, rows or keys changed."""
    cohorts = {"unit": "i", "time": "t", "cohort": "g", "never": 0}

    def make(estimator, columns=None, rows=None, design=None, **block):
        model = {"estimator": estimator, "outcome": "y", **block}
        request = plan_of(design={**cohorts, **(design or {})}, models={"m": model}).models[0]
        return build_adoption(as_frame({**test_panel, **(columns or {})}, rows), request), request.options

    return make
