"""Sets of departures from parallel trends as linear inequalities A δ ≤ d, on the periods after treatment.

δ stacks the departures before (p of them, time ordered) and after (q) the reference period, whose own departure is
zero. Inequalities that bind periods before treatment alone say nothing about the effect and are left out, as in the
authors' software. Source: Rambachan and Roth (2023), Review of Economic Studies 90, section 2.3 and appendix C.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Polyhedron:
    """{δ : rows δ ≤ bounds}, rows (K, p + q), bounds (K,)."""

    rows: Array
    bounds: Array


def first_differences(before: int, after: int) -> Array:
    """(p + q, p + q) rows δ_{t+1} − δ_t in time order, the reference period's δ = 0 in its place."""
    periods = before + after + 1
    steps = np.diff(np.eye(periods), axis=0)
    return np.asarray(np.delete(steps, before, axis=1))


def second_differences(before: int, after: int) -> Array:
    """(p + q − 1, p + q) rows δ_{t+1} − 2 δ_t + δ_{t−1} in time order."""
    return np.diff(first_differences(before, after), axis=0)


def smoothness(before: int, after: int, bound: float) -> Polyhedron:
    """Second differences that reach past treatment are at most ``bound`` in size: Δ^SD(M)."""
    late = second_differences(before, after)[max(before - 1, 0) :]
    return Polyhedron(np.vstack([late, -late]), np.full(2 * len(late), bound))


def relative(before: int, after: int, factor: float, *, of_slopes: bool = False) -> list[Polyhedron]:
    """Differences after treatment are at most ``factor`` times the largest before: Δ^RM(M̄), or Δ^SDRM(M̄) of slopes.

    The set is the union of the returned ones: for every difference before treatment and each sign, that where it is the
    largest.
    """
    steps = second_differences(before, after) if of_slopes else first_differences(before, after)
    count = before - 1 if of_slopes else before
    early, late = steps[:count], steps[count:]
    found = []
    for largest in [*early, *(-early)]:
        rows = np.vstack([late - factor * largest, -late - factor * largest])
        found.append(Polyhedron(rows, np.zeros(len(rows))))
    return found


def signed(before: int, after: int, *, positive: bool) -> Polyhedron:
    """Departures after treatment are not negative (not positive)."""
    rows = np.eye(before + after)[before:]
    return Polyhedron(-rows if positive else rows, np.zeros(after))


def monotone(before: int, after: int, *, increasing: bool) -> Polyhedron:
    """Departures never fall (never rise) from the reference period on."""
    rows = first_differences(before, after)[before:]
    return Polyhedron(-rows if increasing else rows, np.zeros(after))


def both(one: Polyhedron, other: Polyhedron) -> Polyhedron:
    """Departures that lie in both sets."""
    return Polyhedron(np.vstack([one.rows, other.rows]), np.concatenate([one.bounds, other.bounds]))
