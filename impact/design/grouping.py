"""Columns to factors: integer codes with sorted labels, the same whatever the order of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from impact.core.arrays import Floats
from impact.core.designs import AbsorbedFactor, Factor
from impact.kernels.factors import encode, first_rows
from impact.schema.formulas.tree import AbsorbedEffect

Keys = Mapping[str, npt.NDArray[Any]]


def make_factor(name: str, columns: Sequence[npt.NDArray[Any]]) -> Factor:
    """The grouping by one column or by the combinations of several.

    Arguments:
        name: name in outputs (``id`` or ``id^year``).
        columns: arrays (n,) without missing values.

    Returns:
        Factor with labels sorted; labels of combinations are tuples.
    """
    codes, labels = _codes_of(columns[0])
    if len(columns) == 1:
        return Factor(name, codes, labels)
    parts = [(codes, labels), *(_codes_of(column) for column in columns[1:])]
    combined = parts[0][0].astype(np.int64)
    for other, other_labels in parts[1:]:
        combined = combined * len(other_labels) + other
    present, dense = np.unique(combined, return_inverse=True)
    first = first_rows(dense, len(present))
    found = [[part_labels[i] for i in part_codes[first]] for part_codes, part_labels in parts]
    return Factor(name, dense.astype(np.int32), tuple(zip(*found, strict=True)))


def recoded(factor: Factor, labels: Sequence[object]) -> npt.NDArray[np.int32]:
    """The codes (n,) of a factor among the labels of another one, −1 where it has none of them."""
    known = {label: code for code, label in enumerate(labels)}
    place = np.array([known.get(label, -1) for label in factor.labels], dtype=np.int32)
    return place[factor.codes]


def factor_of(name: str, keys: Keys) -> Factor:
    """A cluster variable on the rows that were read; a^b are the pairs."""
    return make_factor(name, [keys[part] for part in name.split("^")])


def effects_of(effects: Sequence[AbsorbedEffect], keys: Keys, slopes: Keys) -> tuple[AbsorbedFactor, ...]:
    """The absorbed effects of a formula on the rows that were read."""
    found: list[AbsorbedFactor] = []
    for effect in effects:
        factor = make_factor("^".join(effect.variables), [keys[name] for name in effect.variables])
        if effect.intercept:
            found.append(AbsorbedFactor(factor))
        found += [
            AbsorbedFactor(factor, np.asarray(slopes[name], dtype=np.float64), name, intercept=False)
            for name in effect.slopes
        ]
    return tuple(found)


def option_columns(names: Mapping[str, str], keys: Keys) -> dict[str, Floats | Factor]:
    """The columns that options name, by option: numbers as they are, all else as groups."""
    return {
        option: keys[name] if keys[name].dtype.kind == "f" else make_factor(name, [keys[name]])
        for option, name in names.items()
    }


def label_text(label: object) -> str:
    """A level as it is printed: whole numbers without a decimal point, combinations joined by '^'."""
    if isinstance(label, tuple):
        return "^".join(label_text(part) for part in label)
    if isinstance(label, (float, np.floating)):
        return str(int(label)) if float(label).is_integer() else repr(float(label))
    return str(label)


def _codes_of(column: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int32], tuple[object, ...]]:
    if column.dtype.kind in "fi":
        return _codes_of_numbers(column)
    if column.dtype.kind == "M":
        days, codes = np.unique(column, return_inverse=True)
        return codes.astype(np.int32), tuple(str(day) for day in days)
    codes, values = pd.factorize(column, sort=False)
    texts = [str(value) for value in values]
    order = sorted(range(len(texts)), key=texts.__getitem__)
    rank = np.empty(len(texts), dtype=np.int32)
    rank[order] = np.arange(len(texts), dtype=np.int32)
    return rank[codes], tuple(texts[i] for i in order)


def _codes_of_numbers(column: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int32], tuple[object, ...]]:
    codes, labels = encode(np.ascontiguousarray(column))
    return codes, tuple(labels.astype(np.float64, copy=False).tolist())
