"""Yearly files, or all files of one pattern, read on top of each other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from impact.core.errors import DataError, Fault, Place
from impact.core.frames import Frame
from impact.data.fingerprint import columns_sha256
from impact.data.keys import missing_count
from impact.data.paths import locate_folder
from impact.data.read import header_of, read_frame
from impact.data.request import ReadRequest
from impact.data.stacking import stack
from impact.schema.data_blocks import YEAR_MARK, DataBlock

# columns that say which file a row is from
FILE, YEAR = "source_file", "file_year"


def read_block(
    block: DataBlock,
    *,
    folder: Path,
    name: str = "main",
    roots: Mapping[str, Path] | None = None,
    wanted: frozenset[str] | None = None,
    place: Place | None = None,
) -> Frame:
    """The columns of a data block, of one file or of several; `source_file` and `file_year` tell these apart.

    Raises:
        DataError: E277 no file fits, and those of each file.
    """
    known = roots or {}
    if not block.is_several:
        return read_frame(block, folder=folder, name=name, roots=known, wanted=wanted, place=place)
    parts: dict[str, Frame] = {}
    faults: list[Fault] = []
    headers = _headers(block, folder=folder, roots=known, name=name, place=place)
    for file, (year, names) in headers.items():
        own = _own(block, file, names)
        try:
            frame = read_frame(own, folder=folder, name=name, roots=known, wanted=wanted, place=place)
        except DataError as error:
            faults += error.faults
            continue
        parts[file] = replace(frame, columns={**frame.columns, **_marks(frame, file, year, wanted)})
        parts[file] = replace(parts[file], files={file: next(iter(frame.files.values()))})
    if faults:
        raise DataError(*_listed_together(faults))
    request = ReadRequest(block=block, shown=block.file, name=name, place=place)
    frame = stack(parts, request.notice)
    for values in frame.columns.values():
        values.setflags(write=False)
    return replace(
        frame,
        name=name,
        files={name: {**next(iter(frame.files.values())), **facts_of_files(frame, block.file)}},
    )


def header_of_block(
    block: DataBlock,
    *,
    folder: Path,
    name: str = "main",
    roots: Mapping[str, Path] | None = None,
    place: Place | None = None,
) -> tuple[str, ...]:
    """The columns of a data block, without reading rows.

    Raises:
        DataError: as ``read_block`` where the fault shows in a header.
    """
    known = roots or {}
    if not block.is_several:
        return header_of(block, folder=folder, name=name, roots=known, place=place)
    found = _headers(block, folder=folder, roots=known, name=name, place=place)
    names = dict.fromkeys(one for _, header in found.values() for one in header)
    kept = [one for one in names if block.columns is None or one in block.columns]
    return (*kept, *(one for one in _mark_names(block) if one not in kept))


def _mark_names(block: DataBlock) -> tuple[str, ...]:
    return (FILE, YEAR) if block.years is not None else (FILE,)


def _headers(
    block: DataBlock, *, folder: Path, roots: Mapping[str, Path], name: str, place: Place | None
) -> dict[str, tuple[int | None, tuple[str, ...]]]:
    """File → its year and its columns, in order; the faults of all files together.

    Raises:
        DataError: E277 no file fits, E209 a column that no file has, E213 a column of ours is in a file.
    """
    at = place or Place(file="", path=f"data.{name}")
    request = ReadRequest(block=block, shown=block.file, name=name, place=at)
    found: dict[str, tuple[int | None, tuple[str, ...]]] = {}
    faults: list[Fault] = []
    for file, year in _files(block, folder, roots, request).items():
        own = block.model_copy(update={"file": file, "years": None, "columns": None})
        try:
            found[file] = (year, header_of(own, folder=folder, name=name, roots=roots, place=place))
        except DataError as error:
            faults += error.faults
    everything = {one for _, names in found.values() for one in names}
    for mark in sorted(everything.intersection(_mark_names(block))):
        faults.append(request.fault("E213", columns=f"'{mark}'"))
    if not faults:
        named = [*(block.columns or ()), *block.types]
        named += [one for one in block.missing if one != "*"] if isinstance(block.missing, dict) else []
        absent = [one for one in dict.fromkeys(named) if one not in everything | set(_mark_names(block))]
        listed = ", ".join(sorted(everything)[:12])
        faults += [request.fault("E209", key="columns", column=one, columns=listed) for one in absent]
    if faults:
        raise DataError(*_listed_together(faults))
    return found


def _listed_together(faults: list[Fault]) -> list[Fault]:
    """Faults of the same code at the same place as one, the messages of the others below it."""
    found: dict[tuple[str, Place | None], Fault] = {}
    for one in faults:
        key = (one.code, one.place)
        old = found.get(key)
        found[key] = one if old is None else replace(old, details=(*old.details, one.message))
    return list(found.values())


def _files(
    block: DataBlock, folder: Path, roots: Mapping[str, Path], request: ReadRequest
) -> dict[str, int | None]:
    """Paths as the block would write them → their years, in the order of years or names."""
    if block.years is not None:
        return {block.file.replace(YEAR_MARK, str(year)): year for year in block.years}
    pattern = block.file.replace("\\", "/")
    parent, _, name = pattern.rpartition("/")
    if "*" in parent:
        raise DataError(request.fault("E277", key="file"))
    within = block.model_copy(update={"file": parent or "."})
    where = locate_folder(within, folder=folder, roots=roots, place=request.at("file"))
    names = sorted(one.name for one in where.glob(name) if one.is_file()) if where is not None else []
    if not names:
        raise DataError(request.fault("E277", key="file"))
    return {f"{parent}/{one}" if parent else one: None for one in names}


def _own(block: DataBlock, file: str, names: tuple[str, ...]) -> DataBlock:
    """The block of one file: what is said of columns that it does not have is left out."""
    missing = block.missing
    if isinstance(missing, dict):
        missing = {one: codes for one, codes in missing.items() if one == "*" or one in names}
    columns = None if block.columns is None else [one for one in block.columns if one in names]
    return block.model_copy(
        update={
            "file": file,
            "years": None,
            "columns": columns,
            "types": {one: kind for one, kind in block.types.items() if one in names},
            "missing": missing,
        }
    )


def _marks(frame: Frame, file: str, year: int | None, wanted: frozenset[str] | None) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {FILE: np.full(frame.n_rows, file, dtype=object)}
    if year is not None:
        found[YEAR] = np.full(frame.n_rows, float(year))
    return {one: values for one, values in found.items() if wanted is None or one in wanted}


def facts_of_files(frame: Frame, shown: str) -> dict[str, object]:
    """What a manifest says of a table that was put together of several files: each with its hash, and one of all.

    Arguments:
        frame: ``files``: path → facts of each file that was read. shown: how the spec names them.
    """
    files = [
        {"file": file, **{key: facts[key] for key in ("sha256", "bytes", "rows")}}
        for file, facts in frame.files.items()
    ]
    columns = columns_sha256(frame.columns)
    listed = "\n".join(f"{facts['sha256']}  {facts['file']}" for facts in files)
    return {
        "file": shown,
        "sha256": hashlib.sha256(listed.encode()).hexdigest() if files else columns,
        "bytes": sum(int(str(facts["bytes"])) for facts in files),
        "files": files,
        "rows": frame.n_rows,
        "columns": len(frame.columns),
        "columns_sha256": columns,
        "missing": {
            one: int(count)
            for one, count in sorted((one, missing_count(values)) for one, values in frame.columns.items())
            if count
        },
    }
