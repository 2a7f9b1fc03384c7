"""`impact diff`: two runs side by side, what differs, and what changed in the inputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from impact.cli.main import setting
from impact.core.errors import VerificationError
from impact.core.texts import text

SHOWN = 30
DIGEST = 64
"""Length of a SHA-256 in hexadecimal digits: its first eight are shown."""


@click.command("diff")
@click.argument("first")
@click.argument("second")
@click.option(
    "--abs", "absolute", type=click.FloatRange(min=0), default=0.0, show_default=True,
    help="Numbers this close are the same.",
)  # fmt: skip
@click.option(
    "--rel", "relative", type=click.FloatRange(min=0), default=0.0, show_default=True,
    help="Numbers this close, as a share of the first, are the same.",
)  # fmt: skip
@click.option("--all", "everything", is_flag=True, help=f"Every difference, not only the first {SHOWN}.")
@click.pass_context
def command(
    ctx: click.Context, *, first: str, second: str, absolute: float, relative: float, everything: bool
) -> int:
    """Compare two reports (folders, or results.json files): estimates, numbers of rows, tests, claims.

    Says what changed in data, spec, options, seed, samples and versions. Exit status 6 where a result differs.
    """
    import impact.pipeline.finished.compare as compare  # numpy loads with the command, not with the help

    runs = [compare.read_run(Path(one)) for one in (first, second)]
    found = compare.compare_runs(*runs, absolute=absolute, relative=relative)
    if setting(ctx, "format") == "json":
        content = {
            "schema": "impact-diff-1",
            "first": first,
            "second": second,
            "same": found.same,
            **asdict(found),
        }
        print(json.dumps(content, indent=1, ensure_ascii=False))
    else:
        language = str(setting(ctx, "lang") or "en")
        most = None if everything else SHOWN
        for line in _lines(found, language, most):
            print(line)
    return 0 if found.same else VerificationError.exit_status


def _lines(found: Any, language: str, most: int | None) -> Iterator[str]:
    def say(key: str, **values: object) -> str:
        return text(f"reviewing.diff.{key}", language, **values)

    if found.same:
        yield say("same", count=found.n_compared)
    else:
        yield say("differ", count=len(found.differences), compared=found.n_compared)
    for difference in found.differences[:most]:
        gap = "" if difference.gap is None else f"  ({difference.gap:.3g})"
        values = f"{_shown(difference.first)} -> {_shown(difference.second)}"
        yield f"  {say(difference.place)} {difference.name}: {difference.field} {values}{gap}"
    if most is not None and len(found.differences) > most:
        yield "  " + say("more", count=len(found.differences) - most)
    for key, names in (("only_first", found.only_first), ("only_second", found.only_second)):
        for name in names:
            yield f"  {say(key)}: {name}"
    yield say("changed") if found.causes else say("unchanged")
    for cause in found.causes:
        of = f"  [{', '.join(cause.models)}]" if cause.models else ""
        yield f"  {say(cause.kind)} {cause.name}: {_shown(cause.first)} -> {_shown(cause.second)}{of}"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, str) and len(value) == DIGEST:
        return value[:8]
    return "-" if value is None else str(value)
