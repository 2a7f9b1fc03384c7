"""Intervals that hold when trends are not parallel, but not too far from it (Rambachan and Roth 2023).

    β = τ + δ,   δ ∈ Δ

with δ what an event study would show without any effect. Restrictions Δ:

    relative_magnitude   a change of δ between periods is at most M̄ times the largest one before treatment
    smoothness           the slope of δ changes by at most M a period (M = 0: a linear trend goes on)
    relative_smoothness  it changes by at most M̄ times the largest change of slope before treatment

each, if asked for, with departures of one sign after treatment (`sign`) or that only grow or fall (`monotone`).
The interval covers the effect with the stated probability for every δ in Δ. The breakdown value is the largest M or M̄
for which zero is still outside the interval. Smoothness alone takes the shortest fixed-length interval (flci), with the
exact folded normal law; all others test conditionally (c_f: after the fixed-length interval of level α/10; c_lf: after
the least favourable test of level α/10). Nothing is drawn: critical values are integrated over 4,096 fixed points.
Rows must be relative to one period (`base_period: universal`). Source: Rambachan and Roth (2023), A More Credible
Approach to Parallel Trends, Review of Economic Studies 90; R package HonestDiD has the same defaults.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.errors import DesignError, Fault, SpecError
from impact.core.findings import Finding, ModelResult, Question
from impact.core.labels import number_label
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.texts import fault
from impact.diagnostics._event_rows import (
    NO_LEADS,
    RESIDUALS,
    EventStudy,
    Obstacle,
    anticipation_of,
    are_residuals,
    asked_models,
    before_treatment,
    event_study,
    refusal,
    rows_of,
)
from impact.diagnostics._reading import finite
from impact.diagnostics._sentences import Words, both, number, word
from impact.diagnostics._subjects import failed, nothing
from impact.kernels.honest.intervals import (
    Restriction,
    Study,
    breakdown,
    interval_at,
    largest_credible,
    original,
)
from impact.kernels.honest.rays import TooManyRaysError

Kind = Literal["relative_magnitude", "smoothness", "relative_smoothness"]
RELATIVE_M = (0.0, 0.5, 1.0, 1.5, 2.0)
SMOOTH_STEPS = 4
NEEDED = {"relative_magnitude": 1, "smoothness": 1, "relative_smoothness": 2}


class HonestDidOptions(Options):
    """Options of honest intervals."""

    restriction: Kind | tuple[Kind, ...] = Field(
        ("relative_magnitude", "smoothness"),
        description="What departures from parallel trends may be: one or several of these.",
    )
    m: tuple[float, ...] | None = Field(
        None,
        description="Bounds M̄ of the relative restrictions, or M in units of the outcome if only smoothness is asked; "
        "default: 0 to 2.",
    )
    m_smoothness: tuple[float, ...] | None = Field(
        None,
        description="Bounds M of smoothness, in units of the outcome; default: five, up to the largest change of slope "
        "that the periods before treatment do not rule out.",
    )
    sign: Literal["positive", "negative"] | None = Field(
        None, description="Departures after treatment have this sign."
    )
    monotone: Literal["increasing", "decreasing"] | None = Field(
        None, description="Departures only grow, or only fall, after treatment."
    )
    target: Literal["first", "average"] | tuple[float, ...] | float = Field(
        "first",
        description="Effect: of the first treated period, the average of all treated ones, an event time, "
        "or a weight for each treated period.",
    )
    method: Literal["auto", "flci", "c_f", "c_lf"] = Field(
        "auto",
        description="flci (smoothness alone), c_f (smoothness) or c_lf; auto: flci, c_f with sign or monotone, "
        "c_lf for relative restrictions.",
    )
    alpha: float | None = Field(
        None, gt=0, lt=0.5, description="One minus the level of intervals; default: from the spec's level."
    )


# one bound: its interval, an end None where there is none
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One restriction for one effect: the interval at any bound, and the bounds asked for."""

    study: Study
    restriction: Restriction
    bounds: tuple[float, ...]
    alpha: float
    ends: Callable[[float], tuple[float, float]]


def examine(question: Question, options: HonestDidOptions) -> tuple[Finding, ...]:
    """One finding a model and restriction: ``statistic`` is the breakdown value, ``details["rows"]`` the intervals.

    Raises:
        SpecError: E619 a term is named, E621 a target that the model has not, E622 options that do not go together.
        DesignError: E590 rows without one reference period, E591 gaps, E592 too few periods before treatment, E593 a
            singular covariance, E594 a restriction with too many sides.
    """
    kinds = (options.restriction,) if isinstance(options.restriction, str) else options.restriction
    _refuse(question, options, kinds)
    found: list[Finding] = []
    for result in asked_models(question):
        if are_residuals(result):
            found.append(nothing(question, result, RESIDUALS))
            continue
        leads = before_treatment(rows_of(result, "event"), anticipation_of(result))
        if not leads.names:
            found.append(nothing(question, result, NO_LEADS))
            continue
        study = event_study(result)
        if isinstance(study, Obstacle):
            raise refusal(study)
        target = target_weights(question, options, study, result.name)
        for kind in kinds:
            asked = _asked(question, options, (study, target, result.name), kind)
            found.append(_finding(question, options, result, asked))
    return (*found, *failed(question))


def _refuse(question: Question, options: HonestDidOptions, kinds: Iterable[str]) -> None:
    """E622: options that do not go together."""
    asked = set(kinds)
    problem = ""
    if options.method == "flci" and (asked != {"smoothness"} or options.sign or options.monotone):
        problem = "`method: flci` is for `restriction: smoothness` without sign and monotone"
    elif options.method == "c_f" and asked != {"smoothness"}:
        problem = "`method: c_f` is for `restriction: smoothness`"
    elif options.m_smoothness is not None and "smoothness" not in asked:
        problem = "`m_smoothness` without `restriction: smoothness`"
    elif options.m_smoothness is not None and options.m is not None and asked == {"smoothness"}:
        problem = "`m` and `m_smoothness` for smoothness alone"
    elif any(bound < 0 for bound in (*(options.m or ()), *(options.m_smoothness or ()))):
        problem = "a bound below zero"
    if problem:
        raise SpecError(fault("E622", test=question.test, problem=problem))


def target_weights(question: Question, options: HonestDidOptions, study: EventStudy, model: str) -> Floats:
    """(q,) weights of the effect asked for over the rows after the base, zero before treatment.

    Raises:
        SpecError: E621 an event time that the model does not have, or not one weight for each treated period.
    """
    times = study.times[study.before :]
    treated = times[study.first :]
    weights = np.zeros(len(times))
    if options.target == "average":
        weights[study.first :] = 1 / len(treated)
    elif options.target == "first":
        weights[study.first] = 1.0
    elif isinstance(options.target, tuple):
        if len(options.target) != len(treated) or not any(options.target):
            raise SpecError(_wrong_target(question, model, options.target, treated))
        weights[study.first :] = options.target
    else:
        if options.target not in treated.tolist():
            raise SpecError(_wrong_target(question, model, options.target, treated))
        weights[times == options.target] = 1.0
    return weights


def _wrong_target(question: Question, model: str, target: object, treated: Floats) -> Fault:
    shown = ", ".join(f"{time:g}" for time in treated)
    return fault("E621", test=question.test, model=model, target=str(target), times=shown, count=len(treated))


def _asked(
    question: Question, options: HonestDidOptions, about: tuple[EventStudy, Floats, str], kind: Kind
) -> Asked:
    events, target, model = about
    study = events.towards(target)
    if study.before < NEEDED[kind]:
        raise DesignError(fault("E592", model=model, count=study.before, needed=NEEDED[kind]))
    free = not (options.sign or options.monotone)
    usual = "c_lf" if kind != "smoothness" else "flci" if free else "c_f"
    method = usual if options.method == "auto" else options.method
    restriction = Restriction(kind, options.sign or "", options.monotone or "", method)
    alpha = 1 - question.level if options.alpha is None else options.alpha
    try:
        ends = interval_at(study, restriction, alpha)
    except TooManyRaysError:
        count = len(target)
        raise DesignError(fault("E594", test=question.test, model=model, count=count)) from None
    return Asked(study, restriction, _bounds(options, kind, study, alpha), alpha, ends)


def _bounds(options: HonestDidOptions, kind: Kind, study: Study, alpha: float) -> tuple[float, ...]:
    """The bounds asked for, or the usual ones."""
    if kind != "smoothness":
        return RELATIVE_M if options.m is None else options.m
    if options.m_smoothness is not None:
        return options.m_smoothness
    alone = options.restriction in ("smoothness", ("smoothness",))
    if alone and options.m is not None:
        return options.m
    largest = largest_credible(study, alpha)
    top = study.std_error if math.isnan(largest) else largest
    return tuple(top * step / SMOOTH_STEPS for step in range(SMOOTH_STEPS + 1))


def _finding(question: Question, options: HonestDidOptions, result: ModelResult, asked: Asked) -> Finding:
    kind, study = asked.restriction.kind, asked.study
    usual = original(study, asked.alpha)
    rows = [_row(kind, bound, asked.ends(bound), asked.restriction.method) for bound in asked.bounds]
    value = breakdown(asked.ends, study.std_error if kind == "smoothness" else 1.0)
    last = rows[-1] if rows else {}
    sentences = _sentences(result, options, asked, (value, usual, rows))
    return Finding(
        test=question.test,
        kind=question.kind,
        of=result.name,
        term=_target_name(options),
        statistic=finite(value),
        ci_low=last.get("ci_low"),
        ci_high=last.get("ci_high"),
        verdict=_verdict(kind, value, usual),
        sentence=word(sentences, language=question.language),
        details={
            "group": result.group,
            "restriction": kind,
            "sign": asked.restriction.sign or None,
            "monotone": asked.restriction.monotone or None,
            "method": asked.restriction.method,
            "target": _target_name(options),
            "level": 1 - asked.alpha,
            "estimate": study.estimate,
            "std_error": study.std_error,
            "original": {"ci_low": usual[0], "ci_high": usual[1]},
            "breakdown": finite(value),
            "breakdown_unbounded": math.isinf(value),
            "rows": rows,
            "sentences": sentences,
        },
    )


def _row(kind: str, bound: float, ends: tuple[float, float], method: str) -> Row:
    """One interval; an end is None where it is infinite, both where the estimates reject the restriction."""
    low, high = map(finite, ends)
    return {
        "restriction": kind,
        "m": float(bound),
        "ci_low": low,
        "ci_high": high,
        "method": method,
        "empty": math.isnan(ends[0]),
    }


def _verdict(kind: str, value: float, usual: tuple[float, float]) -> str:
    """Relative restrictions pass where the effect outlives departures as large as those seen before treatment."""
    if usual[0] <= 0 <= usual[1]:
        return "note"
    if value == 0:
        return "warn"
    if kind == "smoothness":
        return "note"
    return "pass" if value >= 1 else "warn"


def _target_name(options: HonestDidOptions) -> str:
    if isinstance(options.target, str):
        return options.target
    if isinstance(options.target, tuple):
        return "weights(" + ", ".join(f"{weight:g}" for weight in options.target) + ")"
    return f"event[{number_label(options.target)}]"


def _sentences(
    result: ModelResult,
    options: HonestDidOptions,
    asked: Asked,
    found: tuple[float, tuple[float, float], list[Row]],
) -> Words:
    value, usual, rows = found
    key = "covers_zero" if usual[0] <= 0 <= usual[1] else "never" if math.isinf(value) else "breakdown"
    last = rows[-1] if rows else {}
    return both(
        f"honest.did_{'at_once' if key == 'breakdown' and value == 0 else key}",
        model=result.label,
        target=_target_words(options),
        restriction=both(f"honest.restriction_{asked.restriction.kind}"),
        breakdown=number(value),
        level=f"{100 * (1 - asked.alpha):g}",
        low=number(usual[0]),
        high=number(usual[1]),
        m=number(last.get("m")),
        m_low=number(last.get("ci_low")),
        m_high=number(last.get("ci_high")),
    )


def _target_words(options: HonestDidOptions) -> Words:
    if isinstance(options.target, str):
        return both(f"honest.target_{options.target}")
    name = _target_name(options)
    return {"en": name, "es": name}


DIAGNOSTIC = Diagnostic(
    summary="Intervals robust to departures from parallel trends, and the breakdown value",
    options=HonestDidOptions,
    examine=examine,
    references=("Rambachan and Roth 2023", "Andrews, Roth and Pakes 2023", "Armstrong and Kolesár 2018"),
)
