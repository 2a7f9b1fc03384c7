"""What is said on standard error: faults, an interrupt, a fault inside impact."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence

import click

from impact.cli._color import painted, wants_color
from impact.core.errors import Fault


def report_faults(
    faults: Sequence[Fault],
    *,
    as_json: bool = False,
    language: str = "en",
    sources: Mapping[str, str] | None = None,
    color: str = "",
) -> None:
    """Faults on standard error, or as JSON on standard output; ``sources``: texts that are in no file."""
    from impact.schema.render import fault_as_dict, render_faults  # start-up: only when something is wrong

    if as_json:
        records = [fault_as_dict(item, language=language) for item in faults]
        print(json.dumps(records, indent=1, ensure_ascii=False))
        return
    context = click.get_current_context(silent=True)
    given = context.find_root().obj if context is not None else None
    choice = color or str((given or {}).get("color") or "")
    shown = render_faults(faults, {**_sources(faults), **(sources or {})}, language=language)
    print(painted(shown) if wants_color(choice, sys.stderr) else shown, file=sys.stderr)


def _sources(faults: Sequence[Fault]) -> dict[str, str]:
    """Texts of the files that the faults point into, for the line with the caret."""
    texts: dict[str, str] = {}
    for name in sorted({item.place.file for item in faults if item.place is not None and item.place.file}):
        try:
            with open(name, encoding="utf-8-sig") as file:
                texts[name] = file.read()
        except (OSError, UnicodeDecodeError, ValueError):
            continue
    return texts


def report_interrupt(language: str) -> None:
    """What an interrupt leaves behind."""
    from impact.core.texts import text  # start-up: only when something stops the run

    print(text("commands.interrupted", language), file=sys.stderr)


def report_internal(problem: Exception, *, debug: bool, language: str) -> None:
    """A fault inside impact: told as such, with the place and what to do."""
    from impact.core.texts import entry, fill  # start-up: only when something is wrong

    if debug:
        traceback.print_exc()
    where = traceback.extract_tb(problem.__traceback__)[-1]
    values: dict[str, object] = {"kind": type(problem).__name__, "what": str(problem)[:300]}
    values["module"] = os.path.basename(where.filename)
    values["line"] = where.lineno
    print(f"error[E900] {fill(entry('E900', language)['message'], values)}", file=sys.stderr)
    print(f"  help: {entry('E900', language).get('help', '')}", file=sys.stderr)
