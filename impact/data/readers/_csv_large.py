"""Large delimited files: the frame library parses, once a scan of the bytes has shown that it parses right.

The scan finds what a fast parser would pass over in silence: short rows, codes with leading zeros, whole
numbers beyond 2^53. Files with blank lines, odd quotes or lone carriage returns are left to the exact reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.data.columns import column_of_numbers, column_of_texts
from impact.data.encodings import Decoding, decoding_fault
from impact.data.numbers import LARGEST_WHOLE, NumberStyle
from impact.data.request import Choice, ReadRequest, Typed, build_frame

_PIECE = 16 << 20
_LONG = 16
_NEWLINE, _RETURN, _QUOTE, _ZERO, _NINE = b'\n\r"09'
_SIGNS = (ord("+"), ord("-"))
_ASCII_CODECS = ("utf-8-sig", "utf-8", "iso8859-1", "cp850", "cp1252", "cp437", "ascii", "iso8859-15")

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scan:
    """Rows of a file, and the columns (width,) whose texts must be looked at one by one."""

    rows: int
    odd: Flags
    long: Flags


def read_large(
    path: Path, request: ReadRequest, decoding: Decoding, *, choice: Choice, width: int, delimiter: str
) -> Frame | None:
    """The file's columns, or None where only the exact reader can say what is right.

    Raises:
        DataError: the faults of the columns; E216 another encoding.
    """
    style = NumberStyle(request.block.decimal, request.block.thousands)
    if (
        not style.plain
        or decoding.codec not in _ASCII_CODECS
        or not choice.positions
        or len(delimiter.encode()) != 1
    ):
        return None
    scan = scan_bytes(path, width, ord(delimiter))
    if scan is None or not scan.rows:
        return None
    try:
        return _frame(path, request, decoding, choice=choice, scan=scan, delimiter=delimiter)
    except UnicodeError:
        raise DataError(decoding_fault(path, request, decoding)) from None


def _frame(
    path: Path, request: ReadRequest, decoding: Decoding, *, choice: Choice, scan: Scan, delimiter: str
) -> Frame | None:
    # imported here: small files, which are most, do not need it
    import pandas as pd

    parse = partial(_parse, pd, path, delimiter=delimiter, codec=decoding.codec)
    types = request.block.types
    as_text = {
        name
        for name, position in choice.positions.items()
        if scan.odd[position] or types.get(name, "number") not in ("number", "integer")
    }
    try:
        table = parse(choice.positions, as_text)
        late = {
            name
            for name, position in choice.positions.items()
            if name not in as_text and _needs_text(table[name].to_numpy(), scan.long[position])
        }
        again = parse({name: choice.positions[name] for name in late}, late) if late else {}
    except (pd.errors.ParserError, OverflowError):
        return None
    if len(table[next(iter(table))]) != scan.rows:
        return None
    makers = {name: partial(_typed, name, again.get(name, table[name]), request) for name in choice.positions}
    return build_frame(makers, request, n_rows=scan.rows, notices=choice.notices)


def _parse(
    pd: Any, path: Path, positions: dict[str, int], as_text: set[str], *, delimiter: str, codec: str
) -> dict[str, Any]:
    """Name → series; empty cells are missing, nothing else is."""
    # older versions round the last digit unless told not to; newer ones are exact and warn about the option
    exact = {"float_precision": "round_trip"} if int(pd.__version__.split(".")[0]) < 3 else {}
    table = pd.read_csv(
        path,
        sep=delimiter,
        header=None,
        skiprows=1,
        usecols=sorted(positions.values()),
        dtype={positions[name]: str for name in as_text},
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=False,
        low_memory=False,
        encoding=codec,
        **exact,
    )
    return {name: table[position] for name, position in positions.items()}


def _needs_text(values: npt.NDArray[Any], has_long: np.bool_) -> bool:
    """Whether a parsed column has to be looked at as text: no numbers, or numbers too long to be exact."""
    if values.dtype.kind in "OTUu":
        # numbers beyond 64 bits are left as whole numbers among objects, without the marks of other cells
        return values.dtype.kind == "u" or (bool(has_long) and any(type(value) is int for value in values))
    return (
        bool(has_long) and values.dtype.kind in "if" and bool(np.nanmax(np.abs(values)) > LARGEST_WHOLE - 1)
    )


def _typed(name: str, series: Any, request: ReadRequest) -> Typed:
    kind = getattr(series.dtype, "kind", "O")
    if kind in "if":
        return column_of_numbers(name, series.to_numpy(dtype=np.float64), request)
    if kind == "b":
        return column_of_numbers(name, series.to_numpy().astype(np.float64), request)
    missing = series.isna().to_numpy()
    if missing.any():
        series = series.astype(object).where(~missing, "")
    return column_of_texts(name, [str(value) for value in series.tolist()], request)


def scan_bytes(path: Path, width: int, delimiter: int) -> Scan | None:
    """What the bytes say about rows and columns; None if cells cannot be told apart by separators alone."""
    rows = 0
    odd, long = np.zeros(width, dtype=bool), np.zeros(width, dtype=bool)
    for number, piece in enumerate(_pieces(path)):
        found = _scan_piece(
            np.frombuffer(piece, dtype=np.uint8), width, delimiter, skip=1 if number == 0 else 0
        )
        if found is None:
            return None
        rows += found.rows
        odd |= found.odd
        long |= found.long
    return Scan(rows, odd, long)


def _pieces(path: Path) -> Iterator[bytes]:
    """Pieces that end with a line."""
    rest = b""
    with path.open("rb") as stream:
        while block := stream.read(_PIECE):
            block = rest + block
            end = block.rfind(b"\n") + 1
            rest = block[end:]
            if end:
                yield block[:end]
    if rest:
        yield rest + b"\n"


def _scan_piece(raw: Bytes, width: int, delimiter: int, *, skip: int) -> Scan | None:
    newline = raw == _NEWLINE
    ends = np.flatnonzero(newline | (raw == delimiter))
    if len(ends) % width or not raw.all():
        return None
    if not np.array_equal(newline[ends].reshape(-1, width), _last_only(len(ends) // width, width)):
        return None
    starts = np.concatenate([[0], ends[:-1] + 1])
    returns = raw[np.maximum(ends - 1, 0)] == _RETURN
    if int(np.count_nonzero(raw == _RETURN)) != int(np.count_nonzero(returns & newline[ends])):
        return None
    stops = ends - (returns & newline[ends])
    quoted = _quoted(raw, starts, stops)
    if quoted is None or (width == 1 and np.any(stops == starts)):
        return None
    starts, stops = starts + quoted, stops - quoted
    odd = _odd_starts(raw, starts, stops) | ((raw[np.maximum(stops - 1, 0)] <= ord(" ")) & (stops > starts))
    cells = (len(ends) // width - skip, width)
    below = slice(skip * width, None)
    odd_columns = odd[below].reshape(cells).any(axis=0)
    long_columns = (stops - starts >= _LONG)[below].reshape(cells).any(axis=0)
    return Scan(cells[0], odd_columns, long_columns)


def _last_only(rows: int, width: int) -> Flags:
    pattern = np.zeros((rows, width), dtype=bool)
    pattern[:, -1] = True
    return pattern


def _quoted(raw: Bytes, starts: npt.NDArray[Any], stops: npt.NDArray[Any]) -> npt.NDArray[np.int64] | None:
    """1 for cells in quotes; None if a quote stands anywhere else."""
    quotes = int(np.count_nonzero(raw == _QUOTE))
    if not quotes:
        return np.zeros(len(starts), dtype=np.int64)
    inside = (stops - starts >= 2) & (raw[starts] == _QUOTE) & (raw[np.maximum(stops - 1, 0)] == _QUOTE)
    return inside.astype(np.int64) if 2 * int(inside.sum()) == quotes else None


def _odd_starts(raw: Bytes, starts: npt.NDArray[Any], stops: npt.NDArray[Any]) -> Flags:
    """Cells that begin like a code (07, -07) or with a blank."""
    last = len(raw) - 1
    first, second, third = (raw[np.minimum(starts + step, last)] for step in (0, 1, 2))
    lengths = stops - starts
    signed = np.isin(first, _SIGNS)
    zero = np.where(signed, second, first) == _ZERO
    after = np.where(signed, third, second)
    code = zero & (after >= _ZERO) & (after <= _NINE) & (lengths >= 2 + signed)
    blank: Flags = (first <= ord(" ")) & (lengths > 0)
    return np.asarray(code | blank)
