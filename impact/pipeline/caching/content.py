"""SHA-256 of what a number depends on: records, options and arrays, walked in one fixed order."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from pydantic import BaseModel

# where a request stands in its file and what it is called in print: no number depends on them
WORDS = frozenset({"place", "places", "title", "note"})
SCHEMA = "impact.schema."


class NotStorable(TypeError):
    """A value of a kind that is neither hashed nor stored (functions, open files)."""


class Content:
    """A running SHA-256 that remembers the objects it has seen, in order.

    ``objects`` are the arrays and records of what was added: a stored result refers to them by their number, and an
    object that is met again is hashed as the number of the first time.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._waiting = bytearray()
        self.objects: list[object] = []
        self.numbers: dict[int, int] = {}

    def add(self, value: object) -> Content:
        """Hash a value and all that it holds.

        Raises:
            NotStorable: it holds a function or another thing that has no content.
        """
        self._walk(value)
        return self

    def hexdigest(self) -> str:
        """The SHA-256 of everything added so far."""
        self._flush()
        return self._digest.hexdigest()

    def _say(self, kind: str, value: bytes = b"") -> None:
        # small pieces are gathered: one call of the digest for each costs more than hashing it
        self._waiting += f"{kind}{len(value)}:".encode() + value

    def _flush(self) -> None:
        self._digest.update(self._waiting)
        self._waiting.clear()

    def _walk(self, value: object) -> None:
        if value is None or isinstance(value, bool | str | bytes | np.generic):
            self._say(type(value).__name__, _plain(value))
        elif isinstance(value, int | float | complex):
            self._say(type(value).__name__, repr(value).encode())
        elif isinstance(value, datetime.date):
            self._say(type(value).__name__, value.isoformat().encode())
        elif isinstance(value, tuple | list):
            self._list(value)
        elif isinstance(value, dict | MappingProxyType | Mapping):
            self._say("mapping", str(len(value)).encode())
            for key, entry in value.items():
                self._walk(key)
                self._walk(entry)
        elif isinstance(value, set | frozenset):
            self._list(sorted(value, key=repr))
        else:
            self._object(value)

    def _list(self, value: tuple[object, ...] | list[object]) -> None:
        self._say(type(value).__name__, str(len(value)).encode())
        alike = set(map(type, value)) if len(value) > 8 else set()
        if alike in ({str}, {int}, {float}):
            self._say(next(iter(alike)).__name__, json.dumps(value).encode())
            return
        for entry in value:
            self._walk(entry)

    def _object(self, value: object) -> None:
        """An array or a record, once; the second time its number."""
        seen = self.numbers.get(id(value))
        if seen is not None:
            self._say("again", str(seen).encode())
            return
        self.numbers[id(value)] = len(self.objects)
        self.objects.append(value)
        if isinstance(value, np.ndarray):
            self._array(value)
            return
        self._say("record", f"{type(value).__module__}:{type(value).__qualname__}".encode())
        if isinstance(value, BaseModel):
            self._walk(tuple(sorted(value.model_fields_set)))
            self._walk(value.__dict__)
            return
        # the names of the fields follow from the class, whose code is part of every key
        kind: Any = type(value)
        for name in names_that_count(kind):
            self._walk(getattr(value, name))

    def _array(self, value: np.ndarray[Any, Any]) -> None:
        self._say("array", f"{value.dtype.str}{value.shape}{value.strides}".encode())
        if value.dtype.hasobject:
            self._list(value.ravel().tolist())
            return
        order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
        flat = np.ascontiguousarray(value.T if order == "F" else value).reshape(-1)
        self._flush()
        self._digest.update(flat.view(np.uint8).data if flat.size else b"")


def _plain(value: object) -> bytes:
    if isinstance(value, np.generic):
        return value.dtype.str.encode() + value.tobytes()
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return value if isinstance(value, bytes) else repr(value).encode()


@cache
def names_that_count(kind: Any) -> tuple[str, ...]:
    """Fields of a record that a number can depend on.

    Raises:
        NotStorable: the class is no record of impact.
    """
    if not is_dataclass(kind) or not kind.__module__.startswith("impact."):
        raise NotStorable(kind.__name__)
    asked = kind.__module__.startswith(SCHEMA)
    return tuple(one.name for one in fields(kind) if not (asked and (one.name in WORDS or not one.compare)))
