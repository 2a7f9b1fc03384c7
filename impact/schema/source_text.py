"""The text of a spec file: read with care, decoded, without characters that hide what it says."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from impact.core.errors import Place, SpecError
from impact.core.texts import fault

MAX_BYTES = 1_000_000
MAX_LINE = 20_000
_FORBIDDEN = re.compile(
    "[^\\t\\n\\x20-\\x7e\\xa0-\u2027\u202f-\u205f\u2065\u2070-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
    "|[\u200b\u200e\u200f]"
)


@dataclass(frozen=True, slots=True)
class Text:
    """A spec file as read: name as the user wrote it, text with Unix line ends, and the raw bytes."""

    file: str
    text: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Source:
    """A spec file that was read: its name as messages show it, its text, the SHA-256 of its bytes."""

    file: str
    text: str
    sha256: str


def source_of(read: Text) -> Source:
    """The record of a file that was read."""
    return Source(read.file, read.text, hashlib.sha256(read.content).hexdigest())


def read_text(source: Path | str | bytes, *, name: str | None = None) -> Text:
    """The text of a spec: a path is read, text and bytes are taken as they are.

    Raises:
        SpecError: E100 not UTF-8, E101 unreadable or no regular file, E161 and E128 too long, E129 control or
            invisible characters.
    """
    file = name if name is not None else str(source) if isinstance(source, Path) else "<spec>"
    if isinstance(source, Path):
        content = _read_file(source, file)
    else:
        content = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(content) > MAX_BYTES:
        raise SpecError(fault("E128", place=Place(file), size=len(content), limit=MAX_BYTES))
    text = _decode(content, file).replace("\r\n", "\n").replace("\r", "\n")
    _refuse_invisible(text, file)
    _refuse_long_lines(text, file)
    return Text(file, text, content)


def _read_file(path: Path, file: str) -> bytes:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise SpecError(fault("E101", place=Place(file), file=file, reason="not a regular file"))
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(fault("E101", place=Place(file), file=file, reason=reason)) from None


def _decode(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start + (len(content) - len(error.object) if isinstance(error.object, bytes) else 0)
        line = content.count(b"\n", 0, start)
        before = content[content.rfind(b"\n", 0, start) + 1 : start]
        column = len(before.decode("utf-8", "replace").lstrip("\ufeff"))
        place = Place(file, line + 1, column + 1, column + 2)
        raise SpecError(fault("E100", place=place, position=start, byte=f"0x{content[start]:02x}")) from None


def _refuse_long_lines(text: str, file: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            place = Place(file, number, MAX_LINE + 1, MAX_LINE + 2)
            raise SpecError(fault("E161", place=place, limit=MAX_LINE))


def _refuse_invisible(text: str, file: str) -> None:
    found = _FORBIDDEN.search(text)
    if found is None:
        return
    line, start = text.count("\n", 0, found.start()), text.rfind("\n", 0, found.start()) + 1
    column = found.start() - start
    character = f"U+{ord(found.group()):04X}"
    raise SpecError(fault("E129", place=Place(file, line + 1, column + 1, column + 2), character=character))
