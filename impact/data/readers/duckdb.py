"""DuckDB databases (.duckdb, .ddb): one table or view, opened for reading only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.core.nearest import nearest
from impact.core.registered import Reader
from impact.core.texts import text
from impact.data.readers._arrow_columns import reason_of, typed_column
from impact.data.readers._coded_columns import EXTRA
from impact.data.request import ReadRequest, build_frame, choose_columns, clean_names

_TABLES = """
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY table_schema, table_name
"""
_MAIN = "main"


def header(path: Path, request: ReadRequest) -> tuple[str, ...]:
    """Column names of the table."""
    with _opened(path, request) as base:
        return clean_names(_names(base, request))


def read(path: Path, request: ReadRequest) -> Frame:
    """The table's columns, its rows in the order of the database.

    Raises:
        DataError: E208 duckdb is not installed, E212 no rows, E218 damaged, E225 which table, and the faults of the
        columns.
    """
    with _opened(path, request) as base:
        written = _names(base, request)
        choice = choose_columns(clean_names(written), request)
        # without a column that is used the rows are counted
        chosen = [written[position] for position in choice.positions.values()] or written[:1]
        listed = ", ".join(map(_quoted, chosen))
        table = _asked(base, f"SELECT {listed} FROM {_table(base, request)}", request).to_arrow_table()
    if table.num_rows == 0:
        raise DataError(request.fault("E212"))
    makers = {
        name: partial(typed_column, name, table.column(number), request)
        for number, name in enumerate(choice.positions)
    }
    return build_frame(makers, request, n_rows=table.num_rows, notices=choice.notices)


@contextmanager
def _opened(path: Path, request: ReadRequest) -> Iterator[Any]:
    try:
        import duckdb
    except ImportError:
        reason, advice = text("data.not_installed", package="duckdb"), text("data.install", extra=EXTRA)
        raise DataError(
            request.fault(
                "E208", key="file", format="DuckDB", suffix=path.suffix, reason=reason, advice=advice
            )
        ) from None
    if path.stat().st_size == 0:
        raise DataError(request.fault("E211"))
    try:
        base = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise DataError(request.fault("E218", reason=reason_of(error))) from None
    try:
        yield base
    finally:
        base.close()


def _asked(base: Any, query: str, request: ReadRequest) -> Any:
    import duckdb

    try:
        return base.sql(query)
    except duckdb.Error as error:
        raise DataError(request.fault("E218", reason=reason_of(error))) from None


def _names(base: Any, request: ReadRequest) -> list[str]:
    found = _asked(base, f"DESCRIBE {_table(base, request)}", request).fetchall()
    return [str(row[0]) for row in found]


def _table(base: Any, request: ReadRequest) -> str:
    """The table that the block names, quoted; the only one by default.

    Raises:
        DataError: E278 none, several, or not one of that name.
    """
    there = {
        (name if schema == _MAIN else f"{schema}.{name}"): f"{_quoted(schema)}.{_quoted(name)}"
        for schema, name in _asked(base, _TABLES, request).fetchall()
    }
    asked = request.block.table
    listed = ", ".join(f"'{name}'" for name in there) or "-"
    if asked is None and len(there) != 1:
        reason = text("data.which_table")
        raise DataError(request.fault("E278", key="table", tables=listed, reason=reason))
    if asked is not None and asked not in there:
        reason = text("data.no_table", name=asked)
        hint = nearest(asked, there)
        raise DataError(request.fault("E278", key="table", suggestion=hint, tables=listed, reason=reason))
    return there[asked] if asked is not None else next(iter(there.values()))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


READER = Reader(
    summary="a DuckDB database",
    suffixes=(".duckdb", ".ddb"),
    read=read,
    header=header,
    keywords=("duckdb",),
)
