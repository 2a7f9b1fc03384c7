"""Arguments of the Python functions: names that they do not take are faults with a suggestion."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import ParamSpec, TypeVar

from impact.core.errors import ImpactError, Place, SpecError
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


@contextmanager
def at(function: str) -> Iterator[None]:
    """Faults that have no place are shown at the function that was called."""
    try:
        yield
    except ImpactError as error:
        where = Place(file=function)
        raise type(error)(
            *(item if item.place else replace(item, place=where) for item in error.faults)
        ) from None


def check_kinds(function: str, **given: tuple[object, str]) -> None:
    """E609 where an argument is of another kind: ``name=(value, kind)`` with a kind of KINDS.

    None is nobody's mistake: it stands for an argument that was not given.
    """
    for key, (value, kind) in given.items():
        if value is not None and not KINDS[kind](value):
            raise wrong_value(key, value, [kind], function=function)


def _is_text_or_mapping(value: object) -> bool:
    return isinstance(value, (str, Mapping))


def _is_panel(value: object) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2 and isinstance(value[1], str)


def _is_level(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, (int, float)) and 0.0 < value < 1.0


def _are_names(value: object) -> bool:
    listed = isinstance(value, (tuple, list)) and all(isinstance(one, str) for one in value)
    return isinstance(value, str) or listed


# what an argument can be, in words, and how that is seen
KINDS: Mapping[str, Callable[[object], bool]] = {
    "text": lambda value: isinstance(value, str),
    "text or a mapping": _is_text_or_mapping,
    "a mapping": lambda value: isinstance(value, Mapping),
    "(unit, time)": _is_panel,
    "a number above 0 and below 1": _is_level,
    "a name or a list of names": _are_names,
    "True or False": lambda value: isinstance(value, bool),
}
