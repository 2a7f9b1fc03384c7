"""Several responses regressed on the same columns, and what those leave of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import impact.kernels.least_squares as least_squares

Floats = npt.NDArray[np.float64]


def regressions(
    x: Floats, responses: Floats, weights: Floats | None, reference_norms: Floats | None = None
) -> list[least_squares.LeastSquares]:
    """Least squares of each of the responses (n, q) on x (n, k).

    Arguments:
        weights: (n,) or None. reference_norms: (k,) as of ``solve_least_squares``.
    """
    x = np.ascontiguousarray(x)
    return [
        least_squares.solve_least_squares(
            x, np.ascontiguousarray(column), weights=weights, reference_norms=reference_norms
        )
        for column in responses.T
    ]


def left_by(
    x: Floats, responses: Floats, weights: Floats | None, reference_norms: Floats | None = None
) -> Floats:
    """Residuals (n, q) of ``regressions``; the responses themselves where x has no column."""
    if x.shape[1] == 0:
        return responses
    fits = regressions(x, responses, weights, reference_norms)
    return np.column_stack([fit.residual for fit in fits])
