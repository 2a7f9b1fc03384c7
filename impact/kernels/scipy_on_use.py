"""Modules of scipy on first use: importing them takes as long as all of `impact check`, which needs none of them."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def special() -> Any:
    """The module scipy.special."""
    import scipy.special  # start-up: loaded when a distribution is asked for

    return scipy.special


@cache
def linalg() -> Any:
    """The module scipy.linalg."""
    import scipy.linalg  # start-up: loaded when a system is solved

    return scipy.linalg


@cache
def spatial() -> Any:
    """The module scipy.spatial."""
    import scipy.spatial  # start-up: loaded when neighbours are looked for

    return scipy.spatial
