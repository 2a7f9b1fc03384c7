"""Writing the lab: one file a table, the truths in a file of their own, and what all of it is."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as parquet

from impact.core.errors import OutputError
from impact.core.texts import fault
from impact.data.fingerprint import file_sha256
from impact.data.made_up import MARK, PREFIX
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.tables import TABLES, make_table

TRUTH, METADATA = "truth", f"{PREFIX}metadata.json"
FORMS = ("csv", "parquet")
PERMISSIONS = 0o644


@dataclass(frozen=True, slots=True)
class Written:
    """One file: its table, name, rows, columns and hash."""

    table: str
    file: str
    rows: int
    columns: tuple[str, ...]
    sha256: str


def write_lab(
    settings: Settings, folder: Path, *, form: str = "csv", tables: Sequence[str] = ()
) -> tuple[Written, ...]:
    """Write the tables, the truths and the metadata; files of the same names are replaced.

    Arguments:
        form: csv or parquet; the truths are always csv. tables: names of tables, all by default.

    Raises:
        OutputError: E721 the folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise _refused(folder, problem) from None
    found = [_write_table(name, settings, folder, form) for name in (tables or tuple(TABLES))]
    found.append(_write_table(TRUTH, settings, folder, "csv"))
    content = json.dumps(metadata_of(settings, found), indent=1, ensure_ascii=False) + "\n"
    _write(folder / METADATA, lambda path: path.write_text(content, encoding="utf-8", newline="\n"))
    return tuple(found)


def metadata_of(settings: Settings, files: Sequence[Written]) -> dict[str, Any]:
    """What the files are and what they were made from."""
    return {
        "synthetic": True,
        "what": "Peru lab: made-up data in the shape of Peruvian sources. No number here describes a real person "
        "or place.",
        "access": "synthetic",
        **settings.plain(),
        "sha256": settings.sha256(),
        "files": {
            one.file: {
                "table": one.table,
                "rows": one.rows,
                "columns": list(one.columns),
                "sha256": one.sha256,
            }
            for one in files
        },
    }


def _write_table(name: str, settings: Settings, folder: Path, form: str) -> Written:
    columns = make_table(name, settings)
    arrays = {column: _array(values) for column, values in columns.items()}
    about = {
        MARK: "true",
        "access": MARK,
        **{key: json.dumps(value) for key, value in settings.plain().items()},
    }
    table = pa.table(arrays).replace_schema_metadata(about)
    file = f"{PREFIX}{name}.{form}"
    options = pacsv.WriteOptions(quoting_style="needed")
    if form == "csv":
        _write(folder / file, lambda path: pacsv.write_csv(table, path, options))
    else:
        _write(folder / file, lambda path: parquet.write_table(table, path, compression="zstd"))
    return Written(name, file, table.num_rows, tuple(columns), file_sha256(folder / file))


def _array(values: npt.NDArray[Any]) -> pa.Array:
    """Whole numbers as integers, NaN and NaT as nothing, words as text."""
    if values.dtype == object:
        return pa.array(values, type=pa.string())
    if values.dtype.kind == "M":
        return pa.array(values.astype("datetime64[D]"), type=pa.date32())
    absent = np.isnan(values)
    filled = np.where(absent, 0.0, values)
    if np.array_equal(filled, np.floor(filled)):
        return pa.array(filled.astype(np.int64), mask=absent)
    return pa.array(values, mask=absent)


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """A file beside its place, renamed when it is complete.

    Raises:
        OutputError: E721.
    """
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        temporary.chmod(PERMISSIONS)
        temporary.replace(path)
    except OSError as problem:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise _refused(path, problem) from None


def _refused(path: Path, problem: OSError) -> OutputError:
    return OutputError(fault("E721", path=str(path), problem=problem.strerror or str(problem)))
