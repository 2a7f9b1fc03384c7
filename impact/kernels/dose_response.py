"""Changes of units treated with a dose, as a curve of the dose, less the change of untreated units.

For the units of a cohort with dose D and a basis b(d) that begins with the constant,

    ATT(d)  = b(d)'β − E[ΔY | untreated],   β from least squares of ΔY on b(D) among the treated
    ACRT(d) = b'(d)'β,    ACRT° = mean of b'(D)'β over the treated,    ATT° = E[ΔY | treated] − E[ΔY | untreated]

Influence is robust to a curve that the basis does not hold. Cells of one cohort with the same comparison units are
columns of one regression. Source: Callaway, Goodman-Bacon and Sant'Anna (2024), section 5.
Shapes: U units, p columns of the basis, m cells of one regression, t treated and c comparison units of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.group_time import Cell, PanelArrays
from impact.kernels.propensity import ComparisonError, inverse_of

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Curve:
    """One regression: its cells (places among all), units, and what effects and their influence are made of.

    Arguments:
        change: (t, m) of the treated; basis: (t, p); share: (t,) of the treated's weight.
        params: (p, m); residual: (t, m); inverse: (p, p) of the share-weighted moments of the basis.
        drift: (m,) mean change of the comparison units; drift_influence: (c, m).
    """

    places: tuple[int, ...]
    treated: Rows
    control: Rows
    change: Array
    basis: Array
    share: Array
    params: Array
    residual: Array
    inverse: Array
    drift: Array
    drift_influence: Array


@dataclass(frozen=True, slots=True)
class Values:
    """Values (m,) of the cells of a regression and their influence on treated (t, m) and comparison units (c, m)."""

    value: Array
    treated: Array
    control: Array


def fit_curves(panel: PanelArrays, basis: Array, cells: Sequence[Cell]) -> tuple[list[Curve], dict[int, str]]:
    """A regression for each cohort and comparison group; cells without one have a reason: "empty" or "singular".

    Arguments:
        panel: a complete panel without covariates. basis: (U, p) at each unit's dose, the constant first.
    """
    groups: dict[tuple[float, tuple[int, ...]], list[int]] = {}
    levels = np.unique(panel.cohort)
    for j, cell in enumerate(cells):
        if cell.time != cell.base:
            later = (np.isinf(levels) | (levels > cell.until)) & (levels != cell.cohort)
            groups.setdefault((cell.cohort, tuple(np.flatnonzero(later).tolist())), []).append(j)
    curves: list[Curve] = []
    reasons: dict[int, str] = {}
    for (cohort, others), places in groups.items():
        treated = np.flatnonzero(panel.cohort == cohort)
        control = np.flatnonzero(np.isin(panel.cohort, levels[list(others)]))
        try:
            curves.append(_curve(panel, basis, [cells[j] for j in places], (tuple(places), treated, control)))
        except ComparisonError as problem:
            reasons.update(dict.fromkeys(places, problem.reason))
    return curves, reasons


def _curve(
    panel: PanelArrays, basis: Array, cells: Sequence[Cell], members: tuple[tuple[int, ...], Rows, Rows]
) -> Curve:
    places, treated, control = members
    if len(control) == 0:
        raise ComparisonError("empty")
    times, bases = [cell.time for cell in cells], [cell.base for cell in cells]
    change = panel.y[treated][:, times] - panel.y[treated][:, bases]
    other = panel.y[control][:, times] - panel.y[control][:, bases]
    share, weight = _share(panel, treated), _share(panel, control)
    x = basis[treated]
    if len(treated) <= x.shape[1]:
        raise ComparisonError("singular")
    weighted = x * share[:, None]
    inverse = inverse_of(weighted.T @ x)
    params = inverse @ (weighted.T @ change)
    drift = weight @ other
    return Curve(
        places=places,
        treated=treated,
        control=control,
        change=change,
        basis=x,
        share=share,
        params=params,
        residual=change - x @ params,
        inverse=inverse,
        drift=drift,
        drift_influence=weight[:, None] * (other - drift),
    )


def _share(panel: PanelArrays, units: Rows) -> Array:
    if panel.weights is None:
        return np.full(len(units), 1.0 / max(len(units), 1))
    weights = panel.weights[panel.row[units, 0]]
    return np.asarray(weights / weights.sum())


def mean_level(curve: Curve) -> Values:
    """ATT°: mean change of the treated less that of the comparison units."""
    mean = curve.share @ curve.change
    own = curve.share[:, None] * (curve.change - mean)
    return Values(mean - curve.drift, own, -curve.drift_influence)


def level_at(curve: Curve, row: Array) -> Values:
    """ATT(d), with row (p,) the basis at d."""
    return Values(row @ curve.params - curve.drift, _loaded(curve, row), -curve.drift_influence)


def slope_at(curve: Curve, row: Array) -> Values:
    """ACRT(d), with row (p,) the derivative of the basis at d."""
    return Values(row @ curve.params, _loaded(curve, row), np.zeros_like(curve.drift_influence))


def mean_slope(curve: Curve, derivative: Array) -> Values:
    """ACRT°: mean slope over the treated's doses, derivative (U, p) of the basis at each unit's dose."""
    own = derivative[curve.treated]
    slopes = own @ curve.params
    mean = curve.share @ slopes
    influence = curve.share[:, None] * (slopes - mean) + _loaded(curve, curve.share @ own)
    return Values(mean, influence, np.zeros_like(curve.drift_influence))


def _loaded(curve: Curve, row: Array) -> Array:
    """Influence (t, m) of a linear combination of the parameters."""
    load = curve.share * (curve.basis @ (curve.inverse @ row))
    return np.asarray(load[:, None] * curve.residual)
