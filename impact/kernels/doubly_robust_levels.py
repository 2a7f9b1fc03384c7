"""Effects on the treated from repeated cross-sections: levels of four groups, treated or not, before and after.

    base         (η_t1 − η_t0) − (η_c1 − η_c0),  η means of y − m(x) in each group, the comparison groups reweighted
    efficient    base plus the regressions of the treated, averaged over all treated rows and not only over those of one
                 period (Sant'Anna and Zhao 2020, eq. 3.4 and 3.10; locally efficient)

Methods are those of the panel: dr, dr_improved, reg, ipw, ipw_hajek. Composition of the groups is taken as stable over
time. Shapes: n rows, k regressors with the constant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.doubly_robust import TRIM
from impact.kernels.propensity import ComparisonError, Propensity, fit_logit, fit_tilting, inverse_of

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Levels:
    """Rows: outcome y (n,), treated and after (n,) flags, x (n, k) constant first or None, weights (n,) or None."""

    y: Array
    treated: Mask
    after: Mask
    x: Array | None = None
    weights: Array | None = None


@dataclass(frozen=True, slots=True)
class LevelsComparison:
    """The effect and the influence of each row (n,), already divided by the number of rows."""

    att: float
    influence: Array


@dataclass(frozen=True, slots=True)
class _Scores:
    """Odds (n,), 0 where trimmed; representation (n, k) of the logit's parameters, None where it has no influence."""

    odds: Array
    representation: Array | None


@dataclass(frozen=True, slots=True)
class _Fit:
    """A regression on one of the four groups: fitted (n,) for all rows; representation (n, k) of its parameters."""

    fitted: Array
    representation: Array


def compare_levels(
    rows: Levels, *, method: str, trim: float = TRIM, most: float = np.inf, efficient: bool = True
) -> LevelsComparison:
    """Average effect on the treated in the later period.

    Arguments:
        method: dr, dr_improved, reg, ipw or ipw_hajek. trim, most: as for changes.
        efficient: dr and dr_improved: with the regressions of the treated (locally efficient).

    Raises:
        ComparisonError: "empty", "singular", "separation", "overlap".
    """
    groups = [rows.treated == d for d in (True, False)]
    if not all(np.any(group & (rows.after == t)) for group in groups for t in (True, False)):
        raise ComparisonError("empty")
    w = np.ones(len(rows.y)) if rows.weights is None else rows.weights
    if method == "ipw":
        return _abadie(rows, w, trim, most)
    if rows.x is None:
        return _hajek(rows, w, np.ones(len(w)), rows.y)
    if method == "reg":
        return _regression(rows, w)
    scores = _scores(rows, w, method, (trim, most))
    if method == "ipw_hajek":
        return _with_scores(_hajek(rows, w, scores.odds, rows.y), rows, w, (scores, rows.y))
    return _doubly_robust(rows, w, scores, efficient=efficient, improved=method == "dr_improved")


def _share(values: Array) -> Array:
    total = values.sum()
    if not total > 0:
        raise ComparisonError("overlap")
    return np.asarray(values / total)


def _about(share: Array, values: Array) -> Array:
    """Influence of a mean with weights ``share``."""
    return np.asarray(share * (values - share @ values))


def _shares(rows: Levels, w: Array, odds: Array) -> tuple[Array, Array, Array, Array]:
    """Weights of the means: treated after, treated before, comparison after, comparison before."""
    return (
        _share(w * (rows.treated & rows.after)),
        _share(w * (rows.treated & ~rows.after)),
        _share(w * odds * (~rows.treated & rows.after)),
        _share(w * odds * (~rows.treated & ~rows.after)),
    )


_SIGNS = (1.0, -1.0, -1.0, 1.0)


def _hajek(rows: Levels, w: Array, odds: Array, values: Array) -> LevelsComparison:
    shares = _shares(rows, w, odds)
    att = sum(sign * float(share @ values) for sign, share in zip(_SIGNS, shares, strict=True))
    influence = sum(sign * _about(share, values) for sign, share in zip(_SIGNS, shares, strict=True))
    return LevelsComparison(float(att), np.asarray(influence))


def _with_scores(
    found: LevelsComparison, rows: Levels, w: Array, scored: tuple[_Scores, Array]
) -> LevelsComparison:
    """The same with the influence of the estimated propensity score."""
    scores, values = scored
    if scores.representation is None:
        return found
    assert rows.x is not None
    _, _, later, earlier = _shares(rows, w, scores.odds)
    moments = _about(later, values) @ rows.x - _about(earlier, values) @ rows.x
    return LevelsComparison(found.att, found.influence - scores.representation @ moments)


def _scores(rows: Levels, w: Array, method: str, limits: tuple[float, float]) -> _Scores:
    assert rows.x is not None
    trim, most = limits
    marks = rows.treated.astype(np.float64)
    if method == "dr_improved":
        return _Scores(_trimmed(fit_tilting(rows.x, marks, rows.weights), trim), None)
    found = fit_logit(rows.x, marks, rows.weights)
    if float(found.score.max()) >= most:
        raise ComparisonError("overlap")
    information = w * found.score * (1.0 - found.score)
    inverse = inverse_of(rows.x.T @ (rows.x * information[:, None]))
    representation = (w * (marks - found.score))[:, None] * (rows.x @ inverse)
    return _Scores(_trimmed(found, trim), representation)


def _trimmed(found: Propensity, trim: float) -> Array:
    return np.where(found.score < trim, found.odds, 0.0)


def _fit(rows: Levels, group: Mask, weights: Array) -> _Fit:
    """Weighted least squares of the outcome on the rows of one group."""
    assert rows.x is not None
    inside = np.where(group, weights, 0.0)
    weighted = rows.x * inside[:, None]
    inverse = inverse_of(weighted.T @ rows.x)
    fitted = rows.x @ (inverse @ (weighted.T @ rows.y))
    return _Fit(fitted, (inside * (rows.y - fitted))[:, None] * (rows.x @ inverse))


def _regression(rows: Levels, w: Array) -> LevelsComparison:
    assert rows.x is not None
    later = _fit(rows, ~rows.treated & rows.after, w)
    earlier = _fit(rows, ~rows.treated & ~rows.after, w)
    one = _share(w * (rows.treated & rows.after))
    other = _share(w * (rows.treated & ~rows.after))
    every = _share(w * rows.treated)
    drift = later.fitted - earlier.fitted
    att = float(one @ rows.y - other @ rows.y - every @ drift)
    influence = _about(one, rows.y) - _about(other, rows.y) - _about(every, drift)
    influence -= (later.representation - earlier.representation) @ (every @ rows.x)
    return LevelsComparison(att, influence)


def _doubly_robust(
    rows: Levels, w: Array, scores: _Scores, *, efficient: bool, improved: bool
) -> LevelsComparison:
    assert rows.x is not None
    own = w * scores.odds if improved else w
    later = _fit(rows, ~rows.treated & rows.after, own)
    earlier = _fit(rows, ~rows.treated & ~rows.after, own)
    values = rows.y - np.where(rows.after, later.fitted, earlier.fitted)
    base = _hajek(rows, w, scores.odds, values)
    found = _with_scores(base, rows, w, (scores, values))
    att, influence = found.att, found.influence
    one, other, control_after, control_before = _shares(rows, w, scores.odds)
    if not improved:
        influence = influence - later.representation @ (one @ rows.x - control_after @ rows.x)
        influence += earlier.representation @ (other @ rows.x - control_before @ rows.x)
    if not efficient:
        return LevelsComparison(att, influence)
    every = _share(w * rows.treated)
    for sign, period, fit, share in ((1.0, rows.after, later, one), (-1.0, ~rows.after, earlier, other)):
        treated = _fit(rows, rows.treated & period, w)
        apart = treated.fitted - fit.fitted
        att += sign * float(every @ apart - share @ apart)
        influence = influence + sign * (_about(every, apart) - _about(share, apart))
        if not improved:
            spread = every @ rows.x - share @ rows.x
            influence += sign * ((treated.representation - fit.representation) @ spread)
    return LevelsComparison(att, influence)


def _abadie(rows: Levels, w: Array, trim: float, most: float) -> LevelsComparison:
    """Abadie's weights, divided by the share of the treated and the share of each period (not normalised)."""
    x = np.ones((len(w), 1)) if rows.x is None else rows.x
    scores = _scores(Levels(rows.y, rows.treated, rows.after, x, rows.weights), w, "ipw", (trim, most))
    assert scores.representation is not None
    n, total = len(w), float(w.sum())
    treated = w * rows.treated / total  # sums to the share of the treated
    pi = float(treated.sum())
    mass = np.where(rows.treated, w, -w * scores.odds)
    att, influence, moments = 0.0, np.zeros(n), np.zeros(x.shape[1])
    for sign, period in ((1.0, rows.after), (-1.0, ~rows.after)):
        part = w * period / total
        share = float(part.sum())
        summand = mass * period * rows.y / (total * pi * share)
        mean = float(summand.sum())
        att += sign * mean
        influence += sign * (summand - mean * treated / pi - mean * part / share + mean / n)
        moments += sign * (np.where(rows.treated, 0.0, summand) @ x)
    return LevelsComparison(att, influence + scores.representation @ moments)
