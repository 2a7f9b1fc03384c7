"""The files of a kind of source: listed, read one by one as any data file, and hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from impact.core.errors import DataError, Fault, Notice, Place
from impact.core.frames import Frame
from impact.core.name_patterns import wanted_among
from impact.core.nearest import nearest
from impact.core.registered import Survey
from impact.core.texts import fault, notice
from impact.data.fingerprint import columns_sha256
from impact.data.keys import missing_count
from impact.data.paths import collect_roots, locate_folder
from impact.data.read import header_of, read_frame
from impact.schema.data_blocks import ColumnType, DataBlock
from impact.schema.nodes import Node
from impact.schema.nodes import place_of as value_place
from impact.schema.resolving.data_sources import SourceRequest as Asked
from impact.schema.resolving.data_sources import shown_source


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

    def header(self, file: str) -> tuple[str, ...]:
        """The column names of one file.

        Raises:
            DataError: as any data file.
        """
        block = self._block_of(file, frozenset(), {})
        return header_of(block, folder=self.folder, name=self.name, roots=self.roots, place=self._at())

    def read(
        self,
        file: str,
        wanted: frozenset[str] | None,
        *,
        header: tuple[str, ...],
        types: Mapping[str, ColumnType] | None = None,
    ) -> Frame:
        """Columns of one file; ``files`` of the frame holds its facts under its path.

        Arguments:
            header: its column names. types: how columns are read unless the block says otherwise.

        Raises:
            DataError: as any data file.
        """
        block = self._block_of(file, frozenset(header), types or {})
        frame = read_frame(
            block, folder=self.folder, name=self.name, roots=self.roots, wanted=wanted, place=self._at()
        )
        (facts,) = frame.files.values()
        return replace(frame, files={file: facts})

    def _block_of(self, file: str, names: frozenset[str], types: Mapping[str, ColumnType]) -> DataBlock:
        """The block of one file: what is said of columns that it does not have is left out."""
        declared = {**types, **self.block.types}
        missing = self.block.missing
        if isinstance(missing, dict):
            missing = {name: codes for name, codes in missing.items() if name == "*" or name in names}
        return self.block.model_copy(
            update={
                "file": file,
                "columns": None,
                "types": {name: kind for name, kind in declared.items() if name in names},
                "missing": missing,
            }
        )

    def _at(self) -> Place:
        if self.node is None:
            return Place(file="", path=f"data.{self.name}.{self.keyword}")
        return self.node.place


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
    kept = wanted_among(frame.columns, request.wanted if request.wanted is not None else frame.columns)
    if request.block.columns is not None:
        kept &= set(request.block.columns)
    columns = {name: values for name, values in frame.columns.items() if name in kept}
    for values in columns.values():
        values.setflags(write=False)
    labels = {name: label for name, label in frame.labels.items() if name in columns}
    facts = _facts(record, asked, request, replace(frame, columns=columns))
    return replace(frame, columns=columns, labels=labels, name=request.name, files={request.name: facts})


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
    files = [
        {"file": name, **{key: facts[key] for key in ("sha256", "bytes", "rows")}}
        for name, facts in frame.files.items()
    ]
    columns = columns_sha256(frame.columns)
    listed = "\n".join(f"{facts['sha256']}  {facts['file']}" for facts in files)
    facts: dict[str, object] = {
        "file": request.shown,
        "kind": asked.keyword,
        "options": asked.options.model_dump(mode="json"),
        "sha256": hashlib.sha256(listed.encode()).hexdigest() if files else columns,
        "bytes": sum(int(str(facts["bytes"])) for facts in files),
        "files": files,
        "rows": frame.n_rows,
        "columns": len(frame.columns),
        "columns_sha256": columns,
        "missing": {
            name: int(count)
            for name, count in sorted((name, missing_count(v)) for name, v in frame.columns.items())
            if count
        },
    }
    if any(own.get("synthetic") for own in frame.files.values()):
        facts["synthetic"] = True
    if request.block.root:
        facts["root"] = request.block.root
    for key in ("source", "citation", "licence", "access", "accessed"):
        facts[key] = getattr(request.block, key) or getattr(record, key, None)
    return facts
