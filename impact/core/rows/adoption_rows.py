"""What the rows of a design know of adoption: cohort, event time and treatment of each."""

from __future__ import annotations

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import Adoption


def cohort_of_rows(adoption: Adoption) -> Floats:
    """(n,) cohort of the unit of each row."""
    return adoption.cohort[adoption.unit.codes]


def event_time_of_rows(adoption: Adoption) -> Floats:
    """(n,) period minus cohort; −infinity where never treated."""
    return adoption.periods[adoption.time.codes] - cohort_of_rows(adoption)


def treatment_of_rows(adoption: Adoption) -> Floats:
    """(n,) treatment as observed, or 1 from the cohort on."""
    if adoption.treatment is not None:
        return adoption.treatment
    return (event_time_of_rows(adoption) >= 0).astype(np.float64)
