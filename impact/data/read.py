"""A data block to a frame: the file is found, its format agreed, hashed before and after, and read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from impact.core.errors import DataError, Place
from impact.core.frames import Frame
from impact.core.registered import Reader
from impact.data.fingerprint import columns_sha256, file_sha256
from impact.data.keys import missing_count
from impact.data.made_up import MARK, is_made_up, with_mark
from impact.data.paths import Located, locate
from impact.data.request import ReadRequest
from impact.data.sniff import find_reader
from impact.schema.data_blocks import DataBlock

# keys of a block that only some formats use
_ONLY = {
    "sheet": ("xlsx",),
    "table": ("duckdb",),
    "encoding": ("csv", "dbf", "spss"),
    "delimiter": ("csv",),
}


def read_frame(
    block: DataBlock,
    *,
    folder: Path,
    name: str = "main",
    roots: Mapping[str, Path] | None = None,
    wanted: frozenset[str] | set[str] | None = None,
    place: Place | None = None,
) -> Frame:
    """The columns of a data file.

    Arguments:
        block: the file's block of the spec.
        folder: folder of the spec that wrote the block.
        name: its name in the spec.
        roots: named folders (``paths.collect_roots``).
        wanted: columns that are used; None reads all. Names that the file lacks are left to others to miss.
        place: where the block stands, for messages.

    Returns:
        Frame with read-only float64, object (str or None) and datetime64[D] arrays.

    Raises:
        DataError: E2xx, with all faults of the file's columns at once.
    """
    located, request, reader = _prepared(block, folder=folder, name=name, roots=roots or {}, place=place)
    names = None if wanted is None else frozenset(wanted)
    request = replace(
        request, wanted=with_mark(names, located.path, partial(reader.header, located.path, request))
    )
    size, digest = located.path.stat().st_size, file_sha256(located.path)
    if block.sha256 is not None and digest != block.sha256.lower():
        raise DataError(request.fault("E221", key="sha256", expected=block.sha256[:12], found=digest[:12]))
    try:
        frame = reader.read(located.path, request)
    except MemoryError:
        raise DataError(request.fault("E236", size=f"{size / 1e6:.0f}")) from None
    if file_sha256(located.path) != digest:
        raise DataError(request.fault("E222", key="file"))
    made_up = is_made_up(located.path, frame.columns)
    if names is not None and MARK not in names:
        frame = replace(frame, columns={name: one for name, one in frame.columns.items() if name != MARK})
    for values in frame.columns.values():
        values.setflags(write=False)
    facts = _facts(block, located, frame, size=size, digest=digest)
    return replace(frame, files={name: facts | ({"synthetic": True} if made_up else {})})


def read_in_blocks(
    block: DataBlock,
    *,
    folder: Path,
    roots: Mapping[str, Path],
    wanted: frozenset[str],
    name: str = "main",
    place: Place | None = None,
) -> Iterator[Frame]:
    """The wanted columns of a delimited file a block of rows at a time, or of another file as one block.

    The facts of the file stand in the last frame, which has no rows: they are known when all was read.

    Raises:
        DataError: as ``read_frame``; types of the columns must be declared.
    """
    located, request, reader = _prepared(block, folder=folder, name=name, roots=roots, place=place)
    if reader.blocks is None:
        frame = read_frame(block, folder=folder, name=name, roots=roots, wanted=wanted, place=place)
        yield frame
        yield replace(frame, columns={key: values[:0] for key, values in frame.columns.items()}, n_rows=0)
        return
    request = replace(request, wanted=wanted)
    size, digest = located.path.stat().st_size, file_sha256(located.path)
    rows, last = 0, None
    for frame in reader.blocks(located.path, request):
        rows, last = rows + frame.n_rows, frame
        yield frame
    if file_sha256(located.path) != digest:
        raise DataError(request.fault("E222", key="file"))
    if last is not None:
        empty = {key: values[:0] for key, values in last.columns.items()}
        facts = {"file": block.file, "sha256": digest, "bytes": size, "rows": rows}
        yield replace(last, columns=empty, n_rows=0, read=rows, files={name: facts})


def header_of(
    block: DataBlock,
    *,
    folder: Path,
    name: str = "main",
    roots: Mapping[str, Path] | None = None,
    place: Place | None = None,
) -> tuple[str, ...]:
    """The column names of a data file in its order, without reading its rows.

    Raises:
        DataError: as ``read_frame`` where the fault shows in the header.
    """
    located, request, reader = _prepared(block, folder=folder, name=name, roots=roots or {}, place=place)
    names: tuple[str, ...] = reader.header(located.path, request)
    return tuple(name for name in names if name and (block.columns is None or name in block.columns))


def _prepared(
    block: DataBlock, *, folder: Path, name: str, roots: Mapping[str, Path], place: Place | None
) -> tuple[Located, ReadRequest, Reader]:
    at = place or Place(file="", path=f"data.{name}")
    located = locate(block, folder=folder, roots=roots, place=replace(at, path=f"{at.path}.file"))
    request = ReadRequest(block=block, shown=located.shown, name=name, place=at)
    try:
        reader = find_reader(located.path, request)
    except OSError as error:
        raise DataError(request.fault("E200", key="file", reason=error.strerror or str(error))) from None
    for key, formats in _ONLY.items():
        if getattr(block, key) is not None and reader.keywords and reader.keywords[0] not in formats:
            raise DataError(request.fault("E240", key=key, option=key, formats=", ".join(formats)))
    return located, request, reader


def _facts(block: DataBlock, located: Located, frame: Frame, *, size: int, digest: str) -> dict[str, object]:
    facts: dict[str, object] = {
        "file": block.file,
        "sha256": digest,
        "bytes": size,
        "rows": frame.n_rows,
        "columns": len(frame.columns),
        "columns_sha256": columns_sha256(frame.columns),
        "missing": {
            name: int(count)
            for name, count in sorted((name, missing_count(values)) for name, values in frame.columns.items())
            if count
        },
    }
    if located.root:
        facts["root"] = located.root
    for key in ("source", "citation", "licence", "access", "accessed"):
        facts[key] = getattr(block, key)
    return facts
