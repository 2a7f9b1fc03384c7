"""Terms of a formula to columns of x, on the rows of the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

import impact.kernels.polynomial as polynomial
import impact.kernels.splines as splines
import impact.schema.expressions.tree as expression_tree
from impact.core.arrays import Floats
from impact.core.designs import Factor, Term
from impact.core.errors import DesignError
from impact.core.texts import fault
from impact.design.grouping import label_text, make_factor, recoded
from impact.design.parts import BASIS_FUNCTIONS, lag_names, piece_text
from impact.schema.formulas.tree import (
    Call,
    Formula,
    Indicator,
    Interaction,
    Lag,
    Part,
    Power,
    term_name,
)

_YEARS = range(1800, 2201)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of x with its name and, for indicators of a period, the period."""

    term: Term
    values: Floats


@dataclass(frozen=True, slots=True)
class Timing:
    """Which variable is the time, and the first exposed period, to give event terms their event time."""

    time: str = ""
    start: float | None = None
    outcome_lead: int = 0


Pieces = Mapping[str, Sequence[npt.NDArray[Any]]]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What columns are made of; ``sample``: pieces of the rows that levels and bases come from."""

    formula: Formula
    pieces: Pieces
    timing: Timing
    sample: Pieces


def term_columns(
    formula: Formula, pieces: Pieces, *, timing: Timing, has_constant: bool, sample: Pieces | None = None
) -> list[Column]:
    """All columns of the regressors, in the order of the formula.

    Arguments:
        pieces: arrays (n,) of the elementary pieces by their text.
        timing: for event times. has_constant: whether a constant or an absorbed effect is in the model.
        sample: pieces of the estimation sample where the columns are those of other rows, which take its levels and
            bases; None: the rows are the sample. A level that the sample lacks is missing in every indicator.

    Raises:
        DesignError: E509 a reference level that does not occur, E515 text where a number is needed.
    """
    reading = _Reading(formula, pieces, timing, pieces if sample is None else sample)
    columns: list[Column] = []
    for term in formula.terms:
        columns.extend(_columns(term, reading, has_constant))  # type: ignore[arg-type]
    return columns


def _columns(term: Part | Interaction, reading: _Reading, has_constant: bool) -> list[Column]:
    pieces = reading.pieces
    match term:
        case Interaction():
            return _product(term, reading)
        case Indicator():
            return _indicators(term, reading, has_constant)
        case Power():
            base = pieces[piece_text(term.base)][0]
            return [Column(Term(term.text()), base ** float(term.exponent))]
        case Lag():
            arrays = pieces[term.text()]
            return [Column(Term(name), values) for name, values in zip(lag_names(term), arrays, strict=True)]
        case Call() if term.function in BASIS_FUNCTIONS:
            return _basis(term, reading)
        case _:
            return [Column(Term(term_name(term)), pieces[term.text()][0])]


def _basis(call: Call, reading: _Reading) -> list[Column]:
    size = int(_literal(call.arguments[1])) if len(call.arguments) > 1 else 3
    sample, values = (side[call.text()][0] for side in (reading.sample, reading.pieces))
    try:
        basis = _basis_values(call.function, sample, values, size)
    except (ValueError, ArithmeticError) as problem:
        raise DesignError(
            fault("E519", place=reading.formula.at(call), term=call.text(), problem=str(problem))
        ) from problem
    return [
        Column(Term(f"{call.text()}{j + 1}"), np.ascontiguousarray(basis[:, j]))
        for j in range(basis.shape[1])
    ]


def _basis_values(function: str, sample: Floats, values: Floats, size: int) -> Floats:
    if function == "poly":
        return polynomial.evaluate_polynomial(polynomial.fit_polynomial(sample, size), values)
    fit = splines.fit_natural if function == "ns" else splines.fit_bspline
    return splines.evaluate_spline(fit(sample, size), values)


def _literal(node: expression_tree.Node) -> float:
    return node.value if isinstance(node, expression_tree.Number) else float("nan")


def _product(term: Interaction, reading: _Reading) -> list[Column]:
    columns = _columns(term.parts[0], reading, has_constant=False)
    for part in term.parts[1:]:
        others = _columns(part, reading, has_constant=False)
        columns = [
            Column(replace(one.term, name=f"{one.term.name}:{other.term.name}"), one.values * other.values)
            for one in columns
            for other in others
        ]
    return columns


def _indicators(term: Indicator, reading: _Reading, has_constant: bool) -> list[Column]:
    factor = _factor(term.variable, reading)
    references = {
        _level(value, factor.labels, term.variable, reading.formula, term) for value in term.reference
    }
    by_values = None if term.by is None else reading.pieces[term.by][0]
    if by_values is not None and by_values.dtype.kind != "f":
        return _crossed(term, factor, reading, references)
    if not references and by_values is None and has_constant:
        references = {0}
    columns = []
    for code, label in enumerate(factor.labels):
        if code in references:
            continue
        values = _is_level(factor, code)
        name = f"{term.variable}::{label_text(label)}"
        if by_values is not None:
            values = values * by_values
            name = f"{name}:{term.by}"
        columns.append(Column(_event_term(name, label, term, reading.timing), values))
    return columns


def _factor(variable: str, reading: _Reading) -> Factor:
    """The levels of an indicator variable, −1 on rows whose level the estimation sample lacks."""
    own = make_factor(variable, [reading.pieces[variable][0]])
    if reading.sample is reading.pieces:
        return own
    labels = make_factor(variable, [reading.sample[variable][0]]).labels
    return Factor(variable, recoded(own, labels), labels)


def _is_level(factor: Factor, code: int) -> Floats:
    """1 where a row has the level, 0 where it has another one, NaN where it has an unknown one."""
    values: Floats = (factor.codes == code).astype(np.float64)
    unknown = factor.codes < 0
    if unknown.any():
        values[unknown] = np.nan
    return values


def _crossed(term: Indicator, one: Factor, reading: _Reading, references: set[int]) -> list[Column]:
    other = _factor(str(term.by), reading)
    left_out = {
        _level(value, other.labels, str(term.by), reading.formula, term) for value in term.reference_by
    }
    return [
        Column(
            Term(f"{term.variable}::{label_text(label)}:{term.by}::{label_text(second)}"),
            _is_level(one, i) * _is_level(other, j),
        )
        for i, label in enumerate(one.labels)
        if i not in references
        for j, second in enumerate(other.labels)
        if j not in left_out
    ]


def _level(
    value: float | str, labels: Sequence[object], variable: str, formula: Formula, term: Indicator
) -> int:
    for code, label in enumerate(labels):
        if label == value or label_text(label) == label_text(value):
            return code
    shown = ", ".join(label_text(label) for label in labels[:12])
    raise DesignError(
        fault("E509", place=formula.at(term), level=label_text(value), variable=variable, levels=shown)
    )


def _event_term(name: str, label: object, term: Indicator, timing: Timing) -> Term:
    """An indicator of a period as an event term; without a declared time, years with a reference count as periods."""
    if not isinstance(label, float):
        return Term(name)
    reference = [value for value in term.reference if isinstance(value, float)]
    if reference and min(reference) < 0:
        return Term(name, kind="event", event_time=label)
    over_time = term.variable == timing.time if timing.time else label in _YEARS
    if not over_time or not (reference or (term.by is not None and timing.time)):
        return Term(name)
    event_time = None if timing.start is None else label + timing.outcome_lead - timing.start
    return Term(name, kind="event", time=label, event_time=event_time)
