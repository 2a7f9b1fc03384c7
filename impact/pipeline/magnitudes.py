"""Numbers whose powers leave the range of doubles: no sum of squares holds them, and no estimate is to be read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from impact.core.designs import Design, Factor
from impact.core.errors import Fault
from impact.core.texts import fault

# fourth powers, which variances take, stay inside 2.2e-308 … 1.8e308
LARGEST, SMALLEST = 1e70, 1e-70


def outcome_fault(design: Design) -> Fault | None:
    """E460 where the outcome, or the weights, are beyond that range."""
    found = _fault(design.outcome, design.y)
    return found if found is not None or design.weights is None else _fault("weights", design.weights)


def any_fault(design: Design) -> Fault | None:
    """E460 for the first column of the design that is beyond that range, the outcome among them."""
    return next((found for name, values in _columns(design) if (found := _fault(name, values))), None)


def _columns(design: Design) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    yield design.outcome, design.y
    for term, column in zip(design.terms, design.x.T, strict=False):
        yield term.name, column
    if design.instruments is not None:
        yield from zip(design.instrument_names, design.instruments.T, strict=True)
    for name, values in design.columns.items():
        if not isinstance(values, Factor):
            yield name, values
    if design.weights is not None:
        yield "weights", design.weights


def _fault(name: str, values: npt.NDArray[np.float64]) -> Fault | None:
    if not len(values):
        return None
    # missing values (outcomes that a selection leaves out) are passed over
    largest = float(max(abs(np.fmax.reduce(values)), abs(np.fmin.reduce(values))))
    if not np.isfinite(largest) or largest == 0.0 or SMALLEST <= largest <= LARGEST:
        return None
    return fault("E460", name=name, largest=f"{largest:.1e}")
