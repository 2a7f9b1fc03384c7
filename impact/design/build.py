"""From a frame to the arrays of one model: sample, outcome, regressors, effects, clusters, treatment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import INTERCEPT, AbsorbedFactor, Design, Factor, Panel, Sample, Term, Treatment
from impact.core.errors import DesignError, Notice
from impact.core.frames import Frame
from impact.core.shift_share import KEPT_AS
from impact.core.texts import fault, notice
from impact.design.candidates import candidates_of
from impact.design.cohorts import columns_of_design
from impact.design.collapse import collapse
from impact.design.focus import focus_of, refuse_constant
from impact.design.grouping import effects_of, factor_of, make_factor, option_columns
from impact.design.matrix import Column, Timing, term_columns
from impact.design.outcome import are_means, read_outcome, read_weights
from impact.design.parts import (
    Source,
    coordinates_of,
    offset_of,
    piece_text,
    piece_values,
    pieces_of,
    source_of,
)
from impact.design.row_order import canonical_order, limit_of, sortable
from impact.design.sample import (
    Selection,
    select_rows,
    subset_effects,
    without_missing,
    without_singletons,
)
from impact.design.survey_rows import survey_of
from impact.design.table import (
    column_of,
    context_of,
    number_column,
    take_rows,
)
from impact.kernels.compiled import gather_columns, is_zero_or_one
from impact.schema.expressions.context import event_notices
from impact.schema.formulas.tree import Term as FormulaTerm
from impact.schema.requests import Group, ModelRequest

Pieces = dict[str, list[npt.NDArray[Any]]]


@dataclass(frozen=True, slots=True)
class Raw:
    """Everything read on the filtered rows, before rows with missing values are dropped."""

    y: Floats
    weights: Floats | None
    within: Floats | None
    pieces: Pieces
    keys: Mapping[str, npt.NDArray[Any]]
    slopes: Mapping[str, Floats]
    offset: Floats | None = None


def build_design(frame: Frame, request: ModelRequest, group: Group | None = None) -> Design:
    """The design of one model, for everybody or for one group.

    Arguments:
        frame: all rows, derived columns included, before any filter.
        request: the model, every keyword resolved.
        group: conditions of a subgroup on top of the filters.

    Raises:
        SpecError: E514 an unknown column. DataError: E513, E517 weights or sums that cannot be.
        DesignError: E501 no rows left, E506–E520 what the model needs and the data lack.
    """
    context = context_of(frame)
    columns = columns_of_design(frame, request, context)
    selection = select_rows(columns, request, group, context)
    source = source_of(columns, selection.rows, request, context)
    raw = read_raw(request, source)
    complete = [frame.columns[name] for name in frame.complete]
    selection, raw = _drop_missing(request, selection, raw, complete)
    selection, raw = _drop_zero_weights(request, selection, raw)
    absorb = effects_of(request.formula.effects, raw.keys, raw.slopes)
    selection, raw, absorb, notices = _drop_singletons(request, selection, raw, absorb)
    if len(selection.rows) == 0:
        raise DesignError(fault("E501", place=request.place, outcome=request.outcome_name))
    order = order_of(raw, absorb, limit_of(request))
    if order is not None:
        selection = replace(selection, rows=selection.rows[order])
        raw = subset_of(raw, order)
        absorb = subset_effects(absorb, order)
        selection, raw, absorb = _collapsed(selection, raw, absorb)
    notices = (*notices, *event_notices(context.events, of=request.name))
    design = _assemble(request, selection, raw, absorb, notices)
    allowed = candidates_of(design, request, columns, context)
    made = {name: one.take(selection.rows) for name, one in frame.shift_shares.items()}
    kept = {KEPT_AS: made} if made else {}
    return replace(design, extra={**design.extra, **allowed, **survey_of(request, columns, context), **kept})


def _collapsed(
    selection: Selection, raw: Raw, absorb: tuple[AbsorbedFactor, ...]
) -> tuple[Selection, Raw, tuple[AbsorbedFactor, ...]]:
    """Rows of an outcome given as sums that are alike in all else, as one row."""
    if raw.within is None or raw.weights is None:
        return selection, raw, absorb
    alike = [
        *(() if raw.offset is None else (raw.offset,)),
        *raw.keys.values(),
        *raw.slopes.values(),
        *(values for arrays in raw.pieces.values() for values in arrays),
    ]
    fewer = collapse(raw.y, raw.weights, raw.within, alike)
    if fewer is None:
        return selection, raw, absorb
    left = replace(subset_of(raw, fewer.first), y=fewer.y, weights=fewer.weights, within=fewer.within)
    kept = replace(selection, rows=selection.rows[fewer.first])
    return kept, left, subset_effects(absorb, fewer.first)


def read_raw(request: ModelRequest, source: Source) -> Raw:
    """Everything that a model reads, on the rows of the source."""
    outcome = read_outcome(request, source)
    weights = outcome.counts
    if request.weights is not None:
        weights = read_weights(request.weights, source)
    pieces: Pieces = {}
    formula = request.formula
    for term in (*formula.terms, *formula.endogenous, *formula.instruments):
        for piece in pieces_of(term):  # type: ignore[arg-type]
            if piece_text(piece) not in pieces:
                pieces[piece_text(piece)] = piece_values(piece, formula, source)
    keys = {name: take_rows(column_of(source.columns, name), source.rows) for name in key_names(request)}
    slopes = {
        name: take_rows(number_column(source.columns, name, place=request.formula.at(effect)), source.rows)
        for effect in request.formula.effects
        for name in effect.slopes
    }
    return Raw(outcome.y, weights, outcome.within, pieces, keys, slopes, offset_of(formula, source))


def key_names(request: ModelRequest) -> list[str]:
    """Columns that group rows: effects, clusters, unit and time."""
    names = [name for effect in request.formula.effects for name in effect.variables]
    names += [part for cluster in request.variance.columns for part in cluster.split("^")]
    if request.panel is not None:
        names += [*request.panel[0], request.panel[1]]
    if request.design is not None:
        names += [request.design.unit, request.design.time, "treated", "post"]
    if request.permute is not None and getattr(request.permute, "unit", None):
        names.append(request.permute.unit)
    names += [*request.option_columns.values(), *(request.coordinates or ())]
    return list(dict.fromkeys(names))


def _drop_missing(
    request: ModelRequest, selection: Selection, raw: Raw, complete: Sequence[npt.NDArray[Any]]
) -> tuple[Selection, Raw]:
    named: list[tuple[str, npt.NDArray[Any]]] = []
    if not request.missing_outcome:
        named.append((request.outcome_name or "outcome", raw.y))
    for name, arrays in raw.pieces.items():
        named += [(name, values) for values in arrays]
    named += list(raw.keys.items()) + list(raw.slopes.items())
    if raw.weights is not None:
        named.append((request.weights.text if request.weights else "count", raw.weights))
    named += [] if raw.offset is None else [("offset", raw.offset)]
    selection, kept = without_missing(selection, named, complete)
    return selection, (raw if kept.all() else subset_of(raw, kept))


def _drop_zero_weights(request: ModelRequest, selection: Selection, raw: Raw) -> tuple[Selection, Raw]:
    """Rows with a positive weight."""
    if raw.weights is None or np.all(raw.weights > 0):
        return selection, raw
    kept = raw.weights > 0
    name = request.weights.text if request.weights else "count"
    return selection.keep(kept, name, "zero weight"), subset_of(raw, kept)


def _drop_singletons(
    request: ModelRequest, selection: Selection, raw: Raw, absorb: tuple[AbsorbedFactor, ...]
) -> tuple[Selection, Raw, tuple[AbsorbedFactor, ...], tuple[Notice, ...]]:
    """Rows that are not alone in an absorbed effect, and the notice that counts the others."""
    # a row that stands for several persons is no singleton
    if not request.drop_singletons or not absorb or (raw.within is not None or _is_frequency(request)):
        return selection, raw, absorb, ()
    kept = without_singletons(absorb)
    if kept is None:
        return selection, raw, absorb, ()
    count = int(len(kept) - np.count_nonzero(kept))
    selection = selection.keep(kept, "singletons", "singleton")
    found = notice("W501", of=request.name, count=count)
    return selection, subset_of(raw, kept), subset_effects(absorb, kept), (found,)


def _is_frequency(request: ModelRequest) -> bool:
    return request.weights is not None and request.weights.kind == "frequency"


def subset_of(raw: Raw, rows: npt.NDArray[Any]) -> Raw:
    """What was read, on some of its rows."""
    return Raw(
        raw.y[rows],
        None if raw.weights is None else raw.weights[rows],
        None if raw.within is None else raw.within[rows],
        {name: [values[rows] for values in arrays] for name, arrays in raw.pieces.items()},
        {name: values[rows] for name, values in raw.keys.items()},
        {name: values[rows] for name, values in raw.slopes.items()},
        None if raw.offset is None else raw.offset[rows],
    )


def order_of(raw: Raw, absorb: Sequence[AbsorbedFactor], limit: int) -> npt.NDArray[np.int64] | None:
    """Rows in canonical order; None where they keep the file's, above ``limit`` rows."""
    columns: list[npt.NDArray[Any]] = [effect.factor.codes for effect in absorb]
    columns += [sortable(values) for values in raw.keys.values()]
    columns += [sortable(values) for arrays in raw.pieces.values() for values in arrays]
    columns += [*raw.slopes.values(), raw.y]
    columns += [values for values in (raw.weights, raw.within, raw.offset) if values is not None]
    return canonical_order(columns, limit)


def _assemble(
    request: ModelRequest,
    selection: Selection,
    raw: Raw,
    absorb: tuple[AbsorbedFactor, ...],
    notices: tuple[Notice, ...],
) -> Design:
    names = list(dict.fromkeys(request.variance.columns))
    known = {effect.factor.name: effect.factor for effect in absorb}
    clusters = {name: known.get(name) or factor_of(name, raw.keys) for name in names}
    intercept = request.formula.intercept and not any(effect.intercept for effect in absorb)
    columns = regressors_of(request, raw.pieces, intercept or bool(absorb))
    endogenous, instruments = (
        _columns_of_side(request, raw.pieces, side)
        for side in (request.formula.endogenous, request.formula.instruments)
    )
    terms, x = _stack([*columns, *endogenous], len(raw.y), intercept)
    treatment = _treatment(request, raw, x, intercept)
    places = tuple(range(len(terms) - len(endogenous), len(terms)))
    focus = () if request.describes else focus_of(request, terms, treatment, places)
    refuse_constant(request, terms, x, focus)
    return Design(
        outcome=request.outcome_name,
        terms=terms,
        y=np.ascontiguousarray(raw.y),
        x=x,
        sample=Sample(kept=selection.rows, steps=selection.steps),
        weights=raw.weights,
        weight_kind=_weight_kind(request, raw),
        within_sum_of_squares=raw.within,
        absorb=absorb,
        clusters=clusters,
        focus=focus,
        treatment=treatment,
        panel=_panel(request, raw),
        coordinates=coordinates_of(request, raw.keys),
        endogenous=places,
        instruments=np.column_stack([one.values for one in instruments]) if instruments else None,
        instrument_names=tuple(one.term.name for one in instruments),
        offset=raw.offset,
        intercept=intercept,
        columns=option_columns(request.option_columns, raw.keys),
        notices=notices,
        extra={
            **_counts(request, raw, x, focus),
            "cell_means": _are_cell_means(request, raw),
        },
    )


def _are_cell_means(request: ModelRequest, raw: Raw) -> bool:
    """Whether rows are means of cells whose persons' spread is lost: said by the spec, or plain from the numbers."""
    if not _is_frequency(request) or raw.within is not None or raw.weights is None:
        return False
    return request.own_mean or are_means(raw.y, raw.weights)


def _weight_kind(request: ModelRequest, raw: Raw) -> str:
    if request.weights is not None:
        return request.weights.kind
    return "frequency" if raw.weights is not None else ""


def regressors_of(request: ModelRequest, pieces: Pieces, has_constant: bool) -> list[Column]:
    """Columns of the regressors, without the constant."""
    return term_columns(request.formula, pieces, timing=timing_of(request), has_constant=has_constant)


def _columns_of_side(request: ModelRequest, pieces: Pieces, side: Sequence[FormulaTerm]) -> list[Column]:
    """Columns of the endogenous regressors or of the instruments."""
    formula = replace(request.formula, terms=tuple(side))
    return term_columns(formula, pieces, timing=timing_of(request), has_constant=True)


def timing_of(request: ModelRequest) -> Timing:
    """What gives event terms their event time."""
    block = request.design
    if block is not None:
        return Timing(block.time, block.start, block.outcome_lead)
    return Timing() if request.panel is None else Timing(request.panel[1])


def _stack(columns: Sequence[Column], n_rows: int, intercept: bool) -> tuple[tuple[Term, ...], Floats]:
    terms = [column.term for column in columns]
    arrays = [np.asarray(column.values, dtype=np.float64) for column in columns]
    if intercept:
        terms.insert(0, Term(INTERCEPT))
        arrays.insert(0, np.ones(n_rows))
    # Column by column: what the kernels read fastest, and a third of the time to write.
    return tuple(terms), gather_columns(arrays) if arrays else np.empty((n_rows, 0))


def _treatment(request: ModelRequest, raw: Raw, x: Floats, intercept: bool) -> Treatment | None:
    """Which columns are the treated block's, and what they would be for a treated unit."""
    block = request.design
    if block is None or not any(name in raw.pieces for name in ("treated", "exposed")):
        return None
    never, always = (_with_treated(request, raw, value, intercept) for value in (0.0, 1.0))
    treated = raw.keys["treated"]
    moving = np.flatnonzero(np.any(never != always, axis=0))
    if len(moving) == 0:
        return None
    profile = always[:, moving]
    linear = np.array_equal(x[:, moving], treated[:, None] * profile) and not np.any(never[:, moving])
    if not linear:
        return None
    unit_name = getattr(request.permute, "unit", None) or block.unit
    unit = make_factor(unit_name, [raw.keys[unit_name]])
    return Treatment(unit, _by_unit(unit, treated), np.ascontiguousarray(profile), tuple(moving.tolist()))


def _with_treated(request: ModelRequest, raw: Raw, value: float, intercept: bool) -> Floats:
    constant = np.full(len(raw.y), value)
    made = {"treated": constant, "exposed": constant * raw.keys["post"]}
    pieces = {name: [made[name]] if name in made else arrays for name, arrays in raw.pieces.items()}
    return _stack(regressors_of(request, pieces, has_constant=True), len(raw.y), intercept)[1]


def _by_unit(unit: Factor, treated: Floats) -> Floats:
    values = np.zeros(unit.levels)
    np.maximum.at(values, unit.codes, treated)
    return values


def _panel(request: ModelRequest, raw: Raw) -> Panel | None:
    if request.panel is None:
        return None
    units, time = request.panel
    unit = make_factor("^".join(units), [raw.keys[name] for name in units])
    return Panel(unit, make_factor(time, [raw.keys[time]]), raw.keys[time])


def _counts(request: ModelRequest, raw: Raw, x: Floats, focus: Sequence[int]) -> dict[str, object]:
    """Treated observations in all and in the thinnest period."""
    counts = raw.weights if _weight_kind(request, raw) == "frequency" else None
    if request.design is not None:
        treated = (raw.keys["treated"] == 1) * (1.0 if counts is None else counts)
        periods = make_factor("", [raw.keys[request.design.time]])
        by_period = np.bincount(periods.codes, weights=treated, minlength=periods.levels)
        return {"n_treated": float(np.sum(treated)), "n_treated_thinnest": float(by_period.min())}
    if len(focus) == 1 and is_zero_or_one(x[:, focus[0]]):
        treated = x[:, focus[0]]
        return {"n_treated": float(np.sum(treated if counts is None else treated * counts))}
    return {}
