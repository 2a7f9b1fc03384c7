"""Differences before treatment: are they zero together, and how large could they still be.

Joint test: all effects before treatment are zero (Wald). Effects by cohort and period are tested where a model has them
(the test of Callaway and Sant'Anna), else its rows by event time; where those are more than their covariance can tell
apart, the event rows. A test that does not reject says little: its power may be small (see `pretrend_power`).

Equivalence: every row before treatment lies within ±D, shown by two one-sided tests of each row, of which all have to
reject (intersection-union: the largest p counts). Without D the smallest bound is said that the rows would pass:

    max over rows of |b| + t_{1−α} se.

Sources: Callaway and Sant'Anna (2021), remark 4; Berger and Hsu (1996); Dette and Schumann (2024), Journal of Business
and Economic Statistics 42, section 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.findings import Finding, ModelResult, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.diagnostics._event_rows import (
    NO_LEADS,
    RESIDUALS,
    Rows,
    anticipation_of,
    are_residuals,
    asked_models,
    before_treatment,
    rows_of,
)
from impact.diagnostics._joint_test import joint_statistic, joint_test, rank_of
from impact.diagnostics._reading import FEW_TREATED, upper_quantile, upper_tail
from impact.diagnostics._sentences import both, joined, number, probability, word
from impact.diagnostics._subjects import failed, nothing


class PretrendOptions(Options):
    """Options of the test of differences before treatment."""

    rows: Literal["auto", "event", "att_gt"] = Field(
        "auto",
        description="Effects tested together: by cohort and period (att_gt) where there are any, or event rows.",
    )
    equivalence: float | None = Field(
        None,
        gt=0,
        description="Bound, in units of the outcome: are all differences before treatment within it?",
    )
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level of the joint and of each one-sided test.")


@dataclass(frozen=True, slots=True)
class Bounded:
    """Two one-sided tests of rows: estimates' places sorted as given, p (m,) at a bound, smallest bound that passes."""

    p_values: Floats
    smallest: float
    largest: int


def examine(question: Question, options: PretrendOptions) -> tuple[Finding, ...]:
    """One finding a model on the joint test, and one on equivalence where a bound is given.

    The joint test fails where it rejects and is a note otherwise; equivalence passes where it is shown.
    """
    found: list[Finding] = []
    for result in asked_models(question):
        if are_residuals(result):
            found.append(nothing(question, result, RESIDUALS))
            continue
        kinds = ("att_gt", "event") if options.rows == "auto" else (options.rows,)
        tables = [before_treatment(rows_of(result, kind), anticipation_of(result)) for kind in kinds]
        tables = [rows for rows in tables if rows.names]
        if not tables:
            found.append(nothing(question, result, NO_LEADS))
            continue
        # equivalence is about the rows a reader sees: event rows come last
        found.append(_joint(question, options, result, tables))
        if options.equivalence is not None:
            found.append(_equivalent(question, options, result, tables[-1]))
    return (*found, *failed(question))


def bounded(rows: Rows, bound: float, alpha: float) -> Bounded:
    """Two one-sided tests of every row against ±bound."""
    errors = np.sqrt(np.diag(rows.covariance))
    sizes = np.abs(rows.params)
    p_values = np.array(
        [
            upper_tail(rows.df, (bound - size) / error)
            for size, error in zip(sizes.tolist(), errors.tolist(), strict=True)
        ]
    )
    reach = sizes + upper_quantile(rows.df, alpha) * errors
    return Bounded(p_values, float(reach.max()), int(np.argmax(sizes)))


def _joint(question: Question, options: PretrendOptions, result: ModelResult, tables: list[Rows]) -> Finding:
    tested = [(rows, joint_test(rows.params, rows.covariance, rows.df)) for rows in tables]
    rows, joint = next((pair for pair in tested if pair[1] is not None), tested[-1])
    few = _few_treated(result)
    bound = bounded(tables[-1], math.inf, options.alpha).smallest
    if joint is None:
        said = both(
            "honest.pretrend_singular",
            model=result.label,
            count=len(rows.names),
            rank=rank_of(rows.covariance),
        )
        verdict = "note"
    else:
        rejected = joint.p_value < options.alpha
        verdict = "fail" if rejected else "warn" if few else "note"
        said = both(
            "honest.pretrend_rejected" if rejected else "honest.pretrend_kept",
            model=result.label,
            count=len(rows.names),
            statistic=joint_statistic(joint),
            p=probability(joint.p_value),
        )
    reach = both("honest.pretrend_bound", bound=number(bound), level=f"{100 * (1 - options.alpha):g}")
    sentences = joined([said, reach, *([both("finding.wald_few")] if few else [])])
    return Finding(
        test=question.test,
        kind=question.kind,
        of=result.name,
        statistic=None if joint is None else joint.statistic,
        df=None if joint is None else float(joint.df),
        df2=None if joint is None or math.isinf(joint.df2) else joint.df2,
        p_value=None if joint is None else joint.p_value,
        verdict=verdict,
        sentence=word(sentences, language=question.language),
        details={
            "group": result.group,
            "part": "joint",
            "tested": rows.names,
            "law": "chi2" if math.isinf(rows.df) else "f",
            "smallest_bound": bound,
            "rows": _table(tables[-1]),
            "sentences": sentences,
        },
    )


def _equivalent(question: Question, options: PretrendOptions, result: ModelResult, rows: Rows) -> Finding:
    bound = float(options.equivalence or 0.0)
    found = bounded(rows, bound, options.alpha)
    p = float(found.p_values.max())
    passed = p < options.alpha
    few = _few_treated(result)
    estimate = float(rows.params[found.largest])
    said = both(
        "honest.equivalence_pass" if passed else "honest.equivalence_note",
        model=result.label,
        bound=number(bound),
        largest=rows.names[found.largest],
        estimate=number(estimate),
        p=probability(p),
        smallest=number(found.smallest),
    )
    sentences = joined([said, *([both("finding.wald_few")] if few else [])])
    return Finding(
        test=question.test,
        kind=question.kind,
        of=result.name,
        term=rows.names[found.largest],
        statistic=estimate,
        df=None if math.isinf(rows.df) else rows.df,
        p_value=p,
        verdict="warn" if few else "pass" if passed else "note",
        sentence=word(sentences, language=question.language),
        details={
            "group": result.group,
            "part": "equivalence",
            "bound": bound,
            "smallest_bound": found.smallest,
            "p_values": dict(zip(rows.names, found.p_values.tolist(), strict=True)),
            "rows": _table(rows),
            "sentences": sentences,
        },
    )


def _few_treated(result: ModelResult) -> bool:
    treated = None if result.inference is None else result.inference.n_treated_clusters
    return treated is not None and treated < FEW_TREATED


def _table(rows: Rows) -> list[dict[str, object]]:
    errors = np.sqrt(np.diag(rows.covariance))
    return [
        {"term": name, "event_time": float(time), "estimate": float(estimate), "std_error": float(error)}
        for name, time, estimate, error in zip(rows.names, rows.times, rows.params, errors, strict=True)
    ]


DIAGNOSTIC = Diagnostic(
    summary="Effects before treatment: jointly zero, and within which bound",
    options=PretrendOptions,
    examine=examine,
    references=(
        "Callaway and Sant'Anna 2021",
        "Berger and Hsu 1996",
        "Dette and Schumann 2024",
        "Roth 2022",
    ),
)
