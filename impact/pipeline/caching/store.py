"""The files of the cache: one for each result, JSON in front and raw arrays behind, written beside and renamed."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
VARIABLE = "IMPACT_CACHE_DIR"
DEFAULT = Path(".impact") / "cache"
LIMIT = 2 * 1024**3
# one result that takes more than this share of the room is not kept
LARGEST = 8
ALIGNED = 64
ENDING, DRAFT = ".entry", ".new"
STALE = 3600.0
IGNORE = "# made by impact: nothing here belongs into version control\n*\n"


class Damaged(ValueError):
    """An entry whose bytes are not those that were written."""


def cache_folder() -> Path:
    """Where results are kept: ``IMPACT_CACHE_DIR``, else `.impact/cache` of the working folder."""
    named = os.environ.get(VARIABLE, "")
    return Path(named) if named else DEFAULT


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored result: its key, file, bytes, time of last use (seconds), and what its first line tells."""

    key: str
    file: Path
    size: int
    used: float

    def head(self) -> Mapping[str, Any]:
        """The first line.

        Raises:
            Damaged: it cannot be read.
        """
        with self.file.open("rb") as stream:
            return _head(stream.readline())


@dataclass(frozen=True, slots=True)
class Store:
    """The entries of one folder."""

    folder: Path
    limit: int = LIMIT

    def file(self, key: str) -> Path:
        """Where an entry is."""
        return self.folder / "results" / key[:2] / f"{key}{ENDING}"

    def read(self, key: str) -> tuple[Mapping[str, Any], Any, list[Array]] | None:
        """First line, JSON and arrays of an entry; None where there is none.

        Raises:
            Damaged: its bytes are not those that were written. OSError: it cannot be read.
        """
        file = self.file(key)
        try:
            found = read_entry(file)
        except (FileNotFoundError, NotADirectoryError):
            return None
        # a cache that can only be read serves all the same
        with suppress(OSError):
            os.utime(file)
        return found

    def write(self, key: str, facts: Mapping[str, object], tree: object, arrays: Sequence[Array]) -> bool:
        """Keep an entry; False where it is too large for the room.

        Raises:
            OSError: it cannot be written.
        """
        text = json.dumps(tree, ensure_ascii=True, separators=(",", ":")).encode()
        described, pieces, size = _described(arrays)
        if len(text) + size > self.limit // LARGEST:
            return False
        digest = hashlib.sha256(text)
        for piece in pieces:
            digest.update(piece)
        head = {"sha256": digest.hexdigest(), "json": len(text), "arrays": described, "facts": dict(facts)}
        self._write(self.file(key), [json.dumps(head).encode() + b"\n", text, *pieces])
        return True

    def write_text(self, name: str, content: str) -> None:
        """Keep a small text beside the results.

        Raises:
            OSError: it cannot be written.
        """
        self._write(self.folder / name, [content.encode()])

    def read_text(self, name: str) -> str:
        """A small text beside the results; empty where there is none or it cannot be read."""
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""

    def _write(self, file: Path, pieces: Sequence[bytes | memoryview]) -> None:
        if not file.parent.is_dir():
            file.parent.mkdir(parents=True, exist_ok=True)
            ignore = self.folder / ".gitignore"
            if not ignore.exists():
                ignore.write_text(IGNORE, encoding="utf-8")
        draft = file.with_name(f".{file.name}.{os.getpid()}-{threading.get_ident()}{DRAFT}")
        try:
            with draft.open("wb") as stream:
                for piece in pieces:
                    stream.write(piece)
            os.replace(draft, file)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def entries(self) -> Iterator[Entry]:
        """Every entry, in the order of the keys."""
        for file in sorted(self.folder.glob(f"results/??/*{ENDING}")):
            try:
                facts = file.stat()
            except FileNotFoundError:
                continue  # another run has just removed it
            yield Entry(file.name.removesuffix(ENDING), file, facts.st_size, facts.st_mtime)

    def trim(self) -> int:
        """Remove what was not used for longest until the rest fits in the room; how many were removed."""
        entries = sorted(self.entries(), key=lambda one: (one.used, one.key))
        size, removed = sum(one.size for one in entries), 0
        for one in entries:
            if size <= self.limit:
                break
            one.file.unlink(missing_ok=True)
            size -= one.size
            removed += 1
        for draft in self.folder.glob(f"results/??/.*{DRAFT}"):
            if _age(draft) > STALE:
                draft.unlink(missing_ok=True)
        return removed

    def clear(self) -> tuple[int, int]:
        """Remove every file that impact has put here and nothing else; entries and bytes that went.

        Raises:
            OSError: a file cannot be removed.
        """
        entries = list(self.entries())
        for one in entries:
            one.file.unlink(missing_ok=True)
        for other in [*self.folder.glob(f"results/??/.*{DRAFT}"), *self.folder.glob("times/*.json")]:
            other.unlink(missing_ok=True)
        for folder in self.folder.glob("results/??"):
            if not any(folder.iterdir()):
                folder.rmdir()
        return len(entries), sum(one.size for one in entries)


def read_entry(file: Path) -> tuple[Mapping[str, Any], Any, list[Array]]:
    """First line, JSON and arrays of an entry.

    Raises:
        Damaged: its bytes are not those that were written. OSError: it cannot be read.
    """
    with file.open("rb") as stream:
        head = _head(stream.readline())
        # bytes of their own: what is read is used like what was estimated
        rest = bytearray(stream.read())
    if hashlib.sha256(rest).hexdigest() != head["sha256"]:
        raise Damaged("checksum")
    try:
        tree = json.loads(rest[: head["json"]])
        arrays = [_array(rest, head["json"], one) for one in head["arrays"]]
    except (ValueError, TypeError, KeyError) as error:
        raise Damaged(str(error)) from error
    return head, tree, arrays


def _head(line: bytes) -> Mapping[str, Any]:
    try:
        head = json.loads(line)
        if isinstance(head["sha256"], str) and isinstance(head["json"], int) and head["arrays"] is not None:
            return dict(head)
    except (ValueError, TypeError, KeyError):
        pass
    raise Damaged("first line")


def _described(arrays: Sequence[Array]) -> tuple[list[list[object]], list[bytes | memoryview], int]:
    """Type, shape, order, start and bytes of each array; the bytes themselves with what aligns them; their sum."""
    described: list[list[object]] = []
    pieces: list[bytes | memoryview] = []
    start = 0
    for array in arrays:
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        flat = np.ascontiguousarray(array.T if order == "F" else array).reshape(-1)
        gap = -start % ALIGNED
        pieces.append(b"\0" * gap)
        if flat.size:
            pieces.append(flat.view(np.uint8).data)
        start += gap
        described.append([array.dtype.str, list(array.shape), order, start, flat.nbytes])
        start += flat.nbytes
    return described, pieces, start


def _array(content: bytearray, offset: int, described: Sequence[Any]) -> Array:
    kind, shape, order, start, size = described
    dtype = np.dtype(kind)
    if dtype.hasobject:
        raise ValueError("objects")
    flat = np.frombuffer(content, dtype, count=size // max(dtype.itemsize, 1), offset=offset + start)
    return flat.reshape(shape, order=order)


def _age(file: Path) -> float:
    try:
        return time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return 0.0
