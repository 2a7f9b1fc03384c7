"""The elementary pieces of a formula as arrays: columns, transforms, lags and indicator variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

import impact.schema.expressions.tree as expression_tree
from impact.core.arrays import Floats
from impact.core.designs import Panel
from impact.core.errors import DesignError, Fault
from impact.core.texts import fault
from impact.design.table import Columns, column_of, is_missing, take_rows, values_of
from impact.schema.expressions.context import Context
from impact.schema.expressions.panel import panel_keys
from impact.schema.expressions.tree import Expression
from impact.schema.formulas.tree import Call, Formula, Indicator, Interaction, Lag, Part, Power, Variable
from impact.schema.requests import ModelRequest

MOST_REPEATS = 3
# transforms with a basis that is made from the estimation sample
BASIS_FUNCTIONS = ("poly", "ns", "bs")


@dataclass(frozen=True, slots=True)
class Source:
    """Where pieces are read: the columns of all rows, the rows of the model's sample, and the panel for lags.

    Arguments:
        columns: all columns, on all rows of the frame. n_rows: of the frame. rows: row numbers of the sample.
        unit, time: codes (−1 missing) and values on all rows, None without a panel.
        repeated: rows that share unit and time with another one. context: what expressions know beside the columns.
    """

    columns: Columns
    n_rows: int
    rows: npt.NDArray[np.int64]
    unit: npt.NDArray[np.int32] | None = None
    time: Floats | None = None
    repeated: int = 0
    context: Context | None = None


def source_of(
    columns: Columns, rows: npt.NDArray[np.int64], request: ModelRequest, context: Context
) -> Source:
    """Where the pieces of a model are read; the panel's keys are there where the formula takes lags."""
    source = Source(columns, context.rows, rows, context=context)
    formula = request.formula
    terms = (*formula.terms, *formula.endogenous, *formula.instruments)
    pieces = [*formula.outcomes, *(piece for term in terms for piece in pieces_of(term))]  # type: ignore[arg-type]
    if request.panel is None or not any(isinstance(piece, Lag) for piece in pieces):
        return source
    keys = None if request.own_panel else context.panel
    if keys is None:
        units, time = request.panel
        keys = panel_keys([column_of(columns, name) for name in units], column_of(columns, time))
    period = np.where(is_missing(keys.time), np.nan, keys.period.astype(np.float64))
    return replace(source, unit=keys.unit.astype(np.int32), time=period, repeated=keys.repeated)


Piece = Variable | Call | Lag
PieceKey = tuple[str, int]


def pieces_of(term: Part | Interaction) -> list[Piece | str]:
    """The elementary pieces of a term: nodes for numbers, names for indicator variables."""
    match term:
        case Interaction():
            return [piece for part in term.parts for piece in pieces_of(part)]
        case Power():
            return [term.base]
        case Indicator():
            return [term.variable] if term.by is None else [term.variable, term.by]
        case _:
            return [term]


def piece_text(piece: Piece | str) -> str:
    """Name of a piece in messages and as a key."""
    return piece if isinstance(piece, str) else piece.text()


def piece_values(piece: Piece | str, formula: Formula, source: Source) -> list[npt.NDArray[Any]]:
    """The arrays (n of the sample) behind a piece: one, or one for each lag."""
    match piece:
        case str():
            return [take_rows(column_of(source.columns, piece, place=formula.place), source.rows)]
        case Variable():
            return [take_rows(_number(piece, formula, source), source.rows)]
        case Call() if piece.function in BASIS_FUNCTIONS:
            return [take_rows(_evaluated(piece.arguments[0], formula, source), source.rows)]
        case Call():
            call = expression_tree.Call(piece.function, piece.arguments, (), piece.start, piece.end)
            return [take_rows(_evaluated(call, formula, source), source.rows)]
        case Lag():
            return _lagged(piece, formula, source)


def _number(variable: Variable, formula: Formula, source: Source) -> Floats:
    place = formula.at(variable)
    values = column_of(source.columns, variable.name, place=place)
    if values.dtype.kind != "f":
        raise DesignError(fault("E515", place=place, name=variable.name))
    return values


def offset_of(formula: Formula, source: Source) -> Floats | None:
    """The exposure term of a formula on the rows of the source, None where it has none."""
    if formula.offset is None:
        return None
    return np.asarray(take_rows(_evaluated(formula.offset, formula, source), source.rows), dtype=np.float64)


def _evaluated(node: expression_tree.Node, formula: Formula, source: Source) -> Floats:
    expression = Expression(node, source=formula.source, place=formula.place)
    for use in expression_tree.columns_of(expression):
        column_of(source.columns, use.name, place=formula.place)
    return values_of(expression, source.columns, source.n_rows, source.context)


def _lagged(lag: Lag, formula: Formula, source: Source) -> list[npt.NDArray[Any]]:
    if source.unit is None or source.time is None:
        raise DesignError(fault("E506", place=formula.at(lag), what=lag.text()))
    if source.repeated:
        raise DesignError(_repeats(lag, formula, source))
    everywhere = replace(source, rows=np.arange(source.n_rows))
    values = piece_values(lag.term, formula, everywhere)[0]
    found: list[npt.NDArray[Any]] = []
    for steps in lag.lags:
        shift = steps if lag.kind in ("l", "d") else -steps
        moved = shift_in_time(values, source.unit, source.time, shift)
        found.append((values - moved if lag.kind == "d" else moved)[source.rows])
    return found


def _repeats(lag: Lag, formula: Formula, source: Source) -> Fault:
    """E508 with the row numbers of the first repeated pairs."""
    assert source.unit is not None and source.time is not None
    seen: dict[tuple[int, float], int] = {}
    pairs: list[str] = []
    for row, key in enumerate(zip(source.unit.tolist(), source.time.tolist(), strict=True)):
        if key in seen and key[0] >= 0:
            pairs.append(f"rows {seen[key] + 1} and {row + 1}")
        seen.setdefault(key, row)
        if len(pairs) == MOST_REPEATS:
            break
    what, examples = f"`{lag.text()}`", ", ".join(pairs)
    return fault(
        "E508",
        place=formula.at(lag),
        count=source.repeated,
        unit="unit",
        time="time",
        what=what,
        examples=examples,
    )


def shift_in_time(values: Floats, unit: npt.NDArray[np.int32], time: Floats, shift: float) -> Floats:
    """The value of the same unit ``shift`` periods earlier (calendar time: gaps are gaps), NaN where there is none."""
    periods, code = np.unique(time, return_inverse=True)
    key = unit.astype(np.int64) * (len(periods) + 1) + code
    order = np.argsort(key, kind="stable")
    position = np.searchsorted(periods, time - shift)
    inside = (position < len(periods)) & np.isclose(
        periods[np.minimum(position, len(periods) - 1)], time - shift, rtol=0, atol=1e-9
    )
    wanted = unit.astype(np.int64) * (len(periods) + 1) + np.minimum(position, len(periods) - 1)
    where = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    match = inside & (key[order][where] == wanted)
    return np.where(match, values[order[where]], np.nan)


def lag_names(lag: Lag) -> list[str]:
    """Coefficient names of a lag term: one for each lag."""
    return [f"{lag.kind}({lag.term.text()}, {steps})" for steps in lag.lags]


def panel_arrays(panel: Panel) -> tuple[npt.NDArray[np.int32], Floats]:
    """Unit codes and time values of each row of a panel."""
    return panel.unit.codes, panel.time_values


def coordinates_of(request: ModelRequest, keys: Mapping[str, npt.NDArray[Any]]) -> Floats | None:
    """(n, 2) The coordinates that the variance of a model reads, None where it reads none.

    Raises:
        DesignError: E515 a column of texts.
    """
    if request.coordinates is None:
        return None
    texts = [name for name in request.coordinates if keys[name].dtype.kind not in "fiu"]
    if texts:
        raise DesignError(fault("E515", place=request.variance.place, name=", ".join(texts)))
    return np.column_stack([keys[name].astype(np.float64) for name in request.coordinates])
