"""Oster's adjustment: samples in which the assumptions hold exactly, so that the truth is known to the last digit; and
the printed linear shortcut as the limit of few unobservables."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.proportional_selection import Adjusted, Movement, adjust, movement, selection_for


def orthogonal(seed, rows=120, columns=4):
    """Columns of mean zero and variance one, uncorrelated to the last digit."""
    random = np.random.default_rng(seed)
    q, _ = np.linalg.qr(np.column_stack([np.ones(rows), random.normal(size=(rows, columns))]))
    return list((q[:, 1:] * np.sqrt(rows)).T)


def sample(beta, observed, unobserved, *, spread=(1.3, 0.7), seed=1):
    """x = a W1 + b W2 + u and y = βx + W1 + W2 + e: the ratio δ is b/a, and R_max that of the full regression."""
    w, hidden, u, e = orthogonal(seed)
    first, second = spread[0] * w, spread[1] * hidden
    x = observed * first + unobserved * second + 0.8 * u
    y = beta * x + first + second + e
    r_max = 1 - (e @ e) / (y @ y)
    columns = np.column_stack([x, w])
    return (
        movement(columns.T @ columns, columns.T @ y, float(y @ y), treatment=0),
        r_max,
        unobserved / observed,
    )


CASES = [
    (0.3, 0.5, 0.5),
    (0.3, 0.5, 1.0),
    (-0.4, 0.6, 0.2),
    (0.0, 0.5, 0.25),
    (1.0, 0.4, 0.3),
    (0.5, -0.4, -0.6),
    (-1.2, 0.3, 0.29),
]


@pytest.mark.parametrize(("beta", "observed", "unobserved"), CASES)
def test_the_truth_is_found(beta, observed, unobserved):
    moved, r_max, delta = sample(beta, observed, unobserved)
    found = adjust(moved, delta, r_max)
    assert found.value == pytest.approx(beta, abs=1e-9)
    assert found.keeps_direction
    assert selection_for(moved, beta, r_max) == pytest.approx(delta, rel=1e-9)


@pytest.mark.parametrize("delta", [0.2, 0.7, 1.0, 1.4, 3.0])
def test_every_solution_needs_the_selection_it_was_made_from(delta):
    """Proposition 3 is the inverse of the cubic, at each of its solutions."""
    moved = Movement(short=0.7, long=0.5, r2_short=0.1, r2_long=0.3, outcome=4, treatment=2, left=1.6)
    found = adjust(moved, delta, 0.5)
    assert len(found.others) in ((1,) if delta == 1 else (0, 2))
    for value in (found.value, *found.others):
        assert selection_for(moved, value, 0.5) == pytest.approx(delta, rel=1e-7)


def test_a_solution_against_the_direction_is_told():
    """With one control, bias −bσ/(σ−τ) solves the equation at every δ: there the control's own coefficient is zero."""
    moved, _, _ = sample(0.5, 0.5, 0.4)
    found = adjust(moved, 1.4, 0.9)
    degenerate = (moved.short - moved.long) * moved.treatment / (moved.treatment - moved.left)
    assert found.value == pytest.approx(moved.long + degenerate)
    assert not found.keeps_direction and found.others == ()


def test_regressions_give_the_movement():
    """Coefficients and R² of numpy's regressions without and with the controls, given a column in both."""
    random = np.random.default_rng(8)
    both, control = random.normal(size=(2, 50))
    x = 0.5 * both + 0.4 * control + random.normal(size=50)
    y = x + both - control + random.normal(size=50)
    columns = np.column_stack([x, control, both])
    moved = movement(columns.T @ columns, columns.T @ y, float(y @ y), treatment=0, always=[2])

    def left(column, given):
        return column - given @ np.linalg.lstsq(given, column, rcond=None)[0]

    outcome, treated, other = (left(c, both[:, None]) for c in (y, x, control))
    short, long = left(outcome, treated[:, None]), left(outcome, np.column_stack([treated, other]))
    assert moved.short == pytest.approx((treated @ outcome) / (treated @ treated))
    assert moved.long == pytest.approx(np.linalg.lstsq(columns, y, rcond=None)[0][0])
    assert moved.r2_short == pytest.approx(1 - (short @ short) / (outcome @ outcome))
    assert moved.r2_long == pytest.approx(1 - (long @ long) / (outcome @ outcome))
    assert moved.treatment == pytest.approx(treated @ treated)
    inside = left(treated, other[:, None])
    assert moved.left == pytest.approx(inside @ inside)


def test_the_linear_shortcut_is_the_limit():
    """Oster (2019), section 3.2: β̃ − δ(β° − β̃)(R_max − R̃)/(R̃ − R°) where the controls hardly explain x."""
    moved = Movement(
        short=0.5, long=0.45, r2_short=0.2, r2_long=0.4, outcome=1.0, treatment=1.0, left=0.999_999
    )
    shortcut = 0.45 - 0.05 * (0.41 - 0.4) / (0.4 - 0.2)
    assert adjust(moved, 1.0, 0.41).value == pytest.approx(shortcut, rel=1e-3)


def test_of_several_solutions_the_direction_decides():
    """Three real solutions at δ = 2: the nearest with a bias in the direction of the movement, then the others."""
    moved, r_max, delta = sample(0.3, 0.5, 1.0)
    found = adjust(moved, delta, r_max)
    movement_of_bias = np.sign(moved.short - moved.long)
    assert len(found.others) == 2
    same = [v for v in (found.value, *found.others) if np.sign(moved.long - v) == movement_of_bias]
    assert found.value == min(same, key=lambda v: abs(v - moved.long))


@pytest.mark.parametrize("change", [{"short": 0.5}, {"r2_long": 0.6}])
def test_no_movement_or_nothing_left_means_no_bias(change):
    fields = {
        "short": 0.7,
        "long": 0.5,
        "r2_short": 0.1,
        "r2_long": 0.3,
        "outcome": 1,
        "treatment": 1,
        "left": 0.8,
    }
    assert adjust(Movement(**{**fields, **change}), 1.5, 0.6) == Adjusted(0.5, (), keeps_direction=True)
    never = Movement(**{**fields, **change, "left": 1.0, "short": 0.5})
    assert np.isinf(selection_for(never, 0.2, 0.6))
