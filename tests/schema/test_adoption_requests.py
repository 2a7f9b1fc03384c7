"""What a difference-in-differences estimator cannot take is refused by name, in the plan."""

from __future__ import annotations

import pytest

from impact.core.errors import SpecError

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


def codes(error):
    return {fault.code for fault in error.value.faults}


@pytest.mark.parametrize(
    ("design", "block", "what"),
    [
        ({}, {"controls": ["x"]}, "controls"),
        ({}, {"formula": "y ~ 1 | i"}, "absorbed effects"),
        ({}, {"weights": "w"}, "sampling weights"),
        ({}, {"weights": {"w": "analytic"}}, "analytic weights"),
        ({"anticipation": 1}, {}, "anticipation"),
        ({"unit": None}, {"vcov": "hc1"}, "repeated cross-sections"),
    ],
)
def test_what_an_estimator_does_not_take_is_refused(request_with, design, block, what):
    with pytest.raises(SpecError) as error:
        request_with({**COHORTS, **design}, accepts=("adoption", "clusters"), **block)
    assert codes(error) == {"E559"}
    assert what in str(error.value)


def test_without_a_design_there_is_nothing_to_compare(request_with):
    with pytest.raises(SpecError) as error:
        request_with(None)
    assert codes(error) == {"E560"}
