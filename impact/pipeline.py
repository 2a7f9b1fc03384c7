"""The street: plan → frame → design → estimate → inference → findings → results document."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import impact.catalog as catalog
import impact.data.checks as data_checks
import impact.data.filters as data_filters
import impact.data.paths as data_paths
import impact.data.prepare as data_prepare
import impact.data.read as data_read
import impact.schema.columns_used as columns_used
from impact.core.errors import DataError, ImpactError, Notice
from impact.core.designs import Design
from impact.core.estimates import Estimate, Inference, Permutation
from impact.core.findings import Finding, ModelResult, Question
from impact.core.frames import Frame
from impact.core.texts import notice
from impact.design.build import build_design
from impact.design.groups import groups_of
from impact.design.interact import stack_designs
from impact.inference._permutation import permute
from impact.plan import Plan
from impact.schema.option_requests import TestRequest
from impact.schema.requests import Group, ModelRequest

Progress = Callable[[str, str], None]
Names = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A model of the plan with the results of its groups; ``names``: stacked term → (term, group)."""

    request: ModelRequest
    results: tuple[ModelResult, ...]
    names: Names = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether no group could be estimated."""
        return all(result.estimate is None for result in self.results)


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything a run found: the whole frame, the main sample, fitted models, findings and notices."""

    plan: Plan
    frame: Frame
    main: Frame
    fitted: tuple[FittedModel, ...]
    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]

    @property
    def failed(self) -> tuple[FittedModel, ...]:
        """Models that could not be estimated."""
        return tuple(model for model in self.fitted if model.failed)


def run_plan(
    plan: Plan, *, jobs: int = 1, only: Sequence[str] = (), progress: Progress | None = None
) -> RunResult:
    """Read, estimate and test everything the plan asks for; models that fail are kept with their error.

    Arguments:
        jobs: models estimated at the same time; the results do not depend on it.
        only: names of models (``models.iv``) to run; all by default.
        progress: called with a model's name and its state.

    Raises:
        DataError: the data cannot be read or fail a check.
    """
    frame, main = read_data(plan)
    requests = _wanted(plan.models, only)
    fitted = fit_models(frame, requests, plan, jobs=jobs, progress=progress)
    rows = _drop_one_requests(plan, fitted)
    fitted = (*fitted, *fit_models(frame, rows, plan, jobs=jobs, progress=progress))
    findings, notices = ask_tests(plan, fitted)
    found = [*main.notices, *(n for model in fitted for n in _model_notices(model)), *notices]
    return RunResult(plan, frame, main, fitted, findings, tuple(dict.fromkeys_by_text(found)))


def read_data(plan: Plan) -> tuple[Frame, Frame]:
    """All rows with derived columns, and the main sample after the spec's filters and checks.

    Raises:
        DataError: E2xx and E4xx. SpecError: E514 for columns that no file has.
    """
    if not plan.sources:
        raise DataError(*plan.no_data())
    wanted = plan.names_used()
    roots = data_paths.collect_roots(plan.sources[0].folder, plan.roots)
    frames = {
        source.name: data_read.read_frame(
            source.block, folder=source.folder, name=source.name, roots=roots, wanted=wanted, place=source.node.place
        )
        for source in plan.sources
    }
    known = {name for frame in frames.values() for name in frame.columns} | set(plan.derive)
    plan.refuse_unknown(known)
    frame = data_prepare.prepare_frame(
        frames, joins=plan.spec.joins, panel=plan.spec.panel, derive=plan.derive, params=plan.spec.params
    )
    main = data_filters.filter_rows(frame, plan.filters, params=plan.spec.params, panel=plan.spec.panel)
    checked = data_checks.run_checks(main, plan.spec.checks)
    return frame, replace(main, notices=(*main.notices, *checked))


def _wanted(models: Sequence[ModelRequest], only: Sequence[str]) -> tuple[ModelRequest, ...]:
    names = {name.removeprefix("models.") for name in only if not name.startswith(("tables.", "figures."))}
    return tuple(m for m in models if not names or m.name in names or m.base in names)


def fit_models(
    frame: Frame, requests: Sequence[ModelRequest], plan: Plan, *, jobs: int, progress: Progress | None
) -> tuple[FittedModel, ...]:
    """Every request fitted, in the order of the plan whatever the number of jobs."""

    def one(request: ModelRequest) -> FittedModel:
        fitted = fit_request(frame, request, seed=plan.spec.seed)
        if progress is not None:
            progress(request.name, "failed" if fitted.failed else "done")
        return fitted

    if jobs <= 1 or len(requests) < 2:
        return tuple(map(one, requests))
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return tuple(pool.map(one, requests))


def fit_request(frame: Frame, request: ModelRequest, *, seed: int | None) -> FittedModel:
    """One model: for everybody, each group apart, or the groups in one interacted regression."""
    if request.grouping is None:
        return FittedModel(request, (_fit_group(frame, request, None, seed),))
    groups = groups_of(frame, request)
    if request.grouping.mode == "split":
        return FittedModel(request, tuple(_fit_group(frame, request, group, seed) for group in groups))
    results: list[ModelResult] = []
    names: dict[str, tuple[str, str]] = {}
    for dimensions in _by_dimensions(groups):
        result, found = _fit_interacted(frame, request, dimensions, seed)
        results.append(result)
        names |= found
    return FittedModel(request, tuple(results), names)


def _by_dimensions(groups: Iterable[Group]) -> list[list[Group]]:
    """Groups of the same dimensions belong to one interacted regression."""
    found: dict[tuple[str, ...], list[Group]] = {}
    for group in groups:
        key = tuple(part.partition("=")[0] for part in (group.name or "").split(";"))
        found.setdefault(key, []).append(group)
    return list(found.values())


def _fit_group(frame: Frame, request: ModelRequest, group: Group | None, seed: int | None) -> ModelResult:
    name = None if group is None else group.name
    try:
        return fit_design(build_design(frame, request, group), request, name, seed)
    except ImpactError as error:
        return _failure(request, name, error)


def _failure(request: ModelRequest, group: str | None, error: ImpactError) -> ModelResult:
    return ModelResult(request.name, group, None, None, None, error, base=request.base, row=request.row)


def _fit_interacted(
    frame: Frame, request: ModelRequest, groups: Sequence[Group], seed: int | None
) -> tuple[ModelResult, Names]:
    designs: list[tuple[Design, str]] = []
    for group in groups:
        try:
            design = build_design(frame, request, group)
            fit_design(design, request, group.name, seed)
        except ImpactError:
            continue
        designs.append((design, str(group.name or "all")))
    if not designs:
        return _fit_group(frame, request, groups[0], seed), {}
    assert request.grouping is not None
    try:
        stacked, names = stack_designs(
            [design for design, _ in designs],
            [group for _, group in designs],
            common_effects=request.grouping.common_effects,
        )
        return fit_design(stacked, request, None, seed), names
    except ImpactError as error:
        return _failure(request, None, error), {}


def fit_design(design: Design, request: ModelRequest, group: str | None, seed: int | None) -> ModelResult:
    """Estimate, inference and permutation of one design."""
    estimate = estimate_design(design, request)
    inference = infer_design(estimate, design, request)
    permutation = permute_design(estimate, design, request, seed=seed)
    return ModelResult(
        request.name, group, estimate, inference, design, permutation=permutation, base=request.base,
        row=request.row, expect=request.expect,
    )  # fmt: skip


def estimate_design(design: Design, request: ModelRequest) -> Estimate:
    """The estimator of a request on a design."""
    record: Any = catalog.ESTIMATORS.load(request.estimator)
    estimate: Estimate = record.fit(design, request.options)
    return estimate


def infer_design(estimate: Estimate, design: Design, request: ModelRequest) -> Inference:
    """The variance of a request on an estimate."""
    record: Any = catalog.VARIANCES.load(request.variance.keyword)
    inference: Inference = record.infer(estimate, design, request.variance.options, request.level)
    if request.variance.is_default:
        found = notice("W520", of=request.name, variance=str(inference.variance.get("text", request.variance.keyword)))
        inference = replace(inference, notices=(*inference.notices, found))
    return inference


def permute_design(
    estimate: Estimate, design: Design, request: ModelRequest, *, seed: int | None
) -> Permutation | None:
    """Permutation inference where it is asked for."""
    if request.permute is None or design.treatment is None:
        return None
    return permute(estimate, design, request.permute, seed=spawn_seed(seed, request.name), level=request.level)


def spawn_seed(seed: int | None, name: str) -> int:
    """The seed of one model or test: it depends on the spec's seed and the name, not on the order of models."""
    sequence = np.random.SeedSequence(entropy=seed or 0, spawn_key=(zlib.crc32(name.encode("utf-8")),))
    return int(sequence.generate_state(1)[0])


def _drop_one_requests(plan: Plan, fitted: Sequence[FittedModel]) -> tuple[ModelRequest, ...]:
    """One request for each unit left out, as the robustness block asks."""
    block = plan.spec.robustness
    if block is None or block.drop_one is None:
        return ()
    found: list[ModelRequest] = []
    for model in fitted:
        if model.request.base in block.names() and model.request.row is None and not model.failed:
            found += plan.drop_one_requests(model.request, _units(model.results[0], block.drop_one.among))
    return tuple(found)


def _units(result: ModelResult, among: str) -> list[object]:
    treatment = result.design.treatment if result.design is not None else None
    if treatment is None:
        return []
    wanted = {"controls": (0.0,), "treated": (1.0,), "all": (0.0, 1.0)}[among]
    labels = zip(treatment.unit.labels, treatment.treated.tolist(), strict=True)
    return [label for label, treated in labels if treated in wanted]


def _model_notices(model: FittedModel) -> list[Notice]:
    found: list[Notice] = []
    for result in model.results:
        for part in (result.design, result.estimate, result.inference):
            found += [replace(item, of=item.of or model.request.name) for item in (part.notices if part else ())]
    return found


def ask_tests(plan: Plan, fitted: Sequence[FittedModel]) -> tuple[tuple[Finding, ...], list[Notice]]:
    """The findings of every test of the spec."""
    results = {(result.name, result.group): result for model in fitted for result in model.results}
    requests = {model.request.name: model.request for model in fitted}
    findings: list[Finding] = []
    notices: list[Notice] = []
    for test in plan.tests:
        record: Any = catalog.DIAGNOSTICS.load(test.kind)
        question = _question(plan, test, results, requests)
        findings += record.examine(question, test.options)
    return tuple(findings), notices


def _question(
    plan: Plan,
    test: TestRequest,
    results: Mapping[tuple[str, str | None], ModelResult],
    requests: Mapping[str, ModelRequest],
) -> Question:
    of: list[tuple[ModelResult, str]] = []
    for reference in test.of:
        names = [key for key in results if reference in (key[0], results[key].base) and results[key].row is None]
        term = ""
        if not names:
            names = [key for key in results if key[0] == reference]
        if not names:
            base, _, term = reference.rpartition(".")
            names = [key for key in results if base in (key[0], results[key].base) and results[key].row is None]
        of += [(results[key], term) for key in names]
    return Question(
        test=test.name,
        kind=test.kind,
        of=tuple(of),
        results=results,
        refit=lambda result, design: estimate_design(design, requests[result.name]),
        infer=lambda result, estimate, design: infer_design(estimate, design, requests[result.name]),
        seed=spawn_seed(plan.spec.seed, f"tests.{test.name}"),
        level=plan.spec.level,
    )
