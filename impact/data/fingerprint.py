"""Hashes: of a file's bytes, and of the used columns whatever the order of rows and columns."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_PIECE = 1 << 20
_Words = npt.NDArray[np.uint64]
_MISSING = np.uint64(0x7FF8000000000000)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def columns_sha256(columns: Mapping[str, npt.NDArray[Any]], used: Iterable[str] | None = None) -> str:
    """Hash of columns that does not depend on the order of rows or columns.

    Each row becomes two 64-bit words mixed over the columns in the order of their names; the rows' words are
    sorted
    and hashed with the names.
    """
    names = sorted(columns if used is None else set(used) & set(columns))
    n_rows = len(columns[names[0]]) if names else 0
    lanes = [np.full(n_rows, seed, dtype=np.uint64) for seed in (0x243F6A8885A308D3, 0x13198A2E03707344)]
    for name in names:
        words = _words(np.asarray(columns[name]))
        lanes = [_mixed(lane ^ words) + np.uint64(odd) for lane, odd in zip(lanes, (1, 0x9E37), strict=True)]
        lanes[1] = _mixed(
            lanes[1] ^ np.roll(lanes[0].view(np.uint8).reshape(-1, 8), 3, axis=1).view(np.uint64)[:, 0]
        )
    order = np.lexsort((lanes[1], lanes[0]))
    digest = hashlib.sha256("\0".join([str(n_rows), *names]).encode())
    for lane in lanes:
        digest.update(lane[order].astype("<u8").tobytes())
    return digest.hexdigest()


def _words(values: npt.NDArray[Any]) -> _Words:
    if values.dtype == object:
        table = {value: _text_word(value) for value in set(values.tolist())}
        return np.array([table[value] for value in values.tolist()], dtype=np.uint64)
    if values.dtype.kind == "M":
        return np.asarray(values.astype("datetime64[D]").astype(np.int64).view(np.uint64))
    floats = np.where(values == 0, 0.0, values.astype(np.float64))
    words = floats.view(np.uint64)
    return np.where(np.isnan(floats), _MISSING, words)


def _text_word(value: str | None) -> int:
    if value is None:
        return int(_MISSING)
    digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "little")


def _mixed(words: _Words) -> _Words:
    """The finalizer of SplitMix64 (Steele, Lea and Flood 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
