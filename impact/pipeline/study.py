"""One spec from file to folder: what `impact run`, `replicate`, `verify` and Python's `run` share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from impact.core.errors import DataError, Fault, OutputError, Place, SpecError
from impact.core.texts import fault
from impact.pipeline.document import Document, build_document
from impact.pipeline.fit import Progress
from impact.pipeline.references import reference_faults
from impact.pipeline.street import RunResult, run_plan
from impact.pipeline.write import RunClock, draw, write_report
from impact.plan import Plan, make_plan
from impact.schema.nodes import map_node


@dataclass(frozen=True, slots=True)
class StudyResult:
    """A finished study: its plan, what the run found, the document, and the folder it was written to."""

    plan: Plan
    run: RunResult
    document: Document
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """How a study is run.

    Arguments:
        out: folder that the study's folder is written in; None writes nothing.
        jobs: models at the same time. only: models to run. set_values: KEY=VALUE. roots: named folders.
        strict: warnings of class W4xx are errors.
    """

    out: Path | None = Path("reports")
    jobs: int = 1
    only: tuple[str, ...] = ()
    set_values: tuple[str, ...] = ()
    roots: Mapping[str, str | Path] | None = None
    strict: bool = False


def run_study(spec: object, options: StudyOptions, *, progress: Progress | None = None) -> StudyResult:
    """Plan, run and write one spec.

    Raises:
        SpecError, DataError, OutputError: as the stages raise them; a model that fails does not raise.
    """
    clock = RunClock()
    plan = make_plan(spec, set_values=options.set_values, roots=options.roots)
    faults = reference_faults(plan)
    if faults:
        raise SpecError(*faults)
    clock.note("plan", study=plan.study, models=len(plan.models))

    def tell(name: str, state: str) -> None:
        clock.note("model", name=name, state=state)
        if progress is not None:
            progress(name, state)

    run = run_plan(plan, jobs=options.jobs, only=options.only, progress=tell)
    if options.strict or plan.spec.strict:
        refuse_warnings(run)
    plan = run.plan
    document = build_document(run)
    if options.out is None:
        return StudyResult(plan, run, document)
    files = _drawn(plan, document)
    folder, _ = write_report(plan, document, files, out=options.out, clock=clock)
    return StudyResult(plan, run, document, folder)


def _drawn(plan: Plan, document: Document) -> dict[str, bytes]:
    """The files of the report; what a table or figure asks for in vain is a fault of the spec.

    Raises:
        SpecError: E711–E713 at the table or figure.
    """
    try:
        return draw(plan, document)
    except OutputError as problem:
        raise SpecError(*(replace(item, place=_block_place(plan, item)) for item in problem.faults)) from problem


def _block_place(plan: Plan, found: Fault) -> Place:
    tree = plan.resolved.tree
    for kind in ("tables", "figures"):
        for entry in (tree.get(kind) or map_node(tree.place)).entries:
            if f"'{entry.key}'" in found.message:
                return entry.place
    return tree.place


def refuse_warnings(run: RunResult) -> None:
    """With `strict`, warnings about missing values, expressions and checks are errors.

    Raises:
        DataError: E187 for each warning of class W4xx.
    """
    found = [item for item in run.notices if item.code.startswith("W4")]
    if found:
        raise DataError(
            *(fault("E187", warning=item.code, message=item.message, of=item.of) for item in found)
        )
