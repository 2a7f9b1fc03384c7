"""The error that an estimator makes itself: placebo, jackknife or bootstrap refits, ranks, conformal tests.

Nothing is computed anew: the covariance matrix of the refits gives standard errors and intervals; where the
estimator brings p-values of its own (ranks among placebos) or a curve of them over hypothetical effects, those are
taken, and the interval holds the effects that are not rejected.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import EstimationError
from impact.core.estimates import Estimate, Inference, OwnVariance
from impact.core.options import NoOptions
from impact.core.registered import Variance
from impact.core.texts import fault
from impact.inference._intervals import Spread, complete


def infer(estimate: Estimate, design: Design, options: NoOptions, level: float) -> Inference:
    """Errors, p-values and intervals as the estimator made them; NaN where it has none.

    Raises:
        EstimationError: E531 where the estimator makes no error of its own.
    """
    own = estimate.own_variance
    if own is None:
        raise EstimationError(fault("E531", kind="own", estimator=estimate.estimator))
    words = own.text
    variance: dict[str, object] = {
        "kind": "own",
        "by": [],
        "type": own.method,
        "k": None,
        "n": estimate.n_obs,
        "g": {},
        "preset": "none",
        "factors": {},
        "text": words["en"],
        "text_es": words.get("es", words["en"]),
    }
    found = complete(Spread(own.vcov, variance, own.df), estimate, design, level)
    if own.method in NOT_FROM_TREATED:
        # few treated units do not make such errors too small, as they do those of bootstrap and jackknife
        kept = tuple(item for item in found.notices if item.code != FEW_TREATED_CODE)
        found = replace(found, n_treated_clusters=None, notices=kept)
    if own.draws is not None:
        found = replace(found, draws=own.draws)
    if own.p_value is not None:
        found = replace(found, p_value=own.p_value)
    if own.curve_values is not None and own.curve_p is not None:
        low, high = interval_from_curve(own, level)
        found = replace(found, ci_low=low, ci_high=high)
    return found


FEW_TREATED_CODE = "W511"
# what happens to untreated units, or to the treated one in its untreated periods: no spread among treated units enters
NOT_FROM_TREATED = ("placebo", "conformal", "jackknife_plus")


def interval_from_curve(own: OwnVariance, level: float) -> tuple[Floats, Floats]:
    """Smallest and largest value that is not rejected at 1 − level, (k,) each; infinite where the curve never rejects.

    NaN where every value is rejected.
    """
    assert own.curve_values is not None
    assert own.curve_p is not None
    k = own.curve_values.shape[1]
    low, high = np.full(k, np.nan), np.full(k, np.nan)
    for j in range(k):
        there = np.isfinite(own.curve_values[:, j])
        order = np.argsort(own.curve_values[there, j], kind="stable")
        values, p = own.curve_values[there, j][order], own.curve_p[there, j][order]
        kept = np.flatnonzero(p > 1.0 - level + 1e-12)
        if len(kept) == 0:
            continue
        low[j] = -np.inf if kept[0] == 0 else values[kept[0]]
        high[j] = np.inf if kept[-1] == len(values) - 1 else values[kept[-1]]
    return low, high


VARIANCE = Variance(
    summary="The error that the estimator makes itself (placebo, jackknife, bootstrap, ranks)",
    options=NoOptions,
    infer=infer,
    columns=lambda options: (),
    needs=("own",),
    references=("Abadie, Diamond and Hainmueller 2010", "Arkhangelsky et al. 2021"),
)
