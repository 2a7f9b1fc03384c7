"""Simultaneous bands: intervals that cover all effects of a kind at once with the level's probability.

    estimate_j ± c σ_j,   c the quantile of max_j |Z_j|

over the terms of a family: event times, cells by cohort and period, cohorts, calendar periods, or doses. With draws
of a bootstrap, Z are the draws less the estimate over their standard errors, as in R's did (Callaway and Sant'Anna
2021, section 4.1); else Z is normal with the correlations of the estimates, divided by the root of χ²/df where the
law is t (plug-in sup-t: Montiel Olea and Plagborg-Møller 2019, algorithm 1). c is never below the pointwise critical
value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.estimates import Estimate, Inference
from impact.kernels.distributions import t_critical
from impact.kernels.resampling import order_quantile, sup_t

FAMILIES = ("event", "att_gt", "cohort", "calendar", "dose")
BLOCK = 8192
# an own stream, so that the draws of a bootstrap from the same seed are others
STREAM = 0x5B
# eigenvalues of a correlation matrix below this share of the largest are rounding
SMALLEST = 1e-12


def with_bands(estimate: Estimate, inference: Inference, *, seed: int, reps: int = 100_000) -> Inference:
    """The inference with ``band_low`` and ``band_high`` for every family of terms, NaN for the others.

    ``variance["bands"]`` tells of each family its critical value, number of terms, and the draws it comes from.

    Arguments:
        seed: of the plug-in draws; reps: how many (the draws of a bootstrap are taken as they are).
    """
    low, high = (np.full(len(estimate.terms), np.nan) for _ in range(2))
    facts: dict[str, Mapping[str, object]] = {}
    for number, (kind, members) in enumerate(_families(estimate, inference).items()):
        value, source, draws = _critical(estimate, inference, members, [STREAM, seed, number], reps)
        half = value * inference.std_error[members]
        low[members] = estimate.params[members] - half
        high[members] = estimate.params[members] + half
        facts[kind] = {"critical": value, "terms": len(members), "source": source, "draws": draws}
    variance = {**inference.variance, "bands": facts}
    return replace(inference, band_low=low, band_high=high, variance=variance)


def _families(estimate: Estimate, inference: Inference) -> dict[str, npt.NDArray[np.int64]]:
    """Positions of the terms of each kind that have an error."""
    defined = np.isfinite(inference.std_error) & (inference.std_error > 0)
    kinds = np.array([term.kind for term in estimate.terms])
    found = {kind: np.flatnonzero(defined & (kinds == kind)) for kind in FAMILIES}
    return {kind: members for kind, members in found.items() if len(members)}


def _critical(
    estimate: Estimate,
    inference: Inference,
    members: npt.NDArray[np.int64],
    seed: list[int],
    reps: int,
) -> tuple[float, str, int]:
    """Critical value of one family, where it comes from, and from how many draws."""
    df = float(np.min(inference.df[members]))
    pointwise = float(t_critical(inference.level, df))
    error = inference.std_error[members]
    if len(members) == 1:
        return pointwise, "pointwise", 0
    if inference.draws is not None:
        deviations = inference.draws[:, members] - estimate.params[members]
        usable = deviations[np.isfinite(deviations).all(axis=1)]
        stata = inference.variance.get("type") == "mammen"
        value = sup_t(usable, error, inference.level, stata=stata)
        return max(value, pointwise), "draws", len(usable)
    vcov = inference.vcov[np.ix_(members, members)]
    value = plug_in_critical(vcov / np.outer(error, error), df, inference.level, seed=seed, reps=reps)
    return max(value, pointwise), "plug-in", reps


def plug_in_critical(
    correlation: Floats, df: float, level: float, *, seed: int | list[int], reps: int
) -> float:
    """Quantile of the largest |t| of a normal (df infinite) or t vector with the given correlations (k, k)."""
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2.0)
    kept = values > SMALLEST * values[-1]
    root = (vectors[:, kept] * np.sqrt(values[kept])).T
    random = np.random.Generator(np.random.PCG64(seed))
    largest = np.empty(reps)
    for start in range(0, reps, BLOCK):
        count = min(BLOCK, reps - start)
        largest[start : start + count] = np.abs(random.standard_normal((count, len(root))) @ root).max(axis=1)
    if np.isfinite(df):
        largest /= np.sqrt(2.0 * random.standard_gamma(df / 2.0, size=reps) / df)
    return float(order_quantile(largest[:, None], level)[0])
