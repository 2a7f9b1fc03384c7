"""Progress on standard error: a line that is rewritten on a terminal, silence in a pipe unless -v asks for lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from impact.cli.main import setting
from impact.core.texts import text
from impact.outputs._design_words import design_sentences
from impact.pipeline.caching.store import Store
from impact.pipeline.caching.times import read_times

WIDTH = 78
# less than this is not worth a word
SHORT = 1.0


def make_progress(
    study: str, seconds: Mapping[str, float], *, quiet: bool, verbose: int, language: str = "en"
) -> Callable[[str, str, Mapping[str, object]], None]:
    """A function called with a model's name and state, and with the facts of its design before it is estimated.

    Arguments:
        study: name shown first. seconds: of each model in an earlier run, for the time that remains.
        quiet: nothing at all. verbose: one line a model, also in a pipe. A design that several models share is
            told once, with the first of them.
    """
    done: list[str] = []
    designs: set[str] = set()
    terminal = sys.stderr.isatty()

    def tell(name: str, state: str, facts: Mapping[str, object]) -> None:
        if state == "design":
            words = " ".join(design_sentences(facts, language))
            if not quiet and words not in designs:
                print(f"{study}  {name}  {text('table.note.design', language, words=words)}", file=sys.stderr)
            designs.add(words)
            return
        done.append(name)
        if quiet:
            return
        if verbose:
            print(f"{study}  {name}  {state}", file=sys.stderr)
        elif terminal:
            left = sum(value for model, value in seconds.items() if model not in done)
            total = max(len(seconds), len(done))
            shown = f"{study}  {len(done)}/{total}  {name}  {_remaining(left, language)}"[:WIDTH]
            clear = "" if len(done) < total else "\r" + " " * WIDTH + "\r"
            print(f"\r{shown:<{WIDTH}}", end=clear, file=sys.stderr, flush=True)

    return tell


def _remaining(seconds: float, language: str) -> str:
    return text("cache.remaining", language, seconds=f"{seconds:.0f}") if seconds >= SHORT else ""


def studies_progress(
    files: Sequence[str], cache: Path | None, jobs: int, ctx: click.Context
) -> Callable[[str, float], None]:
    """A function called with each finished spec and its seconds: one line, with the time that remains.

    It is silent for a single spec, and in a pipe unless -v asks. What is not known from an earlier run is taken to last
    as long as the specs that are finished did on average.
    """
    language = str(setting(ctx, "lang") or "en")
    silent = len(files) < 2 or bool(setting(ctx, "quiet"))
    silent = silent or not (sys.stderr.isatty() or int(str(setting(ctx, "verbose") or 0)))
    known = {} if cache is None or silent else {spec: read_times(Store(cache), spec).total for spec in files}
    took: dict[str, float] = {}

    def tell(spec: str, seconds: float) -> None:
        took[spec] = seconds
        if silent:
            return
        average = sum(took.values()) / len(took)
        left = sum(known.get(other) or average for other in files if other not in took) / jobs
        line = text(
            "cache.study_done",
            language,
            done=len(took),
            total=len(files),
            study=Path(spec).stem,
            seconds=f"{seconds:.1f}",
        )
        print(f"{line}  {_remaining(left, language)}".rstrip(), file=sys.stderr)

    return tell
