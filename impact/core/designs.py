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

# name of the term of ones
INTERCEPT = "Intercept"


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
class AdoptionChoices:
    """What `design:` says about comparisons, for every difference-in-differences estimator alike.

    Arguments:
        control_group: "never" or "not_yet" treated units are compared with.
        base_period: "varying" (before treatment the period just before) or "universal" (one for all periods).
        reference: event time that is zero by definition where there is one base period.
        anticipation: periods before the first treated one in which units may already respond.
        window: first and last event time shown; estimation uses everything.
        aggregate: what the row `att` is: "simple", "dynamic", "cohort" or "calendar".
        balance: "drop" units that miss a period, "keep" them, or "" for the estimator's own rule.
        written: names of the choices that the design wrote, for estimators whose defaults are others.
    """

    control_group: str = "never"
    base_period: str = "varying"
    reference: float = -1.0
    anticipation: float = 0.0
    window: tuple[float, float] | None = None
    aggregate: str = "simple"
    balance: str = ""
    written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Adoption:
    """Who is treated from when: what every difference-in-differences estimator starts from.

    The rows of a design with an adoption are sorted by unit, then by time.

    Arguments:
        unit: factor (n,) of U units; in repeated cross-sections every row is a unit of its own.
        time: factor (n,) of T periods in ascending order; periods: (T,) their values.
        cohort: (U,) first treated period of each unit, infinity where it is never treated.
        treatment: (n,) the treatment as observed (0/1 or a dose), NaN-free; None where only cohorts are given.
        is_panel: whether units are followed over time.
        choices: comparisons asked for.
        switches_off: labels of units whose treatment ends or falls again; empty where it is absorbing.
    """

    unit: Factor
    time: Factor
    periods: Floats
    cohort: Floats
    treatment: Floats | None = None
    is_panel: bool = True
    choices: AdoptionChoices = field(default_factory=AdoptionChoices)
    switches_off: tuple[object, ...] = ()


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
        adoption: who is treated from when, for difference-in-differences estimators: x then holds the controls alone,
            without a constant, and rows are sorted by unit and time.
        columns: further columns (n,) that the options of the estimator name, by the name of the option.
        seed: of this model's random draws, None where the spec has none.
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
    adoption: Adoption | None = None
    columns: Mapping[str, Floats | Factor] = field(default_factory=dict)
    seed: int | None = None
    notices: tuple[Notice, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
