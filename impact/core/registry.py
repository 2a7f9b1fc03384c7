"""Registries: the keyword is the file.

A registry lists the keywords of a folder without importing anything, and imports the one file that is asked for.
Files that start with `_` are no keywords. A record may list several ``keywords`` (hc0 … hc4 in one file).
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from impact.core.errors import Fault, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault, text

_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Entry:
    """One keyword of a registry and where its record stands."""

    keyword: str
    module: str
    summary: str


@dataclass(frozen=True, slots=True)
class Registry:
    """The keywords of one folder.

    Arguments:
        kind: what the keywords are, in the user's words ("estimator").
        package: dotted package whose files are the keywords.
        attribute: name of the record at the end of each file ("ESTIMATOR").
        known: keywords of the specification that may not be installed yet: refused by name, not as unknown.
    """

    kind: str
    package: str
    attribute: str
    known: tuple[str, ...] = ()

    def entries(self) -> dict[str, Entry]:
        """Keyword → entry, sorted; nothing is imported."""
        return dict(_scan(self.package, self.attribute))

    def names(self) -> tuple[str, ...]:
        """All installed keywords."""
        return tuple(self.entries())

    def load(self, keyword: str, *, place: Place | None = None) -> object:
        """The record of a keyword.

        Raises:
            SpecError: E170 for an unknown keyword (with the nearest one), E171 for one that is not available yet.
        """
        entries = self.entries()
        if keyword not in entries:
            raise SpecError(self.unknown(keyword, place=place))
        return getattr(importlib.import_module(entries[keyword].module), self.attribute)

    def unknown(self, keyword: str, *, place: Place | None = None) -> Fault:
        """The fault for a keyword that is not installed."""
        names = self.names()
        kind = text(f"registry.{self.attribute.lower()}")
        if keyword in self.known:
            return fault("E171", place=place, kind=kind, name=keyword, names=", ".join(names))
        hint = nearest(str(keyword), names)
        return fault("E170", place=place, suggestion=hint, kind=kind, name=keyword, names=", ".join(names))


@cache
def _scan(package: str, attribute: str) -> tuple[tuple[str, Entry], ...]:
    folder = _ROOT.joinpath(*package.split(".")[1:])
    found: dict[str, Entry] = {}
    for file in sorted(folder.glob("*.py")):
        if file.name.startswith("_"):
            continue
        module = f"{package}.{file.stem}"
        keywords, summary = _declaration(file, attribute)
        for keyword in keywords:
            found[keyword] = Entry(keyword, module, summary)
    for name, module in _entry_points().get(package, {}).items():
        found.setdefault(name, Entry(name, module, ""))
    return tuple(sorted(found.items()))


@cache
def _entry_points() -> dict[str, dict[str, str]]:
    """Group → name → module of the `impact.…` entry points of every installed distribution.

    Their files are read as they lie on the path: looking them up through ``importlib.metadata`` would take a
    third of the start-up time of `impact list`.
    """
    groups: dict[str, dict[str, str]] = {}
    for folder in dict.fromkeys(sys.path):
        for file in sorted(Path(folder or ".").glob("*-info/entry_points.txt")):
            text_of = file.read_text(encoding="utf-8", errors="replace")
            if "[impact." in text_of:
                _add_points(groups, text_of)
    return groups


def _add_points(groups: dict[str, dict[str, str]], lines: str) -> None:
    group = ""
    for line in (line.strip() for line in lines.splitlines()):
        if line.startswith("["):
            group = line.strip("[]").strip()
        elif "=" in line and group.startswith("impact."):
            name, _, target = line.partition("=")
            groups.setdefault(group, {}).setdefault(name.strip(), target.partition(":")[0].strip())


def _declaration(file: Path, attribute: str) -> tuple[tuple[str, ...], str]:
    """Keywords and summary of the record, read from the source without running it."""
    keywords: tuple[str, ...] = ()
    summary = ""
    for node in _statements(file.read_text(encoding="utf-8"), attribute):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        if not any(isinstance(target, ast.Name) and target.id == attribute for target in node.targets):
            continue
        keywords = (file.stem,)
        for word in node.value.keywords:
            if word.arg == "summary":
                summary = str(ast.literal_eval(word.value))
            elif word.arg == "keywords":
                keywords = tuple(ast.literal_eval(word.value))
    return keywords, summary


def _statements(source: str, attribute: str) -> list[ast.stmt]:
    """The statements from the record on: reading whole files would cost a third of the start-up budget."""
    start = re.search(rf"^{attribute} = ", source, re.MULTILINE)
    if start is None:
        return []
    try:
        return ast.parse(source[start.start() :]).body
    except SyntaxError:
        return ast.parse(source).body
