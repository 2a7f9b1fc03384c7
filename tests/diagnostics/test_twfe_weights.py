"""The test `twfe_weights`: diff-diff 3.13.0 (twowayfeweights) on the test panel, and the sum that the weights are."""

from __future__ import annotations

import numpy as np
import pytest

import impact.diagnostics.twfe_weights as twfe_weights
import impact.pipeline.fit as fitting
from impact.core.errors import DesignError
from impact.core.findings import Question

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def ask(plan_of, as_frame, test_panel):
    def make(columns=None, rows=None, **block):
        models = {"m": {"estimator": "did_twfe", "outcome": "y", **block}}
        plan = plan_of(design=COHORTS, models=models)
        frame = as_frame({**test_panel, **(columns or {})}, rows)
        (result,) = fitting.fit_request(frame, plan.models[0], seed=1).results
        question = Question("w", "twfe_weights", ((result, ""),), {}, None, None, None, seed=1)
        (found,) = twfe_weights.examine(question, twfe_weights.TwfeWeightsOptions())
        return result, found

    return make


def test_against_another_package(ask):
    _, found = ask()
    assert found.details["coefficient"] == pytest.approx(0.43109504636939194, rel=1e-10)
    assert found.details["negative_share"] == pytest.approx(0.18181818181818182)
    assert found.details["sigma_zero"] == pytest.approx(0.5897543748462325, rel=1e-9)
    assert found.verdict == "warn"
    assert "30 of 165" in found.sentence


@pytest.mark.parametrize("block", [{}, {"controls": ["z"]}, {"weights": "w"}])
def test_the_coefficient_is_the_weighted_sum_of_effects(ask, test_panel, block):
    """Without noise, with an effect of each cohort and period that is known; with a row missing, too."""
    kept = np.flatnonzero(~((test_panel["i"] == 3) & (test_panel["t"] == 6)))
    g, t = test_panel["g"], test_panel["t"]
    effect = test_panel["D"] * (0.3 * g + (t - g + 1.0) ** 2)
    result, found = ask({"y": test_panel["a"] + 0.2 * t + effect}, kept, **block)
    cells = found.details["cells"]
    total = sum(c["weight"] * (0.3 * c["cohort"] + (c["time"] - c["cohort"] + 1.0) ** 2) for c in cells)
    assert sum(c["weight"] for c in cells) == pytest.approx(1.0)
    assert total == pytest.approx(found.details["coefficient"], abs=1e-10)
    assert result.estimate.params[0] == pytest.approx(found.details["coefficient"], abs=1e-9)


def test_a_block_passes(ask, test_panel):
    _, found = ask({"g": np.where(test_panel["i"] <= 20, 5, 0)})
    assert found.verdict == "pass"
    assert found.details["n_negative"] == 0
    assert found.details["sigma_sign"] is None


def test_absorbed_treatment_is_refused(ask, test_panel):
    """The two-way regression cannot be fitted either, so the model is that of another estimator."""
    with pytest.raises(DesignError) as error:
        ask({"again": test_panel["D"] * 2.0}, estimator="did_sa", controls=["again"])
    assert error.value.code == "E618"
