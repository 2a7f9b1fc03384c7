"""A specification curve: the specifications that share rows together, the others alone, and the curve shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats, Logicals
from impact.core.curves import CurveResult, CurveRow
from impact.core.frames import Frame
from impact.core.rows.shared_rows import SharedRows
from impact.core.texts import fault
from impact.design.shared import shared_rows
from impact.estimators._regression import RegressionOptions
from impact.estimators._shared import SharedFit, fit_shared
from impact.inference._intervals import test_and_interval
from impact.inference._one_term import Models, TermErrors, errors_for, is_shared
from impact.kernels.specification_curve import Solutions, solve
from impact.pipeline.curve_shuffles import SIGNS, Shuffles, shuffled_columns, shuffles_of
from impact.pipeline.fit import fit_request, not_reached
from impact.plan import Plan
from impact.schema.curves.specifications import Specification
from impact.schema.requests import ModelRequest

Places = npt.NDArray[np.int64]
# what a row holds of an estimate, in this order
FIELDS = ("estimate", "std_error", "statistic", "df", "p_value", "ci_low", "ci_high", "n_obs")


@dataclass(frozen=True, slots=True)
class _Table:
    """Numbers of the S specifications and of the R shuffles, filled in as they are found.

    Arguments:
        values: (fields, S), NaN where there is none. errors: why. done: (S,). estimates, p_values: (R, S).
    """

    values: Floats
    errors: list[str]
    done: Logicals
    estimates: Floats
    p_values: Floats


def _empty_table(count: int, reps: int) -> _Table:
    missing = np.nan
    return _Table(
        np.full((len(FIELDS), count), missing),
        [""] * count,
        np.zeros(count, dtype=bool),
        np.full((reps, count), missing),
        np.full((reps, count), missing),
    )


def run_curve(plan: Plan, frame: Frame, *, stop: Event | None = None) -> CurveResult | None:
    """The curve of the plan; None without one.

    Arguments:
        frame: all rows with derived columns. stop: once set, no further specification is begun.

    Raises:
        SpecError: E182 shuffles without a seed. DesignError: E194 a target that cannot be shuffled.
    """
    curve = plan.curve
    if curve is None:
        return None
    shuffles = shuffles_of(plan, curve, frame)
    reps = shuffles.reps if shuffles is not None else 0
    table = _empty_table(len(curve.specifications), reps)
    requests = [one.request for one in curve.specifications]
    for rows in shared_rows(frame, requests, [one.target for one in curve.specifications]):
        if _is_stopped(stop):
            break
        _fit_together(rows, requests, table, shuffles, stop)
    for place in np.flatnonzero(~table.done).tolist():
        if _is_stopped(stop):
            table.errors[place] = str(not_reached(requests[place]).results[0].error)
            continue
        _fit_alone(frame, curve.specifications[place], place, table, plan.spec.seed)
        _shuffle_alone(frame, curve.specifications[place], place, table, shuffles, stop)
    if _is_stopped(stop):
        shuffles = None  # the draws are not those of the whole curve
    return CurveResult(
        base=curve.base,
        dimensions=curve.dimensions,
        rows=tuple(_row(one, place, table) for place, one in enumerate(curve.specifications)),
        n_combinations=curve.n_combinations,
        n_excluded=curve.n_excluded,
        level=requests[0].level,
        preferred=curve.preferred,
        permuted=() if shuffles is None else shuffles.names,
        direction=0 if curve.inference is None else SIGNS[curve.inference.direction],
        drawn_estimates=None if shuffles is None else table.estimates,
        drawn_p_values=None if shuffles is None else table.p_values,
    )


def _is_stopped(stop: Event | None) -> bool:
    return stop is not None and stop.is_set()


def _row(one: Specification, place: int, table: _Table) -> CurveRow:
    numbers: dict[str, Any] = dict(zip(FIELDS, table.values[:, place].tolist(), strict=True))
    return CurveRow(
        number=place + 1,
        choices=one.choices,
        outcome=one.request.outcome_name,
        estimator=one.request.estimator,
        term=one.target,
        error=table.errors[place],
        **numbers,
    )


def _fit_together(
    rows: SharedRows,
    requests: Sequence[ModelRequest],
    table: _Table,
    shuffles: Shuffles | None,
    stop: Event | None,
) -> None:
    """Fill in the specifications of common rows that can be had from their cross-product."""
    options = requests[rows.members[0].place].options
    if not isinstance(options, RegressionOptions):
        return
    fit = fit_shared(rows, options)
    if fit is None:
        return
    able = np.array([_is_able(requests[member.place], rows) for member in rows.members]) & fit.usable
    groups = _by_variance(fit, requests, np.flatnonzero(able))
    for own in groups:
        found = _numbers(own, fit.columns, fit.solutions)
        fine = np.isfinite(found[1])
        table.values[:, own.places[fine]] = found[:, fine]
        table.done[own.places[fine]] = True
    if shuffles is None or not groups:
        return
    for draw, columns, products in shuffled_columns(fit, options, shuffles):
        if _is_stopped(stop):
            return
        solutions = solve(products, fit.regressions)
        for own in groups:
            found = _numbers(own, columns, solutions)
            fine = table.done[own.places]
            table.estimates[draw, own.places[fine]] = found[0, fine]
            table.p_values[draw, own.places[fine]] = found[4, fine]


def _is_able(request: ModelRequest, rows: SharedRows) -> bool:
    return request.estimator == "ols" and is_shared(
        request.variance.keyword, request.variance.options, rows.weight_kind
    )


@dataclass(frozen=True, slots=True)
class _Alike:
    """Members (m,) of shared rows that ask for the same variance, and their places among the specifications."""

    members: Places
    places: Places
    errors: TermErrors
    level: float


def _by_variance(fit: SharedFit, requests: Sequence[ModelRequest], members: Places) -> list[_Alike]:
    places = [member.place for member in fit.rows.members]
    found: dict[str, list[int]] = {}
    for member in members.tolist():
        asked = requests[places[member]].variance
        found.setdefault(f"{asked.keyword} {asked.options!r}", []).append(member)
    alike = []
    for own in map(np.array, found.values()):
        request = requests[places[own[0]]]
        models = Models(fit.rows, fit.df_model[own], fit.df_absorbed)
        errors = errors_for(models, request.variance.keyword, request.variance.options)
        alike.append(_Alike(own, np.array(places)[own], errors, request.level))
    return alike


def _numbers(alike: _Alike, columns: Floats, solutions: Solutions) -> Floats:
    """The numbers (fields, m) of members of the same variance."""
    own = solutions.of(alike.members)
    error, df = alike.errors.of(columns, own), alike.errors.df
    t, p, low, high = test_and_interval(own.estimate, error, df, alike.level)
    count = np.full(len(alike.members), float(len(columns)))
    return np.array([own.estimate, error, t, df, p, low, high, count])


def _fit_alone(frame: Frame, one: Specification, place: int, table: _Table, seed: int | None) -> None:
    """Fill in a specification from a fit of its own."""
    numbers, error = _alone(frame, one, seed)
    table.values[:, place] = numbers
    table.errors[place] = error
    table.done[place] = True


def _alone(frame: Frame, one: Specification, seed: int | None) -> tuple[list[float], str]:
    """The numbers of one specification fitted as a model; why there are none."""
    result = fit_request(frame, one.request, seed=seed).results[0]
    estimate, inference = result.estimate, result.inference
    if estimate is None or inference is None:
        return [np.nan] * len(FIELDS), str(result.error)
    names = [term.name for term in estimate.terms]
    if one.target not in names:
        why = estimate.dropped_terms.get(one.target, "")
        return [np.nan] * len(FIELDS), str(fault("E521", name=one.target, terms=", ".join(names)).message) + (
            f" ({why})" if why else ""
        )
    at = names.index(one.target)
    found = [
        float(values[at])
        for values in (estimate.params, inference.std_error, inference.statistic, inference.df,
                       inference.p_value, inference.ci_low, inference.ci_high)
    ]  # fmt: skip
    return [*found, float(estimate.n_obs)], ""


def _shuffle_alone(
    frame: Frame,
    one: Specification,
    place: int,
    table: _Table,
    shuffles: Shuffles | None,
    stop: Event | None,
) -> None:
    """The shuffles of a specification that is fitted alone."""
    if shuffles is None or table.errors[place]:
        return
    for draw in range(shuffles.reps):
        if _is_stopped(stop):
            return
        sources = shuffles.sources(draw)
        columns = {name: frame.columns[name][sources] for name in shuffles.names}
        numbers, _ = _alone(replace(frame, columns={**frame.columns, **columns}), one, shuffles.seed)
        table.estimates[draw, place], table.p_values[draw, place] = numbers[0], numbers[4]
