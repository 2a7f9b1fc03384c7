"""Symmetric positive systems of moderate size: the Cholesky factor, and right sides solved by it.

Small ones are factored in one thread by the compiled form: a library's threads would cost more than they save.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import impact.kernels.compiled as compiled

Floats = npt.NDArray[np.float64]

LARGEST = 300  # size from which the library's blocks and threads are faster


def factor_positive(matrix: Floats) -> Floats:
    """The lower Cholesky factor (n, n) of a symmetric matrix, of which the lower part is read.

    Raises:
        LinAlgError: it is not positive definite.
    """
    if not compiled.IS_COMPILED or len(matrix) > LARGEST:
        found = np.asarray(np.linalg.cholesky(matrix))
        if not np.isfinite(found).all():
            raise np.linalg.LinAlgError("the matrix is not positive definite")
        return found
    factor = np.array(matrix, dtype=np.float64, order="C")
    if not compiled.extension().positive_system(factor, None, 1):
        raise np.linalg.LinAlgError("the matrix is not positive definite")
    return factor


def solve_positive(factor: Floats, right: Floats) -> Floats:
    """What times the matrix of a lower Cholesky factor (n, n) gives the right sides (n, p)."""
    if not compiled.IS_COMPILED:
        return np.asarray(np.linalg.solve(factor.T, np.linalg.solve(factor, right)))
    found = np.array(right, dtype=np.float64, order="C")
    compiled.extension().positive_system(np.ascontiguousarray(factor), found, 0)
    return found
