"""Rows that a model was not fitted on, as columns of its own x: with the levels, bases and effects of its sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import INTERCEPT, AbsorbedFactor, Design, Term
from impact.core.errors import Place
from impact.core.frames import Frame
from impact.design.build import Pieces, Raw, subset_of, timing_of
from impact.design.grouping import make_factor, recoded
from impact.design.matrix import Column, term_columns
from impact.design.parts import Source, offset_of, piece_text, piece_values, pieces_of, source_of
from impact.design.table import column_of, context_of, is_missing, number_column, take_rows
from impact.kernels.factors import Effect
from impact.schema.formulas.tree import Formula, Indicator, Interaction, Lag, columns_of
from impact.schema.requests import ModelRequest

Logicals = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class OtherRows:
    """Columns of a model on the m complete ones among other rows.

    Arguments:
        complete: (all rows,) every value that the model reads is there; the m rows of the rest are these.
        terms: of the k columns of x (m, k), which are NaN where the level of an indicator is unknown.
        effects: with the codes of the model's own effects, −1 for unknown levels.
        offset: (m,) or None. unknown: name of an indicator or effect → (m,) rows with a level that the sample lacks.
    """

    complete: Logicals
    terms: tuple[Term, ...]
    x: Floats
    effects: tuple[Effect, ...]
    offset: Floats | None
    unknown: Mapping[str, Logicals]


def columns_read(request: ModelRequest) -> list[tuple[str, Place | None]]:
    """Names that predictions of a model read, with their places: those of the right side, without instruments."""
    formula = _right_side(request).formula
    found: list[tuple[str, Place | None]] = [(use.name, formula.at(use)) for use in columns_of(formula)]
    terms = (*formula.terms, *formula.endogenous)
    lags = any(isinstance(piece, Lag) for term in terms for piece in pieces_of(term))  # type: ignore[arg-type]
    if request.panel is not None and lags:
        found += [(name, request.place) for name in (*request.panel[0], request.panel[1])]
    return found


def _right_side(request: ModelRequest) -> ModelRequest:
    return replace(request, formula=replace(request.formula, outcomes=(), instruments=()))


def columns_on_rows(
    request: ModelRequest, design: Design, frame: Frame, other: Frame, *, absorb: Sequence[AbsorbedFactor]
) -> OtherRows:
    """The columns of a fitted model on the rows of another frame.

    Arguments:
        design: that the model was given, whose rows are those of ``frame``. other: the rows asked for.
        absorb: the effects on the rows that the estimate stands on.

    Raises:
        SpecError: E514 a column that the other frame lacks. DesignError: E506, E508 lags without a panel, E515 text
            where a number is needed.
    """
    request = _right_side(request)
    formula = request.formula
    source, known = (
        source_of(one.columns, rows, request, context_of(one))
        for one, rows in ((other, np.arange(other.n_rows)), (frame, design.sample.kept))
    )
    raw = _read(formula, source)
    complete = _complete(raw)
    raw, sample = subset_of(raw, complete), _pieces(formula, known)
    columns = _columns(request, design, raw, sample)
    effects, unknown = _effects(absorb, formula, raw)
    for name in dict.fromkeys(_indicated(formula, raw.pieces)):
        levels = make_factor(name, [sample[name][0]]).labels
        unknown[name] = recoded(make_factor(name, [raw.pieces[name][0]]), levels) < 0
    rows = int(np.count_nonzero(complete))
    x = np.column_stack([column.values for column in columns]) if columns else np.empty((rows, 0))
    return OtherRows(complete, tuple(column.term for column in columns), x, effects, raw.offset, unknown)


def _read(formula: Formula, source: Source) -> Raw:
    """What the right side of a formula reads, on all rows."""
    keys: dict[str, npt.NDArray[Any]] = {}
    slopes: dict[str, Floats] = {}
    for effect in formula.effects:
        place = formula.at(effect)
        keys |= {
            name: take_rows(column_of(source.columns, name, place=place), source.rows)
            for name in effect.variables
        }
        slopes |= {
            name: take_rows(number_column(source.columns, name, place=place), source.rows)
            for name in effect.slopes
        }
    y = np.zeros(len(source.rows))
    return Raw(y, None, None, _pieces(formula, source), keys, slopes, offset_of(formula, source))


def _pieces(formula: Formula, source: Source) -> Pieces:
    found: Pieces = {}
    for term in (*formula.terms, *formula.endogenous):
        for piece in pieces_of(term):  # type: ignore[arg-type]
            if piece_text(piece) not in found:
                found[piece_text(piece)] = piece_values(piece, formula, source)
    return found


def _complete(raw: Raw) -> Logicals:
    arrays = [values for own in raw.pieces.values() for values in own]
    arrays += [*raw.keys.values(), *raw.slopes.values()]
    arrays += [] if raw.offset is None else [raw.offset]
    missing = np.zeros(len(raw.y), dtype=np.bool_)
    for values in arrays:
        missing |= is_missing(values)
    return ~missing


def _columns(request: ModelRequest, design: Design, raw: Raw, sample: Pieces) -> list[Column]:
    """The constant, the regressors and the endogenous ones, as in the design."""
    timing = timing_of(request)
    has_constant = design.intercept or bool(design.absorb)
    columns = [Column(Term(INTERCEPT), np.ones(len(raw.y)))] if design.intercept else []
    for side, constant in ((request.formula.terms, has_constant), (request.formula.endogenous, True)):
        own = replace(request.formula, terms=side)
        columns += term_columns(own, raw.pieces, timing=timing, has_constant=constant, sample=sample)
    return columns


def _effects(
    absorb: Sequence[AbsorbedFactor], formula: Formula, raw: Raw
) -> tuple[tuple[Effect, ...], dict[str, Logicals]]:
    """The absorbed effects with the codes of the estimate's, and where their levels are unknown."""
    found: list[Effect] = []
    unknown: dict[str, Logicals] = {}
    for effect in formula.effects:
        name = "^".join(effect.variables)
        own = next(one.factor for one in absorb if one.factor.name == name)
        codes = recoded(make_factor(name, [raw.keys[part] for part in effect.variables]), own.labels)
        unknown[name] = codes < 0
        found += [Effect(codes, own.levels)] if effect.intercept else []
        found += [Effect(codes, own.levels, raw.slopes[slope], intercept=False) for slope in effect.slopes]
    return tuple(found), unknown


def _indicated(formula: Formula, pieces: Pieces) -> Iterator[str]:
    """Names of the variables whose values become indicators."""
    terms = (*formula.terms, *formula.endogenous)
    parts = [part for term in terms for part in (term.parts if isinstance(term, Interaction) else (term,))]
    for part in (part for part in parts if isinstance(part, Indicator)):
        yield part.variable
        if part.by is not None and pieces[part.by][0].dtype.kind != "f":
            yield part.by
