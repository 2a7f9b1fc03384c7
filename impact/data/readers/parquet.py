"""Parquet: only the columns that are used are read."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.core.registered import Reader
from impact.data.columns import column_of_dates, column_of_integers, column_of_numbers, column_of_texts
from impact.data.request import ReadRequest, Typed, build_frame, choose_columns, clean_names


def header(path: Path, request: ReadRequest) -> tuple[str, ...]:
    """Column names, from the footer alone."""
    # imported here: `impact list` and `check` of other formats must not pay for it
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return clean_names(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise DataError(request.fault("E218", reason=_reason(error))) from None


def read(path: Path, request: ReadRequest) -> Frame:
    """The file's columns; dictionaries as their values, nullable numbers with NaN, times of day dropped.

    Raises:
        DataError: E218 damaged, E212 no rows, E242 lists and records, and the faults of the columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            written = list(file.schema_arrow.names)
            names = clean_names(written)
            choice = choose_columns(names, request)
            n_rows = file.metadata.num_rows
            table = file.read(columns=[written[position] for position in choice.positions.values()])
    except (pa.ArrowException, OSError) as error:
        raise DataError(request.fault("E218", reason=_reason(error))) from None
    if n_rows == 0:
        raise DataError(request.fault("E212"))
    makers = {
        name: partial(_typed, name, table.column(written[position]), request)
        for name, position in choice.positions.items()
    }
    return build_frame(makers, request, n_rows=n_rows, notices=choice.notices)


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["unreadable"])[0][:160]


def _typed(name: str, column: Any, request: ReadRequest) -> Typed:
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
        return _text_column(name, column, request)
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


def _text_column(name: str, column: Any, request: ReadRequest) -> Typed:
    """Text stays text in a typed file, unless the spec says what it is."""
    values = column.to_pylist()
    if name in request.block.types:
        return column_of_texts(name, ["" if value is None else value for value in values], request)
    missing = frozenset(map(str, request.block.missing_codes(name))) | {""}
    texts = np.empty(len(values), dtype=object)
    texts[:] = [None if value is None or value in missing else value for value in values]
    return Typed(texts)


READER = Reader(
    summary="a Parquet file",
    suffixes=(".parquet", ".pq"),
    read=read,
    header=header,
    keywords=("parquet",),
)
