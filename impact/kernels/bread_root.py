"""A root R of (X'WX)⁻¹, RR' = B, with which X R is an orthonormal basis even where X is nearly collinear.

Products such as B (Σ u² x x') B lose the square of the condition number of X; with Z = X R they are R (Σ u² z z') R',
which loses it once. The root is the Cholesky factor of B where that is accurate, else the inverse of the triangle of a
QR decomposition of √W X (Golub and Van Loan, Matrix Computations, ch. 5).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# condition of B in unit-diagonal form (the square of that of X) beyond which its Cholesky factor is not used
DELICATE = 1e7


def is_delicate(bread: Floats) -> bool:
    """Whether the columns behind a bread (k, k) are so collinear that its products lose digits."""
    length = np.sqrt(np.abs(np.diagonal(bread)))
    if not np.all(np.isfinite(bread)) or np.any(length == 0):
        return False
    values = np.linalg.eigvalsh(bread / np.outer(length, length))
    return bool(values[0] * DELICATE < values[-1])


def bread_root(x: Floats, bread: Floats, weights: Floats | None) -> Floats:
    """R (k, k) with RR' = B.

    Arguments:
        x: (n, k) regressors, not multiplied by weights; bread: (k, k) inverse of x'Wx; weights: (n,) or None.
            Columns of zeros are terms that are combinations C of the others: B is C (x'Wx)⁻¹ C' and R as deficient.
    """
    used = np.flatnonzero(np.any(x != 0, axis=0))
    if len(used) < x.shape[1]:
        return _root_of_combinations(x, bread, weights, used)
    if not is_delicate(bread):
        return np.asarray(np.linalg.cholesky(bread), dtype=np.float64)
    rows = x if weights is None else x * np.sqrt(weights)[:, None]
    triangle = np.linalg.qr(rows, mode="r")
    return np.asarray(np.linalg.inv(triangle), dtype=np.float64)


def _root_of_combinations(
    x: Floats, bread: Floats, weights: Floats | None, used: npt.NDArray[np.int64]
) -> Floats:
    """R = C r with r the root for the columns in use, as B = C r r′ C′ and the rows of C for these are the identity."""
    root = np.zeros_like(bread)
    if len(used):
        own = bread_root(x[:, used], bread[np.ix_(used, used)], weights)
        root[:, used] = np.linalg.solve(own, bread[used]).T
    return root
