"""What a statistics office prints beside a figure: coefficient of variation, design effect, cases, and a grade.

    cv = se / |estimate|,   deff = se² / variance of a simple random sample as large

The grade counts the limits that cv exceeds: 0 reliable, 1 for reference only, 2 not reliable.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact.core.arrays import Floats
from impact.core.errors import Notice
from impact.core.estimates import Estimate, Inference
from impact.core.texts import notice
from impact.inference._intervals import number

SHOWN = 5


def with_quality(estimate: Estimate, found: Inference, *, of: str) -> Inference:
    """The inference of figures of a population with cv, deff, cases and quality (k,) beside; others as they are.

    Differences have no grade: a small one is no bad figure. Notice W691 names the figures above a limit.
    """
    simple = estimate.tables.get("simple_random_variance")
    if simple is None:
        return found
    size = np.abs(estimate.params)
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(size > 0, found.std_error / size, np.nan)
        deff = np.asarray(found.std_error**2 / np.asarray(simple, dtype=np.float64))
    limits = np.asarray(estimate.tables["cv_limits"], dtype=np.float64)
    figures = np.array([term.kind == "mean" for term in estimate.terms]) & np.isfinite(cv)
    quality = np.where(figures, np.sum(cv[:, None] > limits, axis=1), np.nan)
    extra = {"cv": cv, "deff": deff, "cases": np.asarray(estimate.tables["cases"], dtype=np.float64)}
    return replace(
        found,
        extra={**found.extra, **extra, "quality": quality},
        notices=(*found.notices, *_above(estimate, quality, limits, of)),
    )


def _above(estimate: Estimate, quality: Floats, limits: Floats, of: str) -> tuple[Notice, ...]:
    names = [term.name for term, grade in zip(estimate.terms, quality, strict=True) if grade > 0]
    if not names:
        return ()
    shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    limit = number(100 * float(limits[0]))
    return (
        notice(
            "W691", of=of, count=len(names), total=int(np.isfinite(quality).sum()), limit=limit, terms=shown
        ),
    )
