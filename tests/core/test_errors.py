"""Errors carry their faults, survive pickling, and lead to the exit status of their class."""

from __future__ import annotations

import pickle

import pytest

import impact.core.errors as errors
from impact.core.errors import Fault, ImpactError, Place

STATUSES = {
    "SpecError": 3, "DataError": 4, "DesignError": 5, "EstimationError": 5, "ConvergenceError": 5,
    "VerificationError": 6, "OutputError": 7,
}  # fmt: skip
FAULT = Fault(
    "E514", "unknown column 'x'", place=Place("a.yaml", 3, 5, 6, "models.m"), suggestion="y", help="look"
)


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_statuses(name, status):
    error = getattr(errors, name)(FAULT)
    assert error.exit_status == status
    assert isinstance(error, ImpactError)


def test_every_class_is_listed():
    found = {c.__name__ for c in vars(errors).values() if isinstance(c, type) and issubclass(c, ImpactError)}
    assert found - {"ImpactError"} == set(STATUSES)


@pytest.mark.parametrize("name", STATUSES)
def test_pickling_keeps_everything(name):
    error = getattr(errors, name)(FAULT, Fault("E501", "no rows"))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.faults == error.faults
    assert str(again) == str(error) == "E514 unknown column 'x'; E501 no rows"


def test_the_first_fault_speaks():
    error = errors.SpecError(FAULT, Fault("E501", "no rows"))
    assert (error.code, error.where, error.suggestion) == ("E514", FAULT.place, "y")
    empty = ImpactError()
    assert (empty.code, empty.where, empty.suggestion) == ("E900", None, "")


def test_a_place_moves_inside_its_text():
    moved = FAULT.place.shifted(4, 2)
    assert (moved.column, moved.end_column, moved.line, moved.path) == (9, 11, 3, "models.m")
    assert FAULT.place.shifted(0, 0).end_column == 6
