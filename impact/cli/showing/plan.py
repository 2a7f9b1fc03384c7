"""`impact run --dry-run`: models, data and files of a run, with the times of the last one; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

import impact.pipeline.study as studies
from impact.cli._run_many import options_of
from impact.cli.main import setting
from impact.core.errors import DataError
from impact.core.texts import text
from impact.outputs._assemble import formula_text
from impact.pipeline.caching.foresee import stored_models
from impact.pipeline.caching.store import Store
from impact.pipeline.caching.times import read_times
from impact.pipeline.columns_read import names_used
from impact.pipeline.sources import read_source
from impact.plan import Plan, make_plan
from impact.schema.ledger.requests import LedgerRequest
from impact.schema.resolving.sources import Source

# results.json, results.csv, README.md, spec.resolved.yaml, manifest.json, run.log
ALWAYS = 6
# width of the word that says whether a model is stored
STATE = 11
# a table in LaTeX is written bare and as a float
FILES_A_TABLE = {"tex": 2}


def plan_lines(spec: str, options: studies.StudyOptions, language: str) -> list[str]:
    """What a run of a spec would do: blocks, data files with rows and checksum, models, the folder and its files.

    Raises:
        SpecError: every fault of the spec.
    """
    plan = make_plan(spec, set_values=options.set_values, roots=options.roots)
    if plan.ledger is not None:
        return ledger_plan_lines(plan, plan.ledger, Path(str(options.out or "reports")), language)
    out = Path(str(options.out or "reports")) / plan.study
    cache = None if options.refresh else options.cache
    stored = stored_models(plan, cache)
    last, peaks = _last(spec, options, out)
    width = max((len(request.name) for request in plan.models), default=0)
    lines = [f"{plan.study}   {_blocks(plan, language)}"]
    lines += [f"  data   {_data(plan, source, language)}" for source in plan.sources]
    for request in plan.models:
        formula, variance = formula_text(request), request.variance.keyword
        state = text("cache.cached" if request.name in stored else "cache.run", language)
        lines.append(
            f"  {request.name:<{width}}  {state:<{STATE}}  {request.estimator}  {formula}  vcov {variance}  "
            f"{_known(request.name, last, peaks, language)}".rstrip()
        )
    count = files_written(plan)
    where = f"{out.as_posix()}/"
    key = "run.would_write" if count is None else "run.would_write_files"
    return [*lines, text(key, language, folder=where, count=count or 0)]


def ledger_plan_lines(plan: Plan, ledger: LedgerRequest, out: Path, language: str) -> list[str]:
    """What a run of a ledger would do: inputs, lines, scenarios, draws, the folder and its files."""
    draws = text("ledger.show.not_drawn", language)
    if ledger.draws:
        draws = text("ledger.show.drawn", language, draws=f"{ledger.draws:,}")
    counts = {
        "inputs": len(ledger.inputs),
        "equations": len(ledger.equations),
        "scenarios": len(ledger.scenarios),
    }
    lines = [f"{plan.study}   {text('ledger.show.planned', language, draws=draws, **counts)}"]
    for scenario in ledger.scenarios:
        changed = ", ".join(scenario.changes)
        lines.append(
            f"  {scenario.name}"
            + (f"   {text('ledger.show.changes', language)} {changed}" if changed else "")
        )
    count = files_written(plan)
    key = "run.would_write" if count is None else "run.would_write_files"
    return [*lines, text(key, language, folder=f"{(out / plan.study).as_posix()}/", count=count or 0)]


def _last(
    spec: str, options: studies.StudyOptions, out: Path
) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Seconds and megabytes of each model when it was last estimated, from the cache or the log."""
    if options.cache is None:
        return last_seconds(out), {}
    times = read_times(Store(options.cache), spec)
    return {**last_seconds(out), **times.seconds}, times.megabytes


def _known(name: str, seconds: Mapping[str, float], peaks: Mapping[str, float], language: str) -> str:
    if name not in seconds:
        return ""
    shown = f"{seconds[name]:.2f}"
    if name in peaks:
        return text("cache.last_time_memory", language, seconds=shown, megabytes=f"{peaks[name]:.0f}")
    return text("run.last_time", language, seconds=shown)


def _blocks(plan: Plan, language: str) -> str:
    counts = {
        "models": len(plan.models),
        "tests": len(plan.tests),
        "tables": len(plan.spec.tables),
        "figures": len(plan.spec.figures),
    }
    return ", ".join(
        text(f"run.by_default.{name}", language)
        if not count and name in ("tables", "figures")
        else text(f"run.counted.{name}", language, count=count)
        for name, count in counts.items()
    )


def _data(plan: Plan, source: Source, language: str) -> str:
    """A data file with its rows and the start of its checksum, or why it cannot be read."""
    try:
        frame = read_source(plan, source, names_used(plan))
    except DataError as error:
        return f"{source.block.file}   {error.faults[0].code} {error.faults[0].message}"
    rows = text("run.rows", language, rows=f"{frame.n_rows:,}")
    digest = str(frame.files[source.name]["sha256"])
    return f"{source.block.file}   {rows}, sha256 {digest[:8]}.."


def files_written(plan: Plan) -> int | None:
    """Files that a run writes; None where tables or figures are those of the results, which are not known yet."""
    languages, spec = len(plan.languages), plan.spec
    shown = spec if plan.ledger is None else plan.ledger
    if not shown.tables or not shown.figures:
        return None
    count = ALWAYS + languages
    for table in shown.tables.values():
        formats = spec.outputs.formats if table.formats is None else table.formats
        count += languages * sum(FILES_A_TABLE.get(one, 1) for one in formats)
    for figure in shown.figures.values():
        formats = spec.outputs.figures if figure.formats is None else figure.formats  # type: ignore[assignment]
        count += languages * len(formats) + 1
    return count


def last_seconds(folder: Path) -> dict[str, float]:
    """Model → seconds since the event before it, from the log of the last run; empty without one."""
    log = folder / "run.log"
    if not log.is_file():
        return {}
    found: dict[str, float] = {}
    before: datetime | None = None
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            event: dict[str, Any] = json.loads(line)
            at = datetime.fromisoformat(event["at"])
        except (ValueError, KeyError):
            continue
        if event.get("event") == "model" and before is not None:
            found[str(event.get("name"))] = (at - before).total_seconds()
        before = at
    return found


def show_plans(ctx: click.Context, files: Sequence[str], options: Mapping[str, Any]) -> int:
    """The plan of every spec; nothing is estimated, nothing is written."""
    given = options_of(options)
    for spec in files:
        print("\n".join(plan_lines(spec, given, str(setting(ctx, "lang") or "en"))))
    return 0
