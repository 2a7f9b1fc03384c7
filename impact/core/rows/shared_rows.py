"""Records of many regressions that stand on the same rows: what a specification curve shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import AbsorbedFactor, Factor


@dataclass(frozen=True, slots=True)
class Member:
    """One regression on shared rows: its place among all, and the columns it takes.

    Arguments:
        outcome, target: columns. regressors: columns without the constant, the target among them.
    """

    place: int
    outcome: int
    target: int
    regressors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SharedRows:
    """Rows on which several regressions with the same effects and weights stand.

    Arguments:
        columns: (n, p) every outcome and regressor; names: (p,) of them.
        rows: (n,) row numbers of the frame. clusters: name → factor.
        weights, weight_kind, absorb: as in a design; intercept: whether a constant is a regressor.
        members: the regressions.
    """

    columns: Floats
    names: tuple[str, ...]
    rows: npt.NDArray[np.int64]
    members: tuple[Member, ...]
    weights: Floats | None = None
    weight_kind: str = ""
    absorb: tuple[AbsorbedFactor, ...] = ()
    clusters: Mapping[str, Factor] = field(default_factory=dict)
    intercept: bool = True
