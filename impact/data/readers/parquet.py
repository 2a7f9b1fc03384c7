"""Parquet: only the columns that are used are read."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.core.registered import Reader
from impact.data.readers._arrow_columns import reason_of, typed_column
from impact.data.request import ReadRequest, build_frame, choose_columns, clean_names


def header(path: Path, request: ReadRequest) -> tuple[str, ...]:
    """Column names, from the footer alone."""
    # imported here: `impact list` and `check` of other formats must not pay for it
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return clean_names(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise DataError(request.fault("E218", reason=reason_of(error))) from None


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
        raise DataError(request.fault("E218", reason=reason_of(error))) from None
    if n_rows == 0:
        raise DataError(request.fault("E212"))
    makers = {
        name: partial(typed_column, name, table.column(written[position]), request)
        for name, position in choice.positions.items()
    }
    return build_frame(makers, request, n_rows=n_rows, notices=choice.notices)


READER = Reader(
    summary="a Parquet file",
    suffixes=(".parquet", ".pq"),
    read=read,
    header=header,
    keywords=("parquet",),
)
