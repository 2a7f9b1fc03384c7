"""Data frames of other libraries, or mappings of arrays, to our frame."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError, Place
from impact.core.frames import Frame
from impact.core.name_patterns import wanted_among
from impact.core.texts import fault
from impact.kernels.compiled import all_finite, value_range

Column = npt.NDArray[Any]
_LARGEST_EXACT = 2**53


def frame_of(data: Any, wanted: Iterable[str], *, keys: Collection[str] = ()) -> Frame:
    """The wanted columns of a pandas, polars, pyarrow … frame or of a mapping of arrays.

    Arguments:
        data: the frame. wanted: columns to take; names it lacks are left to the model to miss.
        keys: columns that only group rows: whole numbers among them are taken as they are, without a copy.

    Raises:
        DataError: E260 what is no frame, E261 columns of unequal length, E262 values no column can hold.
    """
    getter, names = _columns_of(data)
    columns = {
        name: _converted(name, getter(name), key=name in keys) for name in sorted(wanted_among(names, wanted))
    }
    lengths = {len(values) for values in columns.values()}
    complete = _without_gaps(columns)
    if len(lengths) > 1:
        raise DataError(fault("E261", place=Place(file="data"), lengths=", ".join(map(str, sorted(lengths)))))
    n_rows = lengths.pop() if lengths else 0
    return Frame(columns=columns, n_rows=n_rows, name="data", read=n_rows, complete=complete)


def _without_gaps(columns: dict[str, Column]) -> frozenset[str]:
    """Names of the columns of numbers where each of these is finite in every row; infinite ones become missing."""
    names = [name for name, values in columns.items() if values.dtype == np.float64]
    if len({len(columns[name]) for name in names}) == 1 and all_finite([columns[name] for name in names]):
        return frozenset(names)
    for name in names:
        columns[name] = _finite(columns[name])
    return frozenset()


def names_of(data: Any) -> tuple[str, ...]:
    """Names of all columns of a frame or mapping, sorted.

    Raises:
        DataError: E260 what is no frame.
    """
    return tuple(sorted(_columns_of(data)[1]))


def _columns_of(data: Any) -> tuple[Any, set[str]]:
    if isinstance(data, Mapping):
        return data.__getitem__, {str(name) for name in data}
    if type(data).__module__.startswith("pandas") and hasattr(data, "columns"):
        return data.__getitem__, {str(name) for name in data.columns}
    import narwhals  # only frames of other libraries need the adapter

    try:
        frame = narwhals.from_native(data)
    except TypeError:
        raise DataError(fault("E260", place=Place(file="data"), kind=type(data).__name__)) from None
    if isinstance(frame, narwhals.LazyFrame):
        frame = frame.collect()
    return (lambda name: _of_series(frame[name])), set(frame.columns)


def _of_series(series: Any) -> Any:
    """A series of another library as an array; whole numbers with gaps do not become floats on the way."""
    if series.dtype.is_integer() and series.null_count():
        return np.array(series.to_list(), dtype=object)
    return series.to_numpy()


def _of_pandas(column: Any) -> Any:
    """The same for pandas: its nullable whole numbers would lose digits as floats."""
    kind = getattr(column.dtype, "kind", "")
    if kind in ("i", "u") and not isinstance(column.dtype, np.dtype) and column.isna().any():
        return column.to_numpy(dtype=object, na_value=None)
    return column.to_numpy()


def _converted(name: str, column: Any, *, key: bool) -> Column:
    """A column as float64, object of str or None, or datetime64[D]; a key may stay int64."""
    is_array = isinstance(column, np.ndarray) or not hasattr(column, "to_numpy")
    values = np.asarray(column if is_array else _of_pandas(column))
    if values.ndim != 1:
        raise DataError(
            fault("E262", place=Place(file="data"), name=name, problem="it is not one-dimensional")
        )
    kind = values.dtype.kind
    if kind == "f":
        return values.astype(np.float64, copy=False)
    if kind in "iu":
        low, high = value_range(values) if len(values) else (0, 0)
        if high > _LARGEST_EXACT or low < -_LARGEST_EXACT:
            return np.array([str(value) for value in values.tolist()], dtype=object)
        return values if key and values.dtype == np.int64 else values.astype(np.float64)
    if kind == "b":
        return values.astype(np.float64)
    if kind == "M":
        return values.astype("datetime64[D]")
    return _objects(name, values)


def _finite(values: Column) -> Column:
    if all_finite((values,)):
        return values
    bad = np.isinf(values)
    return np.where(bad, np.nan, values) if bad.any() else values


def _objects(name: str, values: Column) -> Column:
    items = [None if _is_missing(value) else value for value in values.tolist()]
    present = [value for value in items if value is not None]
    if present and all(isinstance(value, (int, float, Decimal)) for value in present):
        if any(isinstance(value, int) and abs(value) > _LARGEST_EXACT for value in present):
            return np.array([None if value is None else str(value) for value in items], dtype=object)
        return _finite(np.array([np.nan if value is None else float(value) for value in items]))
    if present and all(isinstance(value, datetime.date) for value in present):
        return np.array(items, dtype="datetime64[D]")
    if not all(isinstance(value, str) for value in present):
        kinds = ", ".join(sorted({type(value).__name__ for value in present}))
        raise DataError(fault("E262", place=Place(file="data"), name=name, problem=f"it mixes {kinds}"))
    return np.array(items, dtype=object)


def _is_missing(value: object) -> bool:
    # the missing value of nullable columns cannot be compared, not even with itself
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value
