"""What comparative-case estimators start from, and what they refuse: each with its code."""

import numpy as np
import pytest

from impact.core.errors import DesignError, SpecError
from impact.design.adoption import build_adoption
from impact.estimators._treated_block import generator_of, one_block, read_panel, sorted_weights, with_columns

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture
def design_of_rows(request_with, as_frame, test_panel):
    def make(rows=None, columns=None, **design):
        block = {key: value for key, value in {**COHORTS, **design}.items() if value is not None}
        return build_adoption(as_frame({**test_panel, **(columns or {})}, rows), request_with(block))

    return make


def test_the_table_of_a_panel(design_of_rows):
    design = design_of_rows()
    panel = read_panel(design, "x")
    assert panel.never.sum() == 15
    assert {*panel.before.tolist()} == {3, 4, 6, 8}
    assert np.array_equal(with_columns(panel, design.y), panel.y)
    weights = sorted_weights(panel, np.array([0, 1, 2]), np.array([0.2, 0.0, 0.8]))
    assert weights == {"3.0": 0.8, "1.0": 0.2}


def test_refusals(design_of_rows, test_panel):
    cases = {
        "E582": {"rows": np.arange(1, 480)},
        "E583": {"rows": np.flatnonzero(test_panel["g"] > 0)},
        "E585": {"columns": {"g": np.where(test_panel["g"] == 4, 3, test_panel["g"])}},
    }
    for code, changes in cases.items():
        with pytest.raises(DesignError) as error:
            read_panel(design_of_rows(**changes), "x")
        assert error.value.code == code
    with pytest.raises(DesignError) as error:
        one_block(read_panel(design_of_rows(), "x"), "x")
    assert error.value.code == "E584"
    with pytest.raises(DesignError) as error:
        read_panel(design_of_rows(control_group="not_yet"), "x")
    assert error.value.code == "E559"


def test_draws_need_a_seed(design_of_rows):
    with pytest.raises(SpecError) as error:
        generator_of(design_of_rows(), "x")
    assert error.value.code == "E182"


def test_units_with_gaps_may_be_left_out(design_of_rows):
    panel = read_panel(design_of_rows(rows=np.arange(1, 480), balance="drop"), "x")
    assert len(panel.y) == 59
    assert panel.design.sample.steps[-1].dropped == 7
