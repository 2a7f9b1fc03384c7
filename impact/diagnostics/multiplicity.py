"""p-values adjusted over a family of estimates, from the p-values alone.

Family-wise: Bonferroni m·p; Holm, step-down (m − i + 1)·p_(i). False discovery rate: Benjamini–Hochberg
m·p_(i)/i, step-up; Benjamini–Yekutieli times Σ 1/j (valid under any dependence); sharpened two-stage q
on a grid of 0.001. Sources: Holm (1979); Benjamini and Hochberg (1995); Benjamini and Yekutieli (2001);
Benjamini, Krieger and Yekutieli (2006) as used by Anderson (2008).
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.diagnostics._adjusted import Family, adjusted_finding
from impact.diagnostics._sentences import both
from impact.diagnostics._subjects import failed, subjects

COLUMNS = {
    "bonferroni": "p_bonferroni",
    "holm": "p_holm",
    "benjamini_hochberg": "p_bh",
    "benjamini_yekutieli": "p_by",
    "sharpened_q": "q_sharpened",
}


class MultiplicityOptions(Options):
    """Options of the adjustments that need p-values alone."""

    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level at which a row counts as rejected.")


def adjust(p_values: Floats, method: str) -> Floats:
    """Adjusted p-values (q-values for the false discovery rate).

    Arguments:
        p_values: (m,) without missing values. method: a keyword of this file.

    Returns:
        (m,), in the order given.
    """
    if method == "bonferroni":
        return np.minimum(1.0, len(p_values) * p_values)
    if method == "holm":
        return _holm(p_values)
    if method == "sharpened_q":
        return _sharpened(p_values)
    q = _benjamini_hochberg(p_values)
    if method == "benjamini_yekutieli":
        unlimited = _benjamini_hochberg(p_values, limit=np.inf)
        return np.minimum(1.0, unlimited * float(np.sum(1.0 / np.arange(1, len(p_values) + 1))))
    return q


def _holm(p_values: Floats) -> Floats:
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    stepped = np.maximum.accumulate((count - np.arange(count)) * p_values[order])
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(1.0, stepped)
    return adjusted


def _benjamini_hochberg(p_values: Floats, *, limit: float = 1.0) -> Floats:
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    stepped = p_values[order] * count / np.arange(1, count + 1)
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(limit, np.minimum.accumulate(stepped[::-1])[::-1])
    return adjusted


def _sharpened(p_values: Floats) -> Floats:
    """Smallest q on the grid 1, 0.999, … 0.001 at which the two-stage procedure still rejects."""
    count, ordered = len(p_values), np.sort(p_values)
    adjusted = np.ones(count)
    for step in range(1000, 0, -1):
        q = step / 1000
        first = _rejected(ordered, q / (1 + q), count)
        remaining = count - first
        second = count if remaining == 0 else _rejected(ordered, q / (1 + q), remaining)
        threshold = ordered[second - 1] if second else -1.0
        adjusted[p_values <= threshold] = q
    return adjusted


def _rejected(ordered: Floats, q: float, count: int) -> int:
    """Number of the sorted p-values rejected by the step-up procedure at level q, ``count`` hypotheses being true."""
    below = np.flatnonzero(ordered <= q * np.arange(1, len(ordered) + 1) / count * (1 + 1e-12))
    return int(below[-1]) + 1 if len(below) else 0


def examine(question: Question, options: MultiplicityOptions) -> tuple[Finding, ...]:
    """One finding an estimate with a p-value: the adjusted one, also for the row's column of the method.

    The p-value is the one that the verdict reads: by permutation, or by the jackknife, with few treated
    clusters.
    """
    pairs = [(subject, subject.read()) for subject in subjects(question)]
    known = [(subject, reading.p_value) for subject, reading in pairs if reading.p_value is not None]
    p_values = np.array([own for _, own in known], dtype=np.float64)
    adjusted = adjust(p_values, question.kind) if len(p_values) else p_values
    method = both(f"method.{question.kind}")
    family = Family(len(known), options.alpha, COLUMNS[question.kind], method)
    found = [
        adjusted_finding(question, family, subject, own, float(value))
        for (subject, own), value in zip(known, adjusted, strict=True)
    ]
    return (*found, *failed(question))


DIAGNOSTIC = Diagnostic(
    summary="p-values adjusted over several estimates: Bonferroni, Holm, BH, BY, sharpened q",
    options=MultiplicityOptions,
    examine=examine,
    references=("Holm 1979", "Benjamini and Hochberg 1995", "Benjamini and Yekutieli 2001", "Anderson 2008"),
    keywords=("bonferroni", "holm", "benjamini_hochberg", "benjamini_yekutieli", "sharpened_q"),
)
