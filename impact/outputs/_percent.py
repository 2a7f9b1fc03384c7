"""Percentage effects of coefficients on the logarithm of an outcome, or on the log mean of a count.

    exact      100 (exp b − 1)          error 100 exp(b) se, by the delta method; interval: that of b, transformed
    Kennedy    100 (exp(b − V / 2) − 1) the same with the leading bias of exp b taken away (Kennedy 1981)

A coefficient of 0.5 is 65 per cent, not 50 (Halvorsen and Palmquist 1980). The transformed interval covers as often as
that of b.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from impact.core.designs import INTERCEPT
from impact.outputs._document import Entry
from impact.outputs._numbers import is_number

# estimators whose coefficients are not changes of the outcome or of its logarithm
OTHERS = ("logit", "probit", "survey_mean", "survey_proportion", "survey_total")


def percent_of(change: float) -> float:
    """Per cent by which an outcome changes whose logarithm changes by ``change``."""
    try:
        return 100.0 * math.expm1(change)
    except OverflowError:
        return math.inf


def percentages(row: Entry, estimator: str) -> Mapping[str, float]:
    """The percentage effects of a row of results, by field; none where the row is no such coefficient.

    Arguments:
        row: with estimate, std_error and the limits of its interval. estimator: keyword of its model.
    """
    estimate, error = row.get("estimate"), row.get("std_error")
    if estimator in OTHERS or row.get("term") == INTERCEPT or not is_number(estimate):
        return {}
    found = {"percent": percent_of(float(estimate))}
    if is_number(error):
        found["percent_std_error"] = (found["percent"] + 100.0) * float(error)
        found["percent_kennedy"] = percent_of(float(estimate) - float(error) ** 2 / 2.0)
    for end, field in (("ci_low", "percent_ci_low"), ("ci_high", "percent_ci_high")):
        if is_number(row.get(end)):
            found[field] = percent_of(float(row[end]))
    return found
