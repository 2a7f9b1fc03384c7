"""Records of a design: factors, samples, terms, and the arrays of one model.

Shapes: n rows, k terms, G groups, U units. Arrays are float64 or int32, contiguous and never written to after they
are handed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats, Integers
from impact.core.errors import Notice
from impact.core.frames import Step


@dataclass(frozen=True, slots=True)
class Factor:
    """A grouping: codes (n,) in 0…G−1 and the G labels in sorted order."""

    name: str
    codes: Integers
    labels: tuple[object, ...]

    @property
    def levels(self) -> int:
        """Number of groups G."""
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class AbsorbedFactor:
    """An absorbed effect: a factor, optionally with a slope variable (n,), with or without its intercept."""

    factor: Factor
    slope: Floats | None = None
    slope_name: str = ""
    intercept: bool = True


@dataclass(frozen=True, slots=True)
class Panel:
    """Unit, time and value of the time (n,) of each row; labels are sorted, cohort is None where none is declared."""

    unit: Factor
    time: Factor
    time_values: Floats
    cohort: Integers | None = None


@dataclass(frozen=True, slots=True)
class Treatment:
    """A treatment that starts for whole units: what permutation and few-treated inference need.

    Arguments:
        unit: factor at whose level treatment is assigned (levels U).
        treated: (U,) 1 where the unit is treated.
        profile: (n, m) what each treatment column would be for a treated unit (post indicator, year indicator …):
            column ``columns[j]`` of x equals treated[unit] * profile[:, j].
        columns: positions of the treatment columns among the terms of the design.
    """

    unit: Factor
    treated: Floats
    profile: Floats
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """Which rows were used and why others were not.

    Arguments:
        kept: (n,) row numbers of the frame, in the order of the design's rows.
        steps: named drops after the frame's own (model filter, missing values by column, zero weight, singletons).
        dropped_terms: name of a column that was left out → reason.
    """

    kept: npt.NDArray[np.int64]
    steps: tuple[Step, ...] = ()
    dropped_terms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Term:
    """A name for one coefficient: what it is and, for panels of effects, which cohort, time and event time."""

    name: str
    kind: str = "coef"
    cohort: object | None = None
    time: object | None = None
    event_time: float | None = None


@dataclass(frozen=True, slots=True)
class Design:
    """Arrays of one model on one sample.

    Arguments:
        outcome: name of the outcome; terms: the k terms of x.
        y: (n,) outcome units; x: (n, k).
        weights: (n,) or None; weight_kind: "analytic", "frequency", "sampling" or "" without weights.
        within_sum_of_squares: (n,) for outcomes given as sums: squared deviations inside each row, else None.
        absorb: absorbed effects; clusters: name → factor for every cluster variable asked for.
        focus: positions of the treatment terms: never dropped in silence.
        treatment: assignment of the treatment to units, or None.
        panel: unit and time, or None; coordinates: (n, 2) latitude, longitude in degrees, or None.
        endogenous: positions of the endogenous terms among those of x; instruments: (n, m) the excluded instruments,
            named by instrument_names; the other columns of x are their own instruments.
        offset: (n,) or None; notices: what the builder found.
    """

    outcome: str
    terms: tuple[Term, ...]
    y: Floats
    x: Floats
    sample: Sample
    weights: Floats | None = None
    weight_kind: str = ""
    within_sum_of_squares: Floats | None = None
    absorb: tuple[AbsorbedFactor, ...] = ()
    clusters: Mapping[str, Factor] = field(default_factory=dict)
    focus: tuple[int, ...] = ()
    treatment: Treatment | None = None
    panel: Panel | None = None
    coordinates: Floats | None = None
    endogenous: tuple[int, ...] = ()
    instruments: Floats | None = None
    instrument_names: tuple[str, ...] = ()
    offset: Floats | None = None
    intercept: bool = False
    notices: tuple[Notice, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
