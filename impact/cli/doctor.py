"""`impact doctor`: whether this installation can do its work, and what is missing for the rest."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import click

from impact.cli.main import setting
from impact.cli.version import environment_facts
from impact.core.texts import text

OLDEST_PYTHON = (3, 11)
# module that tells whether an extra is installed → extra
EXTRAS = {
    "sklearn": "learners",
    "playwright": "browser",
    "pyreadstat": "survey-files",
    "duckdb": "duckdb",
    "polars": "polars",
}
PROGRAMS = ("pdflatex", "chromium")


@click.command("doctor")
@click.option(
    "-o", "--out", default="reports", show_default=True, help="Folder that reports would be written in."
)
@click.pass_context
def command(ctx: click.Context, *, out: str) -> int:
    """Say what is installed and what is not; exit 1 where something that every run needs is missing."""
    facts = environment_facts()
    packages = facts["packages"]
    assert isinstance(packages, dict)
    checks = {
        "python": sys.version_info[:2] >= OLDEST_PYTHON,
        "packages": all(version is not None for version in packages.values()),
        "writable": _writable(Path(out)),
        "temporary": _writable(Path(tempfile.gettempdir())),
    }
    extras = {name: importlib.util.find_spec(module) is not None for module, name in EXTRAS.items()}
    programs = {name: shutil.which(name) is not None for name in PROGRAMS}
    if setting(ctx, "format") == "json":
        found = {**facts, "checks": checks, "extras": extras, "programs": programs, "locale": _locale()}
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        for line in _lines(facts, checks, extras, programs, str(setting(ctx, "lang") or "en"), out):
            print(line)
    return 0 if all(checks.values()) else 1


def _lines(
    facts: dict[str, object],
    checks: dict[str, bool],
    extras: dict[str, bool],
    programs: dict[str, bool],
    language: str,
    out: str,
) -> list[str]:
    def say(key: str, **values: object) -> str:
        return text(f"reviewing.doctor.{key}", language, **values)

    lines = [f"impact {facts['impact']}, Python {facts['python']}, {facts['system']}"]
    lines += [f"  {say('ok' if good else 'fault'):<12}{say(name, out=out)}" for name, good in checks.items()]
    packages = facts["packages"]
    assert isinstance(packages, dict)
    lines += [
        f"  {say('fault'):<12}{say('absent', name=name)}" for name, version in packages.items() if not version
    ]
    slow = "" if facts["compiled"] else f" ({say('slower')})"
    lines.append(f"  {say('ok' if facts['compiled'] else 'note'):<12}{say('compiled')}{slow}")
    for module, name in EXTRAS.items():
        good = extras[name]
        advice = "" if good else f': pip install "impact-evaluation[{name}]"'
        lines.append(f"  {say('ok' if good else 'absent_short'):<12}{module}, {say(_use(name))}{advice}")
    lines += [
        f"  {say('ok' if good else 'absent_short'):<12}{name}, {say(_use(name))}"
        for name, good in programs.items()
    ]
    lines.append(f"  {say('note'):<12}BLAS {facts['blas']}; {say('threads')} {facts['threads']}; {_locale()}")
    return lines


def _use(name: str) -> str:
    return f"use_{name.replace('-', '_')}"


def _locale() -> str:
    """The locale of the environment; no result depends on it."""
    return next((os.environ[name] for name in ("LC_ALL", "LC_NUMERIC", "LANG") if os.environ.get(name)), "C")


def _writable(folder: Path) -> bool:
    """Whether a file can be made in the folder, or the folder itself where it is not there yet."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)
