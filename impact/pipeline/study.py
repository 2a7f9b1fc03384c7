"""One spec from file to folder: what `impact run`, `replicate`, `verify` and Python's `run` share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from impact.core.errors import DataError, Fault, ImpactError, Notice, OutputError, Place, SpecError
from impact.core.texts import fault, notice
from impact.pipeline.caching.memory import Memory
from impact.pipeline.caching.store import Store
from impact.pipeline.caching.times import keep_times
from impact.pipeline.document import Document, build_document, notice_entry
from impact.pipeline.finished.frozen import frozen_notice
from impact.pipeline.fit import Progress
from impact.pipeline.interrupts import stopping
from impact.pipeline.places import placed_in
from impact.pipeline.references import reference_faults
from impact.pipeline.street import RunResult, run_plan
from impact.pipeline.write import RunClock, draw, write_report
from impact.plan import Plan, make_plan

# a table or figure that has nothing to show
NOTHING = "E713"


@dataclass(frozen=True, slots=True)
class StudyResult:
    """A finished study: its plan, what the run found, the document, the folder written to, notices of writing;
    ``cached``: models that were not estimated again.
    """

    plan: Plan
    run: RunResult
    document: Document
    folder: Path | None = None
    notices: tuple[Notice, ...] = ()
    interrupted: bool = False
    cached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """How a study is run.

    Arguments:
        out: folder that the study's folder is written in; None writes nothing.
        jobs: models at the same time. only: models to run. set_values: KEY=VALUE. roots: named folders.
        strict: warnings of class W4xx are errors. cache: folder of earlier results; None
            estimates everything. refresh: earlier results are replaced, not used.
    """

    out: Path | None = Path("reports")
    jobs: int = 1
    only: tuple[str, ...] = ()
    set_values: tuple[str, ...] = ()
    roots: Mapping[str, str | Path] | None = None
    strict: bool = False
    cache: Path | None = None
    refresh: bool = False


def run_study(spec: object, options: StudyOptions, *, progress: Progress | None = None) -> StudyResult:
    """Plan, run and write one spec.

    Raises:
        SpecError, DataError, OutputError: as the stages raise them; a model that fails does not raise.
    """
    clock = RunClock()
    memory = None if options.cache is None else Memory(Store(options.cache), refresh=options.refresh)
    plan = make_plan(spec, set_values=options.set_values, roots=options.roots)
    faults = reference_faults(plan)
    if faults:
        raise SpecError(*faults)
    clock.note("plan", study=plan.study, models=len(plan.models))

    def tell(name: str, state: str, facts: Mapping[str, object]) -> None:
        if state != "design":
            clock.note("model", name=name, state=state)
        if progress is not None:
            progress(name, state, facts)

    with stopping() as stop:
        with placed_in(plan.resolved.tree):
            try:
                run = run_plan(
                    plan, jobs=options.jobs, only=options.only, progress=tell, stop=stop, memory=memory
                )
            finally:
                told = () if memory is None else _remembered(memory, plan, clock)
        refuse_nothing(run, interrupted=stop.is_set())
        if options.strict or plan.spec.strict:
            with placed_in(plan.resolved.tree, otherwise=plan.resolved.tree.place):
                refuse_warnings(run)
        document = build_document(run)
        changed = frozen_notice(run.plan)
        if changed is not None:
            document["notices"].append(notice_entry(changed))
        if options.out is None:
            return StudyResult(run.plan, run, document, None, told, stop.is_set(), clock.cached)
        shown, files = _drawn(run, document)
        folder, notices = write_report(shown, document, files, out=options.out, clock=clock)
        return StudyResult(shown, run, document, folder, (*told, *notices), stop.is_set(), clock.cached)


def _remembered(memory: Memory, plan: Plan, clock: RunClock) -> tuple[Notice, ...]:
    """Finish what is being stored, also of a run that fails; what there is to say about the cache."""
    memory.close()
    clock.cached = tuple(name for name, one in memory.made.items() if one.is_cached)
    # where results cannot be stored that is told already, and nothing depends on the times
    with suppress(OSError):
        keep_times(memory.store, plan.resolved.tree.place.file, memory.made, time.time() - clock.started)
    return tuple(memory.notices)


def refuse_nothing(run: RunResult, *, interrupted: bool) -> None:
    """A run in which no model could be estimated has nothing to write.

    Raises:
        KeyboardInterrupt: it was interrupted. ImpactError: what kept each model from being estimated.
    """
    if not run.fitted or len(run.failed) < len(run.fitted):
        return
    if interrupted:
        raise KeyboardInterrupt
    errors = [result.error for model in run.failed for result in model.results]
    own = [error for error in errors if isinstance(error, ImpactError)]
    worst = max(own, key=lambda error: error.exit_status)
    raise type(worst)(*dict.fromkeys(item for error in own for item in error.faults))


def _drawn(run: RunResult, document: Document) -> tuple[Plan, dict[str, bytes]]:
    """The files of the report, and the plan with the tables and figures that could be drawn.

    What shows nothing because its models failed is left out and named in a notice (W522).

    Raises:
        SpecError: E711–E713 at the table or figure that asks for something in vain.
    """
    plan = run.plan
    while True:
        try:
            return plan, draw(plan, document)
        except OutputError as problem:
            found = problem.faults[0]
            lost = _block_of(plan, found)
            if found.code != NOTHING or lost is None or not _any_failed(document):
                where = _block_place(plan, found)
                raise SpecError(*(replace(item, place=where) for item in problem.faults)) from problem
            kind, name = lost
            kept = {key: block for key, block in getattr(plan.spec, kind).items() if key != name}
            plan = replace(plan, spec=plan.spec.model_copy(update={kind: kept}))
            document["notices"].append(notice_entry(notice("W522", what=f"{kind}.{name}")))


def _any_failed(document: Document) -> bool:
    return any(facts["status"] == "failed" for facts in document["models"].values())


def _block_of(plan: Plan, found: Fault) -> tuple[str, str] | None:
    """The table or figure that a fault is about."""
    for kind in ("tables", "figures"):
        for name in getattr(plan.spec if plan.ledger is None else plan.ledger, kind):
            if f"'{name}'" in found.message:
                return kind, name
    return None


def _block_place(plan: Plan, found: Fault) -> Place:
    tree, lost = plan.resolved.tree, _block_of(plan, found)
    block = tree.get(lost[0]) if lost is not None else None
    entry = block.entry(lost[1]) if block is not None and lost is not None else None
    return entry.place if entry is not None else tree.place


def refuse_warnings(run: RunResult) -> None:
    """With `strict`, warnings about missing values, expressions and checks are errors; a join that says
    ``unmatched: any`` itself has accepted its own.

    Raises:
        DataError: E187 for each warning of class W4xx.
    """
    joins = run.plan.spec.joins.items()
    accepted = {f"joins.{name}" for name, join in joins if "unmatched" in join.expect.model_fields_set}
    found = [item for item in run.notices if item.code.startswith("W4") and item.of not in accepted]
    if found:
        raise DataError(
            *(
                fault(
                    "E187",
                    place=Place(file="", path=item.of),
                    warning=item.code,
                    message=item.message,
                    of=item.of,
                )
                for item in found
            )
        )
