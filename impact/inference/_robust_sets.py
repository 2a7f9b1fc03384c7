"""What stands beside the estimate of an instrumented regressor: effective F, Anderson-Rubin set, tF interval.

With one endogenous regressor the rows get ``effective_f``, ``p_ar``, ``pieces_ar`` (intervals of the set, 0 where it is
empty) with their ends ``ci_low_ar``, ``ci_high_ar``, ``ci_low_ar_2`` …, and with one instrument at level 0.95 the ends
``ci_low_tf``, ``ci_high_tf``. Notice W508 says that instruments are weak: effective F below the critical value for a
worst-case bias of 10 per cent (Montiel Olea and Pflueger 2013), with the set to read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

import impact.kernels.distributions as distributions
import impact.kernels.instruments.weak_instruments as weak
from impact.core.arrays import Floats
from impact.core.errors import Notice
from impact.core.estimates import Estimate, Inference
from impact.core.interval_sets import set_text
from impact.core.reduced_forms import JointForm, by_replicates, joint_form
from impact.core.texts import notice

BIAS = 0.10


def with_robust_set(
    estimate: Estimate, inference: Inference, infer: Callable[[Estimate], Inference], *, of: str
) -> Inference:
    """The inference with the columns above, where the estimate has one instrumented regressor.

    Arguments:
        infer: the same variance on another estimate of the same rows. of: name of the model, for the notice.
    """
    own = estimate.instrumented
    if (
        own is None
        or len(own.endogenous) != 1
        or estimate.linear is None
        or by_replicates(inference.variance)
    ):
        return inference
    form = joint_form(estimate, inference.variance, infer)
    strength = weak.effective_f(form.params[1], form.covariance[1, :, 1], form.products)
    found: dict[str, float] = {"effective_f": strength.f}
    try:
        robust, pieces = _anderson_rubin(form, inference.level)
        found |= robust
    except weak.NotPositive:
        said = notice("W640", of=of, term=own.endogenous[0])
        return _beside(inference, own.focus[0], found, (said,))
    if len(own.instruments) == 1 and np.isclose(inference.level, 0.95):
        found |= _tf(estimate, inference, own.focus[0], strength.f)
    notices: tuple[Notice, ...] = ()
    if strength.f < strength.critical[BIAS]:
        notices = (
            notice(
                "W508",
                of=of,
                term=own.endogenous[0],
                f=f"{strength.f:.1f}",
                critical=f"{strength.critical[BIAS]:.1f}",
                level=f"{100 * inference.level:g}",
                set=set_text(pieces),
            ),
        )
    return _beside(inference, own.focus[0], found, notices)


def _anderson_rubin(form: JointForm, level: float) -> tuple[dict[str, float], weak.Intervals]:
    one = weak.one_regressor(form.params, form.covariance)
    count = len(one.y)
    bound = count * float(distributions.f_quantile(level, count, form.df))
    pieces = weak.anderson_rubin_set(one, bound)
    found = {
        "p_ar": float(distributions.f_sf(weak.anderson_rubin(one, 0.0) / count, count, form.df)),
        "pieces_ar": float(len(pieces)),
    }
    for place, (low, high) in enumerate(pieces):
        suffix = "" if place == 0 else f"_{place + 1}"
        found |= {f"ci_low_ar{suffix}": low, f"ci_high_ar{suffix}": high}
    return found, pieces


def _tf(estimate: Estimate, inference: Inference, position: int, f: float) -> dict[str, float]:
    ends = weak.tf_interval(float(estimate.params[position]), float(inference.std_error[position]), f)
    return {"ci_low_tf": ends[0], "ci_high_tf": ends[1]}


def _beside(
    inference: Inference, position: int, found: dict[str, float], notices: tuple[Notice, ...]
) -> Inference:
    extra: dict[str, Floats] = dict(inference.extra)
    for name, value in found.items():
        column = np.full(len(inference.std_error), np.nan)
        column[position] = value
        extra[name] = column
    return replace(inference, extra=extra, notices=(*inference.notices, *notices))
