"""From a frame to the design of a difference-in-differences estimator, its rows sorted by unit and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import Adoption, Design, Factor, Panel, Sample, Treatment
from impact.core.errors import DesignError, Notice
from impact.core.frames import Frame
from impact.core.texts import fault, notice
from impact.design.adoption_report import adoption_facts, adoption_notices
from impact.design.candidates import candidates_of
from impact.design.cohorts import COHORT, MOST_EXAMPLES, columns_of_design, refuse_codes, treatment_changes
from impact.design.grouping import effects_of, factor_of, label_text, make_factor, option_columns
from impact.design.matrix import Timing, term_columns
from impact.design.outcome import read_outcome, read_weights
from impact.design.parts import Source, coordinates_of, piece_text, piece_values, pieces_of, source_of
from impact.design.row_order import canonical_order, sortable
from impact.design.sample import Selection, select_rows, without_missing
from impact.design.survey_rows import survey_of
from impact.design.table import column_of, context_of, number_column, take_rows
from impact.kernels.compiled import gather_columns
from impact.schema.expressions.context import event_notices
from impact.schema.requests import AdoptionRequest, Group, ModelRequest, OutcomeSums

Rows = npt.NDArray[np.int64]
Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What was read, row by row: outcome, weights, spread inside rows, pieces of the controls, and keys by column."""

    y: Floats
    weights: Floats | None
    within: Floats | None
    pieces: Mapping[str, list[npt.NDArray[Any]]]
    keys: Arrays

    def take(self, rows: npt.NDArray[Any]) -> _Rows:
        """Some of the rows, by number or mask."""
        return _Rows(
            self.y[rows],
            None if self.weights is None else self.weights[rows],
            None if self.within is None else self.within[rows],
            {name: [values[rows] for values in arrays] for name, arrays in self.pieces.items()},
            {name: values[rows] for name, values in self.keys.items()},
        )


def build_adoption(
    frame: Frame, request: ModelRequest, group: Group | None = None, *, sums: bool = False
) -> Design:
    """The design of one model that starts from who is treated from when.

    Arguments:
        sums: whether the estimator takes outcomes given as sums with their persons as weights; otherwise each unit and
            period counts once, with the mean of its persons.

    Raises:
        SpecError: E514 an unknown column. DataError: E513, E517. DesignError: E501 no rows left, E502 a constant
            outcome, E508 a unit twice in a period, E515 text for a number, E528, E529 periods that are no whole
            numbers, E558 nobody or everybody is treated, E562, E563 codes of never treated.
    """
    adoption = request.adoption
    assert adoption is not None
    context = context_of(frame)
    columns = columns_of_design(frame, request, context)
    selection = select_rows(columns, request, group, context)
    found = _read(request, adoption, source_of(columns, selection.rows, request, context))
    selection, found = _without_gaps(request, selection, found)
    if len(selection.rows) == 0:
        raise DesignError(fault("E501", place=request.place, outcome=request.outcome_name))
    _refuse_constant_outcome(request, found)
    time = found.keys[adoption.time]
    _refuse_fractions(time, adoption)
    found.keys[COHORT] = refuse_codes(found.keys[COHORT], time, request)
    order = _order(adoption, found)
    if order is not None:
        selection, found = replace(selection, rows=selection.rows[order]), found.take(order)
    notices: tuple[Notice, ...] = ()
    if isinstance(request.outcome, OutcomeSums) and adoption.unit:
        first, found = _by_unit_and_period(adoption, found)
        selection = replace(selection, rows=selection.rows[first])
        if not sums:
            found = replace(found, weights=None, within=None)
            notices = (notice("W538", of=request.name, estimator=request.estimator),)
    elif adoption.unit:
        _refuse_repeats(adoption, found, selection)
    notices = (*notices, *event_notices(context.events, of=request.name))
    design = _assembled(request, adoption, selection, found, notices)
    design = replace(design, extra={**design.extra, **survey_of(request, columns, context)})
    if request.permute is None:
        return design
    allowed = candidates_of(_with_units(design), request, columns, context)
    return replace(design, extra={**design.extra, **allowed})


def _with_units(design: Design) -> Design:
    """The design with its units as those that a permutation treats."""
    adoption = design.adoption
    assert adoption is not None
    treated = np.isfinite(adoption.cohort).astype(np.float64)
    return replace(design, treatment=Treatment(adoption.unit, treated, np.empty((len(design.y), 0)), ()))


# --- reading ---


def _read(request: ModelRequest, adoption: AdoptionRequest, source: Source) -> _Rows:
    outcome = read_outcome(request, source)
    weights = outcome.counts if request.weights is None else read_weights(request.weights, source)
    pieces: dict[str, list[npt.NDArray[Any]]] = {}
    for term in request.formula.terms:
        for piece in pieces_of(term):  # type: ignore[arg-type]
            if piece_text(piece) not in pieces:
                pieces[piece_text(piece)] = piece_values(piece, request.formula, source)
    keys = {
        name: take_rows(column_of(source.columns, name), source.rows)
        for name in _key_names(request, adoption)
    }
    keys[adoption.time] = take_rows(
        number_column(source.columns, adoption.time, place=adoption.places.get("time")), source.rows
    )
    keys[COHORT] = take_rows(source.columns[COHORT], source.rows)
    return _Rows(outcome.y, weights, outcome.within, pieces, keys)


def _key_names(request: ModelRequest, adoption: AdoptionRequest) -> list[str]:
    names = [adoption.unit, adoption.time, adoption.treatment]
    names += [name for effect in request.formula.effects for name in (*effect.variables, *effect.slopes)]
    names += [part for cluster in request.variance.columns for part in cluster.split("^")]
    names += [*request.option_columns.values(), *(request.coordinates or ())]
    return list(dict.fromkeys(name for name in names if name))


def _without_gaps(request: ModelRequest, selection: Selection, found: _Rows) -> tuple[Selection, _Rows]:
    """Rows with a value in every column and a weight above zero; a missing cohort is left to its own message."""
    named = [(request.outcome_name or "outcome", found.y)]
    named += [(name, values) for name, arrays in found.pieces.items() for values in arrays]
    declared = request.adoption is not None and request.adoption.cohort
    named += [(name, values) for name, values in found.keys.items() if not (declared and name == COHORT)]
    if found.weights is not None:
        named.append((request.weights.text if request.weights else "count", found.weights))
    selection, kept = without_missing(selection, named)
    found = found if kept.all() else found.take(kept)
    if found.weights is not None and not np.all(found.weights > 0):
        positive = found.weights > 0
        name = request.weights.text if request.weights else "count"
        selection, found = selection.keep(positive, name, "zero weight"), found.take(positive)
    return selection, found


# --- rows by unit and period ---


def _order(adoption: AdoptionRequest, found: _Rows) -> Rows | None:
    """Rows sorted by unit and period, None where they are; where pairs repeat, and in cross-sections, by all else."""
    columns: list[npt.NDArray[Any]] = [found.keys[adoption.time]]
    if adoption.unit:
        values = found.keys[adoption.unit]
        if values.dtype.kind in "fi" and _are_sorted(values, *columns):
            return None
        columns.insert(0, make_factor("", [values]).codes)
        if _are_sorted(*columns):
            return None
        plain = np.lexsort(tuple(reversed(columns))).astype(np.int64)
        if not _repeats(columns, plain).any():
            return plain
    rest = [found.keys[COHORT], *(sortable(values) for values in found.keys.values())]
    rest += [sortable(values) for arrays in found.pieces.values() for values in arrays]
    rest += [values for values in (found.y, found.weights, found.within) if values is not None]
    order = canonical_order([*columns, *rest])
    return np.lexsort(tuple(reversed(columns))).astype(np.int64) if order is None else order


def _are_sorted(unit: npt.NDArray[Any], time: npt.NDArray[Any]) -> bool:
    """Whether rows are sorted by unit and period already, with no pair twice."""
    up = unit[1:] > unit[:-1]
    return bool(np.all(up | ((unit[1:] == unit[:-1]) & (time[1:] > time[:-1]))))


def _repeats(columns: list[npt.NDArray[Any]], order: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    same = np.ones(max(len(order) - 1, 0), dtype=bool)
    for values in columns:
        same &= values[order[1:]] == values[order[:-1]]
    return same


def _by_unit_and_period(adoption: AdoptionRequest, found: _Rows) -> tuple[Rows, _Rows]:
    """The persons of each unit and period as one row: mean, number, squared deviations, means of the controls."""
    unit = make_factor("", [found.keys[adoption.unit]]).codes
    time = found.keys[adoption.time]
    starts = np.flatnonzero(np.r_[True, (unit[1:] != unit[:-1]) | (time[1:] != time[:-1])])
    if len(starts) == len(unit):
        return starts, found
    assert found.weights is not None and found.within is not None
    count = np.add.reduceat(found.weights, starts)
    cell = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(unit)]))
    mean = np.add.reduceat(found.weights * found.y, starts) / count
    spread = found.within + found.weights * (found.y - mean[cell]) ** 2
    pieces = {
        name: [
            np.add.reduceat(found.weights * values, starts) / count
            if values.dtype.kind == "f"
            else values[starts]
            for values in arrays
        ]
        for name, arrays in found.pieces.items()
    }
    keys = {name: values[starts] for name, values in found.keys.items()}
    return starts, _Rows(mean, count, np.add.reduceat(spread, starts), pieces, keys)


def _refuse_repeats(adoption: AdoptionRequest, found: _Rows, selection: Selection) -> None:
    """E508 with the first pairs of unit and period that stand in several rows."""
    values, time = found.keys[adoption.unit], found.keys[adoption.time]
    again = np.flatnonzero((values[1:] == values[:-1]) & (time[1:] == time[:-1])) + 1
    if len(again) == 0:
        return
    unit = make_factor(adoption.unit, [values])
    shown = "; ".join(
        f"{label_text(unit.labels[int(unit.codes[j])])}, {time[j]:g}"
        f" (rows {selection.rows[j - 1] + 1} and {selection.rows[j] + 1})"
        for j in again[:MOST_EXAMPLES].tolist()
    )
    raise DesignError(
        fault(
            "E508",
            place=adoption.places.get("unit"),
            count=len(again),
            unit=adoption.unit,
            time=adoption.time,
            what="a difference-in-differences design",
            examples=shown,
        )
    )


def _refuse_constant_outcome(request: ModelRequest, found: _Rows) -> None:
    """E502 an outcome that is the same everywhere has no effects."""
    constant = bool(np.all(found.y == found.y[0])) and (found.within is None or not np.any(found.within > 0))
    if constant and len(found.y) > 1:
        raise DesignError(
            fault("E502", place=request.place, outcome=request.outcome_name, value=f"{found.y[0]:g}")
        )


def _refuse_fractions(time: Floats, adoption: AdoptionRequest) -> None:
    """E529 periods that are no whole numbers."""
    bad = time[time != np.floor(time)]
    if len(bad):
        raise DesignError(
            fault(
                "E529",
                place=adoption.places.get("time"),
                time=adoption.time,
                count=len(bad),
                example=f"{bad[0]:g}",
            )
        )


# --- assembling ---


def _assembled(
    request: ModelRequest,
    adoption: AdoptionRequest,
    selection: Selection,
    found: _Rows,
    notices: tuple[Notice, ...],
) -> Design:
    columns = term_columns(request.formula, found.pieces, timing=Timing(adoption.time), has_constant=True)
    x = (
        gather_columns([np.asarray(column.values, dtype=np.float64) for column in columns])
        if columns
        else None
    )
    made = _adoption(adoption, found)
    kind = (
        request.weights.kind
        if request.weights is not None
        else "frequency"
        if found.weights is not None
        else ""
    )
    names = dict.fromkeys(request.variance.columns)
    weights = found.weights if kind == "frequency" else None
    facts = adoption_facts(made, weights)
    return Design(
        outcome=request.outcome_name,
        terms=tuple(column.term for column in columns),
        y=np.ascontiguousarray(found.y),
        x=np.empty((len(found.y), 0)) if x is None else x,
        sample=Sample(kept=selection.rows, steps=selection.steps),
        weights=found.weights,
        weight_kind=kind,
        within_sum_of_squares=found.within,
        absorb=effects_of(request.formula.effects, found.keys, found.keys),
        clusters={
            name: made.unit if name == adoption.unit else factor_of(name, found.keys) for name in names
        },
        panel=Panel(made.unit, made.time, found.keys[adoption.time]) if adoption.unit else None,
        coordinates=coordinates_of(request, found.keys),
        adoption=made,
        columns=option_columns(request.option_columns, found.keys),
        notices=(*notices, *adoption_notices(facts, made, of=request.name)),
        extra={
            "adoption": facts,
            "n_treated": facts["n_treated"],
            "n_treated_thinnest": facts["n_treated_thinnest"],
        },
    )


def _adoption(adoption: AdoptionRequest, found: _Rows) -> Adoption:
    """The record of who is treated from when.

    Raises:
        DesignError: E558 nobody is treated, or everybody always is.
    """
    n = len(found.y)
    if adoption.unit:
        unit = make_factor(adoption.unit, [found.keys[adoption.unit]])
        first = np.searchsorted(unit.codes, np.arange(unit.levels))
    else:
        unit = Factor("", np.arange(n, dtype=np.int32), tuple(range(n)))
        first = np.arange(n)
    time = make_factor(adoption.time, [found.keys[adoption.time]])
    periods = np.array(time.labels, dtype=np.float64)
    cohort = found.keys[COHORT][first]
    treatment = found.keys[adoption.treatment] if adoption.treatment else None
    place = (
        adoption.places.get("cohort") or adoption.places.get("treatment") or adoption.places.get("treated")
    )
    if np.all(np.isinf(cohort)):
        raise DesignError(fault("E558", place=place, problem="no unit is treated in these rows"))
    if np.all(cohort <= periods[0]) and (treatment is None or not treatment_changes(unit, treatment)):
        raise DesignError(fault("E558", place=place, problem="every unit is treated in every period"))
    return Adoption(
        unit=unit,
        time=time,
        periods=periods,
        cohort=np.ascontiguousarray(cohort),
        treatment=None if treatment is None else np.ascontiguousarray(treatment),
        is_panel=bool(adoption.unit),
        choices=adoption.choices,
        switches_off=() if treatment is None or not adoption.unit else _falling(unit, treatment),
    )


def _falling(unit: Factor, treatment: Floats) -> tuple[object, ...]:
    """Labels of units whose treatment is lower in one period than in an earlier one."""
    falls = (unit.codes[1:] == unit.codes[:-1]) & (treatment[1:] < treatment[:-1])
    return tuple(unit.labels[code] for code in np.unique(unit.codes[1:][falls]).tolist())
