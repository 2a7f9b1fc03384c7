"""The penalty of matrix completion by cross-validation over observed cells.

Source: Athey, Bayati, Doudchenko, Imbens and Khosravi (2021), section 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.synthetic.soft_impute import complete_matrix, effects_on, largest_penalty, linked_cells

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SMALLEST_SHARE = 1e-3
CLOSE = 1e-5


@dataclass(frozen=True, slots=True)
class ChosenPenalty:
    """The grid (m,) from large to small, mean squared errors of cells left out (m,), and the choice."""

    penalties: Floats
    error: Floats
    penalty: float


def choose_completion_penalty(
    y: Floats, observed: Mask, generator: np.random.Generator, *, folds: int = 5, grid: int = 20
) -> ChosenPenalty:
    """The penalty with the smallest error in cells left out, each observed cell once.

    Arguments:
        y, observed: (U, T). generator: assigns cells to folds. folds, grid: numbers of folds and of penalties.
    """
    largest = largest_penalty(y, observed)
    if largest == 0:
        return ChosenPenalty(np.zeros(1), np.zeros(1), 0.0)
    penalties = largest * SMALLEST_SHARE ** (np.arange(grid) / (grid - 1))
    # folds follow what units hold, not their names
    held_values = np.where(observed, y, 0.0)
    order = np.lexsort((*held_values.T[::-1], *observed.T[::-1]))
    numbers = np.arange(observed.size).reshape(observed.shape)[order].ravel()
    cells = numbers[observed[order].ravel()]
    fold = np.empty(len(cells), dtype=np.int64)
    fold[generator.permutation(len(cells))] = np.arange(len(cells)) % folds
    squares, tested = np.zeros(grid), 0
    for held in range(folds):
        left_out = np.zeros(observed.size, dtype=bool)
        left_out[cells[fold == held]] = True
        kept = observed & ~left_out.reshape(observed.shape)
        # cells that a fold cuts off from the others cannot be predicted
        test = left_out.reshape(observed.shape) & linked_cells(kept)
        tested += int(test.sum())
        effects = effects_on(kept)
        start = None
        for place, penalty in enumerate(penalties.tolist()):
            found = complete_matrix(y, effects, penalty, start=start, close=CLOSE)
            start = found.low_rank
            squares[place] += float(np.sum((y[test] - found.fitted[test]) ** 2))
    error = squares / max(tested, 1)
    return ChosenPenalty(penalties, error, float(penalties[int(np.argmin(error))]))
