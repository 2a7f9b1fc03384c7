"""One model of the plan: design, estimate, inference, permutation; for everybody or for its groups."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event
from types import MappingProxyType
from typing import Any

import numpy as np

import impact.catalog as catalog
from impact.core.designs import Design
from impact.core.errors import DesignError, EstimationError, ImpactError, SpecError
from impact.core.estimates import Estimate, Inference
from impact.core.findings import ModelResult
from impact.core.frames import Frame
from impact.core.permutations import Permutation
from impact.core.texts import fault, notice
from impact.design.adoption import build_adoption
from impact.design.build import build_design
from impact.design.groups import groups_of
from impact.design.interact import stack_designs
from impact.inference._bands import with_bands
from impact.inference._parts import joined
from impact.inference._permutation import Candidates, permute
from impact.inference._permutation_of_doses import EXPOSURE, permute_exposure
from impact.inference._robust_sets import with_robust_set
from impact.inference._wild import with_wild
from impact.pipeline.caching.memory import Memory
from impact.pipeline.magnitudes import any_fault, outcome_fault
from impact.pipeline.replicates import with_replicates
from impact.schema.requests import Group, ModelRequest

# residual sum of squares, as a share of the total, that is rounding and nothing else
EXACT_FIT = 1e-24
MOST_NAMES = 5
Progress = Callable[[str, str, Mapping[str, object]], None]
NOTHING: Mapping[str, object] = MappingProxyType({})
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


def fit_models(
    frame: Frame,
    requests: Sequence[ModelRequest],
    *,
    seed: int | None,
    jobs: int,
    progress: Progress | None,
    stop: Event | None = None,
    memory: Memory | None = None,
) -> tuple[FittedModel, ...]:
    """Every request fitted, in the order of the plan whatever the number of jobs; none begins once ``stop`` is set.

    Arguments:
        memory: results of earlier runs, which are not estimated again.
    """

    def one(request: ModelRequest) -> FittedModel:
        if stop is not None and stop.is_set():
            return not_reached(request)
        fitted = fit_request(frame, request, seed=seed, progress=progress, memory=memory)
        if progress is not None:
            cached = memory is not None and memory.made_of(request.name).is_cached
            progress(request.name, "failed" if fitted.failed else "cached" if cached else "done", NOTHING)
        return fitted

    if jobs <= 1 or len(requests) < 2:
        return tuple(map(one, requests))
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return tuple(pool.map(one, requests))


def not_reached(request: ModelRequest) -> FittedModel:
    """A model that an interrupt kept from being estimated."""
    error = Interrupted(fault("E523", place=request.place, model=request.name))
    return FittedModel(request, (_failure(request, None, error),))


def fit_request(
    frame: Frame,
    request: ModelRequest,
    *,
    seed: int | None,
    progress: Progress | None = None,
    memory: Memory | None = None,
) -> FittedModel:
    """One model: for everybody, each group apart, or the groups in one interacted regression.

    Arguments:
        progress: told the design of a model that starts from who is treated from when, before it is estimated.
        memory: results of earlier runs.
    """
    fit = partial(_fit_group, frame, request, seed=seed, memory=memory)
    if request.grouping is None:
        return FittedModel(request, (fit(None, progress=progress),))
    groups = groups_of(frame, request)
    if request.grouping.mode == "split":
        return FittedModel(request, tuple(map(fit, groups)))
    results: list[ModelResult] = []
    names: dict[str, tuple[str, str]] = {}
    for dimensions in _by_dimensions(groups):
        fitted, found = _fit_interacted(frame, request, dimensions, seed, memory)
        results += fitted
        names |= found
    return FittedModel(request, tuple(results), names)


def _by_dimensions(groups: Iterable[Group]) -> list[list[Group]]:
    """Groups of the same dimensions belong to one interacted regression."""
    found: dict[tuple[str, ...], list[Group]] = {}
    for group in groups:
        key = tuple(part.partition("=")[0] for part in (group.name or "").split(";"))
        found.setdefault(key, []).append(group)
    return list(found.values())


class Interrupted(EstimationError):
    """A model that was not reached before the run was interrupted."""


def _fit_group(
    frame: Frame,
    request: ModelRequest,
    group: Group | None,
    *,
    seed: int | None,
    progress: Progress | None = None,
    memory: Memory | None = None,
) -> ModelResult:
    name = None if group is None else group.name
    try:
        design = design_of(frame, request, group)
        if progress is not None and "adoption" in design.extra:
            facts: Any = design.extra["adoption"]
            progress(request.name, "design", facts)
        return fit_design(design, request, name, seed, memory)
    except ImpactError as error:
        return _failure(request, name, error)


def design_of(frame: Frame, request: ModelRequest, group: Group | None = None) -> Design:
    """The design of a request: of a regression, or of an estimator that starts from who is treated from when."""
    if not request.by_adoption:
        return build_design(frame, request, group)
    record: Any = catalog.ESTIMATORS.load(request.estimator)
    return build_adoption(frame, request, group, sums="sums" in record.accepts)


def _failure(request: ModelRequest, group: str | None, error: ImpactError) -> ModelResult:
    return ModelResult(
        request.name, group, None, None, None, placed(error, request), base=request.base, row=request.row,
        expect=request.expect,
    )  # fmt: skip


def placed(error: ImpactError, request: ModelRequest) -> ImpactError:
    """The error with the model as the place of faults that have none."""
    where = request.formula.place or request.place
    return type(error)(*(item if item.place else replace(item, place=where) for item in error.faults))


def _fit_interacted(
    frame: Frame,
    request: ModelRequest,
    groups: Sequence[Group],
    seed: int | None,
    memory: Memory | None = None,
) -> tuple[tuple[ModelResult, ...], Names]:
    """One regression of the groups that can be estimated; each of the others is a failure of its own."""
    designs: list[tuple[Design, str]] = []
    failed: list[ModelResult] = []
    for group in groups:
        try:
            design = build_design(frame, request, group)
            fit_design(design, replace(request, permute=None), group.name, seed, memory)
        except ImpactError as error:
            failed.append(_failure(request, group.name, error))
            continue
        designs.append((design, str(group.name or "all")))
    if not designs:
        return tuple(failed), {}
    assert request.grouping is not None
    try:
        stacked, names = stack_designs(
            [design for design, _ in designs],
            [group for _, group in designs],
            common_effects=request.grouping.common_effects,
        )
        return (fit_design(stacked, request, None, seed, memory), *failed), names
    except ImpactError as error:
        return (_failure(request, None, error), *failed), {}


def fit_design(
    design: Design, request: ModelRequest, group: str | None, seed: int | None, memory: Memory | None = None
) -> ModelResult:
    """Estimate, inference and permutation of one design, or what ``memory`` has of exactly these."""
    if seed is not None:
        design = replace(design, seed=spawn_seed(seed, request.name))
    make = partial(_estimated, design, request, group, seed)
    return make() if memory is None else memory.result(design, request, group, seed, make)


def _estimated(design: Design, request: ModelRequest, group: str | None, seed: int | None) -> ModelResult:
    estimate = estimate_design(design, request)
    rss, tss = estimate.fit.get("rss", 1.0), estimate.fit.get("tss", 1.0)
    if rss <= EXACT_FIT * tss:
        estimate = replace(estimate, notices=(*estimate.notices, notice("W507", of=request.name)))
    if estimate.dropped_terms:
        terms = "; ".join(f"{name} ({why})" for name, why in estimate.dropped_terms.items())
        found = notice("W506", of=request.name, terms=terms)
        estimate = replace(estimate, notices=(*estimate.notices, found))
    inference = _told_of_zeros(estimate, infer_design(estimate, design, request), request)
    permutation = permute_design(estimate, design, request, seed=seed)
    return ModelResult(
        request.name, group, estimate, inference, design, permutation=permutation, base=request.base,
        row=request.row, expect=request.expect,
    )  # fmt: skip


def _told_of_zeros(estimate: Estimate, inference: Inference, request: ModelRequest) -> Inference:
    """With W553 where an error of a term that is not zero itself is zero, unless the whole fit is exact (W507)."""
    zero = (inference.std_error == 0.0) & (estimate.params != 0.0)
    if not zero.any() or any(item.code == "W507" for item in estimate.notices):
        return inference
    names = [estimate.terms[j].name for j in np.flatnonzero(zero)]
    shown = ", ".join(names[:MOST_NAMES]) + (
        f" (+{len(names) - MOST_NAMES})" if len(names) > MOST_NAMES else ""
    )
    return replace(inference, notices=(*inference.notices, notice("W553", of=request.name, terms=shown)))


def estimate_design(design: Design, request: ModelRequest) -> Estimate:
    """The estimator of a request on a design.

    Raises:
        DesignError: E460 numbers whose powers are beyond the range of doubles.
    """
    record: Any = catalog.ESTIMATORS.load(request.estimator)
    beyond = outcome_fault(design)
    if beyond is not None:
        raise DesignError(beyond)
    try:
        estimate: Estimate = record.fit(design, request.options)
    except (ValueError, ArithmeticError) as error:
        beyond = None if isinstance(error, ImpactError) else any_fault(design)
        if beyond is None:
            raise
        raise DesignError(beyond) from error
    if estimate.dropped_terms and (beyond := any_fault(design)) is not None:
        # a column so small that its squares are zero is no collinear one
        raise DesignError(beyond)
    return estimate


def infer_design(estimate: Estimate, design: Design, request: ModelRequest) -> Inference:
    """The variance of a request on an estimate."""
    estimate = with_replicates(estimate, design, request)
    if estimate.parts and estimate.replicates is None:
        parts = [(part, infer_design(part, design, request)) for part in estimate.parts]
        return joined(parts, estimate.design or design)
    record: Any = catalog.VARIANCES.load(request.variance.keyword)
    made = estimate.design or design
    inference: Inference = record.infer(estimate, made, request.variance.options, request.level)
    if estimate.instrumented is not None:

        def again(other: Estimate) -> Inference:
            found: Inference = record.infer(other, made, request.variance.options, request.level)
            return found

        inference = with_robust_set(estimate, inference, again, of=request.name)
    if request.wild is not None:
        inference = with_wild(estimate, made, inference, request.wild, seed=made.seed)
    if request.bands:
        inference = with_bands(estimate, inference, seed=made.seed or 0)
    if request.variance.is_default:
        words = str(inference.variance.get("text", request.variance.keyword))
        spanish = str(inference.variance.get("text_es", words))
        found = notice("W519", of=request.name, variance=words, variance_es=spanish)
        inference = replace(inference, notices=(*inference.notices, found))
    return inference


def plain_variance(estimate: Estimate, design: Design, request: ModelRequest) -> Inference:
    """The variance of a request and nothing beside it, for estimates that only stand in for a regression."""
    own = replace(request.variance, is_default=False)
    return infer_design(estimate, design, replace(request, variance=own, wild=None, bands=False))


def permute_design(
    estimate: Estimate, design: Design, request: ModelRequest, *, seed: int | None
) -> Permutation | None:
    """Permutation inference where it is asked for.

    Raises:
        DesignError: E520 the model has no treated block to permute. SpecError: E182 drawn without a seed.
    """
    if request.permute is None:
        return None
    if estimate.parts:
        return permute_design(estimate.parts[0], design, request, seed=seed)
    made = estimate.design or design
    moves_doses = request.permute.sets == EXPOSURE
    if made.treatment is None and not moves_doses:
        raise DesignError(fault("E520", place=request.place))
    if moves_doses and request.permute_among is not None:
        raise DesignError(fault("E293", place=request.place, problem="`among` chooses among treated units"))
    found = (permute_exposure if moves_doses else permute)(
        estimate,
        made,
        request.permute,
        seed=spawn_seed(seed, request.name),
        level=request.level,
        candidates=Candidates(design.extra.get("eligible"), design.extra.get("strata")),  # type: ignore[arg-type]
    )
    if seed is None and not found.enumerated:
        raise SpecError(fault("E182", place=request.place, what="permute"))
    return found


def spawn_seed(seed: int | None, name: str) -> int:
    """The seed of one model or test: it depends on the spec's seed and the name, not on the order of models."""
    sequence = np.random.SeedSequence(entropy=seed or 0, spawn_key=(zlib.crc32(name.encode("utf-8")),))
    return int(sequence.generate_state(1)[0])
