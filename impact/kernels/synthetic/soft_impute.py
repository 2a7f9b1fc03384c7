"""Matrix completion with a nuclear-norm penalty and unpenalised effects of rows and columns.

    min  (1/|O|) Σ_O (Y_it − L_it − γ_i − δ_t)² + λ ‖L‖_*     O: the observed cells

Effects are solved for exactly, so the rest is a smooth convex function of L alone, whose proximal step is the
soft-thresholded singular value decomposition of L + residual, with threshold λ|O|/2. Steps are accelerated and start
afresh whenever they overshoot. At the optimum the residual R on O has ‖R‖ ≤ λ|O|/2 and <R, L> = (λ|O|/2)‖L‖_*.
Sources: Athey, Bayati, Doudchenko, Imbens and Khosravi (2021), equation 4.2 and section 4; Mazumder, Hastie and
Tibshirani (2010); Beck and Teboulle (2009); O'Donoghue and Candès (2015).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.compiled import connected_components

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MOST_STEPS = 5000
# size of the residual, relative to the outcome's spread, that counts as an exact fit by effects
EXACT = 1e-10
# component of a column without observed cells: that of no row
UNLINKED = -2


@dataclass(frozen=True, slots=True)
class Completed:
    """A completed matrix.

    Arguments:
        low_rank: L (U, T). fitted: L + γ + δ (U, T). rank: of L.
        kkt: how far the optimality conditions are missed, relative to the threshold (0 at the optimum).
        converged: whether the steps ended before the limit.
    """

    low_rank: Floats
    fitted: Floats
    rank: int
    kkt: float
    converged: bool


@dataclass(frozen=True, slots=True)
class Effects:
    """Least-squares effects of rows and columns on the observed cells, ready for many matrices."""

    observed: Mask
    rows: Floats
    inverse: Floats

    def of(self, values: Floats) -> Floats:
        """γ_i + δ_t (U, T) of values (U, T), those of unobserved cells ignored."""
        kept = np.where(self.observed, values, 0.0)
        by_row = kept.sum(axis=1) / self.rows
        by_column = kept.sum(axis=0) - self.observed.T @ by_row
        column = self.inverse @ by_column
        row = by_row - (self.observed @ column) / self.rows
        return np.asarray(row[:, None] + column)


def effects_on(observed: Mask) -> Effects:
    """Effects on the observed cells (U, T); those of empty rows or columns are zero."""
    present = observed.astype(np.float64)
    rows = np.maximum(present.sum(axis=1), 1.0)
    gram = np.diag(present.sum(axis=0)) - present.T @ (present / rows[:, None])
    return Effects(observed, rows, np.linalg.pinv(gram, rcond=1e-10, hermitian=True))


def linked_cells(observed: Mask) -> Mask:
    """(U, T) cells whose row and column observed cells link, directly or through others: where effects are known."""
    rows, columns = (place.astype(np.int32) for place in np.nonzero(observed))
    of_row = connected_components(rows, observed.shape[0], columns, observed.shape[1])[1]
    of_column = np.full(observed.shape[1], UNLINKED, dtype=np.int64)
    of_column[columns] = of_row[rows]
    return np.asarray(of_row[:, None] == of_column)


def largest_penalty(y: Floats, observed: Mask) -> float:
    """The smallest λ at which L is zero; 0 where effects alone fit exactly."""
    effects = effects_on(observed)
    values = np.where(observed, y, 0.0)
    rest = np.where(observed, values - effects.of(values), 0.0)
    spread = float(np.linalg.norm(np.where(observed, values - values[observed].mean(), 0.0)))
    if np.linalg.norm(rest) <= EXACT * spread:
        return 0.0
    return 2.0 * float(np.linalg.norm(rest, 2)) / float(observed.sum())


def complete_matrix(
    y: Floats,
    effects: Effects,
    penalty: float,
    *,
    start: Floats | None = None,
    close: float = 1e-9,
) -> Completed:
    """The completed matrix at one penalty.

    Arguments:
        y: (U, T), anything where not observed. penalty: λ; 0 only where effects fit exactly.
        start: (U, T) low-rank part to start from. close: the steps end when the change of L is below this share of
            its size (or of the outcome's spread).
    """
    observed = effects.observed
    values = np.where(observed, y, 0.0)
    threshold = penalty * float(observed.sum()) / 2.0
    low = np.zeros_like(values) if start is None else start
    if threshold == 0:
        low = np.zeros_like(values)
        return Completed(low, effects.of(values), 0, 0.0, True)
    ahead, weight, rank, converged = low, 1.0, 0, False
    size = float(np.linalg.norm(np.where(observed, values - effects.of(values), 0.0)))
    for _ in range(MOST_STEPS):
        new, rank = _shrunk(ahead + _residual(values, ahead, effects), threshold)
        change = new - low
        if np.linalg.norm(new - ahead) <= close * max(size, float(np.linalg.norm(new))):
            low, converged = new, True
            break
        if np.sum((ahead - new) * change) > 0:
            # overshot: momentum starts afresh
            weight = 1.0
        following = (1.0 + np.sqrt(1.0 + 4.0 * weight**2)) / 2.0
        ahead = new + (weight - 1.0) / following * change
        low, weight = new, following
    residual = _residual(values, low, effects)
    fitted = low + effects.of(values - low)
    return Completed(low, fitted, rank, _kkt(residual, low, threshold), converged)


def _residual(values: Floats, low: Floats, effects: Effects) -> Floats:
    rest = values - low
    return np.where(effects.observed, rest - effects.of(rest), 0.0)


def _shrunk(matrix: Floats, threshold: float) -> tuple[Floats, int]:
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    rank = int(np.count_nonzero(values > threshold))
    return (left[:, :rank] * (values[:rank] - threshold)) @ right[:rank], rank


def _kkt(residual: Floats, low: Floats, threshold: float) -> float:
    """Largest violation of ‖R‖ ≤ threshold and <R, L> = threshold ‖L‖_*, relative to the threshold."""
    beyond = float(np.linalg.norm(residual, 2)) / threshold - 1.0
    nuclear = float(np.linalg.norm(low, "nuc"))
    slack = 1.0 - float(np.sum(residual * low)) / (threshold * nuclear) if nuclear > 0 else 0.0
    return max(beyond, slack, 0.0)
