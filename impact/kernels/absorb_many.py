"""Three and more effects, large pairs, and slopes beside others: preconditioned LSMR of the package within-py."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import within

from impact.kernels.factors import Effect

Floats = npt.NDArray[np.float64]

THREADS = "RAYON_NUM_THREADS"
# LSMR stops on the residual relative to the column. On a thin graph the solution is some thousand times further off
# than the residual says, and three more digits cost a tenth of the iterations.
LOOSEST = 1e-13
TIGHTEST = 1e-15
PATIENCE = 2


def make_remover(
    effects: Sequence[Effect], weights: Floats | None, tolerance: float, max_iterations: int
) -> Callable[[Floats, int], int]:
    """A function that replaces columns (n, p) by their residuals in place and returns the most iterations of a column.

    Its second argument is the round, from 0: every round asks for more digits, and from the third on a stronger
    preconditioner (additive Schwarz on all pairs of factors) takes the place of the adaptive one.

    Source: Correia (2017); Fong and Saunders (2011), "LSMR".
    """
    goal = min(LOOSEST, tolerance / 1000)
    first = _solver(effects, weights, None)

    def remove(columns: Floats, attempt: int) -> int:
        solver = first
        if attempt >= PATIENCE:
            solver = _solver(effects, weights, within.PreconditionerConfig.Additive())
        options = within.LsmrOptions(tol=max(goal / 100**attempt, TIGHTEST), maxiter=max_iterations)
        found = solver.solve_batch(np.asfortranarray(columns), options)
        columns[...] = found.demeaned
        return int(max(found.iterations, default=0))

    return remove


def _solver(
    effects: Sequence[Effect], weights: Floats | None, preconditioner: within.PreconditionerConfig | None
) -> within.Solver:
    """Solver of the effects' normal equations, one for all columns.

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
        return within.Solver(within.Design(terms), weights=own, preconditioner=preconditioner)
    finally:
        if kept is None:
            del os.environ[THREADS]
        else:
            os.environ[THREADS] = kept
