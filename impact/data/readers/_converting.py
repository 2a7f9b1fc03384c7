"""A frame written as a data file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from impact.core.frames import Frame

ENDINGS = (".parquet", ".csv")


def missing_of(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which values of a column are missing."""
    if values.dtype == object:
        return np.array([value is None for value in values.tolist()], dtype=bool)
    return np.asarray(np.isnat(values) if values.dtype.kind == "M" else np.isnan(values))


def write_table(frame: Frame, target: Path) -> None:
    """The columns of a frame as Parquet or CSV, by the ending of the name; whole numbers are written as integers.

    Labels of columns stand in the fields' metadata of Parquet.

    Raises:
        OSError: the file cannot be written.
    """
    fields, columns = [], []
    for name, values in frame.columns.items():
        missing = missing_of(values)
        whole = values.dtype.kind == "f" and _is_whole(values[~missing])
        kind = (
            pa.int64() if whole else {"f": pa.float64(), "M": pa.date32()}.get(values.dtype.kind, pa.string())
        )
        label = frame.labels.get(name)
        fields.append(pa.field(name, kind, metadata={"label": label} if label else None))
        own = (
            [None if gone else int(one) for one, gone in zip(values, missing, strict=True)]
            if whole
            else values
        )
        columns.append(pa.array(own, kind, mask=None if whole else missing))
    table = pa.Table.from_arrays(columns, schema=pa.schema(fields))
    if target.suffix == ".csv":
        pa_csv.write_csv(table, target)
    else:
        pq.write_table(table, target)


def _is_whole(values: Any) -> bool:
    """Whether all numbers are whole and exact as integers."""
    return bool(
        len(values)
        and np.isfinite(values).all()
        and (np.abs(values) < 2**53).all()
        and (values % 1 == 0).all()
    )
