"""From a covariance matrix to the record of inference: errors, statistics, p-values, intervals, notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import Design, Factor
from impact.core.errors import EstimationError, Notice
from impact.core.estimates import Estimate, Inference, Linear
from impact.core.texts import fault, notice, text
from impact.kernels.distributions import t_critical, two_sided_t
from impact.kernels.group_sums import count_levels

FEW_TREATED = 10


@dataclass(frozen=True, slots=True)
class Spread:
    """What a variance found, before it is turned into intervals.

    Arguments:
        vcov: (k, k); variance: how it was made, as printed; df: (k,) or one number.
        clusters: cluster variables in the order asked for; extra, notices: as in ``Inference``.
    """

    vcov: Floats
    variance: Mapping[str, object]
    df: Floats | float
    clusters: tuple[Factor, ...] = ()
    extra: Mapping[str, Floats] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


def linear_of(estimate: Estimate, kind: str) -> Linear:
    """The linear representation of an estimate.

    Raises:
        EstimationError: E531 where the estimator has none, so that this variance does not exist for it.
    """
    if estimate.linear is None:
        raise EstimationError(fault("E531", kind=kind, estimator=estimate.estimator))
    return estimate.linear


def complete(spread: Spread, estimate: Estimate, design: Design, level: float) -> Inference:
    """Standard errors, t statistics, p-values and intervals of every term.

    A negative variance gives NaN and notice W516, never a number. Notice W511 says where treatment is in
    fewer than ten clusters (or treated units, for variances without clusters).
    """
    diagonal = np.diagonal(spread.vcov)
    notices = list(spread.notices)
    if np.any(diagonal < 0):
        notices.append(_negative(estimate, diagonal))
    defined = (diagonal >= 0) & ~((diagonal == 0) & _without_error(estimate))
    error = np.sqrt(np.where(defined, diagonal, np.nan))
    df = np.broadcast_to(np.asarray(spread.df, dtype=np.float64), error.shape).copy()
    statistic, p_value, low, high = test_and_interval(estimate.params, error, df, level)
    low, high = _on_logit_scale(estimate, error, df, level, (low, high))
    treated = treated_clusters(design, spread.clusters[0] if spread.clusters else None)
    if treated is not None and treated < FEW_TREATED:
        notices.append(notice("W511", of=design.outcome, n=treated, by=_where(design, spread.clusters)))
    return Inference(
        variance=dict(spread.variance),
        vcov=spread.vcov,
        std_error=error,
        statistic=statistic,
        p_value=p_value,
        ci_low=low,
        ci_high=high,
        df=df,
        level=level,
        n_clusters={cluster.name: present_levels(cluster) for cluster in spread.clusters},
        n_treated_clusters=treated,
        extra=dict(spread.extra),
        notices=tuple(notices),
    )


def test_and_interval(
    params: Floats, error: Floats, df: Floats, level: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Statistic, two-sided p-value and interval of (k,) estimates; NaN where error or df is not defined."""
    statistic = np.divide(params, error, out=np.full_like(params, np.nan), where=error > 0)
    half = t_critical(level, df) * error
    return statistic, two_sided_t(statistic, df), params - half, params + half


def proportions_of(estimate: Estimate) -> tuple[Floats, float]:
    """(k,) proportions with an interval on the log odds, NaN for other terms, and the factor of what is printed."""
    scale = float(estimate.tables.get("interval_scale", 1.0))  # type: ignore[arg-type]
    share = estimate.params / scale
    means = np.array([term.kind == "mean" for term in estimate.terms], dtype=bool)
    asked = means & (estimate.tables.get("interval") == "logit")
    return np.where(asked & (share > 0) & (share < 1), share, np.nan), scale


def logit_interval(
    share: Floats, scale: float, error: Floats, df: Floats, level: float
) -> tuple[Floats, Floats]:
    """Interval of proportions (k,) from the standard errors of their log odds."""
    half = t_critical(level, df) * error
    centre = np.log(share / (1.0 - share))
    low, high = (scale / (1.0 + np.exp(-(centre + sign * half))) for sign in (-1.0, 1.0))
    return low, high


def _on_logit_scale(
    estimate: Estimate, error: Floats, df: Floats, level: float, plain: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Intervals of proportions by the delta method on the log odds, where the estimate asks for them."""
    share, scale = proportions_of(estimate)
    inside = np.isfinite(share)
    low, high = logit_interval(share, scale, error / scale / (share * (1.0 - share)), df, level)
    return np.where(inside, low, plain[0]), np.where(inside, high, plain[1])


def _without_error(estimate: Estimate) -> npt.NDArray[np.bool_]:
    """(k,) terms that are zero by definition (a reference period), or whose influence is: no error, not one of zero."""
    events = np.array([term.kind == "event" for term in estimate.terms], dtype=bool)
    found: npt.NDArray[np.bool_] = events & (estimate.params == 0)
    if estimate.linear is None and estimate.influence is not None:
        effects = np.array([term.kind not in {"mean", "difference"} for term in estimate.terms], dtype=bool)
        found |= effects & ~estimate.influence.rows.any(axis=0)
    if estimate.own_variance is not None:
        # rows that were fitted to be small: the spread of refits says nothing about them
        found |= np.diagonal(estimate.own_variance.vcov) == 0
    return found


def rescaled(covariance: Floats, error: Floats) -> Floats:
    """The correlations of a covariance (k, k) with other standard errors (k,)."""
    own = np.sqrt(np.diagonal(covariance))
    scale = np.divide(error, own, out=np.zeros_like(own), where=own > 0)
    vcov: Floats = covariance * scale[:, None] * scale
    np.fill_diagonal(vcov, error**2)
    return vcov


def treated_clusters(design: Design, cluster: Factor | None) -> int | None:
    """Number of clusters with a treated row; of treated units where there is no cluster; None without a
    treatment.

    Treated rows come from the design's treatment, else from who is treated from when, else from focus columns that
    hold nothing but 0 and 1.
    """
    rows = _treated_rows(design)
    if rows is None:
        return None
    if cluster is None:
        cluster = _unit(design)
    if cluster is None:
        return None
    return int(np.count_nonzero(np.bincount(cluster.codes[rows], minlength=cluster.levels)))


def present_levels(factor: Factor) -> int:
    """Levels of a factor that have rows."""
    return count_levels(factor.codes, factor.levels)


def describe(key: str, **values: object) -> dict[str, str]:
    """The one-line description of a variance for table notes, in English and Spanish."""
    return {"text": text(key, "en", **values), "text_es": text(key, "es", **values)}


def number(value: float) -> str:
    """A count or factor as printed in notes: 60,361 or 1.0417."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.6g}"


def _treated_rows(design: Design) -> npt.NDArray[np.int64] | None:
    treatment = design.treatment
    if treatment is not None:
        active = (treatment.treated[treatment.unit.codes] != 0) & np.any(treatment.profile != 0, axis=1)
        return np.flatnonzero(active)
    if design.adoption is not None:
        adoption = design.adoption
        return np.flatnonzero((adoption.cohort <= adoption.periods[-1])[adoption.unit.codes])
    if not design.focus:
        return None
    # Views, not a copy of the columns; the first rows settle it for most columns that are no indicators.
    columns = [design.x[:, j] for j in design.focus]
    for rows in (slice(1024), slice(None)):
        if not all(np.all((own[rows] == 0) | (own[rows] == 1)) for own in columns):
            return None
    return np.flatnonzero(np.any([own != 0 for own in columns], axis=0))


def _where(design: Design, clusters: tuple[Factor, ...]) -> str:
    if clusters:
        return clusters[0].name
    unit = _unit(design)
    return unit.name if unit is not None else ""


def _unit(design: Design) -> Factor | None:
    """The unit that treatment is assigned to."""
    if design.treatment is not None:
        return design.treatment.unit
    return design.adoption.unit if design.adoption is not None else None


def _negative(estimate: Estimate, diagonal: Floats) -> Notice:
    names = [term.name for term, value in zip(estimate.terms, diagonal, strict=True) if value < 0]
    return notice("W516", terms=", ".join(names))
