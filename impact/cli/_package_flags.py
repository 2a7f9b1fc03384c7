"""What `impact check --package` says: a line a flag, and under it what was found and where."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import impact.pipeline.packaging.flags as flags
from impact.cli._tell import report_faults
from impact.core.errors import Place, VerificationError
from impact.core.texts import fault, text
from impact.pipeline.packaging.flags import Flag
from impact.pipeline.packaging.opened import Found

SCHEMA = "impact-package-check-1"
MOST = 10


def check_package_folder(folder: str, *, as_json: bool, quiet: bool, language: str) -> int:
    """Check a package and tell its flags; exit status 6 where one fails."""
    found = flags.check_package(Path(folder))
    failed = [flag.name for flag in found if flag.state == "fail"]
    if as_json:
        print(json.dumps(_record(folder, found, language), indent=1, ensure_ascii=False))
    elif not quiet:
        for line in _lines(found, language):
            print(line)
    if not failed:
        return 0
    if not as_json:
        told = fault("E687", place=Place(folder), failed=len(failed), flags=", ".join(failed))
        report_faults([told], language=language)
    return VerificationError.exit_status


def _say(key: str, language: str, **values: object) -> str:
    return text(f"packaging.check.{key}", language, **values)


def _lines(checked: Sequence[Flag], language: str) -> Iterator[str]:
    width = max(len(_say(state, language)) for state in ("pass", "warn", "fail"))
    for flag in checked:
        yield f"{flag.name:<4}{_say(flag.state, language):<{width}}  {_say(flag.name, language)}"
        for one in flag.found[:MOST]:  # --format json tells all
            where = f"{one.file}:{one.line}" if one.line else one.file
            yield f"      {_say(one.state, language):<{width}}  {where}: {_words(one, language)}"
        if len(flag.found) > MOST:
            yield "      " + _say("more", language, count=len(flag.found) - MOST)
    states = [flag.state for flag in checked]
    counts = {name: states.count(state) for name, state in _COUNTED.items()}
    yield _say("total", language, **counts)


_COUNTED = {"passed": "pass", "warned": "warn", "failed": "fail"}


def _words(one: Found, language: str) -> str:
    return _say(one.key, language, **dict(one.values))


def _record(folder: str, checked: Sequence[Flag], language: str) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "package": folder,
        "flags": [
            {
                "flag": flag.name,
                "title": _say(flag.name, language),
                "state": flag.state,
                "found": [
                    {
                        "state": one.state,
                        "kind": one.key,
                        "file": one.file,
                        "line": one.line or None,
                        "message": _words(one, language),
                    }
                    for one in flag.found
                ],
            }
            for flag in checked
        ],
    }
