"""Calls that do not fit are typed faults that name the nearest argument."""

from __future__ import annotations

import pytest

import impact
from impact.core.errors import ImpactError, SpecError
from impact.core.texts import fault
from impact.face.arguments import NameFaultError, at, check_kinds, checked_call, no_such, wrong_value


@checked_call
def taken(first, *, second=2):
    """Docstring that stays."""
    return first, second


def test_a_call_that_fits_is_the_call():
    assert taken(1) == (1, 2)
    assert taken(first=1, second=3) == (1, 3)
    assert (taken.__name__, taken.__doc__) == ("taken", "Docstring that stays.")


def test_unknown_and_missing_arguments():
    with pytest.raises(SpecError) as caught:
        taken(1, secnd=3)
    assert (caught.value.code, caught.value.suggestion, caught.value.where.file) == (
        "E693",
        "second",
        "taken",
    )
    assert "first, second" in caught.value.faults[0].help
    for call in (taken, lambda: taken(1, 2), lambda: taken(1, first=2)):
        with pytest.raises(TypeError) as caught:  # Python's own error, too
            call()
        assert caught.value.code == "E694"


@pytest.mark.parametrize(
    "function",
    ["feols", "feiv", "fepois", "feglm", "did", "etable", "coefplot", "iplot", "equivalence", "run", "check"],
)
def test_every_public_function_refuses_what_it_does_not_know(function):
    with pytest.raises(SpecError) as caught:
        getattr(impact, function)(no_such_argument=1)
    assert (caught.value.code, caught.value.where.file) == ("E693", function)


def test_names_and_values_are_suggested():
    error = no_such("tfwe", what="models", names=["cs", "twfe"])
    assert (error.code, error.suggestion) == ("E695", "twfe")
    assert isinstance(error, KeyError)
    assert str(error).startswith("E695 models has no 'tfwe'")
    assert isinstance(error, NameFaultError)
    error = wrong_value("to", "mdd", ["md", "tex"], function="etable")
    assert (error.code, error.suggestion) == ("E609", "md")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", "a", 1),
        ("a mapping", {"a": 1}, [1]),
        ("(unit, time)", ("i", "t"), ("i",)),
        ("a number above 0 and below 1", 0.9, True),
        ("a name or a list of names", ["a", "b"], [1]),
        ("True or False", False, 0),
        ("text or a mapping", {}, 3.0),
    ],
)
def test_kinds_of_arguments(kind, good, bad):
    check_kinds("feols", what=(good, kind), absent=(None, kind))
    with pytest.raises(SpecError) as caught:
        check_kinds("feols", what=(bad, kind))
    assert caught.value.code == "E609"
    assert kind in caught.value.faults[0].help


def test_faults_without_a_place_get_the_function():
    with pytest.raises(ImpactError) as caught, at("wald"):
        raise SpecError(fault("E698", function="f", kind="int"))
    assert caught.value.where.file == "wald"


@pytest.mark.parametrize(
    ("function", "given"),
    [
        ("feols", {"formula": 5}),
        ("feols", {"vcov": 3}),
        ("feols", {"level": "a"}),
        ("feols", {"level": 2}),
        ("feols", {"panel": "i"}),
        ("feols", {"weights": 5}),
        ("feols", {"keep_data": "yes"}),
        ("fepois", {"more": 4}),
    ],
)
def test_values_of_another_kind_are_refused(test_panel, function, given):
    with pytest.raises(SpecError) as caught:
        getattr(impact, function)(**{"formula": "cnt ~ D", "data": test_panel} | given)
    assert (caught.value.code, caught.value.where.file) == ("E609", function)
