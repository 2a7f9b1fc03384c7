"""results.json: the results document as bytes, the same for the same results.

Keys are sorted; numbers are the shortest decimals that read back to the same float (at most 17 significant
digits);
what is not defined is null; infinities are the texts "inf" and "-inf".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

import numpy as np

from impact.core.registered import Output
from impact.outputs._request import OutputRequest


def plain_value(value: object) -> object:
    """The value as JSON knows it: numpy scalars and arrays as Python ones, NaN as None, infinities as text.

    Raises:
        TypeError: for a value that has no place in the results (an object, a set).
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return plain_value(value.tolist())
    if isinstance(value, float):
        return _plain_float(value)
    if isinstance(value, Mapping):
        return {str(key): plain_value(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [plain_value(inner) for inner in value]
    raise TypeError(f"a value of type {type(value).__name__} has no place in results.json")


def _plain_float(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value + 0.0


def json_bytes(document: Mapping[str, object], *, indent: int | None = 1) -> bytes:
    """The document as UTF-8 JSON with sorted keys and a final line end."""
    text = json.dumps(
        plain_value(document), ensure_ascii=False, sort_keys=True, indent=indent, allow_nan=False
    )
    return (text + "\n").encode("utf-8", "backslashreplace")


def write(document: Mapping[str, object], request: OutputRequest) -> dict[str, bytes]:
    """The file results.json."""
    return {"results.json": json_bytes(document)}


OUTPUT = Output(summary="Everything that was found, in one file", suffix="json", write=write)
