"""Controls that say nothing of their own in the whole sample, for estimators that use them cohort by cohort.

A regression names what it leaves out. Estimators that turn controls into deviations or interactions keep the fit and
lose the name: this finds them before.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from impact.core.designs import Design

# share of a standardised column that others must leave for it to count
SMALLEST_SHARE = 1e-9


def redundant_controls(design: Design) -> Mapping[str, str]:
    """Names of controls that are constant, or a combination of those before them → the reason."""
    found: dict[str, str] = {}
    basis: list[np.ndarray[tuple[int], np.dtype[np.float64]]] = []
    for term, column in zip(design.terms, design.x.T, strict=True):
        rest = column - column.mean()
        length = float(np.linalg.norm(rest))
        if length <= SMALLEST_SHARE * float(np.linalg.norm(column)):
            found[term.name] = "constant"
            continue
        rest = rest / length
        for _ in range(2):  # twice, so that rounding leaves nothing of the others
            for other in basis:
                rest = rest - (other @ rest) * other
        left = float(np.linalg.norm(rest))
        if left <= SMALLEST_SHARE:
            found[term.name] = "a combination of other controls"
            continue
        basis.append(rest / left)
    return found
