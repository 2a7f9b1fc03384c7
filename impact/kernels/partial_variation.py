"""What is left of columns when others are held fixed, from their cross-products alone.

The columns are those of a regression with its constant and absorbed effects taken out; ``gram`` (k, k) holds their
(weighted) products, ``cross`` (k,) those with the outcome.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def held_fixed(table: Floats, columns: Sequence[int]) -> Floats:
    """The products (m, m) of what is left of every column after regression on some of them (Schur complement).

    Rows and columns of the ones held fixed are zero.
    """
    held = list(columns)
    if not held:
        return table
    left = table - table[:, held] @ np.linalg.solve(table[np.ix_(held, held)], table[held, :])
    left[held, :] = 0.0
    left[:, held] = 0.0
    return np.asarray(left)


def partial_r2(gram: Floats, column: int, others: Sequence[int]) -> float:
    """Share of the variation of a column, given the rest, that a group of other columns explains.

    Arguments:
        gram: (k, k). column: of the one explained. others: of the group; all remaining columns are held fixed.
    """
    rest = [j for j in range(len(gram)) if j != column and j not in others]
    without = held_fixed(gram, rest)[column, column]
    with_them = held_fixed(gram, [*rest, *others])[column, column]
    return float(1.0 - with_them / without)
