"""Effects on the treated from changes between two periods: treated units against a comparison group, many at once.

    dr           changes less a regression on the comparison group, that group reweighted by its odds; each side is
                 divided by its own weights (Sant'Anna and Zhao 2020, eq. 2.6 and 3.1, "traditional")
    dr_improved  the same with odds by inverse-probability tilting and a regression weighted by them (their section 3.1)
    reg          changes less a regression on the comparison group (Heckman, Ichimura and Todd 1997)
    ipw          reweighted by the odds, divided by the treated group's weights (Abadie 2005)
    ipw_hajek    reweighted by the odds, each side divided by its own weights

Without covariates all five are the difference between the mean changes. Columns of changes share one regression and
one propensity score. Shapes: t treated and c comparison units, k regressors with the constant, m columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.propensity import ComparisonError, Propensity, fit_logit, fit_tilting, inverse_of

Array = npt.NDArray[np.float64]

METHODS = ("dr", "dr_improved", "reg", "ipw", "ipw_hajek")
TRIM = 0.995


@dataclass(frozen=True, slots=True)
class Group:
    """One side: change (n, m); x (n, k) with the constant first, None without covariates; weights (n,) or None."""

    change: Array
    x: Array | None = None
    weights: Array | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Effects (m,) and their influence on each side (n, m), already divided by the number of units of both sides."""

    att: Array
    treated: Array
    control: Array


@dataclass(frozen=True, slots=True)
class _Odds:
    """Mass (c,) weight × odds, trimmed; size of the scores (t,) and (c,); inverse (k, k) of their information."""

    mass: Array
    score_treated: Array
    score_control: Array
    inverse: Array


def compare_changes(
    treated: Group, control: Group, *, method: str, trim: float = TRIM, most: float = np.inf
) -> Comparison:
    """Average effect on the treated in each column of changes.

    Arguments:
        method: one of METHODS. trim: comparison units with a propensity score from here on are left out.
        most: a largest propensity score of this or more is refused as no overlap.

    Raises:
        ComparisonError: "empty", "singular", "separation", "overlap".
    """
    if len(treated.change) == 0 or len(control.change) == 0:
        raise ComparisonError("empty")
    if treated.x is None or control.x is None:
        return _means(treated, control)
    if method == "reg":
        return _regression(treated, control)
    weights = (_weights(treated), _weights(control))
    if method == "dr_improved":
        return _improved(treated, control, weights, trim)
    odds = _logit(treated, control, weights, (trim, most))
    if method == "ipw":
        return _abadie(treated, control, weights, odds)
    return _doubly_robust(treated, control, weights, odds, with_regression=method == "dr")


def _weights(group: Group) -> Array:
    return np.ones(len(group.change)) if group.weights is None else group.weights


def _means(treated: Group, control: Group) -> Comparison:
    one, other = _centred(treated), _centred(control)
    return Comparison(one[0] - other[0], one[1], np.negative(other[1], out=other[1]))


def _centred(group: Group) -> tuple[Array, Array]:
    """Mean change and its influence."""
    if group.weights is None:
        mean = np.mean(group.change, axis=0)
        influence = group.change - mean
        influence /= len(group.change)
        return mean, influence
    share = group.weights / group.weights.sum()
    mean = share @ group.change
    influence = group.change - mean
    influence *= share[:, None]
    return mean, influence


def _logit(
    treated: Group, control: Group, weights: tuple[Array, Array], limits: tuple[float, float]
) -> _Odds:
    assert treated.x is not None
    assert control.x is not None
    trim, most = limits
    x, marks, stacked = _stack(treated, control, weights)
    found = fit_logit(x, marks, stacked)
    if float(found.score.max()) >= most:
        raise ComparisonError("overlap")
    size = len(treated.change)
    information = found.score * (1.0 - found.score)
    if stacked is not None:
        information *= stacked
    return _Odds(
        mass=_trimmed(found, size, weights[1], trim),
        score_treated=weights[0] * (1.0 - found.score[:size]),
        score_control=weights[1] * found.score[size:],
        inverse=inverse_of(x.T @ (x * information[:, None])),
    )


def _stack(treated: Group, control: Group, weights: tuple[Array, Array]) -> tuple[Array, Array, Array | None]:
    assert treated.x is not None
    assert control.x is not None
    x = np.concatenate([treated.x, control.x])
    marks = np.zeros(len(x))
    marks[: len(treated.x)] = 1.0
    none = treated.weights is None and control.weights is None
    return x, marks, None if none else np.concatenate(weights)


def _trimmed(found: Propensity, size: int, weights: Array, trim: float) -> Array:
    """Weight × odds of the comparison units, 0 from the trimming point on."""
    mass = np.where(found.score[size:] < trim, weights * found.odds[size:], 0.0)
    if not mass.sum() > 0:
        raise ComparisonError("overlap")
    return mass


def _residuals(treated: Group, control: Group, weights: Array) -> tuple[Array, Array, Array]:
    """Changes of both sides less the comparison group's regression, and the inverse of its moments."""
    assert treated.x is not None
    assert control.x is not None
    weighted = control.x * weights[:, None]
    inverse = inverse_of(weighted.T @ control.x)
    params = inverse @ (weighted.T @ control.change)
    return treated.change - treated.x @ params, control.change - control.x @ params, inverse


def _regression(treated: Group, control: Group) -> Comparison:
    assert treated.x is not None
    assert control.x is not None
    w = _weights(control)
    ahead, behind, inverse = _residuals(treated, control, w)
    share = _weights(treated) / _weights(treated).sum()
    att = share @ ahead
    load = w * (control.x @ (inverse @ (share @ treated.x)))
    return Comparison(att, share[:, None] * (ahead - att), -load[:, None] * behind)


def _doubly_robust(
    treated: Group, control: Group, weights: tuple[Array, Array], odds: _Odds, *, with_regression: bool
) -> Comparison:
    """Both sides divided by their own weights, after a regression or without one."""
    assert treated.x is not None
    assert control.x is not None
    share = weights[0] / weights[0].sum()
    mass = odds.mass / odds.mass.sum()
    scale = mass.copy()
    ahead, behind = treated.change, control.change
    if with_regression:
        ahead, behind, inverse = _residuals(treated, control, weights[1])
        apart = share @ treated.x - mass @ control.x
        scale += weights[1] * (control.x @ (inverse @ apart))
    effect, drift = share @ ahead, mass @ behind
    moments = (control.x * mass[:, None]).T @ behind - np.outer(mass @ control.x, drift)
    slopes = odds.inverse @ moments
    one = (ahead - effect) * share[:, None]
    one -= odds.score_treated[:, None] * (treated.x @ slopes)
    other = odds.score_control[:, None] * (control.x @ slopes)
    other -= scale[:, None] * behind
    other += mass[:, None] * drift
    return Comparison(effect - drift, one, other)


def _abadie(treated: Group, control: Group, weights: tuple[Array, Array], odds: _Odds) -> Comparison:
    assert treated.x is not None
    assert control.x is not None
    total = weights[0].sum()
    share, mass = weights[0] / total, odds.mass / total
    att = share @ treated.change - mass @ control.change
    slopes = odds.inverse @ ((control.x * mass[:, None]).T @ control.change)
    one = share[:, None] * (treated.change - att) - odds.score_treated[:, None] * (treated.x @ slopes)
    other = odds.score_control[:, None] * (control.x @ slopes) - mass[:, None] * control.change
    return Comparison(att, one, other)


def _improved(treated: Group, control: Group, weights: tuple[Array, Array], trim: float) -> Comparison:
    """Tilted odds balance the regressors, so that neither first step has an influence of its own."""
    x, marks, stacked = _stack(treated, control, weights)
    found = fit_tilting(x, marks, stacked)
    size, total = len(treated.change), weights[0].sum()
    ahead, behind, _ = _residuals(treated, control, weights[1] * found.odds[size:])
    share = weights[0] / total
    mass = _trimmed(found, size, weights[1], trim) / total
    att = share @ ahead - mass @ behind
    return Comparison(att, share[:, None] * (ahead - att), -mass[:, None] * behind)
