"""The encoding of a text file: UTF-8 unless declared; when that fails, the likelier old one is offered."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from impact.core.errors import DataError, Fault
from impact.data.request import ReadRequest

_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_PIECE = 1 << 20
# letters of Spanish and Portuguese in code page 850 that are control characters in latin-1
_CP850_LETTERS = bytes((0x80, 0x82, 0x87, 0x81, 0x90, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xB5, 0xE0, 0xE9))


@dataclass(frozen=True, slots=True)
class Decoding:
    """The codec a file is read with, and whether the spec declared it."""

    codec: str
    declared: bool


def find_decoding(path: Path, request: ReadRequest) -> Decoding:
    """The codec of a file.

    Raises:
        DataError: E216 an unknown encoding is declared, or the file starts like UTF-16 and none is.
    """
    declared = request.block.encoding
    with path.open("rb") as stream:
        start = stream.read(4)
    if declared is None:
        marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
        if marked is not None:
            raise DataError(
                request.fault("E216", key="encoding", reason="it starts like UTF-16", guess=marked)
            )
        return Decoding("utf-8-sig", declared=False)
    try:
        name = codecs.lookup(declared).name
        "".encode(name)
    except (LookupError, ValueError):
        raise DataError(
            request.fault(
                "E216", key="encoding", reason=f"no encoding is called '{declared}'", guess="latin-1"
            )
        ) from None
    return Decoding("utf-8-sig" if name == "utf-8" else name, declared=True)


def decoding_fault(path: Path, request: ReadRequest, decoding: Decoding) -> Fault:
    """The fault of bytes that the codec cannot read, with the line and the likelier old encoding."""
    decoder = codecs.getincrementaldecoder(decoding.codec)("strict")
    line, guess = 1, "latin-1"
    with path.open("rb") as stream:
        for raw in stream:
            try:
                decoder.decode(raw)
            except UnicodeError:
                guess = likelier(raw)
                break
            line += 1
    name = "utf-8" if decoding.codec == "utf-8-sig" else decoding.codec
    return request.fault("E216", key="encoding", reason=f"line {line} is not {name}", guess=guess)


def likelier(raw: bytes) -> str:
    """The likelier of the two old encodings of Spanish texts."""
    high = [byte for byte in raw if byte >= 0x80]
    controls = sum(byte < 0xA0 for byte in high)
    letters = sum(byte in _CP850_LETTERS for byte in high)
    return "cp850" if controls or letters > len(high) / 2 else "latin-1"
