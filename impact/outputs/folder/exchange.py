"""Exchanging two folders in one step, where the operating system offers it."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2


def exchange(left: Path, right: Path) -> bool:
    """Exchanges two folders of one file system; False where the system cannot (nothing has changed then)."""
    if sys.platform.startswith("linux"):
        return _call("renameat2", left, right)
    if sys.platform == "darwin":
        return _call("renamex_np", left, right)
    return False


def _call(name: str, left: Path, right: Path) -> bool:
    try:
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (OSError, AttributeError):
        return False
    one, other = os.fsencode(left), os.fsencode(right)
    if name == "renameat2":
        result = function(_AT_FDCWD, one, _AT_FDCWD, other, ctypes.c_uint(_RENAME_EXCHANGE))
    else:
        result = function(one, other, ctypes.c_uint(_RENAME_SWAP))
    return bool(result == 0)
