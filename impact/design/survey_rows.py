"""The sampling design of all rows of a file, whatever the model leaves out of them: domains keep the design."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.errors import DesignError
from impact.core.rows.survey_rows import SurveyRows, SurveyStage
from impact.core.texts import fault
from impact.design.grouping import label_text, make_factor
from impact.design.replicate_rows import replicates_of
from impact.design.sample import filtered
from impact.design.table import Columns, column_of, is_missing
from impact.kernels.factors import encode
from impact.schema.expressions.context import Context
from impact.schema.requests import SUBPOPULATION, ModelRequest

Rows = npt.NDArray[np.int64]


def survey_of(request: ModelRequest, columns: Columns, context: Context) -> dict[str, SurveyRows]:
    """{"survey": the stages or replicate weights of all rows}, where the model's variance is that of a survey.

    Rows that a filter drops are outside the design; those outside the subpopulation, or with missing values, are in
    it, so that their primary units count.

    Raises:
        SpecError: E514 an unknown column. DesignError: E568 what cannot be a design; E690, E691 replicate weights.
    """
    if request.variance.keyword != "survey":
        return {}
    options = request.variance.options
    kept = {name: condition for name, condition in request.filters.items() if name != SUBPOPULATION}
    rows = filtered(columns, context.rows, kept, context).rows
    if options.replicate is not None:
        found_weights = replicates_of(request, columns, rows, context, options.replicate)
        return {"survey": SurveyRows((), ("all",), found_weights)}
    units, strata, sizes = (_names(getattr(options, name)) for name in ("psu", "strata", "fpc"))
    stages = max(len(units), 1)
    if len(strata) > stages or (sizes and len(sizes) != stages):
        _refuse(f"{stages} stages of psu, {len(strata)} of strata, {len(sizes)} of fpc")
    read = {name: column_of(columns, name, place=request.place) for name in (*units, *strata)}
    for values in read.values():
        rows = rows[~is_missing(values[rows])]
    found: list[SurveyStage] = []
    labels: tuple[str, ...] = ("all",)
    outer = np.zeros(len(rows), dtype=np.int64)
    for number in range(stages):
        stratum = outer
        if number < len(strata):
            factor = make_factor(strata[number], [read[strata[number]][rows]])
            labels = labels if number else tuple(map(label_text, factor.labels))
            stratum = factor.codes.astype(np.int64) if number == 0 else _joined(outer, factor.codes)
        unit = np.arange(len(rows), dtype=np.int64)
        if units:
            codes = make_factor(units[number], [read[units[number]][rows]]).codes
            unit = _joined(stratum, codes)
            if number == 0 and not options.nest:
                _refuse_repeated(codes, unit, units[0], strata)
        size = column_of(columns, sizes[number], place=request.place)[rows] if sizes else None
        found.append(_stage(stratum, unit, size, "" if size is None else sizes[number], rows, context.rows))
        outer = unit
    return {"survey": SurveyRows(tuple(found), labels)}


def _names(value: str | Sequence[str]) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else tuple(value)
    return tuple(name for name in names if name)


def _joined(outer: Rows, codes: npt.NDArray[Any]) -> Rows:
    """Codes of the combinations, numbered in sorted order."""
    joined = outer * (int(codes.max(initial=0)) + 1) + codes
    return encode(joined)[0].astype(np.int64)


def _refuse_repeated(codes: npt.NDArray[Any], unit: Rows, name: str, strata: tuple[str, ...]) -> None:
    """Primary units whose number occurs in several strata: is it one unit, or do numbers begin anew."""
    if codes.max(initial=-1) != unit.max(initial=-1):
        _refuse(
            f"'{name}' has the same value in several strata of '{strata[0]}'; "
            "where numbers begin anew write nest: true"
        )


def _stage(
    stratum: Rows, unit: Rows, size: npt.NDArray[Any] | None, name: str, rows: Rows, total: int
) -> SurveyStage:
    """The stage on all rows of the file."""
    of_unit = np.zeros(int(unit.max(initial=-1)) + 1, dtype=np.int64)
    of_unit[unit] = stratum
    sampled = np.bincount(of_unit, minlength=int(stratum.max(initial=-1)) + 1).astype(np.float64)[stratum]
    population = np.full(len(rows), np.inf)
    if size is not None:
        population = _population(np.asarray(size, dtype=np.float64), sampled, stratum, name)
    filled = []
    for values, empty in ((stratum, -1), (unit, -1), (sampled, np.nan), (population, np.inf)):
        whole = np.full(total, empty, dtype=values.dtype)
        whole[rows] = values
        filled.append(whole)
    return SurveyStage(*filled)


def _population(size: Floats, sampled: Floats, stratum: Rows, name: str) -> Floats:
    """Units in the population: as given, or from sampling fractions (values up to 1)."""
    if np.isnan(size).any() or (size <= 0).any():
        _refuse(f"'{name}' is missing, zero or negative in some rows")
    own = np.zeros(int(stratum.max(initial=-1)) + 1)
    own[stratum] = size
    if np.any(own[stratum] != size):
        _refuse(f"'{name}' differs within a stratum")
    population = sampled / size if np.all(size <= 1) else size
    if np.any(population < sampled * (1 - 1e-9)):
        _refuse(f"'{name}' is less than the units sampled")
    return np.asarray(population, dtype=np.float64)


def _refuse(problem: str) -> None:
    raise DesignError(fault("E568", problem=problem))
