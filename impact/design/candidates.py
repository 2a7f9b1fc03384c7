"""Which units a permutation may treat, and their strata: `among:` and `within:` by unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.designs import Design
from impact.core.errors import DesignError
from impact.core.texts import fault
from impact.design.grouping import label_text, make_factor
from impact.design.table import Columns, column_of, is_missing
from impact.schema.expressions.context import Context
from impact.schema.expressions.evaluate import evaluate_condition
from impact.schema.requests import ModelRequest

MOST_EXAMPLES = 5


def candidates_of(
    design: Design, request: ModelRequest, columns: Columns, context: Context
) -> dict[str, npt.NDArray[Any]]:
    """`eligible` (U,) and `strata` (U,) of the treatment's units, as far as the permutation asks for them.

    Raises:
        DesignError: E524 where one of them differs, or is missing, within a unit. SpecError: E514 an unknown column.
    """
    found: dict[str, npt.NDArray[Any]] = {}
    if request.permute is None or design.treatment is None:
        return found
    rows = design.sample.kept
    if request.permute_among is not None:
        true = evaluate_condition(request.permute_among, columns, context)[rows] == 1
        found["eligible"] = _by_unit(design, request, true, "among") == 1
    within = getattr(request.permute, "within", None)
    if within:
        values = column_of(columns, within, place=request.place)[rows]
        gone = is_missing(values)
        if gone.any():
            raise DesignError(_varies(design, request, np.unique(_codes(design)[gone]), "within"))
        found["strata"] = _by_unit(design, request, make_factor(within, [values]).codes, "within")
    return found


def _codes(design: Design) -> npt.NDArray[np.int32]:
    assert design.treatment is not None
    return design.treatment.unit.codes


def _by_unit(
    design: Design, request: ModelRequest, values: npt.NDArray[Any], key: str
) -> npt.NDArray[np.int32]:
    """One value a unit; all rows of the unit must have it."""
    assert design.treatment is not None
    codes = _codes(design)
    own = np.zeros(design.treatment.unit.levels, dtype=np.int32)
    own[codes] = values
    different = np.unique(codes[own[codes] != values])
    if len(different):
        raise DesignError(_varies(design, request, different, key))
    return own


def _varies(design: Design, request: ModelRequest, units: npt.NDArray[Any], key: str) -> Any:
    assert design.treatment is not None
    labels = [label_text(design.treatment.unit.labels[int(code)]) for code in units[:MOST_EXAMPLES]]
    return fault(
        "E524", place=request.place, key=key, count=len(units), unit=design.treatment.unit.name,
        examples=", ".join(labels),
    )  # fmt: skip
