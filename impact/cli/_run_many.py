"""Running several specs: one after the other or in processes, with one exit status for all."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

import impact.outputs.terminal_table as terminal_table
import impact.pipeline.study as studies
from impact.cli._options import names_of, roots_of
from impact.cli._progress import make_progress, studies_progress
from impact.cli._run_again import compare_again
from impact.cli._tell import report_faults
from impact.cli.main import close_output, setting
from impact.cli.replicating.index_page import refresh_index
from impact.core.errors import DataError, Fault, ImpactError, Notice
from impact.core.texts import text
from impact.diagnostics.published.summary import failures
from impact.outputs._request import OutputRequest
from impact.pipeline.caching.store import Store, cache_folder
from impact.pipeline.caching.times import Times, read_times
from impact.pipeline.document import Document
from impact.pipeline.street import RunResult
from impact.pipeline.write import output_request

# the file is absent, or the folder of its root was not named
NOT_THERE = ("E201", "E226")
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one spec, in a form that crosses processes."""

    spec: str
    status: int
    study: str = ""
    seconds: float = 0.0
    folder: str = ""
    document: Document | None = None
    request: OutputRequest | None = None
    faults: tuple[Fault, ...] = ()
    failures: tuple[Fault, ...] = ()
    notices: tuple[Notice, ...] = ()
    cached: int = 0


def options_of(options: Mapping[str, Any]) -> studies.StudyOptions:
    """Command-line options as those of a study."""
    return studies.StudyOptions(
        out=Path(str(options["out"])),
        jobs=int(options["jobs"]),
        only=names_of(str(options["only"])),
        set_values=tuple(options["set_values"]),
        roots=roots_of(tuple(options["roots"])),
        strict=bool(options["strict"]),
        cache=None if options.get("no_cache") else cache_folder(),
        refresh=bool(options.get("refresh")),
    )


def run_one(
    spec: str, options: studies.StudyOptions, *, quiet: bool = True, verbose: int = 0, language: str = "en"
) -> Outcome:
    """One spec; a user's mistake becomes faults, not an exception."""
    started = time.perf_counter()
    try:
        source: Any = _standard_input() if spec == "-" else spec
        times = Times() if options.cache is None else read_times(Store(options.cache), spec)
        tell = make_progress(Path(spec).stem, times.seconds, quiet=quiet, verbose=verbose, language=language)
        result = studies.run_study(source, options, progress=tell)
    except ImpactError as problem:
        return Outcome(
            spec, problem.exit_status, faults=problem.faults, seconds=time.perf_counter() - started
        )
    errors = failed_models(result.run)
    status = max((error.exit_status for error in errors), default=0)
    if result.interrupted:
        status = INTERRUPTED
    if options.strict and not status and _differs(result.document):
        status = 6
    return Outcome(
        spec,
        status,
        study=result.plan.study,
        seconds=time.perf_counter() - started,
        folder="" if result.folder is None else os.path.relpath(result.folder),
        document=result.document,
        request=output_request(result.plan, result.document),
        failures=tuple(dict.fromkeys(item for error in errors for item in error.faults)),
        notices=result.notices,
        cached=len(result.cached),
    )


def failed_models(run: RunResult) -> list[ImpactError]:
    """What kept models, groups of models or tests from being made."""
    found = [result.error for model in run.fitted for result in model.results]
    return [error for error in (*found, *run.failures) if isinstance(error, ImpactError)]


def _standard_input() -> Any:
    from impact.schema.source_text import read_text  # only `impact run -` reads a spec from a pipe

    return read_text(sys.stdin.buffer.read(), name="stdin.yaml")


def _differs(document: Document) -> bool:
    return bool(failures(document["published"])) or any(
        claim["state"] == "disagrees" for claim in document["claims"]
    )


def run_many(
    ctx: click.Context,
    files: Sequence[str],
    options: Mapping[str, Any],
    *,
    twice: bool,
    fail_fast: bool,
    alone: bool,
) -> int:
    """All specs; the largest exit status of them."""
    given = options_of(options)
    outcomes: list[Outcome] = []
    parallel = given.jobs > 1 and len(files) > 1 and not fail_fast
    if parallel:
        with ProcessPoolExecutor(max_workers=given.jobs) as pool:
            told = studies_progress(files, given.cache, given.jobs, ctx)
            for outcome in pool.map(run_one, files, [replace(given, jobs=1)] * len(files)):
                outcomes.append(outcome)
                _tell(ctx, outcome, alone=alone)
                told(outcome.spec, outcome.seconds)
    else:
        quiet, verbose = bool(setting(ctx, "quiet")), int(str(setting(ctx, "verbose") or 0))
        language = str(setting(ctx, "lang") or "en")
        finished = studies_progress(files, given.cache, 1, ctx)
        for spec in files:
            outcome = run_one(spec, given, quiet=quiet, verbose=verbose, language=language)
            outcomes.append(outcome)
            _tell(ctx, outcome, alone=alone)
            finished(spec, outcome.seconds)
            if outcome.status == INTERRUPTED or (fail_fast and outcome.status):
                break
    if any(outcome.folder for outcome in outcomes):
        language = str(setting(ctx, "lang") or "en")
        refresh_index(Path(str(options["out"])), language=language, only_if_there=len(files) == 1)
    if setting(ctx, "format") == "json":
        records = [_as_record(outcome, alone=alone) for outcome in outcomes]
        print(json.dumps(records, indent=1, ensure_ascii=False))
    statuses = [0 if _not_counted(outcome, alone) else outcome.status for outcome in outcomes]
    if twice and not max(statuses, default=0):
        statuses.append(compare_again(files, given))
    return max(statuses, default=0)


def _not_counted(outcome: Outcome, alone: bool) -> bool:
    """Whether a spec of a folder was not run because its data are not on this machine."""
    absent = all(item.code in NOT_THERE for item in outcome.faults)
    return not alone and absent and outcome.status == DataError.exit_status


def _tell(ctx: click.Context, outcome: Outcome, *, alone: bool) -> None:
    """What came of a spec; the runs go on where nobody reads any more."""
    try:
        _say(ctx, outcome, alone=alone)
        sys.stdout.flush()
    except BrokenPipeError:
        close_output()


def _say(ctx: click.Context, outcome: Outcome, *, alone: bool) -> None:
    """The summary of one spec on standard output, its faults on standard error."""
    language = str(setting(ctx, "lang") or "en")
    as_json = setting(ctx, "format") == "json"
    if _not_counted(outcome, alone):
        if not as_json and not setting(ctx, "quiet"):
            files = ", ".join(str(item.values.get("file", "")) for item in outcome.faults)
            print(text("run.data_absent", language, spec=outcome.spec, files=files) + "\n")
        if not as_json and any(
            item.code == "E201" and not item.values.get("origin") for item in outcome.faults
        ):
            # nothing says where the file is from: it may be a slip of the pen
            report_faults(outcome.faults, language=language)
        return
    if outcome.faults:
        if not as_json:
            report_faults(outcome.faults, language=language)
        return
    if not as_json:
        for item in outcome.notices:
            print(f"{item.code} {item.message}", file=sys.stderr)
        if outcome.failures:
            report_faults(outcome.failures, language=language)
    if as_json or setting(ctx, "quiet") or outcome.document is None or outcome.request is None:
        return
    done = text("run.done", language, seconds=f"{outcome.seconds:.1f}")
    if outcome.cached:
        count = len(outcome.document["models"])
        done += " " + text("cache.done", language, run=count - outcome.cached, cached=outcome.cached)
    report = os.path.join(outcome.folder, "report.html")
    table = terminal_table.result_table(outcome.document, outcome.request, language=language)
    if table:
        print(table.rstrip() + "\n")
    lines = terminal_table.summary_lines(
        outcome.document, outcome.request, language=language, done=done, report=report
    )
    print("\n".join(lines))


def _as_record(outcome: Outcome, *, alone: bool) -> dict[str, object]:
    from impact.schema.render import fault_as_dict  # only JSON output needs it

    document = outcome.document or {}
    return {
        "spec": outcome.spec,
        "status": outcome.status,
        "not_run": "data absent" if _not_counted(outcome, alone) else None,
        "study": outcome.study,
        "folder": outcome.folder,
        "answer": document.get("answer"),
        "models": {name: facts["status"] for name, facts in document.get("models", {}).items()},
        "faults": [fault_as_dict(item) for item in (*outcome.faults, *outcome.failures)],
    }
