"""Record of what permuting the treated units gave. Shapes: k terms, m of them treatments, U units, S permuted sets."""

from __future__ import annotations

from dataclasses import dataclass

from impact.core.arrays import Floats, Integers


@dataclass(frozen=True, slots=True)
class Permutation:
    """The permutation distribution of the m treatment terms of one model over S sets of units.

    Arguments:
        columns: positions of the treatment terms among the estimate's terms.
        unit: name of the unit; unit_labels: its U labels; members: (S, size) unit codes of each set, sorted.
        estimates: (S, m) estimate when the set is treated; statistics: (S, m) its t.
        slopes: (S, m, m) estimates when the outcome is replaced by the actual treatment columns (inversion).
        actual: position of the set that was really treated, −1 where it was drawn without it.
        enumerated: all sets, or seeded draws; n_left_out: sets whose treatment is absorbed; n_not_fitted: further sets
        left out because their likelihood has no maximum.
        p_value, p_value_t: (m,) by estimate and by t; p_value_size: (m,) with the size adjustment, NaN where not asked.
        ci_low, ci_high: (m,) by inversion at ``level``; mde80: (m,); smallest_p: smallest attainable p.
    """

    columns: tuple[int, ...]
    unit: str
    unit_labels: tuple[object, ...]
    members: Integers
    estimates: Floats
    statistics: Floats
    slopes: Floats
    actual: int
    enumerated: bool
    n_left_out: int
    p_value: Floats
    p_value_t: Floats
    p_value_size: Floats
    ci_low: Floats
    ci_high: Floats
    mde80: Floats
    smallest_p: float
    level: float
    primary: str = "estimate"
    n_not_fitted: int = 0
