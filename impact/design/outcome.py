"""The outcome of a model: a column, an expression, or sums over the persons of each row; and the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.errors import DataError, DesignError
from impact.core.texts import fault
from impact.design.parts import Source, piece_values
from impact.design.table import values_of
from impact.schema.expressions.tree import Expression
from impact.schema.requests import ModelRequest, OutcomeSums, WeightRequest

# a sum of squares typed with six decimals may fall short of its mean's square by rounding
_ROUNDING = 1e-6
# how many fractions, and what share of them, must become whole numbers
FEWEST_FRACTIONS = 5
MOSTLY = 0.9


@dataclass(frozen=True, slots=True)
class Outcome:
    """y on some rows, with the weights and sums of squares that come with it.

    Arguments:
        y, weights, within: (n,); weights and within are None where the outcome is no sum.
    """

    y: Floats
    counts: Floats | None = None
    within: Floats | None = None


def read_outcome(request: ModelRequest, source: Source) -> Outcome:
    """The outcome on the rows of the source; rows without persons have missing y."""
    wanted = request.outcome
    if isinstance(wanted, OutcomeSums):
        return _from_sums(wanted, request.outcome_name, source)
    if isinstance(wanted, Expression):
        y = values_of(wanted, source.columns, source.n_rows, source.context)[source.rows]
        return Outcome(_as_number(y, request))
    return Outcome(piece_values(request.formula.outcomes[0], request.formula, source)[0])


def _as_number(values: npt.NDArray[Any], request: ModelRequest) -> Floats:
    if values.dtype.kind != "f":
        raise DesignError(fault("E515", place=request.place, name=request.outcome_name))
    return values


def _from_sums(sums: OutcomeSums, name: str, source: Source) -> Outcome:
    total = values_of(sums.total, source.columns, source.n_rows, source.context)[source.rows]
    count = values_of(sums.count, source.columns, source.n_rows, source.context)[source.rows]
    squares = (
        total
        if sums.squares is None
        else values_of(sums.squares, source.columns, source.n_rows, source.context)[source.rows]
    )
    _check(
        ~np.isnan(count) & ((count < 0) | (count != np.floor(count))),
        sums,
        name,
        "a count is not a whole number",
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(count > 0, total / count, np.nan)
        within = np.where(count > 0, squares - total**2 / count, np.nan)
    scale = np.maximum(np.abs(squares), 1.0)
    _check(within < -_ROUNDING * scale, sums, name, "the sum of squares is smaller than the mean allows")
    # one person has no spread; rounding noise of other rows is left to average out, cutting it at zero would bias
    return Outcome(y, counts=count, within=np.where(count == 1, 0.0, within))


def _check(bad: npt.NDArray[np.bool_], sums: OutcomeSums, name: str, problem: str) -> None:
    count = int(np.count_nonzero(bad))
    if count:
        raise DataError(fault("E517", place=sums.place, outcome=name, problem=problem, count=count))


def read_weights(request: WeightRequest, source: Source) -> Floats:
    """Weights on the rows of the source.

    Raises:
        DataError: E513 negative weights, or frequency weights that are not whole numbers.
    """
    weights = values_of(request.values, source.columns, source.n_rows, source.context)[source.rows]
    if weights.dtype.kind != "f":
        raise DataError(fault("E515", place=request.place, name=request.text))
    _check_weights(weights < 0, request, "negative", "weights must be zero or more")
    if request.kind == "frequency":
        advice = f"whole numbers only; use {{{request.text}: analytic}} for other weights"
        _check_weights(~np.isnan(weights) & (weights != np.floor(weights)), request, "fractional", advice)
    return weights


def _check_weights(bad: npt.NDArray[np.bool_], request: WeightRequest, problem: str, advice: str) -> None:
    count = int(np.count_nonzero(bad))
    if count:
        raise DataError(
            fault(
                "E513",
                place=request.place,
                variable=request.text,
                count=count,
                problem=problem,
                advice=advice,
            )
        )


def are_means(y: Floats, counts: Floats) -> bool:
    """Whether y looks like means of counts over ``counts`` persons: fractions that become whole when multiplied."""
    fractional = (counts > 1) & (np.abs(y - np.round(y)) > _ROUNDING)
    if np.count_nonzero(fractional) < FEWEST_FRACTIONS:
        return False
    total = (y * counts)[fractional]
    whole = np.abs(total - np.round(total)) <= _ROUNDING * np.maximum(np.abs(total), 1.0)
    return bool(np.mean(whole) >= MOSTLY)
