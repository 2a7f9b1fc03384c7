"""Records of a specification curve: one row a specification, and the curves under the null hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from impact.core.arrays import Floats


@dataclass(frozen=True, slots=True)
class CurveRow:
    """One specification: its choices (dimension → label) and its estimate, NaN and an error where there is none."""

    number: int
    choices: Mapping[str, str]
    outcome: str
    estimator: str
    term: str
    estimate: float
    std_error: float
    statistic: float
    df: float
    p_value: float
    ci_low: float
    ci_high: float
    n_obs: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class CurveResult:
    """A curve as it was run.

    Arguments:
        base: the model that was varied; dimensions: name → labels. rows: the specifications.
        n_combinations, n_excluded: as planned. preferred: place of the base model among the rows, or None.
        permuted: columns that were shuffled; direction: predicted sign or 0.
        drawn_estimates, drawn_p_values: (R, S) of the shuffles, None without.
    """

    base: str
    dimensions: Mapping[str, tuple[str, ...]]
    rows: tuple[CurveRow, ...]
    n_combinations: int
    n_excluded: int
    level: float
    preferred: int | None = None
    permuted: tuple[str, ...] = ()
    direction: int = 0
    drawn_estimates: Floats | None = None
    drawn_p_values: Floats | None = None
