"""The street: whoever has read this file knows the order of a run.

plan → read_data → listings → fit_models (design, estimate, inference) → robustness → ask_tests → run_curve → document
→ files

A spec of kind ledger has neither data nor models: plan → run_ledger → document → files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event

import impact.data.checks as data_checks
import impact.data.filters as data_filters
from impact.core.curves import CurveResult
from impact.core.designs import Design, Factor
from impact.core.errors import DataError, DesignError, ImpactError, Notice, SpecError
from impact.core.findings import Finding
from impact.core.frames import Frame
from impact.core.ledgers import LedgerResult
from impact.core.listings import Listing
from impact.core.texts import fault
from impact.data.constructed.exposure import examine_exposures
from impact.data.evaluation import frame_keys
from impact.data.geometry import Geometry
from impact.data.instruments import add_instruments
from impact.pipeline.ask import ask_tests
from impact.pipeline.caching.memory import Memory, data_key
from impact.pipeline.columns_read import names_used, unknown_faults
from impact.pipeline.conditioned import conditioned_notices
from impact.pipeline.constructed.built_columns import build_columns
from impact.pipeline.constructed.field_of_study import with_field_notices
from impact.pipeline.curve import run_curve
from impact.pipeline.fit import FittedModel, Progress, fit_models
from impact.pipeline.ledger.references import restricted_ledger
from impact.pipeline.ledger.run import run_ledger
from impact.pipeline.left_out import drop_one_requests
from impact.pipeline.listings.compute import compute_listings, outline_notices, read_geometries
from impact.pipeline.references import restricted
from impact.pipeline.sources import headers_of, read_source
from impact.plan import Plan
from impact.schema.expressions.context import Context
from impact.schema.ledger.requests import LedgerRequest
from impact.schema.model import DropOneBlock
from impact.schema.requests import ModelRequest


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything a run found: the whole frame, the main sample, models, findings, notices, failed tests, the curve,
    tables of data and outlines of maps; of a ledger its scenarios and an empty frame.
    """

    plan: Plan
    frame: Frame
    main: Frame
    fitted: tuple[FittedModel, ...]
    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]
    failures: tuple[ImpactError, ...] = ()
    curve: CurveResult | None = None
    listings: tuple[Listing, ...] = ()
    geometries: Mapping[str, Geometry] = field(default_factory=dict)
    ledger: LedgerResult | None = None

    @property
    def failed(self) -> tuple[FittedModel, ...]:
        """Models that could not be estimated."""
        return tuple(model for model in self.fitted if model.failed)


def run_plan(
    plan: Plan,
    *,
    jobs: int = 1,
    only: Sequence[str] = (),
    progress: Progress | None = None,
    stop: Event | None = None,
    memory: Memory | None = None,
) -> RunResult:
    """Read, estimate and test everything the plan asks for; models that fail are kept with their error.

    Arguments:
        jobs: models estimated at the same time; the results do not depend on it.
        only: names of models (``models.iv``) to run; all by default.
        progress: called with a model's name and its state. stop: once set, no further model is begun.
        memory: results of earlier runs, which are not made again.

    Raises:
        DataError: the data cannot be read or fail a check; a ledger does not close.
    """
    if plan.ledger is not None:
        return _run_ledger(*restricted_ledger(plan, plan.ledger, only))
    plan, left_out = restricted(plan, only)
    frame, main = read_data(plan)
    listings, told = compute_listings(plan, main)
    geometries = read_geometries(plan)
    told = (*told, *outline_notices(plan, listings, geometries))
    if memory is not None:
        memory.data = data_key(plan, frame)
    fit = partial(
        fit_models, frame, seed=plan.spec.seed, jobs=jobs, progress=progress, stop=stop, memory=memory
    )
    fitted = fit(plan.models)
    fitted = (*fitted, *fit(_drop_one_requests(plan, fitted)))
    failures: list[ImpactError] = []
    findings = ask_tests(plan, fitted, frame, failures, listings, memory=memory)
    curve = _curve(plan, frame, failures, stop, memory)
    notices = collect_notices((*left_out, *conditioned_notices(plan), *main.notices, *told), fitted)
    return RunResult(
        plan, frame, main, fitted, findings, notices, tuple(failures), curve, listings, geometries
    )


def _run_ledger(plan: Plan, request: LedgerRequest, left_out: tuple[Notice, ...]) -> RunResult:
    """All scenarios of a spec of kind ledger; the frame is empty."""
    result, notices = run_ledger(request, plan.spec.seed)
    nothing = Frame({}, 0)
    return RunResult(plan, nothing, nothing, (), (), (*left_out, *notices), ledger=result)


def _curve(
    plan: Plan, frame: Frame, failures: list[ImpactError], stop: Event | None, memory: Memory | None
) -> CurveResult | None:
    """The specification curve; where its target cannot be shuffled that is a failure, and the models stay."""
    make = partial(run_curve, plan, frame, stop=stop)
    try:
        if memory is None or plan.curve is None:
            return make()
        kept: CurveResult | None
        kept = memory.curve(plan, make, complete=lambda: stop is None or not stop.is_set())
    except DesignError as error:
        failures.append(error)
        return None
    return kept


def read_data(plan: Plan) -> tuple[Frame, Frame]:
    """All rows with derived columns, and the main sample after the spec's filters and checks.

    Raises:
        DataError: E2xx and E4xx. SpecError: E514 for columns that no file has.
    """
    if not plan.sources:
        raise DataError(fault("E186", place=plan.resolved.tree.place))
    wanted = names_used(plan)
    frames = {source.name: read_source(plan, source, wanted) for source in plan.sources}
    refuse_unknown_columns(plan, frames)
    frame = build_columns(plan, frames)
    frame = add_instruments(frame, frames, plan.spec.instruments)
    frame = replace(frame, context=_context(plan, frame))
    main = data_filters.filter_rows(frame, plan.filters, params=plan.spec.params, panel=plan.spec.panel)
    main = data_checks.run_checks(main, plan.spec.checks, params=plan.spec.params, panel=plan.spec.panel)
    return frame, with_field_notices(plan, examine_exposures(main, plan.spec.exposure))


def _context(plan: Plan, frame: Frame) -> Context:
    """What the expressions of the models know: parameters, and the keys of the declared panel."""
    panel = plan.spec.panel
    keys = frame_keys(frame, panel) if panel is not None else None
    return Context(rows=frame.n_rows, panel=keys, params=plan.spec.params)


def refuse_unknown_columns(plan: Plan, frames: Mapping[str, Frame]) -> None:
    """Names that no file has, with the nearest column of the files' headers.

    Raises:
        SpecError: E514, one for each place.
    """
    read = [name for frame in frames.values() for name in frame.columns]
    if not unknown_faults(plan, read):
        return
    raise SpecError(*unknown_faults(plan, headers_of(plan)))


def _drop_one_requests(plan: Plan, fitted: Sequence[FittedModel]) -> tuple[ModelRequest, ...]:
    """One request for each unit left out, as the robustness block asks."""
    block = plan.spec.robustness
    if block is None or block.drop_one is None:
        return ()
    found: list[ModelRequest] = []
    for model in fitted:
        if model.request.base in block.of and model.request.row is None and not model.failed:
            found += drop_one_requests(
                model.request, block.drop_one.unit, _units(plan, model, block.drop_one)
            )
    return tuple(found)


def _units(plan: Plan, model: FittedModel, block: DropOneBlock) -> list[object]:
    """The units to leave out.

    Raises:
        SpecError: E526 the model has no treated units, or its unit is another one.
    """
    place = plan.resolved.tree.place
    robustness = plan.resolved.tree.get("robustness")
    if robustness is not None and (written := robustness.get("drop_one")) is not None:
        place = written.place
    designs = [result.design for result in model.results if result.design is not None]
    assigned = next((found for found in map(_assigned, designs) if found is not None), None)
    if assigned is None:
        problem = f"model '{model.request.name}' has no treated units"
        raise SpecError(fault("E526", place=place, problem=problem))
    unit, treated = assigned
    if unit.name != block.unit:
        problem = f"the treatment of '{model.request.name}' is assigned by '{unit.name}', not '{block.unit}'"
        raise SpecError(fault("E526", place=place, problem=problem))
    wanted = {"controls": (False,), "treated": (True,), "all": (False, True)}[block.among]
    return [label for label, own in zip(unit.labels, treated, strict=True) if own in wanted]


def _assigned(design: Design) -> tuple[Factor, list[bool]] | None:
    """The units of a treated block or of an adoption, and whether each is ever treated."""
    if design.treatment is not None:
        return design.treatment.unit, [bool(value) for value in design.treatment.treated.tolist()]
    adoption = design.adoption
    if adoption is None or not adoption.is_panel:
        return None
    return adoption.unit, [bool(date <= adoption.periods[-1]) for date in adoption.cohort.tolist()]


def collect_notices(data: Sequence[Notice], fitted: Sequence[FittedModel]) -> tuple[Notice, ...]:
    """Every notice once: what several models share is said for all of them together."""
    found: dict[tuple[str, str], Notice] = {}
    owners: dict[tuple[str, str], list[str]] = {}
    for item, owner in [*((item, item.of) for item in data), *_owned_notices(fitted)]:
        key = (item.code, item.message)
        found.setdefault(key, item)
        names = owners.setdefault(key, [])
        if owner and owner not in names:
            names.append(owner)
    return tuple(replace(item, of=", ".join(owners[key])) for key, item in found.items())


def _owned_notices(fitted: Sequence[FittedModel]) -> Iterator[tuple[Notice, str]]:
    for model in fitted:
        if (model.request.row or "").startswith("drop_one"):
            continue
        for result in model.results:
            for part in (result.design, result.estimate, result.inference):
                yield from ((item, model.request.name) for item in (part.notices if part is not None else ()))
