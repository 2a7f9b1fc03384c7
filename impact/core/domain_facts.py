"""What a field of study looks at before anything is estimated: the sample, its outcomes, its periods, its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from impact.core.frames import Frame


@dataclass(frozen=True, slots=True)
class UsedVariable:
    """A column of ``derive:`` that is a variable of a field: whose, in which coding, what it is."""

    domain: str
    variable: str
    coding: str
    unit: str
    real: bool = False


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """Arguments:
    frame: the main sample, after filters.
    outcomes: name of each outcome → whether it is a logarithm; estimators: keywords of the models.
    variables: derived columns that are variables of a field.
    time, start: column of the periods and the first treated one; None where the spec has no design.
    exposures: columns of `exposure:`.
    added: derived column → the columns that it adds up.
    winsorised: derived column → the two values it was pulled in to.
    """

    frame: Frame
    outcomes: Mapping[str, bool] = field(default_factory=dict)
    estimators: tuple[str, ...] = ()
    variables: Mapping[str, UsedVariable] = field(default_factory=dict)
    time: str | None = None
    start: float | None = None
    exposures: tuple[str, ...] = ()
    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    winsorised: Mapping[str, tuple[float, float]] = field(default_factory=dict)
