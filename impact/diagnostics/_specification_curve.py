"""A specification curve read as a whole: median, signs, significance, and the inference over the curve.

Source: Simonsohn, Simmons and Nelson (2020). The verdict is a note: estimates of one curve share their data, and the
share of them that is significant is no test of anything without the shuffles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact.core.curves import CurveResult
from impact.core.findings import Finding
from impact.diagnostics._sentences import Words, both, joined, number, word
from impact.kernels.curve_statistics import CurveStatistics, curve_p_values, curve_statistics

KIND = "speccurve"
P_FIELDS = {
    "p_median": "median",
    "p_same_sign": "same_sign",
    "p_in_direction": "in_direction",
    "p_stouffer": "stouffer",
}


@dataclass(frozen=True, slots=True)
class CurveSummary:
    """What a curve says together.

    Arguments:
        statistics: None where no specification could be estimated. p_values: by statistic, empty without shuffles.
        n_run, n_failed: specifications. low, high: of the estimates.
    """

    statistics: CurveStatistics | None
    p_values: dict[str, float]
    n_run: int
    n_failed: int
    low: float = float("nan")
    high: float = float("nan")
    reps: int = 0


def summarize(curve: CurveResult, *, alpha: float) -> CurveSummary:
    """Statistics of the curve and their p-values over its shuffles.

    Arguments:
        alpha: below which a p-value counts as significant.
    """
    estimates = np.array([row.estimate for row in curve.rows])
    p_values = np.array([row.p_value for row in curve.rows])
    known = np.isfinite(estimates)
    if not np.any(known & np.isfinite(p_values)):
        return CurveSummary(None, {}, 0, len(estimates))
    actual = curve_statistics(estimates, p_values, alpha=alpha, direction=curve.direction)
    found: dict[str, float] = {}
    reps = 0
    if curve.drawn_estimates is not None and curve.drawn_p_values is not None:
        # what is missing in the curve itself is missing in its shuffles; a shuffle without any number counts for none
        able = np.any(np.isfinite(curve.drawn_p_values[:, known]), axis=1)
        reps = int(able.sum())
        drawn = curve_statistics(
            curve.drawn_estimates[able][:, known],
            curve.drawn_p_values[able][:, known],
            alpha=alpha,
            direction=curve.direction,
        )
        found = curve_p_values(actual, drawn, direction=curve.direction)
    return CurveSummary(
        statistics=actual,
        p_values=found,
        n_run=int(known.sum()),
        n_failed=int((~known).sum()),
        low=float(estimates[known].min()),
        high=float(estimates[known].max()),
        reps=reps,
    )


def curve_finding(
    curve: CurveResult,
    summary: CurveSummary,
    *,
    alpha: float,
    few_treated: bool = False,
    language: str = "en",
) -> Finding:
    """The line of the curve among the tests: the median, its p-value, and everything else in words.

    Arguments:
        few_treated: whether fewer than ten clusters of the base model are treated: clustered p-values then reject too
            often, and the sentence says so.
    """
    term = curve.rows[0].term
    median = None if summary.statistics is None else float(summary.statistics.median)
    said = [_sentences(curve, summary, term, alpha)]
    sentences = joined([*said, both("speccurve.few")] if few_treated else said)
    return Finding(
        test=KIND,
        kind=KIND,
        of=curve.base,
        term=term,
        statistic=median,
        p_value=summary.p_values.get("median"),
        verdict="note",
        sentence=word(sentences, language=language),
        details={"sentences": sentences, **summary_fields(curve, summary)},
    )


def summary_fields(curve: CurveResult, summary: CurveSummary) -> dict[str, object]:
    """The numbers of the summary, as the results hold them."""
    own = summary.statistics
    found: dict[str, object] = {
        "combinations": curve.n_combinations,
        "excluded": curve.n_excluded,
        "planned": len(curve.rows),
        "run": summary.n_run,
        "failed": summary.n_failed,
        "lowest": summary.low,
        "highest": summary.high,
        "direction": curve.direction,
        "permuted": list(curve.permuted),
        "reps": summary.reps,
    }
    for name in ("median", "same_sign", "significant", "in_direction", "stouffer"):
        found[name] = None if own is None else float(getattr(own, name))
    return found | {field: summary.p_values.get(name) for field, name in P_FIELDS.items()}


def _sentences(curve: CurveResult, summary: CurveSummary, term: str, alpha: float) -> Words:
    said: list[Words] = []
    own = summary.statistics
    if own is not None:
        said.append(
            both(
                "speccurve.sentence",
                term=term,
                run=summary.n_run,
                planned=len(curve.rows),
                model=curve.base,
                median=number(float(own.median)),
                low=number(summary.low),
                high=number(summary.high),
                same=f"{100 * float(own.same_sign):.0f}",
                significant=f"{100 * float(own.significant):.0f}",
                alpha=f"{100 * alpha:g}",
            )
        )
    if summary.n_failed:
        said.append(both("speccurve.failed", failed=summary.n_failed))
    if curve.n_excluded:
        said.append(both("speccurve.excluded", excluded=curve.n_excluded))
    possible = curve.n_combinations - curve.n_excluded
    if len(curve.rows) < possible:
        said.append(both("speccurve.drawn", planned=len(curve.rows), possible=possible))
    if curve.preferred is not None and np.isfinite(curve.rows[curve.preferred].estimate):
        said.append(both("speccurve.preferred", estimate=number(curve.rows[curve.preferred].estimate)))
    if own is not None and summary.p_values:
        said.append(
            both(
                "speccurve.permuted",
                reps=summary.reps,
                permuted=", ".join(curve.permuted),
                p_median=number(summary.p_values["median"]),
                p_share=number(summary.p_values["in_direction"]),
                p_stouffer=number(summary.p_values["stouffer"]),
                z=number(float(own.stouffer)),
            )
        )
    return joined(said)
