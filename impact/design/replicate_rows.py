"""Replicate weights of the rows of a file, with the factors that their kind asks for."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.errors import DesignError
from impact.core.name_patterns import is_pattern, matching
from impact.core.options import ReplicateWeights
from impact.core.rows.survey_rows import Replicates
from impact.core.texts import fault
from impact.design.outcome import read_weights
from impact.design.parts import source_of
from impact.design.table import Columns, number_column
from impact.kernels.surveys.survey_replicates import scales_of_deletion
from impact.schema.expressions.context import Context
from impact.schema.requests import ModelRequest

FEWEST = 2


def replicates_of(
    request: ModelRequest,
    columns: Columns,
    rows: npt.NDArray[np.int64],
    context: Context,
    options: ReplicateWeights,
) -> Replicates:
    """The replicate weights on all rows of the file, NaN outside ``rows``.

    Raises:
        SpecError: E514 an unknown column. DesignError: E690 columns that cannot be replicate weights, no sampling
            weights, or factors that neither the spec nor the weights give; E691 no column of the name.
    """
    if request.weights is None:
        _refuse("`weights:` names the sampling weights that the estimate itself is made with")
    names = _names(request, columns, options)
    if options.rscales is not None and len(options.rscales) != len(names):
        _refuse(f"`rscales` has {len(options.rscales)} numbers for {len(names)} replicates")
    every = len(rows) == context.rows
    read = [number_column(columns, name, place=request.place) for name in names]
    values = np.column_stack(read if every else [column[rows] for column in read])
    base = read_weights(request.weights, source_of(columns, rows, request, context))
    there = ~np.isnan(base)
    given = values if there.all() else values[there]
    # a missing value makes the extremes missing
    if len(given) and not (given.min() >= 0 and given.max() < np.inf):
        _refuse("replicate weights are missing or negative in some rows")
    if options.combined and (base == 0).any() and values[base == 0].any():
        _refuse("rows with a sampling weight of zero have replicate weights")
    combined = values if options.combined else values * base[:, None]
    empty = [
        name
        for name, total in zip(names, (combined if there.all() else combined[there]).sum(axis=0), strict=True)
        if total == 0
    ]
    if empty:
        _refuse(f"the weights of {', '.join(empty[:5])} sum to zero")
    factors = np.ones(len(names)) if options.rscales is None else np.array(options.rscales, dtype=np.float64)
    if options.kind == "jkn" and options.rscales is None:
        factors = _of_deletion(combined[base > 0] / base[base > 0][:, None])
    if not every:
        whole = np.full((context.rows, len(names)), np.nan)
        whole[rows] = combined
        combined = whole
    return Replicates(combined, _scale(options, len(names)), factors, options.mse)


def _names(request: ModelRequest, columns: Columns, options: ReplicateWeights) -> list[str]:
    wanted = (options.weights,) if isinstance(options.weights, str) else options.weights
    found: list[str] = []
    for name in wanted:
        own = matching(name, columns) if is_pattern(name) else (name,)
        if not own:
            raise DesignError(fault("E691", place=request.variance.place, name=name))
        found += own
    names = list(dict.fromkeys(found))
    if len(names) < FEWEST:
        _refuse(f"a single column, {names[0]}, shows no spread")
    return names


def _scale(options: ReplicateWeights, count: int) -> float:
    """Factor of all squares; the defaults are those of R's survey."""
    defaults = {
        "brr": 1.0 / (count * (1.0 - options.fay) ** 2),
        "jk1": (count - 1.0) / count,
        "jkn": 1.0,
        "bootstrap": 1.0 / (count - 1.0),
    }
    return defaults[options.kind] if options.scale is None else options.scale


def _of_deletion(ratio: Floats) -> Floats:
    """Factor of each replicate that leaves one unit of a stratum out."""
    found = scales_of_deletion(ratio)
    if found is None:
        _refuse(
            "`kind: jkn` needs `rscales`, (n - 1)/n of the stratum of each replicate: the weights are not those of a "
            "design less one unit, from which it could be read"
        )
    return found


def _refuse(problem: str) -> NoReturn:
    raise DesignError(fault("E690", problem=problem))
