"""What some columns leave of others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import impact.kernels.least_squares as least_squares

Floats = npt.NDArray[np.float64]


def left_by(
    x: Floats, responses: Floats, weights: Floats | None, reference_norms: Floats | None = None
) -> Floats:
    """Residuals (n, q) of responses (n, q) on x (n, k); the responses themselves where x has no column.

    Arguments:
        weights: (n,) or None. reference_norms: (k,) as of ``solve_least_squares``.
    """
    if x.shape[1] == 0:
        return responses
    x = np.ascontiguousarray(x)
    fits = [
        least_squares.solve_least_squares(
            x, np.ascontiguousarray(column), weights=weights, reference_norms=reference_norms
        )
        for column in responses.T
    ]
    return np.column_stack([fit.residual for fit in fits])
