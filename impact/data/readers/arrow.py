"""Arrow files (.arrow, .feather): the columns that are used are read."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.core.registered import Reader
from impact.data.readers._arrow_columns import reason_of, typed_column
from impact.data.request import ReadRequest, build_frame, choose_columns, clean_names


def header(path: Path, request: ReadRequest) -> tuple[str, ...]:
    """Column names, from the schema alone."""
    with _opened(path, request) as file:
        return clean_names(file.schema.names)


def read(path: Path, request: ReadRequest) -> Frame:
    """The file's columns.

    Raises:
        DataError: E218 damaged, E212 no rows, E242 lists and records, and the faults of the columns.
    """
    import pyarrow as pa

    with _opened(path, request) as file:
        names = clean_names(file.schema.names)
        choice = choose_columns(names, request)
        try:
            table = file.read_all()
        except (pa.ArrowException, OSError) as error:
            raise DataError(request.fault("E218", reason=reason_of(error))) from None
    if table.num_rows == 0:
        raise DataError(request.fault("E212"))
    makers = {
        name: partial(typed_column, name, table.column(position), request)
        for name, position in choice.positions.items()
    }
    return build_frame(makers, request, n_rows=table.num_rows, notices=choice.notices)


def _opened(path: Path, request: ReadRequest) -> Any:
    # imported here: only specs that read such a file pay for it
    import pyarrow as pa

    try:
        return pa.ipc.open_file(pa.memory_map(str(path)))
    except (pa.ArrowException, OSError) as error:
        raise DataError(request.fault("E218", reason=reason_of(error))) from None


READER = Reader(
    summary="an Arrow or Feather file",
    suffixes=(".arrow", ".feather", ".ipc"),
    read=read,
    header=header,
    keywords=("arrow", "feather"),
)
