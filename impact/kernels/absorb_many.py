"""Three and more effects, large pairs, and slopes beside others: preconditioned LSMR of the package within-py."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import within

from impact.kernels.factors import Effect

Floats = npt.NDArray[np.float64]

THREADS = "RAYON_NUM_THREADS"


def prepare(effects: Sequence[Effect], weights: Floats | None) -> within.Solver:
    """Solver of the effects' normal equations; its preconditioner is kept for every round.

    The package adds in an order that varies from run to run with several threads, so its pool is made with one.
    """
    kept = os.environ.get(THREADS)
    os.environ[THREADS] = "1"
    try:
        terms = [
            within.Effect(
                effect.codes.astype(np.uint32),
                effect.intercept,
                None if effect.slope is None else [effect.slope],
            )
            for effect in effects
        ]
        own = None if weights is None else np.ascontiguousarray(weights)
        return within.Solver(within.Design(terms), weights=own)
    finally:
        if kept is None:
            del os.environ[THREADS]
        else:
            os.environ[THREADS] = kept


def remove(columns: Floats, solver: within.Solver, tolerance: float, max_iterations: int) -> int:
    """Replace the columns by their residuals in place; returns the iterations of the slowest column."""
    options = within.LsmrOptions(tol=tolerance, maxiter=max_iterations)
    found = solver.solve_batch(np.asfortranarray(columns), options)
    columns[...] = found.demeaned
    return int(max(found.iterations, default=0))
