"""Columns of Arrow tables (Parquet, Feather, DuckDB) as columns of the frame."""

from __future__ import annotations

from typing import Any

import numpy as np

from impact.core.errors import DataError
from impact.data.columns import (
    column_of_dates,
    column_of_integers,
    column_of_kept_texts,
    column_of_numbers,
    column_of_texts,
)
from impact.data.request import ReadRequest, Typed


def typed_column(name: str, column: Any, request: ReadRequest) -> Typed:
    """A column: dictionaries as their values, nullable numbers with NaN, times of day dropped.

    Raises:
        DataError: E242 lists, records and binary values, and the faults of the columns.
    """
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_null(kind):
        return column_of_numbers(name, np.full(len(column), np.nan), request)
    if pa.types.is_boolean(kind) or pa.types.is_floating(kind):
        return column_of_numbers(name, _floats(column), request)
    if pa.types.is_integer(kind):
        missing = column.is_null().to_numpy() if column.null_count else None
        return column_of_integers(name, column.fill_null(0).to_numpy(), missing, request)
    if pa.types.is_decimal(kind):
        return column_of_texts(name, _texts(column), request)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return column_of_dates(name, _stamps(column), request)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or str(kind) == "string_view":
        return column_of_kept_texts(name, _texts(column), request)
    raise DataError(request.fault("E242", key="columns", column=name, what=str(kind)))


def _floats(column: Any) -> Any:
    import pyarrow as pa

    return column.cast(pa.float64()).fill_null(float("nan")).to_numpy()


def _stamps(column: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        # the instant in its own zone is not a day that all machines agree on: days are counted in UTC
        column = column.cast(pa.timestamp(column.type.unit))
    return column.to_numpy()


def _texts(column: Any) -> list[str]:
    return ["" if value is None else str(value) for value in column.to_pylist()]


def reason_of(error: Exception) -> str:
    """The first line of a library's complaint."""
    return (str(error).strip().splitlines() or ["unreadable"])[0][:160]
