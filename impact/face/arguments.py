"""Arguments of the Python functions: names that they do not take are faults with a suggestion."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from impact.core.errors import Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault

Taken = ParamSpec("Taken")
Given = TypeVar("Given")


class ArgumentError(SpecError, TypeError):
    """A call with an unknown or a missing argument: also Python's own error for it."""


class NameFaultError(SpecError, KeyError):
    """A name that a collection does not hold: also Python's own error for it."""

    __str__ = Exception.__str__


def checked_call(function: Callable[Taken, Given]) -> Callable[Taken, Given]:
    """The function with a typed fault where a call does not fit its arguments.

    Raises (when called):
        ArgumentError: E693 an argument it does not have, E694 one too many or too few.
    """
    signature = inspect.signature(function)
    names = tuple(name for name in signature.parameters if name != "self")

    @functools.wraps(function)
    def call(*args: Taken.args, **kwargs: Taken.kwargs) -> Given:
        for name in kwargs:
            if name not in names:
                raise _unknown(function.__name__, name, names)
        try:
            signature.bind(*args, **kwargs)
        except TypeError as problem:
            place = Place(file=function.__name__)
            listed = ", ".join(names)
            raise ArgumentError(
                fault("E694", place=place, function=function.__name__, problem=str(problem), names=listed)
            ) from None
        return function(*args, **kwargs)

    return call


def _unknown(function: str, name: str, names: Iterable[str]) -> ArgumentError:
    listed = ", ".join(names)
    hint = nearest(name, names)
    return ArgumentError(
        fault("E693", place=Place(file=function), suggestion=hint, function=function, name=name, names=listed)
    )


def no_such(name: object, *, what: str, names: Iterable[str]) -> NameFaultError:
    """E695: a collection does not hold a name."""
    known = [str(one) for one in names]
    hint = nearest(str(name), known)
    listed = ", ".join(known)
    return NameFaultError(
        fault("E695", place=Place(file=what), suggestion=hint, what=what, name=name, names=listed)
    )


def wrong_value(key: str, value: object, allowed: Iterable[str], *, function: str) -> SpecError:
    """E609: an argument has a value that it cannot have."""
    known = [str(one) for one in allowed]
    hint = nearest(value, known) if isinstance(value, str) else ""
    listed = ", ".join(known)
    return SpecError(
        fault("E609", place=Place(file=function), suggestion=hint, key=key, value=repr(value), allowed=listed)
    )
