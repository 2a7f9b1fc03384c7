"""A package opened for checking: its manifest, its files, and the plans and reports of its studies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from impact.core.errors import DataError, Fault, ImpactError, Place
from impact.core.texts import fault
from impact.pipeline.finished.compare import MANIFEST, RESULTS
from impact.pipeline.packaging.package import README, SCHEMA
from impact.pipeline.packaging.rerun import REPORTS
from impact.plan import Plan, make_plan

# what the commands of the README make; Python's and the system's own leavings are no part of the package either
MADE = ("again", ".impact")
STATES = ("pass", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a flag found: its state, where, and what, as a key of the texts with its values."""

    state: str
    key: str
    file: str = ""
    line: int = 0
    values: tuple[tuple[str, object], ...] = ()


def failed(key: str, file: str = "", line: int = 0, /, **values: object) -> Found:
    """Something that fails the flag."""
    return Found("fail", key, file, line, tuple(values.items()))


def warned(key: str, file: str = "", line: int = 0, /, **values: object) -> Found:
    """Something to look at."""
    return Found("warn", key, file, line, tuple(values.items()))


@dataclass(frozen=True, slots=True)
class Opened:
    """A package folder.

    Arguments:
        files: names of all files. plans: spec → plan, or the faults of the spec. reports, manifests: study → document
        of its report and its manifest; empty where there is none.
    """

    folder: Path
    manifest: Mapping[str, Any]
    files: tuple[str, ...]
    plans: Mapping[str, Plan | tuple[Fault, ...]]
    reports: Mapping[str, Mapping[str, Any]]
    manifests: Mapping[str, Mapping[str, Any]]

    def content(self, name: str) -> bytes:
        """The bytes of a file."""
        return (self.folder / name).read_bytes()

    def text(self, name: str) -> str:
        """The text of a file, empty where it is absent."""
        file = self.folder / name
        return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""

    @property
    def readme(self) -> str:
        """The text of README.md."""
        return self.text(README)

    @property
    def sound(self) -> dict[str, Plan]:
        """The plans of the specs without faults."""
        return {name: plan for name, plan in self.plans.items() if isinstance(plan, Plan)}

    @property
    def data(self) -> list[Mapping[str, Any]]:
        """The data files as the package describes them."""
        listed = self.manifest.get("data")
        return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []

    @property
    def listed(self) -> Mapping[str, Mapping[str, Any]]:
        """Name → checksum and size of every file that the package says it holds."""
        outputs = self.manifest.get("outputs")
        return outputs if isinstance(outputs, dict) else {}


def open_package(folder: Path) -> Opened:
    """Read what there is of a package; what is missing or wrong is for the flags to tell.

    Raises:
        DataError: E638 there is no manifest of a package.
    """
    manifest = _json(folder / MANIFEST)
    if manifest.get("schema") != SCHEMA:
        raise DataError(fault("E638", place=Place(str(folder)), folder=str(folder)))
    files = tuple(sorted(name for file in folder.rglob("*") if (name := _name(file, folder))))
    specs = [name for name in files if name.startswith("specs/") and name.count("/") == 1 and _is_spec(name)]
    studies = [name.split("/")[1] for name in files if name.startswith(f"{REPORTS}/") and name.count("/") > 1]
    names = list(dict.fromkeys(studies))
    return Opened(
        folder,
        manifest,
        files,
        {name: _plan(folder / name) for name in specs},
        {name: _json(folder / REPORTS / name / RESULTS) for name in names},
        {name: _json(folder / REPORTS / name / MANIFEST) for name in names},
    )


def _name(file: Path, folder: Path) -> str:
    name = file.relative_to(folder)
    made = name.parts[0] in MADE or "__pycache__" in name.parts
    return "" if made or not (file.is_file() or file.is_symlink()) else name.as_posix()


def _is_spec(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _plan(spec: Path) -> Plan | tuple[Fault, ...]:
    try:
        return make_plan(str(spec))
    except ImpactError as problem:
        return problem.faults


@cache
def lines_of(text: str) -> tuple[str, ...]:
    """Lines of a text, read once."""
    return tuple(text.splitlines())
