"""Omitted variables: how much they would have to explain to overturn an estimate, and how much observed ones do.

    |bias| = se √df √(R²_Y R²_D / (1 − R²_D))

R²_D is the share of the treatment, given the controls, that an omitted column explains, and R²_Y that of the outcome
given treatment and controls. The robustness value is the share of both at which the estimate falls by q; that at α the
share at which it could no longer be told from that value. Benchmarks bound what a column k times as strong as an
observed one could do. All of this is of the classical error, whatever variance the model asked for. Assumptions: the
regression is linear; for benchmarks, that what is omitted is unrelated to the controls. Several omitted columns do no
more than one that explains as much as they do together.
Source: Cinelli and Hazlett (2020), sections 3 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.diagnostics._least_squares import Products, columns_named, products_of
from impact.diagnostics._reading import upper_quantile
from impact.diagnostics._sentences import Words, both, joined, number, word
from impact.diagnostics._subjects import Subject, failed, subjects
from impact.kernels.omitted_variable import adjusted_error, benchmark_bound, largest_bias, robustness_value
from impact.kernels.partial_variation import partial_r2


class SensemakrOptions(Options):
    """Options of the sensitivity to omitted variables."""

    benchmarks: str | tuple[str | tuple[str, ...], ...] = Field(
        (), description="Controls to compare with, each alone or in groups: [female, [age, education]]."
    )
    multiples: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (1.0, 2.0, 3.0),
        min_length=1,
        description="How many times as strong as a benchmark the omitted column is taken to be.",
    )
    q: float = Field(1.0, gt=0, description="Share of the estimate that is taken away; 1: all of it.")
    alpha: float = Field(
        0.05, gt=0, lt=0.5, description="Level of the robustness value and of the intervals."
    )


@dataclass(frozen=True, slots=True)
class Case:
    """What the omitted columns are weighed against: the estimate, its classical error, and the value asked about."""

    estimate: float
    std_error: float
    df: float
    target: float
    critical: float


def examine(question: Question, options: SensemakrOptions) -> tuple[Finding, ...]:
    """One finding a coefficient; the statistic is the robustness value.

    pass: a column as strong as any benchmark (times the smallest multiple) leaves the interval on its side of what is
    asked about; warn: it does not; note: no benchmarks were named.

    Raises:
        SpecError: E670 a model that is not least squares, E671 an unknown benchmark.
    """
    found = [_finding(question, options, subject) for subject in subjects(question)]
    return (*found, *failed(question))


def _finding(question: Question, options: SensemakrOptions, subject: Subject) -> Finding:
    products = products_of(question, subject)
    estimate, error, df = float(products.params[products.position]), products.std_error, products.df
    case = Case(estimate, error, df, (1.0 - options.q) * estimate, upper_quantile(df - 1, options.alpha / 2))
    statistic = estimate / error
    explained = statistic**2 / (statistic**2 + df)
    value = robustness_value(statistic, df, share=options.q)
    value_at = robustness_value(statistic, df, share=options.q, critical=case.critical)
    rows = _rows(question, options, subject, products, case)
    worst = _worst(options, rows, case)
    verdict = "note" if worst is None else ("pass" if _clearance(worst, case) > 0 else "warn")
    sentences = _sentences(options, subject, case, (explained, value, value_at), worst)
    return Finding(
        test=question.test,
        kind=question.kind,
        of=subject.result.name,
        term=subject.term,
        statistic=value,
        df=df,
        verdict=verdict,
        sentence=word(sentences, language=question.language),
        details={
            "group": subject.result.group,
            "estimate": estimate,
            "std_error": error,
            "partial_r2": explained,
            "robustness_value": value,
            "robustness_value_alpha": value_at,
            "q": options.q,
            "alpha": options.alpha,
            "target": case.target,
            "critical": case.critical,
            "rows": rows,
            "sentences": sentences,
        },
    )


def _rows(
    question: Question, options: SensemakrOptions, subject: Subject, products: Products, case: Case
) -> list[dict[str, object]]:
    """One row a benchmark and multiple; a bound that no column can reach has no numbers."""
    asked = (options.benchmarks,) if isinstance(options.benchmarks, str) else options.benchmarks
    rows: list[dict[str, object]] = []
    for benchmark in asked:
        names = (benchmark,) if isinstance(benchmark, str) else benchmark
        columns = columns_named(question, subject, names, products)
        of_treatment = partial_r2(products.gram, products.position, columns)
        of_outcome = _outcome_r2(products, columns)
        for multiple in sorted(options.multiples):
            bound = benchmark_bound(of_treatment, of_outcome, multiple)
            row = {
                "benchmark": " + ".join(names),
                "multiple": multiple,
                "r2_treatment": _number(bound.r2_treatment),
                "r2_outcome": _number(bound.r2_outcome),
                "capped": bound.capped,
            }
            rows.append(row | _adjusted(case, bound.r2_treatment, bound.r2_outcome))
    return rows


def _adjusted(case: Case, r2_treatment: float, r2_outcome: float) -> dict[str, object]:
    """Estimate, error and interval with the omitted column in, its bias pulling towards what is asked about."""
    treatment, outcome = np.array(r2_treatment), np.array(r2_outcome)
    bias = float(largest_bias(case.std_error, case.df, treatment, outcome))
    error = float(adjusted_error(case.std_error, case.df, treatment, outcome))
    value = float(case.estimate - np.sign(case.estimate) * bias)
    return {
        "adjusted": _number(value),
        "std_error": _number(error),
        "statistic": _number((value - case.target) / error) if error > 0 else None,
        "ci_low": _number(value - case.critical * error),
        "ci_high": _number(value + case.critical * error),
    }


def _outcome_r2(products: Products, columns: list[int]) -> float:
    """Share of what the other columns leave of the outcome that a group explains: its Wald form over that and rss."""
    own = products.params[columns]
    gained = float(own @ np.linalg.solve(products.bread[np.ix_(columns, columns)], own))
    return gained / (gained + products.rss)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _worst(options: SensemakrOptions, rows: list[dict[str, object]], case: Case) -> dict[str, object] | None:
    """The row of the smallest multiple that comes nearest to what is asked about, or passes it by most.

    Bounds that no column can reach come first.
    """
    least = [row for row in rows if row["multiple"] == min(options.multiples)]
    return min(least, key=lambda row: _clearance(row, case), default=None)


def _clearance(row: dict[str, object], case: Case) -> float:
    """Distance of the nearer end of a row's interval from what is asked about, negative beyond it."""
    side = 1.0 if case.estimate > case.target else -1.0
    ends = [side * (end - case.target) for end in (row["ci_low"], row["ci_high"]) if isinstance(end, float)]
    return min(ends, default=float("-inf"))


def _sentences(
    options: SensemakrOptions,
    subject: Subject,
    case: Case,
    shares: tuple[float, float, float],
    worst: dict[str, object] | None,
) -> Words:
    explained, value, value_at = (number(100 * share) for share in shares)
    said = both(
        "sensitivity.sensemakr",
        term=subject.term,
        model=subject.label,
        explained=explained,
        value=value,
        value_at=value_at,
        target=number(case.target),
        level=f"{100 * (1 - options.alpha):g}",
    )
    parts = [said]
    if worst is not None:
        reached = worst["adjusted"] is not None
        parts.append(
            both(
                f"sensitivity.sensemakr_{'benchmark' if reached else 'unreachable'}",
                multiple=f"{min(options.multiples):g}",
                benchmark=str(worst["benchmark"]),
                adjusted=number(_as_float(worst["adjusted"])),
                low=number(_as_float(worst["ci_low"])),
                high=number(_as_float(worst["ci_high"])),
            )
        )
    if subject.inference.variance.get("kind") != "iid":
        parts.append(both("sensitivity.classical", error=number(case.std_error)))
    return joined(parts)


def _as_float(value: object) -> float | None:
    return value if isinstance(value, float) else None


DIAGNOSTIC = Diagnostic(
    summary="Robustness values and benchmark bounds for omitted variables",
    options=SensemakrOptions,
    examine=examine,
    references=("Cinelli and Hazlett 2020",),
)
