"""The files of a kind of source: listed, read one by one as any data file, and hashed."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from impact.core.errors import DataError, Fault, Notice, Place
from impact.core.frames import Frame, Step
from impact.core.name_patterns import wanted_among
from impact.core.nearest import nearest
from impact.core.registered import Survey
from impact.core.texts import fault, notice
from impact.data.paths import collect_roots, locate, locate_folder
from impact.data.read import header_of, read_frame, read_in_blocks
from impact.data.several import facts_of_files
from impact.schema.data_blocks import ColumnType, DataBlock
from impact.schema.nodes import Node
from impact.schema.nodes import place_of as value_place
from impact.schema.resolving.data_sources import SourceRequest as Asked
from impact.schema.resolving.data_sources import shown_source

Header = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """What a kind of source is asked for, and the way to its files.

    Arguments:
        keyword: the kind ("enaho"). shown: the source in one word, for messages.
        block: the block of the spec; its `file` is no file.
        folder: folder of the spec. roots: named folders.
        name: name of the block ("main"). wanted: columns that the spec uses; None for all.
        node: of the options in the spec, for the places of messages.
    """

    keyword: str
    shown: str
    block: DataBlock
    folder: Path
    roots: Mapping[str, Path]
    name: str = "main"
    wanted: frozenset[str] | None = None
    node: Node | None = None

    def fault(self, code: str, *, key: str = "", suggestion: str = "", **values: Any) -> Fault:
        """A fault about this source, at an option of it."""
        at = self._at()
        if self.node is not None and key:
            at = value_place(self.node, key.split("."))
        return fault(code, place=at, suggestion=suggestion, file=self.shown, **values)

    def notice(self, code: str, **values: Any) -> Notice:
        """A warning about this source."""
        return notice(code, of=f"data.{self.name}", file=self.shown, **values)

    def names_in(self, folder: str) -> tuple[str, ...]:
        """Paths of all files in a folder and the folders in it, relative to the spec (or root), sorted.

        Raises:
            DataError: E250 no such folder, and the faults of paths.
        """
        asked = self.block.model_copy(update={"file": folder})
        where = self.fault("E250", key="folder", suggestion="", folder=folder)
        found = locate_folder(asked, folder=self.folder, roots=self.roots, place=where.place)
        if found is None:
            raise DataError(replace(where, suggestion=self._beside(folder)))
        base = PurePosixPath(folder.replace("\\", "/"))
        files = (file.relative_to(found) for file in found.rglob("*") if file.is_file())
        return tuple(sorted((base / name).as_posix() for name in files if not _is_hidden(name)))

    def _beside(self, folder: str) -> str:
        parent = self.folder / Path(folder).parent
        if self.block.root is not None or not parent.is_dir():
            return ""
        return nearest(Path(folder).name, [one.name for one in parent.iterdir() if one.is_dir()])

    def header(self, file: str) -> Header:
        """The columns of one file: name in small letters → name as written.

        Raises:
            DataError: E213 two names that differ in capitals only, and as any data file.
        """
        block = self._block_of(file, {}, {})
        names = header_of(block, folder=self.folder, name=self.name, roots=self.roots, place=self._at())
        found = {name.lower(): name for name in reversed(names)}
        if len(found) < len(names):
            twice = sorted({name for name in names if found[name.lower()] != name})
            raise DataError(self.fault("E213", columns=", ".join(f"'{name}'" for name in twice)))
        return dict(reversed(found.items()))

    def read(
        self,
        file: str,
        wanted: Iterable[str] | None,
        *,
        header: Header,
        types: Mapping[str, ColumnType] | None = None,
    ) -> Frame:
        """Columns of one file by their names in small letters; ``files`` of the frame holds its facts under its path.

        Arguments:
            wanted: names in small letters; None for all. header: its columns.
            types: how columns are read unless the block says otherwise.

        Raises:
            DataError: as any data file.
        """
        block = self._block_of(file, header, types or {})
        written = None if wanted is None else frozenset(header[name] for name in wanted if name in header)
        frame = read_frame(
            block, folder=self.folder, name=self.name, roots=self.roots, wanted=written, place=self._at()
        )
        (facts,) = frame.files.values()
        return replace(
            frame,
            columns=_small(frame.columns),
            labels=_small(frame.labels),
            value_labels=_small(frame.value_labels),
            files={file: facts},
        )

    def blocks(
        self, file: str, wanted: Iterable[str], *, header: Header, types: Mapping[str, ColumnType]
    ) -> Iterator[Frame]:
        """The same in blocks of rows; the last frame has no rows and the facts of the file under its path.

        Raises:
            DataError: as any data file, when the row is reached.
        """
        block = self._block_of(file, header, types)
        written = frozenset(header[name] for name in wanted if name in header)
        frames = read_in_blocks(
            block, folder=self.folder, name=self.name, roots=self.roots, wanted=written, place=self._at()
        )
        for frame in frames:
            facts = list(frame.files.values())
            yield replace(
                frame, columns=_small(frame.columns), files=dict.fromkeys([file], facts[0]) if facts else {}
            )

    def _block_of(self, file: str, header: Header, types: Mapping[str, ColumnType]) -> DataBlock:
        """The block of one file: what is said of columns that it does not have is left out."""
        declared = {**types, **_small(self.block.types)}
        missing = self.block.missing
        if isinstance(missing, dict):
            missing = {header.get(name.lower(), name): codes for name, codes in missing.items()
                       if name == "*" or name.lower() in header}  # fmt: skip
        return self.block.model_copy(
            update={
                "file": file,
                "delimiter": self.block.delimiter or self._separator(file),
                "columns": None,
                "types": {header[name]: kind for name, kind in declared.items() if name in header},
                "missing": missing,
            }
        )

    def _separator(self, file: str) -> str | None:
        """The separator of a text file of an office, which changes from year to year; None for commas and others."""
        if not file.lower().endswith((".csv", ".txt")):
            return None
        asked = self.block.model_copy(update={"file": file})
        with locate(asked, folder=self.folder, roots=self.roots, place=self._at()).path.open("rb") as stream:
            first = stream.readline(1 << 16).lstrip(codecs.BOM_UTF8)
        counts = {mark: first.count(mark.encode()) for mark in (",", ";", "|", "\t")}
        most = max(counts, key=lambda mark: counts[mark])
        return most if most != "," and counts[most] else None

    def _at(self) -> Place:
        if self.node is None:
            return Place(file="", path=f"data.{self.name}.{self.keyword}")
        return self.node.place


def _small(entries: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in entries.items()}


def _is_hidden(name: Path) -> bool:
    return any(part.startswith((".", "~")) for part in name.parts)


def open_source(
    asked: Asked,
    block: DataBlock,
    *,
    folder: Path,
    name: str = "main",
    roots: Mapping[str, Path] | None = None,
    wanted: frozenset[str] | None = None,
) -> SourceFiles:
    """The files of a source as its reader sees them."""
    known = collect_roots(folder) if roots is None else roots
    return SourceFiles(asked.keyword, shown_source(asked), block, folder, known, name, wanted, asked.node)


def columns_of_source(record: Survey, asked: Asked, request: SourceFiles) -> tuple[str, ...]:
    """The columns of a source, from headers alone.

    Raises:
        DataError: E209 a column that the block names is not there, and those of the kind.
    """
    names = tuple(record.columns(asked.options, request))
    _require_named(names, request)
    return tuple(name for name in names if request.block.columns is None or name in request.block.columns)


def read_source_files(record: Survey, asked: Asked, request: SourceFiles) -> Frame:
    """The table of a source, with the facts and hash of every file that was read.

    Raises:
        DataError: those of the kind.
    """
    if request.block.columns is not None or request.block.types or isinstance(request.block.missing, dict):
        _require_named(tuple(record.columns(asked.options, request)), request)
    frame = record.read(asked.options, request)
    if not frame.n_rows:
        raise DataError(no_rows(request, frame.steps))
    kept = wanted_among(frame.columns, request.wanted if request.wanted is not None else frame.columns)
    if request.block.columns is not None:
        kept &= set(request.block.columns)
    columns = {name: values for name, values in frame.columns.items() if name in kept}
    for values in columns.values():
        values.setflags(write=False)
    frame = replace(
        frame,
        columns=columns,
        name=request.name,
        labels=_kept(frame.labels, columns),
        value_labels=_kept(frame.value_labels, columns),
        units=_kept(frame.units, columns),
    )
    return replace(frame, files={request.name: _facts(record, asked, request, frame)})


def _kept(described: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in described.items() if name in columns}


def no_rows(request: SourceFiles, steps: Iterable[Step]) -> Fault:
    """The fault of a source of which nothing is left, with the reasons."""
    reasons = ", ".join(f"{step.reason} ({step.dropped:,})" for step in steps) or "-"
    return request.fault("E275", key="folder", reasons=reasons)


def _require_named(names: tuple[str, ...], request: SourceFiles) -> None:
    block = request.block
    asked = [*(block.columns or ()), *block.types]
    asked += [name for name in block.missing if name != "*"] if isinstance(block.missing, dict) else []
    faults = [
        request.fault("E209", suggestion=nearest(name, names), column=name, columns=", ".join(names[:12]))
        for name in dict.fromkeys(asked)
        if name not in names
    ]
    if faults:
        raise DataError(*faults)


def _facts(record: Survey, asked: Asked, request: SourceFiles, frame: Frame) -> dict[str, object]:
    facts = facts_of_files(frame, request.shown)
    facts |= {"kind": asked.keyword, "options": asked.options.model_dump(mode="json")}
    if any(own.get("synthetic") for own in frame.files.values()):
        facts["synthetic"] = True
    if request.block.root:
        facts["root"] = request.block.root
    for key in ("source", "citation", "licence", "access", "accessed"):
        facts[key] = getattr(request.block, key) or getattr(record, key, None)
    return facts
