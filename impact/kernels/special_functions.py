"""scipy.special on first use: importing it takes as long as all of `impact check`, which needs none of it."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def special() -> Any:
    """The module scipy.special."""
    import scipy.special

    return scipy.special
