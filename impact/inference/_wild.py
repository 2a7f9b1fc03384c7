"""Wild cluster bootstrap of regressions: p-values and intervals that stand beside the model's own.

Residuals under the null (WCR) or without it (WCU) are multiplied by one random weight a cluster; the t of each draw is
compared with the actual one. With instruments both equations are drawn and estimated again, for the coefficient of one
endogenous regressor by two stages; of counts and choices the scores are multiplied, and there are p-values only.
Assumption: clusters are independent and none of them, treated ones included, is too special: with few treated clusters
WCR hardly ever rejects and WCU too often, so that neither is the primary inference there. Sources: Cameron, Gelbach and
Miller (2008); Davidson and MacKinnon (2010); Kline and Santos (2012) for scores; Roodman, MacKinnon, Nielsen and Webb
(2019); MacKinnon and Webb (2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

import impact.kernels.wild_bootstrap as kernel
from impact.core.arrays import Floats
from impact.core.designs import Design, Factor
from impact.core.errors import DesignError, EstimationError, Notice, SpecError
from impact.core.estimates import Estimate, Inference, Linear
from impact.core.options import Options
from impact.core.texts import fault, notice
from impact.inference._clusters import cluster_factors, named
from impact.inference._intervals import FEW_TREATED, linear_of, number, present_levels, treated_clusters
from impact.inference._wild_scores import MARGINAL, of_scores
from impact.inference._wild_tests import (
    Comparison,
    PValue,
    Setting,
    basis_of,
    of_column,
    of_instrumented,
)
from impact.kernels.cluster_robust import intersect, parts
from impact.kernels.factors import compress
from impact.kernels.resampling import all_signs, multipliers

# weights (draws × groups) held in memory
LARGEST = 50_000_000
INTERCEPT = "Intercept"
AGREEMENT = 1e-6


class WildOptions(Options):
    """Options of the wild cluster bootstrap."""

    reps: int = Field(9999, ge=99, le=1_000_000, description="Draws; all sign vectors where they are fewer.")
    weights: Literal["rademacher", "webb", "mammen", "normal"] = Field(
        "rademacher", description="Law of the weights; webb with fewer than about ten clusters."
    )
    impose_null: bool = Field(True, description="Residuals under the null (WCR), or without it (WCU).")
    type: Literal["WCR", "WCU"] | None = Field(
        None, description="WCR or WCU: another way to write impose_null."
    )
    cluster: str | tuple[str, ...] = Field(
        (), description="Clusters of the test; default: those of the model's variance."
    )
    subcluster: str = Field(
        "", description="Column whose groups share a weight; default: the cluster with the fewest groups."
    )
    studentised: bool = Field(True, description="Compare t (true), or the estimates themselves.")
    p_value: Literal["symmetric", "equal_tail"] = Field(
        "symmetric", description="Absolute values, or twice the smaller tail."
    )
    ties: Literal["count", "strict"] = Field(
        "count",
        description="Draws equal to the actual statistic (to 1e-10): count them, or only larger ones.",
    )


def wild_columns(options: WildOptions | None) -> tuple[str, ...]:
    """The cluster variables that the options name."""
    return () if options is None else (*named(options.cluster), *named(options.subcluster))


def with_wild(
    estimate: Estimate, design: Design, inference: Inference, options: WildOptions, *, seed: int | None
) -> Inference:
    """The inference with p_wild, ci_low_wild, ci_high_wild of the treatment terms (of all terms without one).

    Notices: W531 intervals without an end, W532 few treated clusters, W534 few different draws.

    Raises:
        SpecError: E182 drawn without a seed, E565 ``type`` contradicts ``impose_null``.
        DesignError: E534, E535 cluster variables, E565 none; E566 too many draws × clusters.
        EstimationError: E531, E549 no maximum under the null, E566 another criterion, several endogenous regressors or
            another method than two stages (or without t), E533 too many effects outside the clusters.
    """
    restricted = _is_restricted(options)
    linear = linear_of(estimate, "wild")
    clusters = _clusters(design, inference, options)
    setting = _setting(design, clusters, options, seed)
    tested = _tested(estimate)
    columns = {
        name: np.full(len(estimate.terms), np.nan) for name in ("p_wild", "ci_low_wild", "ci_high_wild")
    }
    how = Comparison(
        restricted,
        options.studentised,
        "equal" if options.p_value == "equal_tail" else "symmetric",
        options.ties == "count",
    )
    for j, (p_at, error) in _tests(estimate, design, linear, setting, how, tested):
        value = float(estimate.params[j])
        columns["p_wild"][j] = p_at(value)
        if linear.family is not None:
            continue
        low, high = kernel.invert(p_at, value, error, inference.level)
        columns["ci_low_wild"][j], columns["ci_high_wild"][j] = low, high
    notices = _notices(estimate, design, clusters, setting, columns, level=inference.level)
    facts = _facts(options, clusters, setting, restricted=restricted)
    facts["method"] = "residuals" if linear.family is None else "scores"
    return replace(
        inference,
        extra={**inference.extra, **columns},
        variance={**inference.variance, "wild": facts},
        notices=(*inference.notices, *notices),
    )


def _tested(estimate: Estimate) -> tuple[int, ...]:
    """The treatment terms, or all but the constant; with instruments the instrumented one."""
    if estimate.instrumented is not None:
        return estimate.instrumented.focus
    own = tuple(
        j for j, term in enumerate(estimate.terms) if term.name != INTERCEPT and term.kind != MARGINAL
    )
    return estimate.focus or own


def _tests(
    estimate: Estimate,
    design: Design,
    linear: Linear,
    setting: Setting,
    how: Comparison,
    tested: tuple[int, ...],
) -> Iterator[tuple[int, tuple[PValue, float]]]:
    """For each tested term its p-value by hypothesis and its standard error."""
    if estimate.instrumented is not None:
        yield tested[0], of_instrumented(estimate, linear, setting, how)
        return
    if linear.family is not None:
        for j in tested:
            yield j, of_scores(estimate, design, linear, setting, how, j)
        return
    _refuse_other_models(estimate, design, linear, tested)
    basis = basis_of(linear, setting)
    for j in tested:
        yield j, of_column(linear, basis, setting, how, j)


def _is_restricted(options: WildOptions) -> bool:
    """Whether the null is imposed; E565 where the two ways of saying so differ."""
    if options.type is None:
        return options.impose_null
    if "impose_null" in options.model_fields_set and options.impose_null != (options.type == "WCR"):
        raise SpecError(fault("E565", problem=f"type {options.type} contradicts impose_null"))
    return options.type == "WCR"


def _clusters(design: Design, inference: Inference, options: WildOptions) -> tuple[Factor, ...]:
    """Clusters of the test: those named, else those of the variance."""
    names = named(options.cluster) or tuple(inference.n_clusters)
    if not names:
        raise DesignError(fault("E565", problem="there is no cluster variable"))
    return cluster_factors(design, names)


def _setting(design: Design, clusters: tuple[Factor, ...], options: WildOptions, seed: int | None) -> Setting:
    pieces = parts([cluster.codes for cluster in clusters], [cluster.levels for cluster in clusters])
    coarsest = min(clusters, key=present_levels)
    own = cluster_factors(design, (options.subcluster,))[0] if options.subcluster else coarsest
    codes, levels = own.codes, own.levels
    if options.subcluster and len(clusters) == 1:
        codes, levels = intersect([codes, coarsest.codes], [levels, coarsest.levels])
    codes, kept = compress(codes, levels)
    groups = len(kept)
    enumerated = options.weights == "rademacher" and groups < 30 and 2**groups <= options.reps
    if options.reps * groups > LARGEST:
        raise DesignError(fault("E566", problem=f"{number(options.reps)} draws of {number(groups)} groups"))
    if not enumerated and seed is None:
        raise SpecError(fault("E182", what="wild"))
    weights = (
        all_signs(groups) if enumerated else multipliers(options.weights, options.reps, groups, seed or 0)
    )
    return Setting(tuple(pieces), codes, groups, weights, enumerated)


def _refuse_other_models(estimate: Estimate, design: Design, linear: Linear, tested: tuple[int, ...]) -> None:
    """Refuse fits by other criteria than least squares of the design's outcome."""
    if len(design.y) != len(linear.residual):
        raise EstimationError(fault("E566", problem=f"estimator {estimate.estimator}"))
    weighted = design.y if linear.weights is None else design.y * linear.weights
    again = linear.bread @ (linear.x.T @ weighted)
    spread = np.sqrt(np.abs(np.diagonal(linear.bread))) * float(np.sqrt(np.mean(linear.residual**2)))
    for j in tested:
        if abs(again[j] - estimate.params[j]) > AGREEMENT * max(abs(estimate.params[j]), spread[j]):
            raise EstimationError(fault("E566", problem=f"estimator {estimate.estimator}"))


def _facts(
    options: WildOptions, clusters: tuple[Factor, ...], setting: Setting, *, restricted: bool
) -> dict[str, object]:
    """How it was made, as stored in the results."""
    return {
        "type": "WCR" if restricted else "WCU",
        "weights": options.weights,
        "draws": len(setting.weights),
        "enumerated": setting.enumerated,
        "by": [cluster.name for cluster in clusters],
        "groups": setting.groups,
        "subcluster": options.subcluster or None,
        "studentised": options.studentised,
        "p_value": options.p_value,
        "ties": options.ties,
    }


def _notices(
    estimate: Estimate,
    design: Design,
    clusters: tuple[Factor, ...],
    setting: Setting,
    columns: Mapping[str, Floats],
    *,
    level: float,
) -> tuple[Notice, ...]:
    found: list[Notice] = []
    endless = np.isinf(columns["ci_low_wild"]) | np.isinf(columns["ci_high_wild"])
    if endless.any():
        names = ", ".join(term.name for term, own in zip(estimate.terms, endless, strict=True) if own)
        found.append(notice("W531", of=design.outcome, terms=names))
    treated = treated_clusters(design, clusters[0])
    if treated is not None and treated < FEW_TREATED:
        found.append(notice("W532", of=design.outcome, n=treated, by=clusters[0].name))
    different = 2 ** (setting.groups - 1) if setting.groups < 60 else len(setting.weights)
    if setting.enumerated and 1.0 / different >= 1.0 - level:
        found.append(notice("W534", of=design.outcome, count=different, smallest=f"{1.0 / different:.3g}"))
    return tuple(found)
