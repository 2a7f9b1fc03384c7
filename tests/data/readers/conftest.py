"""Files of formats that no library at hand writes: dBase, and Stata of the year 2000."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import pytest

_WIDTHS = {"D": 8, "L": 1, "I": 4}


def _dbf(
    fields: Sequence[tuple[str, str, int, int]],
    rows: Sequence[Sequence[object]],
    *,
    driver: int = 0x03,
    encoding: str = "cp1252",
    deleted: Sequence[int] = (),
) -> bytes:
    """A dBase III table: fields (name, kind, width, decimals), rows of texts, numbers or None."""
    width = 1 + sum(field[2] for field in fields)
    head = 32 + 32 * len(fields) + 1
    out = struct.pack("<4BIHH17xB2x", 0x03, 118, 10, 31, len(rows), head, width, driver)
    for name, kind, size, decimals in fields:
        out += struct.pack("<11sc4xBB14x", name.encode(encoding), kind.encode(), size, decimals)
    out += b"\r"
    for number, row in enumerate(rows):
        out += b"*" if number in deleted else b" "
        for value, (_, kind, size, decimals) in zip(row, fields, strict=True):
            if kind == "I":
                out += struct.pack("<i", value)
            elif kind in "NF" and value is not None:
                out += f"{value:.{decimals}f}".rjust(size).encode()
            else:
                out += ("" if value is None else str(value)).encode(encoding).ljust(size)[:size]
    return out + b"\x1a"


def _stata(version: int, columns: dict[str, Sequence[float]], labels: dict[str, str] | None = None) -> bytes:
    """An old Stata file of doubles, little-endian: head, descriptors, labels of variables, no characteristics, data."""
    names = list(columns)
    count, rows = len(names), len(columns[names[0]])
    size, fmt = (33, 12) if version >= 110 else (9, 12)
    label = 81
    out = (
        struct.pack("<BBBxHi", version, 2, 1, count, rows) + b"made by hand".ljust(label, b"\0") + b"\0" * 18
    )
    types = b"d" if version < 111 else b"\xff"
    out += types * count
    out += b"".join(name.encode().ljust(size, b"\0") for name in names)
    out += b"\0\0" * (count + 1)
    out += b"%9.0g".ljust(fmt, b"\0") * count
    out += b"\0" * (size * count)
    out += b"".join((labels or {}).get(name, "").encode("latin-1").ljust(label, b"\0") for name in names)
    out += struct.pack("<bi" if version >= 110 else "<bh", 0, 0)
    for row in range(rows):
        out += b"".join(struct.pack("<d", columns[name][row]) for name in names)
    return out


@pytest.fixture(scope="session")
def dbf_bytes() -> Callable[..., bytes]:
    """``dbf_bytes([("name", "C", 10, 0)], [["x"]])`` → the bytes of a .dbf file."""
    return _dbf


@pytest.fixture(scope="session")
def old_stata_bytes() -> Callable[..., bytes]:
    """``old_stata_bytes(110, {"x": [1.0]})`` → the bytes of a .dta file."""
    return _stata
