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
from impact.core.designs import Term
from impact.core.errors import DesignError
from impact.core.texts import fault
from impact.design.grouping import label_text, make_factor
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


def term_columns(formula: Formula, pieces: Pieces, *, timing: Timing, has_constant: bool) -> list[Column]:
    """All columns of the regressors, in the order of the formula.

    Arguments:
        pieces: arrays (n,) of the elementary pieces by their text.
        timing: for event times. has_constant: whether a constant or an absorbed effect is in the model.

    Raises:
        DesignError: E509 a reference level that does not occur, E515 text where a number is needed.
    """
    columns: list[Column] = []
    for term in formula.terms:
        columns.extend(_columns(term, formula, pieces, timing, has_constant))  # type: ignore[arg-type]
    return columns


def _columns(
    term: Part | Interaction, formula: Formula, pieces: Pieces, timing: Timing, has_constant: bool
) -> list[Column]:
    match term:
        case Interaction():
            return _product(term, formula, pieces, timing)
        case Indicator():
            return _indicators(term, formula, pieces, timing, has_constant)
        case Power():
            base = pieces[piece_text(term.base)][0]
            return [Column(Term(term.text()), base ** float(term.exponent))]
        case Lag():
            arrays = pieces[term.text()]
            return [Column(Term(name), values) for name, values in zip(lag_names(term), arrays, strict=True)]
        case Call() if term.function in BASIS_FUNCTIONS:
            return _basis(term, formula, pieces)
        case _:
            return [Column(Term(term_name(term)), pieces[term.text()][0])]


def _basis(call: Call, formula: Formula, pieces: Pieces) -> list[Column]:
    size = int(_literal(call.arguments[1])) if len(call.arguments) > 1 else 3
    values = pieces[call.text()][0]
    try:
        basis = _basis_values(call.function, values, size)
    except (ValueError, ArithmeticError) as problem:
        raise DesignError(
            fault("E519", place=formula.at(call), term=call.text(), problem=str(problem))
        ) from problem
    return [
        Column(Term(f"{call.text()}{j + 1}"), np.ascontiguousarray(basis[:, j]))
        for j in range(basis.shape[1])
    ]


def _basis_values(function: str, values: Floats, size: int) -> Floats:
    if function == "poly":
        return polynomial.evaluate_polynomial(polynomial.fit_polynomial(values, size), values)
    fit = splines.fit_natural if function == "ns" else splines.fit_bspline
    return splines.evaluate_spline(fit(values, size), values)


def _literal(node: expression_tree.Node) -> float:
    return node.value if isinstance(node, expression_tree.Number) else float("nan")


def _product(term: Interaction, formula: Formula, pieces: Pieces, timing: Timing) -> list[Column]:
    columns = _columns(term.parts[0], formula, pieces, timing, has_constant=False)
    for part in term.parts[1:]:
        others = _columns(part, formula, pieces, timing, has_constant=False)
        columns = [
            Column(replace(one.term, name=f"{one.term.name}:{other.term.name}"), one.values * other.values)
            for one in columns
            for other in others
        ]
    return columns


def _indicators(
    term: Indicator, formula: Formula, pieces: Pieces, timing: Timing, has_constant: bool
) -> list[Column]:
    factor = make_factor(term.variable, [pieces[term.variable][0]])
    references = {_level(value, factor.labels, term.variable, formula, term) for value in term.reference}
    by_values = None if term.by is None else pieces[term.by][0]
    if by_values is not None and by_values.dtype.kind != "f":
        return _crossed(term, formula, pieces, references)
    if not references and by_values is None and has_constant:
        references = {0}
    columns = []
    for code, label in enumerate(factor.labels):
        if code in references:
            continue
        values = (factor.codes == code).astype(np.float64)
        name = f"{term.variable}::{label_text(label)}"
        if by_values is not None:
            values = values * by_values
            name = f"{name}:{term.by}"
        columns.append(Column(_event_term(name, label, term, timing), values))
    return columns


def _crossed(term: Indicator, formula: Formula, pieces: Pieces, references: set[int]) -> list[Column]:
    one = make_factor(term.variable, [pieces[term.variable][0]])
    other = make_factor(str(term.by), [pieces[str(term.by)][0]])
    left_out = {_level(value, other.labels, str(term.by), formula, term) for value in term.reference_by}
    return [
        Column(
            Term(f"{term.variable}::{label_text(label)}:{term.by}::{label_text(second)}"),
            ((one.codes == i) & (other.codes == j)).astype(np.float64),
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
