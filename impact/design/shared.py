"""Many models read at once: rows, effects and columns that they have in common are made a single time.

Models belong together when they have the same filters, effects, weights and complete rows: the key is the pattern of
complete cases, not the model, so that a control without missing values costs no rows of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats, Logicals
from impact.core.designs import AbsorbedFactor, Factor
from impact.core.errors import ImpactError
from impact.core.frames import Frame
from impact.core.rows.design_rows import factor_on_rows
from impact.core.rows.shared_rows import Member, SharedRows
from impact.design.build import (
    Pieces,
    Raw,
    key_names,
    order_of,
    read_raw,
    regressors_of,
    subset_of,
)
from impact.design.cohorts import columns_of_design
from impact.design.grouping import effects_of, factor_of
from impact.design.outcome import read_outcome, read_weights
from impact.design.parts import piece_text, pieces_of, source_of
from impact.design.row_order import limit_of
from impact.design.sample import Selection, select_rows, subset_effects, without_singletons
from impact.design.table import context_of, is_missing
from impact.kernels.compiled import gather_columns
from impact.schema.expressions.tree import Expression
from impact.schema.requests import ModelRequest, OutcomeSums

Rows = npt.NDArray[np.int64]
# what a column that is read for the outcomes is called among the pieces of the regressors
OUTCOME = "outcome "


@dataclass(frozen=True, slots=True)
class _Reading:
    """What several models with the same filters read, before rows with missing values are dropped.

    Arguments:
        raw: every piece, outcome and key of all; weights: by their text.
    """

    selection: Selection
    raw: Raw
    weights: dict[str, Floats]


@dataclass(frozen=True, slots=True)
class _Together:
    """What groups of one reading share: effects and clusters on all its rows are made when they are first asked for.

    Arguments:
        missing: where columns have no value (n,), for those that miss any: what is made of them is made on the rows of
            each group.
    """

    reading: _Reading
    missing: dict[str, Logicals]
    effects: dict[str, tuple[AbsorbedFactor, ...]] = field(default_factory=dict)
    clusters: dict[str, Factor] = field(default_factory=dict)


def shared_rows(
    frame: Frame, requests: Sequence[ModelRequest], targets: Sequence[str]
) -> Iterator[SharedRows]:
    """The models that can share rows, one group of them after the other; those that cannot be read are in none.

    Arguments:
        frame: all rows, before any filter. targets: (R,) the column that each of the R requests is about.
    """
    able = [place for place, request in enumerate(requests) if is_shareable(request)]
    for places in _grouped(able, lambda place: _reading_key(requests[place])):
        try:
            yield from _groups(frame, requests, targets, places)
        except ImpactError:
            # one of them cannot be built; each is built alone, which says what is wrong and with which
            continue


def is_shareable(request: ModelRequest) -> bool:
    """Whether a model is a plain regression whose rows can be those of others.

    Sums over persons and frequency weights make their own rows, and instruments their own regressions.
    """
    formula = request.formula
    return (
        not isinstance(request.outcome, OutcomeSums)
        and not (formula.endogenous or formula.instruments or formula.offset)
        and request.grouping is None
        and not request.by_adoption
        and not request.option_columns
        and (request.weights is None or request.weights.kind != "frequency")
    )


def _grouped(places: Sequence[int], key: Callable[[int], object]) -> list[list[int]]:
    groups: dict[object, list[int]] = {}
    for place in places:
        groups.setdefault(key(place), []).append(place)
    return list(groups.values())


def _reading_key(request: ModelRequest) -> tuple[object, ...]:
    filters = tuple((name, condition.text()) for name, condition in request.filters.items())
    design = None if request.design is None else repr(request.design)
    return (filters, request.panel, request.own_panel, design)


def _groups(
    frame: Frame, requests: Sequence[ModelRequest], targets: Sequence[str], places: Sequence[int]
) -> Iterator[SharedRows]:
    """Models with the same filters, told apart by effects, weights and complete rows."""
    own = [requests[place] for place in places]
    reading = _read(frame, own)
    together = _Together(reading, _missing(reading))

    def key(place: int) -> tuple[object, ...]:
        request = requests[place]
        effects = tuple(effect.text() for effect in request.formula.effects)
        weights = None if request.weights is None else (request.weights.text, request.weights.kind)
        options = repr(request.options)
        return (effects, weights, request.formula.intercept, request.drop_singletons, options,
                _pattern(together, request))  # fmt: skip

    for group in _grouped(places, key):
        yield _shared(requests, targets, group, together)


def _read(frame: Frame, requests: Sequence[ModelRequest]) -> _Reading:
    """Everything that the models read, once."""
    first = requests[0]
    context = context_of(frame)
    columns = columns_of_design(frame, first, context)
    selection = select_rows(columns, first, None, context)
    formulas = [request.formula for request in requests]
    union = replace(
        first.formula,
        terms=tuple(dict.fromkeys(term for formula in formulas for term in formula.terms)),
        absorbed=tuple(dict.fromkeys(effect for formula in formulas for effect in formula.effects)),
        outcomes=tuple(dict.fromkeys(outcome for formula in formulas for outcome in formula.outcomes)),
    )
    clusters = tuple(dict.fromkeys(name for request in requests for name in request.variance.columns))
    whole = replace(first, formula=union, weights=None, variance=replace(first.variance, columns=clusters))
    source = source_of(columns, selection.rows, whole, context)
    raw = read_raw(whole, source)
    outcomes: Pieces = {}
    weights: dict[str, Floats] = {}
    for request in requests:
        name = outcome_key(request)
        if name not in outcomes:
            outcomes[name] = [read_outcome(request, source).y]
        if request.weights is not None and request.weights.text not in weights:
            weights[request.weights.text] = read_weights(request.weights, source)
    raw = replace(raw, pieces={**raw.pieces, **outcomes})
    order = order_of(raw, (), limit_of(first))
    if order is not None:
        selection = replace(selection, rows=selection.rows[order])
        raw = subset_of(raw, order)
        weights = {name: values[order] for name, values in weights.items()}
    return _Reading(selection, raw, weights)


def outcome_key(request: ModelRequest) -> str:
    """What an outcome is read as: its expression, or the left side of the formula."""
    made = request.outcome
    return OUTCOME + (made.text() if isinstance(made, Expression) else request.formula.outcomes[0].text())


def _effects(together: _Together, request: ModelRequest, rows: Rows, raw: Raw) -> tuple[AbsorbedFactor, ...]:
    """The absorbed effects of a model on some rows, which are those of ``raw``."""
    found: list[AbsorbedFactor] = []
    for effect in request.formula.effects:
        if _is_incomplete(together, (*effect.variables, *effect.slopes)):
            found += effects_of((effect,), raw.keys, raw.slopes)
            continue
        if effect.text() not in together.effects:
            whole = together.reading.raw
            together.effects[effect.text()] = effects_of((effect,), whole.keys, whole.slopes)
        found += subset_effects(together.effects[effect.text()], rows)
    return tuple(found)


def _cluster(together: _Together, name: str, rows: Rows, raw: Raw) -> Factor:
    """A cluster variable on some rows, which are those of ``raw``."""
    if _is_incomplete(together, name.split("^")):
        return factor_of(name, raw.keys)
    if name not in together.clusters:
        together.clusters[name] = factor_of(name, together.reading.raw.keys)
    return factor_on_rows(together.clusters[name], rows)


def _is_incomplete(together: _Together, names: Sequence[str]) -> bool:
    return any(f"{kind} {name}" in together.missing for name in names for kind in ("key", "slope"))


def _missing(reading: _Reading) -> dict[str, Logicals]:
    """Where columns have no value (n,), for those that miss any."""
    columns = [*reading.raw.pieces.items(), *((name, [one]) for name, one in _single_columns(reading))]
    found: dict[str, Logicals] = {}
    for name, arrays in columns:
        lost = np.logical_or.reduce([is_missing(values) for values in arrays])
        if lost.any():
            found[name] = lost
    return found


def _complete(together: _Together, request: ModelRequest) -> Logicals:
    """(n,) true where the model has all it needs."""
    kept = np.ones(len(together.reading.raw.y), dtype=bool)
    for name in _needed(request, together.missing):
        kept &= ~together.missing[name]
    return kept


def _pattern(together: _Together, request: ModelRequest) -> bytes:
    """The complete rows of a model as a key."""
    if not _needed(request, together.missing):
        return b""
    return np.packbits(_complete(together, request)).tobytes()


def _needed(request: ModelRequest, missing: Collection[str]) -> list[str]:
    """Columns that a model reads, of those that miss a value."""
    if not missing:
        return []
    names = [outcome_key(request), *(f"key {name}" for name in key_names(request))]
    names += [piece_text(piece) for term in request.formula.terms for piece in pieces_of(term)]  # type: ignore[arg-type]
    names += [f"slope {name}" for effect in request.formula.effects for name in effect.slopes]
    names += [] if request.weights is None else [f"weight {request.weights.text}"]
    return [name for name in dict.fromkeys(names) if name in missing]


def _single_columns(reading: _Reading) -> list[tuple[str, npt.NDArray[Any]]]:
    found = [(f"key {name}", values) for name, values in reading.raw.keys.items()]
    found += [(f"slope {name}", values) for name, values in reading.raw.slopes.items()]
    return found + [(f"weight {name}", values) for name, values in reading.weights.items()]


def _shared(
    requests: Sequence[ModelRequest],
    targets: Sequence[str],
    places: Sequence[int],
    together: _Together,
) -> SharedRows:
    """The common rows of one group, and where each model's columns stand."""
    first, reading = requests[places[0]], together.reading
    rows = np.flatnonzero(_complete(together, first))
    weights = None if first.weights is None else reading.weights[first.weights.text]
    if weights is not None:
        rows = rows[weights[rows] > 0]
    raw = subset_of(replace(_of_group(requests, places, reading.raw), weights=weights), rows)
    absorb = _effects(together, first, rows, raw)
    kept = without_singletons(absorb) if first.drop_singletons else None
    if kept is not None:
        rows, raw, absorb = rows[kept], subset_of(raw, kept), subset_effects(absorb, kept)
    intercept = first.formula.intercept and not any(effect.intercept for effect in absorb)
    stack = _Stack(raw, has_constant=intercept or bool(absorb))
    members = tuple(_member(stack, place, requests[place], targets[place]) for place in places)
    known = {effect.factor.name: effect.factor for effect in absorb}
    names = dict.fromkeys(name for place in places for name in requests[place].variance.columns)
    return SharedRows(
        columns=gather_columns(stack.arrays),
        names=tuple(stack.names),
        rows=reading.selection.rows[rows],
        members=members,
        weights=raw.weights,
        weight_kind="" if first.weights is None else first.weights.kind,
        absorb=absorb,
        clusters={name: known.get(name) or _cluster(together, name, rows, raw) for name in names},
        intercept=intercept,
    )


def _of_group(requests: Sequence[ModelRequest], places: Sequence[int], raw: Raw) -> Raw:
    """What the models of one group read, of all that was read."""
    used = {outcome_key(requests[place]) for place in places}
    used |= {
        piece_text(piece)
        for place in places
        for term in requests[place].formula.terms
        for piece in pieces_of(term)  # type: ignore[arg-type]
    }
    keys = {name for place in places for name in key_names(requests[place])}
    return replace(
        raw,
        pieces={name: arrays for name, arrays in raw.pieces.items() if name in used},
        keys={name: values for name, values in raw.keys.items() if name in keys},
    )


@dataclass(frozen=True, slots=True)
class _Stack:
    """Columns side by side, each outcome and term of the models once.

    Arguments:
        outcomes: key → column; terms: text of a term → name → column.
    """

    raw: Raw
    has_constant: bool
    names: list[str] = field(default_factory=list)
    arrays: list[Floats] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    terms: dict[str, dict[str, int]] = field(default_factory=dict)


def _member(stack: _Stack, place: int, request: ModelRequest, target: str) -> Member:
    """Where a model's columns stand, added to the stack where they are not in it; −1 for a target it does not have."""
    key = outcome_key(request)
    if key not in stack.outcomes:
        stack.outcomes[key] = _add(stack, key, stack.raw.pieces[key][0])
    columns: dict[str, int] = {}
    for term in request.formula.terms:
        text = str(term.text())
        if text not in stack.terms:
            alone = replace(request, formula=replace(request.formula, terms=(term,)))
            made = regressors_of(alone, stack.raw.pieces, stack.has_constant)
            stack.terms[text] = {one.term.name: _add(stack, one.term.name, one.values) for one in made}
        columns |= stack.terms[text]
    return Member(place, stack.outcomes[key], columns.get(target, -1), tuple(columns.values()))


def _add(stack: _Stack, name: str, values: Floats) -> int:
    stack.names.append(name)
    stack.arrays.append(np.asarray(values, dtype=np.float64))
    return len(stack.names) - 1
