"""Files that come with the package, and what paths in a spec may name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from impact.core.errors import Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.nodes import Node, text_place

Shelf = Literal["specs", "data"]
PREFIX = "shipped:"
_PACKAGE = Path(__file__).resolve().parents[1]
_REMOTE = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.\-]+://|(?:https?|ftp|file|s3|data|mailto):|\\\\|//)", re.IGNORECASE
)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def shipped_folder(shelf: Shelf) -> Path:
    """The folder of shipped specs or data: in the installed package, else in the checkout."""
    inside = _PACKAGE / "_shipped" / shelf
    return inside if inside.is_dir() else _PACKAGE.parent / shelf


def shipped_names(shelf: Shelf) -> tuple[str, ...]:
    """Names of the shipped files, relative to their folder, sorted."""
    folder = shipped_folder(shelf)
    suffixes = (".yaml", ".yml") if shelf == "specs" else (".csv", ".dta", ".parquet", ".xlsx")
    found = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.suffix in suffixes)
    return tuple(sorted(found))


def find_shipped(name: str, shelf: Shelf = "specs") -> Path | None:
    """The path of a shipped file (``.yaml`` or ``.csv`` may be left out); None where there is none."""
    clean = posixpath.normpath(name)
    if clean.startswith(("/", "..")) or "\\" in name or "\0" in name:
        return None
    folder = shipped_folder(shelf)
    for candidate in (clean, clean + (".yaml" if shelf == "specs" else ".csv")):
        if (folder / candidate).is_file():
            return folder / candidate
    return None


def require_shipped(name: str, shelf: Shelf, place: Place) -> Path:
    """As ``find_shipped``; E155 with the nearest name where there is none."""
    found = find_shipped(name, shelf)
    if found is None:
        known = shipped_names(shelf)
        close = nearest(name, known) or nearest(name, (Path(k).stem for k in known))
        raise SpecError(
            fault("E155", place=place, suggestion=close, name=name, known=", ".join(known[:20]) or "-")
        )
    return found


def folder_of(file: str) -> Path:
    """The folder that paths written in a spec file are relative to (``file`` as places name it)."""
    if file.startswith(PREFIX):
        return (shipped_folder("specs") / file.removeprefix(PREFIX)).parent
    return Path(file).parent if file and not file.startswith("<") else Path()


def check_path(text: str, place: Place) -> None:
    """Refuses what no path in a spec may be.

    Raises:
        SpecError: E203 an absolute path, ``~`` or a drive; E143 a remote address.
    """
    if _REMOTE.match(text):
        raise SpecError(fault("E143", place=place, path=text))
    if text.startswith(("/", "~", "\\")) or _DRIVE.match(text) or "\0" in text:
        raise SpecError(fault("E203", place=place, path=text, file=text, value=text))


def resolve_path(
    node: Node,
    *,
    root: Node | None = None,
    roots: Mapping[str, str | Path] | None = None,
    shelf: Shelf = "data",
) -> Path:
    """The path that a text of a spec names.

    Relative paths are relative to the file in which they were written (also through ``extends``), or to a
    named root. ``shipped:NAME`` reaches what the package carries.

    Arguments:
        node: the text. root: the text under ``root:`` beside it, if any.
        roots: folders of the named roots. shelf: which shipped files ``shipped:`` means.

    Raises:
        SpecError: E203 absolute or ``~``; E143 remote; E155 unknown shipped file; E162 unknown root.
    """
    text, place = node.text or node.written, text_place(node)
    if text.startswith(PREFIX):
        return require_shipped(text.removeprefix(PREFIX), shelf, place)
    check_path(text, place)
    if root is None or root.is_null:
        return folder_of(node.place.file) / text
    name, known = root.written, dict(roots or {})
    if name not in known:
        raise SpecError(fault("E162", place=text_place(root), suggestion=nearest(name, known), name=name))
    return Path(known[name]) / text
