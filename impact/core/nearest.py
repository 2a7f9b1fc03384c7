"""The nearest valid name: what the user most likely meant."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable


def nearest(name: str, candidates: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The candidate most like ``name`` (case, accents, spaces and separators do not count), or ''."""
    options = sorted(set(candidates))
    plain = {_plain(option): option for option in reversed(options)}
    if _plain(name) in plain and plain[_plain(name)] != name:
        return plain[_plain(name)]
    found = difflib.get_close_matches(_plain(name), list(plain), n=1, cutoff=cutoff)
    return plain[found[0]] if found and plain[found[0]] != name else ""


def _plain(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in bare if not unicodedata.combining(c) and c not in " _-.")
