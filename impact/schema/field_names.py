"""Which keys a pydantic model takes at a path: for suggestions and help."""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def key_names(model_class: type[BaseModel], path: Sequence[str | int], branch: str = "") -> tuple[str, ...]:
    """The keys that a mapping at a path can have, in the order of the model.

    Arguments:
        path: keys and positions from the root. branch: name of the alternative of a union, if any.
    """
    names: dict[str, None] = {}
    for cls in _classes_at(model_class, path, branch):
        names.update(dict.fromkeys(_name(name, info) for name, info in cls.model_fields.items()))
    return tuple(names)


def meaning_of(model_class: type[BaseModel], path: Sequence[str | int], branch: str, key: str) -> str:
    """The description of a key of the mapping at a path, or ''."""
    for cls in _classes_at(model_class, path, branch):
        for name, info in cls.model_fields.items():
            if _name(name, info) == key:
                return info.description or ""
    return ""


def _name(name: str, info: FieldInfo) -> str:
    alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
    return alias or name


def _classes_at(
    model_class: type[BaseModel], path: Sequence[str | int], branch: str
) -> tuple[type[BaseModel], ...]:
    kinds: list[Any] = [model_class]
    for part in path:
        kinds = [inner for kind in kinds for inner in _inside(kind, part)]
    classes = [cls for kind in kinds for cls in _alternatives(kind) if _is_model(cls)]
    named = [cls for cls in classes if cls.__name__ == branch]
    return tuple(named or classes)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _alternatives(kind: Any) -> list[Any]:
    """The members of a union, without Annotated around them."""
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        return _alternatives(typing.get_args(kind)[0])
    if origin in (typing.Union, types.UnionType):
        return [inner for member in typing.get_args(kind) for inner in _alternatives(member)]
    return [kind]


def _inside(kind: Any, part: str | int) -> list[Any]:
    """The kinds of value that a key or position of a kind of value holds."""
    found: list[Any] = []
    for member in _alternatives(kind):
        if _is_model(member):
            fields = {_name(name, info): info.annotation for name, info in member.model_fields.items()}
            found += [fields[str(part)]] if str(part) in fields else []
            continue
        arguments = typing.get_args(member)
        if arguments and typing.get_origin(member) is not typing.Literal:
            found.append(arguments[-1] if arguments[-1] is not Ellipsis else arguments[0])
    return found
