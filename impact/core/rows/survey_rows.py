"""The sampling design of the rows of a file, as the variance of surveys needs it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats


@dataclass(frozen=True, slots=True)
class SurveyStage:
    """One stage of sampling, on all N rows of the file.

    Arguments:
        stratum, unit: (N,) codes, −1 for rows outside the design; units of different strata have different codes.
        sampled: (N,) units in the row's stratum; population: (N,) in the population, infinity where not known.
    """

    stratum: npt.NDArray[np.int64]
    unit: npt.NDArray[np.int64]
    sampled: Floats
    population: Floats


@dataclass(frozen=True, slots=True)
class Replicates:
    """R replicate weights that stand for the design.

    Arguments:
        weights: (N, R) of all rows of the file, multiplied by the sampling weights where they are factors of them; NaN
            outside the design. scale: factor of all squares; factors: (R,) of each replicate.
        about_estimate: squares about the estimate, not about the mean of the replicates.
    """

    weights: Floats
    scale: float
    factors: Floats
    about_estimate: bool

    def on_rows(self, kept: npt.NDArray[np.int64]) -> Floats:
        """(n, R) weights of some rows of the file, not copied where they are all, in order."""
        if len(kept) == len(self.weights) and np.array_equal(kept, np.arange(len(kept))):
            return self.weights
        return self.weights[kept]


@dataclass(frozen=True, slots=True)
class SurveyRows:
    """The stages of the design, or replicate weights in their place.

    Arguments:
        strata_labels: what is printed of a stratum of the first stage, by code.
    """

    stages: tuple[SurveyStage, ...]
    strata_labels: tuple[str, ...]
    replicates: Replicates | None = None
