"""Designs that do not say who is treated."""

from __future__ import annotations

import pytest

from impact.core.errors import SpecError


@pytest.mark.parametrize(
    "design",
    [
        {"unit": "i", "time": "t"},
        {"unit": "i", "time": "t", "cohort": "g", "treated": "D == 1", "from": 4},
        {"unit": "i", "time": "t", "treated": "D == 1"},
        {"time": "t", "treatment": "D"},
        {"unit": "i", "time": "t", "treatment": "D", "never": 0},
        {"unit": "i", "time": "t", "cohort": "g", "window": [3, -3]},
        {"unit": "i", "time": "t", "cohort": "g", "outcome_lead": 1},
    ],
)
def test_designs_that_do_not_say_who_is_treated(request_with, design):
    with pytest.raises(SpecError) as error:
        request_with(design)
    assert "E557" in {fault.code for fault in error.value.faults}


def test_a_reference_asks_for_one_base_period(plan_of):
    """Writing `reference:` means a universal base; `base_period` said in words wins."""
    from impact.schema.adoption_requests import adoption_request
    from impact.schema.design_block import DesignBlock

    def base(**more):
        block = DesignBlock(**{"unit": "i", "time": "t", "cohort": "g", **more})
        node = plan_of(models={"m": "y ~ x"}).resolved.tree
        return adoption_request(block, node).choices.base_period

    assert base() == "varying"
    assert base(reference=-1) == "universal"
    assert base(reference=-1, base_period="varying") == "varying"
