"""SPSS files (.sav, .zsav, .por): values as codes, labels kept, declared missing values counted."""

from __future__ import annotations

from pathlib import Path

from impact.core.frames import Frame
from impact.core.registered import Reader
from impact.data.readers._coded_columns import foreign_header, read_foreign
from impact.data.request import ReadRequest


def _function(path: Path) -> str:
    return "read_por" if path.suffix.lower() == ".por" else "read_sav"


def header(path: Path, request: ReadRequest) -> tuple[str, ...]:
    """Variable names, from the head of the file."""
    return foreign_header(path, request, _function(path), "SPSS")


def read(path: Path, request: ReadRequest) -> Frame:
    """The file's columns.

    Raises:
        DataError: E208 pyreadstat is not installed, E212 no rows, E218 damaged, and the faults of the columns.
    """
    return read_foreign(path, request, _function(path), "SPSS")


READER = Reader(
    summary="an SPSS file",
    suffixes=(".sav", ".zsav", ".por"),
    read=read,
    header=header,
    keywords=("spss", "sav"),
)
