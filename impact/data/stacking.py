"""Tables of several files on top of each other, and columns as numbers or texts whatever a file stored them as."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import Notice
from impact.core.frames import Frame
from impact.data.columns import texts_of_numbers

Column = npt.NDArray[Any]


def as_numbers(values: Column) -> npt.NDArray[np.float64]:
    """A column as numbers: texts that are none are missing."""
    if values.dtype != object:
        return np.asarray(values, dtype=np.float64)
    table = {value: _number(value) for value in set(values.tolist())}
    return np.array([table[value] for value in values.tolist()], dtype=np.float64)


def _number(value: str | None) -> float:
    try:
        return float(value) if value is not None else np.nan
    except ValueError:
        return np.nan


def as_texts(values: Column) -> npt.NDArray[np.object_]:
    """A column as texts: whole numbers without a decimal point."""
    return values if values.dtype == object else texts_of_numbers(np.asarray(values, dtype=np.float64))


def stack(
    parts: Mapping[str, Frame], tell: Callable[..., Notice], *, names: Sequence[str] | None = None
) -> Frame:
    """The rows of all parts in order; a column that a part lacks is missing there, and told (W465).

    Arguments:
        parts: what a part is called in messages ("2018") → its frame.
        tell: makes a notice about the source (``request.notice``).
        names: columns of the result, all that any part has by default.

    A column that is text in one part and number in another becomes numbers where all its texts are, else text.
    """
    frames = list(parts.values())
    found = dict.fromkeys(name for frame in frames for name in frame.columns)
    kept = [name for name in found if names is None or name in names]
    notices: list[Notice] = [note for frame in frames for note in frame.notices]
    columns = {}
    for name in kept:
        absent = [part for part, frame in parts.items() if name not in frame.columns]
        if absent:
            notices.append(tell("W465", column=name, parts=", ".join(absent)))
        columns[name] = _joined(
            [frame.columns.get(name) for frame in frames], [frame.n_rows for frame in frames]
        )
    return replace(
        frames[0],
        columns=columns,
        n_rows=sum(frame.n_rows for frame in frames),
        read=sum(frame.read for frame in frames),
        labels=_last(frame.labels for frame in frames),
        value_labels=_last(frame.value_labels for frame in frames),
        units=_last(frame.units for frame in frames),
        files={file: facts for frame in frames for file, facts in frame.files.items()},
        notices=one_of_each(notices),
        steps=(),
        complete=frozenset(),
    )


def _last(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Labels of the latest part that has any."""
    found: dict[str, Any] = {}
    for one in entries:
        found |= one
    return found


def one_of_each(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Notices without those that say the same again."""
    return tuple({(note.code, note.message): note for note in notices}.values())


def _joined(pieces: Sequence[Column | None], sizes: Sequence[int]) -> Column:
    present = [piece for piece in pieces if piece is not None]
    kinds = {piece.dtype.kind for piece in present}
    if len(kinds) > 1:
        pieces = _of_one_kind(pieces)
        present = [piece for piece in pieces if piece is not None]
    model = present[0]
    fill: Any = None if model.dtype == object else np.datetime64("NaT") if model.dtype.kind == "M" else np.nan
    blanks = [
        piece if piece is not None else np.full(size, fill, dtype=model.dtype)
        for piece, size in zip(pieces, sizes, strict=True)
    ]
    return np.concatenate(blanks)


def _of_one_kind(pieces: Sequence[Column | None]) -> list[Column | None]:
    texts = {v for p in pieces if p is not None and p.dtype == object for v in p.tolist() if v is not None}
    if all(not np.isnan(_number(value)) for value in texts) and not any(_is_code(value) for value in texts):
        return [None if piece is None else as_numbers(piece) for piece in pieces]
    return [None if piece is None else as_texts(piece) for piece in pieces]


def _is_code(text: str) -> bool:
    """Longer than two digits with a leading zero: a code that numbers would shorten, not a month or a day."""
    return len(text.strip()) > 2 and text.strip().startswith("0") and "." not in text


def filtered(frame: Frame, kept: npt.NDArray[np.bool_]) -> Frame:
    """The rows of a frame where a mask (n,) is true."""
    columns = {name: values[kept] for name, values in frame.columns.items()}
    return replace(frame, columns=columns, n_rows=int(kept.sum()))
