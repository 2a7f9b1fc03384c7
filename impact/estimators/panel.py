"""Panel estimators: within, between, random effects (Swamy and Arora 1972), first differences.

    y_it = x_it b + c_i (+ d_t) + e_it

within absorbs the unit effects c_i (and d_t with ``effects: twoways``). between regresses means of units.
first_difference regresses changes between consecutive periods of a unit; constants vanish. random takes c_i to be
unrelated to x and subtracts a share θ_i of the unit's mean from every row, θ_i = 1 − sqrt(s_e² / (s_e² + T_i s_c²)).
Each is least squares on the rows it makes, so that every variance applies to it.
Sources: Wooldridge (2010), ch. 10; Swamy and Arora (1972); unbalanced panels: Baltagi and Chang (1994).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

import impact.estimators._regression as regression
import impact.kernels.least_squares as least_squares
from impact.core.arrays import Floats
from impact.core.designs import INTERCEPT, AbsorbedFactor, Design, Factor, Panel, Sample
from impact.core.errors import DesignError
from impact.core.estimates import Estimate
from impact.core.frames import Step
from impact.core.registered import Estimator
from impact.core.rows.design_rows import design_on_rows
from impact.core.texts import fault, notice
from impact.kernels.factors import first_rows

Method = Literal["within", "between", "random", "first_difference"]
Rows = npt.NDArray[np.int64]


class PanelOptions(regression.RegressionOptions):
    """Options of the panel estimators."""

    method: Method = Field(
        "within",
        description="within (unit effects), between (unit means), random (Swamy-Arora), or first_difference.",
    )
    effects: Literal["unit", "twoways"] = Field(
        "unit", description="within: absorb the unit, or unit and time (twoways)."
    )

    @model_validator(mode="after")
    def _two_ways_within(self) -> PanelOptions:
        if self.effects == "twoways" and self.method != "within":
            advice = "write the periods as a regressor: i(TIME)"
            raise PydanticCustomError(
                "E554", "", {"method": self.method, "what": "effects: twoways", "advice": advice}
            )
        return self


@dataclass(frozen=True, slots=True)
class _Components:
    """Variances of the unit effect and of the error, and the share θ_i of each unit (U,)."""

    unit: float
    error: float
    theta: Floats


def fit(design: Design, options: PanelOptions) -> Estimate:
    """Estimate the coefficients of ``design.terms`` by one of the panel methods.

    Arguments:
        design: y (n,), x (n, k) and the panel; weights and absorbed effects with ``method: within`` only.
        options: method, and the options of least squares.

    Returns:
        Estimate with the rows it stands on (``design``): clusters follow them. random: ``fit`` holds sigma_unit,
        sigma_error, share_unit (of the variance) and theta (mean over units).

    Raises:
        DesignError: E506 no panel, E508 a unit twice in a period, E554 what the method cannot use, E555 a cluster that
            changes within units, E556 too few units or periods, and those of least squares.
    """
    if design.panel is None:
        raise DesignError(fault("E506", what="estimator 'panel'"))
    if options.method == "within":
        return _finish(regression.fit_regression(_within(design, design.panel, options), options), None)
    _refuse_weights_and_effects(design, options.method)
    if options.method == "random":
        return _fit_random(design, design.panel, options)
    made = (
        _between(design, design.panel) if options.method == "between" else _differences(design, design.panel)
    )
    return _finish(regression.fit_regression(made, options), made)


def _finish(estimate: Estimate, made: Design | None) -> Estimate:
    return replace(estimate, estimator="panel", design=made)


def _refuse_weights_and_effects(design: Design, method: str) -> None:
    if design.weights is not None:
        advice = "use `method: within`, or remove `weights:` (outcomes given as sums have weights, too)"
        raise DesignError(fault("E554", method=method, what="weights", advice=advice))
    if design.absorb:
        what = "absorbed effects (" + ", ".join(effect.factor.name for effect in design.absorb) + ")"
        raise DesignError(fault("E554", method=method, what=what, advice="write them as regressors: i(NAME)"))


# --- within ---


def _within(design: Design, panel: Panel, options: PanelOptions) -> Design:
    """The design with unit (and time) effects absorbed beside its own, and no constant."""
    wanted = [panel.unit, panel.time] if options.effects == "twoways" else [panel.unit]
    present = {effect.factor.name for effect in design.absorb if effect.intercept}
    added = tuple(AbsorbedFactor(factor) for factor in wanted if factor.name not in present)
    return replace(_without_constant(design), absorb=(*added, *design.absorb))


def _without_constant(design: Design) -> Design:
    kept = [j for j, term in enumerate(design.terms) if term.name != INTERCEPT]
    place = {old: new for new, old in enumerate(kept)}
    treatment = design.treatment
    if treatment is not None:
        treatment = replace(treatment, columns=tuple(place[j] for j in treatment.columns))
    return replace(
        design,
        terms=tuple(design.terms[j] for j in kept),
        x=np.ascontiguousarray(design.x[:, kept]),
        focus=tuple(place[j] for j in design.focus if j in place),
        treatment=treatment,
        intercept=False,
    )


# --- between ---


def _between(design: Design, panel: Panel) -> Design:
    """One row a unit: means of y and x."""
    first = first_rows(panel.unit.codes, panel.unit.levels)
    first = first[first >= 0]
    for cluster in design.clusters.values():
        if np.any(cluster.codes != cluster.codes[first][panel.unit.codes]):
            raise DesignError(fault("E555", cluster=cluster.name, unit=panel.unit.name))
    means = _unit_means(np.column_stack([design.y, design.x]), panel.unit)
    made = _on_rows(design, first)
    return replace(made, y=np.ascontiguousarray(means[:, 0]), x=np.ascontiguousarray(means[:, 1:]))


def _unit_means(columns: Floats, unit: Factor) -> Floats:
    """Means (U, k) of the rows of each unit."""
    counts = np.bincount(unit.codes, minlength=unit.levels)
    sums = [np.bincount(unit.codes, weights=column, minlength=unit.levels) for column in columns.T]
    return np.column_stack(sums) / counts[:, None]


def _on_rows(design: Design, rows: Rows) -> Design:
    """The design on some of its rows; those that are made of several rows have no treatment that could be permuted."""
    return replace(design_on_rows(design, rows), treatment=None)


# --- first differences ---


def _differences(design: Design, panel: Panel) -> Design:
    """Changes of y and x from the period before of the same unit; rows without one are left out and counted."""
    order = np.lexsort((panel.time.codes, panel.unit.codes))
    unit, time = panel.unit.codes[order], np.asarray(panel.time_values, dtype=np.float64)[order]
    same = unit[1:] == unit[:-1]
    gap = np.diff(time)
    _refuse_repeated(panel, order[1:][same & (gap == 0)])
    periods = np.unique(time)
    step = float(np.min(np.diff(periods))) if len(periods) > 1 else 1.0
    usable = same & np.isclose(gap, step, rtol=1e-9, atol=0.0)
    later, earlier = order[1:][usable], order[:-1][usable]
    made = _without_constant(_on_rows(design, later))
    x = design.x[later] - design.x[earlier]
    kept = [j for j, term in enumerate(design.terms) if term.name != INTERCEPT]
    dropped = len(design.y) - len(later)
    steps = (
        *design.sample.steps,
        Step("first_difference", "no row in the period before", dropped, missing=dropped),
    )
    return replace(
        made,
        y=design.y[later] - design.y[earlier],
        x=np.ascontiguousarray(x[:, kept]),
        sample=Sample(design.sample.kept[later], steps, design.sample.dropped_terms),
    )


def _refuse_repeated(panel: Panel, rows: Rows) -> None:
    if len(rows) == 0:
        return
    labels = [
        (panel.unit.labels[panel.unit.codes[j]], panel.time.labels[panel.time.codes[j]]) for j in rows[:3]
    ]
    shown = "; ".join(f"{unit}, {time}" for unit, time in labels)
    found = fault(
        "E508",
        count=len(rows),
        what="first differences",
        examples=shown,
        unit=panel.unit.name,
        time=panel.time.name,
    )
    raise DesignError(found)


# --- random effects ---


def _fit_random(design: Design, panel: Panel, options: PanelOptions) -> Estimate:
    components = _swamy_arora(design, panel)
    columns = np.column_stack([design.y, design.x])
    columns -= (
        components.theta[panel.unit.codes][:, None] * _unit_means(columns, panel.unit)[panel.unit.codes]
    )
    made = replace(
        design, y=np.ascontiguousarray(columns[:, 0]), x=np.ascontiguousarray(columns[:, 1:]), treatment=None
    )
    estimate = _finish(regression.fit_regression(made, options), made)
    total = components.unit + components.error
    found = {
        "sigma_unit": float(np.sqrt(components.unit)),
        "sigma_error": float(np.sqrt(components.error)),
        "share_unit": components.unit / total if total > 0 else 0.0,
        "theta": float(np.mean(components.theta)),
        "mean_outcome": float(np.mean(design.y)),
    }
    notices = estimate.notices if components.unit > 0 else (*estimate.notices, notice("W551"))
    return replace(estimate, fit={**estimate.fit, **found}, notices=notices)


def _swamy_arora(design: Design, panel: Panel) -> _Components:
    """Variance components from the regressions within and between units (Baltagi and Chang 1994).

    With T periods for each unit, s_c² = rss_between / (U − K_b) − s_e² / T.
    """
    unit = panel.unit
    counts = np.bincount(unit.codes, minlength=unit.levels).astype(np.float64)
    means = _unit_means(np.column_stack([design.y, design.x]), unit)
    within = np.column_stack([design.y, design.x]) - means[unit.codes]
    inside = least_squares.solve_least_squares(
        np.ascontiguousarray(within[:, 1:]),
        np.ascontiguousarray(within[:, 0]),
        reference_norms=np.sqrt(np.sum(design.x**2, axis=0)),
    )
    x_means = np.ascontiguousarray(means[:, 1:])
    outside = least_squares.solve_least_squares(x_means, np.ascontiguousarray(means[:, 0]), weights=counts)
    rows, units = len(design.y), unit.levels
    k_within, k_between = int(np.count_nonzero(inside.kept)), int(np.count_nonzero(outside.kept))
    if rows - units - k_within <= 0 or units - k_between <= 0:
        raise DesignError(fault("E556", rows=rows, units=units, within=k_within, between=k_between))
    error = inside.rss / (rows - units - k_within)
    kept = x_means[:, outside.kept]
    spread = float(np.sum(outside.bread * ((kept * (counts**2)[:, None]).T @ kept)))
    unit_variance = max((outside.rss - (units - k_between) * error) / (rows - spread), 0.0)
    total = error + counts * unit_variance
    theta = 1.0 - np.sqrt(np.divide(error, total, out=np.ones_like(total), where=total > 0))
    return _Components(unit_variance, error, theta)


ESTIMATOR = Estimator(
    summary="Within, between, random-effects and first-difference estimators of panels",
    options=PanelOptions,
    fit=fit,
    references=("Swamy and Arora 1972", "Baltagi and Chang 1994", "Wooldridge 2010, ch. 10"),
    accepts=("clusters", "panel"),
)
