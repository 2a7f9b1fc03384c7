"""Linear hypotheses as text: ``x1 = x2``, ``2*x1 - x2 = 1``; odd names stand in backticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from impact.core.arrays import Floats
from impact.core.errors import SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault

LONGEST = 2000


@dataclass(slots=True)
class _Reader:
    """Reads one side after the other; a term of the model is taken wherever its whole name stands."""

    text: str
    names: Sequence[str]
    position: int = 0
    weights: dict[str, float] = field(default_factory=dict)
    constant: float = 0.0


def restrictions(texts: Sequence[str], names: Sequence[str], *, model: str = "") -> tuple[Floats, Floats]:
    """R (q, k) and r (q,) of the hypotheses R b = r.

    Arguments:
        texts: one linear equation each. names: the k terms of the model.

    Raises:
        SpecError: E611 for a text that is no linear equation, E606 for a name that is no term of the
        model.
    """
    rows, right = np.zeros((len(texts), len(names))), np.zeros(len(texts))
    position = {name: j for j, name in enumerate(names)}
    for i, text in enumerate(texts):
        weights, constant = _equation(text, names, model)
        for name, weight in weights.items():
            rows[i, position[name]] += weight
        right[i] = -constant
        if not np.any(rows[i]):
            raise SpecError(fault("E611", text=text, problem="no coefficient is left in it"))
    return rows, right


def _equation(text: str, names: Sequence[str], model: str) -> tuple[dict[str, float], float]:
    if len(text) > LONGEST:
        raise SpecError(fault("E611", text=f"{text[:40]}…", problem=f"longer than {LONGEST} characters"))
    reader = _Reader(text, sorted(names, key=len, reverse=True))
    _side(reader, 1.0, model)
    _skip(reader)
    if reader.position >= len(text):
        raise SpecError(fault("E611", text=text, problem="there is no ="))
    if text.startswith("==", reader.position):
        reader.position += 1
    reader.position += 1
    _side(reader, -1.0, model)
    if reader.position < len(text):
        raise SpecError(fault("E611", text=text, problem=f"'{text[reader.position :]}' follows the equation"))
    return reader.weights, reader.constant


def _side(reader: _Reader, side: float, model: str) -> None:
    """A sum of products up to ``=`` or the end."""
    first = True
    while True:
        sign = _sign(reader)
        if reader.position >= len(reader.text) or reader.text[reader.position] == "=":
            if first or sign is not None:
                raise SpecError(fault("E611", text=reader.text, problem="a side is empty"))
            return
        if sign is None and not first:
            raise SpecError(
                fault(
                    "E611",
                    text=reader.text,
                    problem=f"+ or - is missing before '{reader.text[reader.position :]}'",
                )
            )
        _product(reader, side * (1.0 if sign is None else sign), model)
        first = False


def _sign(reader: _Reader) -> float | None:
    _skip(reader)
    sign = None
    while reader.position < len(reader.text) and reader.text[reader.position] in "+-−":
        sign = (1.0 if sign is None else sign) * (1.0 if reader.text[reader.position] == "+" else -1.0)
        reader.position += 1
        _skip(reader)
    return sign


def _product(reader: _Reader, weight: float, model: str) -> None:
    """Numbers and at most one name, multiplied or divided."""
    name: str | None = None
    divide = False
    while True:
        _skip(reader)
        found = _name(reader)
        if found is not None:
            if name is not None or divide:
                raise SpecError(
                    fault("E611", text=reader.text, problem="only linear equations can be tested")
                )
            name = found
        else:
            number = _number(reader, model)
            if divide and number == 0:
                raise SpecError(fault("E611", text=reader.text, problem="it divides by zero"))
            weight = weight / number if divide else weight * number
        _skip(reader)
        if reader.position >= len(reader.text) or reader.text[reader.position] not in "*/":
            break
        divide = reader.text[reader.position] == "/"
        reader.position += 1
    if name is None:
        reader.constant += weight
    else:
        reader.weights[name] = reader.weights.get(name, 0.0) + weight


def _name(reader: _Reader) -> str | None:
    text, start = reader.text, reader.position
    if text.startswith("`", start):
        end = text.find("`", start + 1)
        name = text[start + 1 : end] if end > 0 else ""
        if name in reader.names:
            reader.position = end + 1
            return name
        return None
    for name in reader.names:
        end = start + len(name)
        if (
            text.startswith(name, start)
            and not _continues(name, text[end : end + 1])
            and not _is_number(name)
        ):
            reader.position = end
            return name
    return None


def _continues(name: str, following: str) -> bool:
    """Whether a name goes on: ``x1`` must not be read inside ``x10``."""
    return bool(following) and _is_word(name[-1]) and _is_word(following)


def _is_word(character: str) -> bool:
    return character.isalnum() or character in "_."


def _number(reader: _Reader, model: str) -> float:
    start = end = reader.position
    text = reader.text
    while end < len(text) and (text[end].isdigit() or text[end] == "." or _is_exponent(text, start, end)):
        end += 1
    if _is_number(text[start:end]) and not (end < len(text) and _is_word(text[end])):
        reader.position = end
        return float(text[start:end])
    while end < len(text) and not text[end].isspace() and text[end] not in "+-*/=":
        end += 1
    word = text[start:end].strip("`")
    raise SpecError(
        fault(
            "E606",
            suggestion=nearest(word, reader.names),
            name=word,
            model=model,
            terms=", ".join(reader.names),
        )
    )


def _is_exponent(text: str, start: int, end: int) -> bool:
    """``e`` or its sign inside 1e-3."""
    if end == start:
        return False
    if text[end] in "eE":
        return end + 1 < len(text) and (text[end + 1].isdigit() or text[end + 1] in "+-")
    return text[end] in "+-" and text[end - 1] in "eE"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _skip(reader: _Reader) -> None:
    while reader.position < len(reader.text) and reader.text[reader.position].isspace():
        reader.position += 1
