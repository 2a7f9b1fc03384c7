"""Warnings of the Python functions."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from impact.core.errors import Notice

# said under every table: which variance was chosen where none was asked for
TOLD = ("W519",)


class ImpactWarning(UserWarning):
    """A warning of a Python function; ``code`` as in specs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type[ImpactWarning], tuple[str, str]]:
        return type(self), (self.code, self.message)


def warn(notices: Iterable[Notice], *, level: int) -> None:
    """Each notice as an ``ImpactWarning``, ``level`` calls above this one."""
    for item in notices:
        if item.code not in TOLD:
            warnings.warn(ImpactWarning(item.code, item.message), stacklevel=level + 1)
