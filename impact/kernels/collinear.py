"""Which columns of a design carry no information of their own.

Rule: in column order, a column is kept when the part of it that the kept columns before it do not explain is
longer than ``tolerance`` times its own length. The first of a collinear set is therefore the one that stays.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LARGEST_CONDITION = 1e11
_SHARE_NAMED = 1e-7  # a kept column is named when its part is at least this share of the dropped column


@dataclass(frozen=True, slots=True)
class RankDecision:
    """Kept columns (k,), the triangular factor (r,r) of these, and what the others are made of.

    ``combination`` (r, k - r): dropped columns = kept columns times this, in the scale of the factored
    matrix.
    """

    kept: Flags
    factor: Array
    combination: Array


def power_of_two_scale(lengths: Array) -> Array:
    """The powers of two that bring lengths into [0.5, 1), 1 for a length of 0; scaling by them is exact."""
    _, exponent = np.frexp(lengths)
    return np.where(lengths > 0, np.ldexp(1.0, -exponent), 1.0)


def condition_number(factor: Array) -> float:
    """Largest over smallest singular value of a triangular factor; inf when singular, 1 when empty."""
    if factor.size == 0:
        return 1.0
    values = np.linalg.svd(factor, compute_uv=False)
    return float(values[0] / values[-1]) if values[-1] > 0 else float("inf")


def decide_rank(triangle: Array, smallest: Array) -> RankDecision:
    """Keep or drop each column of a triangular factor, in column order.

    Arguments: triangle (m,k) with columns of length about one; smallest (k,), the length of the unexplained
    part at or below which a column is dropped. Gram-Schmidt, each column orthogonalized twice.
    """
    m, k = triangle.shape
    basis = np.zeros((m, min(m, k)))
    factor = np.zeros((min(m, k), k))
    kept = np.zeros(k, dtype=np.bool_)
    rank = 0
    for j in range(k):
        rest = triangle[:, j].copy()
        for _ in range(2):
            part = basis[:, :rank].T @ rest
            rest -= basis[:, :rank] @ part
            factor[:rank, j] += part
        length = float(np.sqrt(rest @ rest))
        if length > smallest[j] and rank < min(m, k):
            basis[:, rank] = rest / length
            factor[rank, j] = length
            kept[j] = True
            rank += 1
    inner = factor[:rank][:, kept]
    combination = np.linalg.solve(inner, factor[:rank][:, ~kept]) if rank else np.zeros((0, k))
    return RankDecision(kept, inner, combination)


def limit_condition(triangle: Array, smallest: Array, limit: float = LARGEST_CONDITION) -> RankDecision:
    """``decide_rank``, its thresholds raised tenfold until the condition of what stays is under the limit."""
    decision = decide_rank(triangle, smallest)
    while decision.factor.shape[0] > 1 and condition_number(decision.factor) > limit:
        smallest = 10.0 * np.maximum(smallest, np.finfo(np.float64).eps)
        decision = decide_rank(triangle, smallest)
    return decision


def named_parts(combination: Array, lengths: Array, dropped: Array) -> list[tuple[int, ...]]:
    """For each dropped column the positions, among the kept, of the columns it is made of.

    Arguments: combination (r,d); lengths (r,) of the kept columns; dropped (d,) lengths of the dropped ones.
    A part counts when its length is at least 1e-7 of the dropped column or of the longest part.
    """
    sizes = np.abs(combination) * lengths[:, None]
    named = []
    for j in range(sizes.shape[1]):
        least = _SHARE_NAMED * max(float(dropped[j]), float(sizes[:, j].max(initial=0.0)))
        named.append(tuple(int(i) for i in np.flatnonzero(sizes[:, j] > least)))
    return named
