"""Weights of synthetic difference-in-differences, for many panels at once.

R panels of N control units and T periods, T0 of them before treatment. Unit weights ω make the controls follow the
treated mean before treatment, period weights λ make the periods before treatment resemble those after it:

    ω: min ‖treated_pre − control_pre'ω − c‖²/T0 + ζ_ω² ‖ω‖²      λ: min ‖post mean − control_pre λ − c‖²/N + ζ_λ² ‖λ‖²

over the simplex. They are found by Frank-Wolfe steps with exact line search from a start, stopped as soon as a step
gains less than the square of ``min_decrease``; small weights are then set to zero and the steps go on from there. The
reference numbers are those of the stopped steps, not the exact optimum.
Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), algorithm 1 and appendix; rules of R `synthdid`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

STEPS_BEFORE = 100
STEPS_AFTER = 10_000


@dataclass(frozen=True, slots=True)
class Rules:
    """How weights are found.

    Arguments:
        zeta_omega, zeta_lambda: penalties, in outcome units. min_decrease: in outcome units.
        omega_intercept: whether the treated mean may lie at a distance from the controls.
        update_omega, update_lambda: False keeps the weights of the start.
    """

    zeta_omega: float
    zeta_lambda: float
    min_decrease: float
    omega_intercept: bool = True
    update_omega: bool = True
    update_lambda: bool = True


@dataclass(frozen=True, slots=True)
class Blocks:
    """R panels with one date of treatment.

    Arguments:
        control: (R, N, T), zero where absent. treated: (R, T) mean of the treated. present: (R, N). before: T0.
    """

    control: Floats
    treated: Floats
    present: Mask
    before: int


def noise_level(control: Floats, before: int) -> float:
    """Standard deviation of all first differences of the controls (N, T) before treatment, divisor n − 1."""
    changes = np.diff(control[:, :before], axis=1)
    return float(np.std(changes, ddof=1)) if changes.size > 1 else float("nan")


def sparsified(weights: Floats) -> Floats:
    """Weights (R, J) with those of at most a quarter of the largest set to zero, summing to one again."""
    largest = weights.max(axis=1, keepdims=True)
    kept = np.where(weights <= largest / 4, 0.0, weights)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True))


def find_weights(blocks: Blocks, rules: Rules, omega: Floats, periods: Floats) -> tuple[Floats, Floats]:
    """Unit weights (R, N) and period weights (R, T0) of each panel.

    Arguments:
        omega: (R, N) start, zero for absent units. periods: (R, T0) start.
    """
    before = blocks.control[:, :, : blocks.before]
    if rules.update_lambda:
        after = blocks.control[:, :, blocks.before :].mean(axis=2)
        count = blocks.present.sum(axis=1)
        problem = _Problem(
            _centred(before, blocks.present),
            _centred(after[:, :, None], blocks.present)[:, :, 0],
            np.ones_like(periods, dtype=bool),
            count.astype(np.float64),
            rules.zeta_lambda,
        )
        periods = _stopped_twice(problem, periods, rules.min_decrease)
    if rules.update_omega:
        across, target = before.transpose(0, 2, 1), blocks.treated[:, : blocks.before]
        if rules.omega_intercept:
            across = across - across.mean(axis=1, keepdims=True)
            target = target - target.mean(axis=1, keepdims=True)
        count = np.full(len(omega), float(blocks.before))
        problem = _Problem(np.ascontiguousarray(across), target, blocks.present, count, rules.zeta_omega)
        omega = _stopped_twice(problem, omega, rules.min_decrease)
    return omega, periods


def gaps(blocks: Blocks, omega: Floats) -> Floats:
    """Treated mean minus weighted controls, (R, T)."""
    return np.asarray(blocks.treated - np.matmul(omega[:, None, :], blocks.control)[:, 0])


def effects(blocks: Blocks, omega: Floats, periods: Floats) -> Floats:
    """Gap in each period minus the gap of the weighted periods before treatment, (R, T)."""
    found = gaps(blocks, omega)
    return np.asarray(found - np.sum(found[:, : blocks.before] * periods, axis=1, keepdims=True))


@dataclass(frozen=True, slots=True)
class _Problem:
    """min ‖a x − b‖²/count + zeta² ‖x‖² over the simplex of allowed columns: a (R, n, J), b (R, n), count (R,)."""

    a: Floats
    b: Floats
    allowed: Mask
    count: Floats
    zeta: float

    def take(self, panels: npt.NDArray[np.int64]) -> _Problem:
        return _Problem(self.a[panels], self.b[panels], self.allowed[panels], self.count[panels], self.zeta)


def _centred(values: Floats, present: Mask) -> Floats:
    """Columns minus their mean over the units present; absent units stay zero."""
    mean = values.sum(axis=1, keepdims=True) / present.sum(axis=1)[:, None, None]
    return np.asarray(np.where(present[:, :, None], values - mean, 0.0))


def _stopped_twice(problem: _Problem, start: Floats, min_decrease: float) -> Floats:
    first = _frank_wolfe(problem, start, min_decrease, STEPS_BEFORE)
    return _frank_wolfe(problem, sparsified(first), min_decrease, STEPS_AFTER)


def _frank_wolfe(problem: _Problem, start: Floats, min_decrease: float, steps: int) -> Floats:
    """Frank-Wolfe in every panel until a step gains less than min_decrease²; at least two steps."""
    found = start.copy()
    going = np.arange(len(start))
    x = start.copy()
    ax = np.matmul(problem.a, x[:, :, None])[:, :, 0]
    previous = np.full(len(x), np.inf)
    for step in range(steps):
        value = _step(problem, x, ax)
        ended = previous - value <= min_decrease**2 if step > 0 else np.zeros(len(x), dtype=bool)
        previous = value
        if ended.any():
            found[going[ended]] = x[ended]
            stay = np.flatnonzero(~ended)
            if len(stay) == 0:
                return found
            problem, x, ax = problem.take(stay), x[stay], ax[stay]
            going, previous = going[stay], previous[stay]
    found[going] = x
    return found


def _step(problem: _Problem, x: Floats, ax: Floats) -> Floats:
    """One step in place, to the best vertex with exact line search; the objective (R,) after it."""
    rows = np.arange(len(x))
    eta = problem.count * problem.zeta**2
    half = np.matmul((ax - problem.b)[:, None, :], problem.a)[:, 0] + eta[:, None] * x
    vertex = np.argmin(np.where(problem.allowed, half, np.inf), axis=1)
    direction = -x
    direction[rows, vertex] += 1.0
    change = problem.a[rows, :, vertex] - ax
    slope = -np.einsum("rj,rj->r", half, direction)
    curvature = np.einsum("rn,rn->r", change, change) + eta * np.einsum("rj,rj->r", direction, direction)
    length = np.divide(slope, curvature, out=np.zeros_like(slope), where=curvature > 0)
    length = np.clip(length, 0.0, 1.0)[:, None]
    x += length * direction
    ax += length * change
    rest = ax - problem.b
    return np.asarray(
        problem.zeta**2 * np.einsum("rj,rj->r", x, x) + np.einsum("rn,rn->r", rest, rest) / problem.count
    )
