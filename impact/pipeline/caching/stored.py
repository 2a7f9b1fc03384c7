"""A result as JSON and raw arrays, and back: no pickle, and no class outside impact is ever made from a file."""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.texts import Words
from impact.pipeline.caching.content import NotStorable

Array = npt.NDArray[Any]
PLAIN = (bool, int, str, type(None))
HOME = "impact."


@dataclass(slots=True)
class Writer:
    """Turns values into JSON; arrays are put aside in ``arrays``.

    Arguments:
        known: id of an object → its number among those of the design, which are referred to and not stored.
    """

    known: Mapping[int, int]
    arrays: list[Array] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)

    def write(self, value: object) -> object:
        """The value as JSON.

        Raises:
            NotStorable: it holds a function or another thing that cannot be stored.
        """
        if type(value) in PLAIN:
            return value
        if type(value) is float:
            return {"float": value.hex()}
        if type(value) is Words:
            return {"words": [str(value), value.key, self.write(value.values)]}
        if id(value) in self.known:
            return {"known": self.known[id(value)]}
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, np.generic):
            return {"number": [value.dtype.str, value.tobytes().hex()]}
        if type(value) in (tuple, list, frozenset, set):
            return self._list(value)
        if isinstance(value, dict | MappingProxyType):
            kind = "dict" if isinstance(value, dict) else "mapping"
            return {kind: [[self.write(key), self.write(entry)] for key, entry in value.items()]}
        if type(value) is datetime.date:
            return {"date": value.isoformat()}
        return self._record(value)

    def _list(self, value: Any) -> object:
        entries = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        if len(entries) > 8 and set(map(type, entries)) in ({str}, {int}):
            return {type(value).__name__: list(entries)}
        return {type(value).__name__: [self.write(entry) for entry in entries]}

    def _array(self, value: Array) -> object:
        if id(value) not in self.places:
            if value.dtype.hasobject:
                return {"objects": [list(value.shape), [self.write(one) for one in value.ravel().tolist()]]}
            self.places[id(value)] = len(self.arrays)
            self.arrays.append(value)
        return {"array": self.places[id(value)]}

    def _record(self, value: object) -> object:
        kind = type(value)
        if not is_dataclass(value) or not kind.__module__.startswith(HOME):
            raise NotStorable(kind.__name__)
        found = {one.name: self.write(getattr(value, one.name)) for one in fields(value)}
        return {"record": [f"{kind.__module__}:{kind.__qualname__}", found]}


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns the JSON of a `Writer` back into values; anything else in it is a ValueError, KeyError or TypeError."""

    arrays: Sequence[Array]
    known: Sequence[object]

    def read(self, tree: Any) -> Any:
        """The value that was written.

        Raises:
            ValueError, KeyError, TypeError, IndexError, AttributeError: the text is not one that `Writer` wrote.
        """
        if not isinstance(tree, dict):
            return tree
        ((kind, content),) = tree.items()
        return self._readers()[kind](content)

    def _readers(self) -> Mapping[str, Callable[[Any], Any]]:
        return {
            "float": float.fromhex,
            "known": self.known.__getitem__,
            "array": self.arrays.__getitem__,
            "number": lambda one: np.frombuffer(bytes.fromhex(one[1]), np.dtype(one[0]))[0],
            "tuple": lambda entries: tuple(map(self.read, entries)),
            "list": lambda entries: list(map(self.read, entries)),
            "set": lambda entries: set(map(self.read, entries)),
            "frozenset": lambda entries: frozenset(map(self.read, entries)),
            "dict": self._dict,
            "mapping": lambda entries: MappingProxyType(self._dict(entries)),
            "date": datetime.date.fromisoformat,
            "words": self._words,
            "objects": self._objects,
            "record": self._record,
        }

    def _dict(self, entries: Any) -> dict[Any, Any]:
        return {self.read(key): self.read(entry) for key, entry in entries}

    def _words(self, content: Any) -> Words:
        text, key, values = content
        words = Words(text)
        words.key, words.values = key, self.read(values)
        return words

    def _objects(self, content: Any) -> Array:
        shape, entries = content
        found = np.empty(len(entries), dtype=object)
        for place, entry in enumerate(entries):
            found[place] = self.read(entry)
        return found.reshape(shape)

    def _record(self, content: Any) -> object:
        name, values = content
        module, _, qualified = name.partition(":")
        if not module.startswith(HOME):
            raise ValueError(name)
        kind: Any = getattr(importlib.import_module(module), qualified)
        if not (isinstance(kind, type) and is_dataclass(kind)):
            raise ValueError(name)
        return kind(**{key: self.read(value) for key, value in values.items()})
