"""Columns to a data frame of the library that ``impact.options.frame`` names."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from impact.face.options import options


def frame_out(columns: Mapping[str, Any], *, index: Any = None) -> Any:
    """A data frame of these columns.

    Arguments:
        columns: name → values, one a row. index: of a pandas frame; other libraries have none.
    """
    if options.frame == "pandas":
        pandas = importlib.import_module("pandas")
        return pandas.DataFrame(dict(columns), index=index)
    plain = {name: _plain(values) for name, values in columns.items()}
    if options.frame == "pyarrow":
        return importlib.import_module("pyarrow").table(plain)
    return importlib.import_module("polars").DataFrame(plain, strict=False)


def rows_out(rows: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> Any:
    """A data frame of rows; ``names``: its columns where there may be no row."""
    found = list(dict.fromkeys([*names, *(name for row in rows for name in row)]))
    return frame_out({name: [row.get(name) for row in rows] for name in found})


def series_out(name: str, values: Any, *, index: Any = None) -> Any:
    """One column: a series of pandas or polars, an array of pyarrow."""
    if options.frame == "pandas":
        return importlib.import_module("pandas").Series(values, index=index, name=name)
    if options.frame == "pyarrow":
        return importlib.import_module("pyarrow").array(_plain(values))
    return importlib.import_module("polars").Series(name, _plain(values))


def _plain(values: Any) -> list[Any]:
    listed = values.tolist() if hasattr(values, "tolist") else list(values)
    return [_scalar(value) for value in listed]


def _scalar(value: Any) -> Any:
    """A value of one column as JSON has it: mappings and lists as text, missing numbers stay NaN."""
    return str(value) if isinstance(value, (dict, list, tuple)) else value
