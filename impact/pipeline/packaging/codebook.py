"""Every variable that a study uses: label, type, missing values and range, by data file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.texts import text
from impact.outputs._document import said
from impact.pipeline.columns_read import names_used
from impact.pipeline.packaging.gather import DataFile, Study
from impact.pipeline.sources import read_source

Column = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Variable:
    """A line of the codebook; counts and values are empty for data that are not handed on."""

    name: str
    label: str
    kind: str
    missing: str
    values: str


def variables_of(study: Study, file: DataFile, language: str) -> list[Variable]:
    """The variables of a file that the study uses, in the order of the file."""
    frame = read_source(study.plan, file.source, names_used(study.plan))
    labels = study.document.get("labels") or {}
    found = []
    for name, column in frame.columns.items():
        label = said(labels.get(name), language) or frame.labels.get(name, "")
        kind, missing, values = _facts(column, language)
        shown = (str(missing), values) if file.enters else ("", "")
        found.append(Variable(name, label, _say(kind, language), *shown))
    return found


def _say(key: str, language: str, **values: object) -> str:
    return text(f"packaging.codebook.{key}", language, **values)


def _facts(column: Column, language: str) -> tuple[str, int, str]:
    """Kind of a column, number of missing values, and the range or number of its values."""
    if column.dtype.kind == "O":
        known = [value for value in column.tolist() if value is not None]
        return "text", len(column) - len(known), _say("distinct", language, count=len(set(known)))
    if column.dtype.kind == "M":
        present = column[~np.isnat(column)]
        return "date", len(column) - len(present), _between(np.unique(present).astype(str).tolist(), language)
    numbers = column.astype(float)
    present = numbers[~np.isnan(numbers)]
    kind = "whole" if bool(np.all(present == np.floor(present))) else "number"
    ends = [f"{value:.6g}" for value in (present.min(), present.max())] if len(present) else []
    return kind, len(numbers) - len(present), _between(ends, language)


def _between(values: Sequence[str], language: str) -> str:
    return _say("between", language, low=values[0], high=values[-1]) if values else ""
