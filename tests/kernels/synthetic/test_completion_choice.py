"""The penalty by cross-validation: seeded, blind to the order of units, and small where factors are strong."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.synthetic.completion_choice import choose_completion_penalty


def world(strength, seed=0):
    rng = np.random.default_rng(seed)
    factors = strength * rng.normal(size=(20, 1)) @ rng.normal(size=(1, 12))
    return factors + 0.3 * rng.normal(size=(20, 12)), np.arange(12) < np.where(np.arange(20) < 4, 8, 12)[
        :, None
    ]


def chosen(y, observed, seed=5):
    return choose_completion_penalty(y, observed, np.random.default_rng(seed), grid=10)


def test_factors_ask_for_a_smaller_penalty_than_noise():
    strong, none = chosen(*world(3.0)), chosen(*world(0.0))
    assert strong.penalty < 0.3 * strong.penalties[0]
    assert none.penalty > 0.3 * none.penalties[0]
    assert strong.penalties[-1] == pytest.approx(1e-3 * strong.penalties[0])


def test_the_order_of_units_does_not_matter():
    y, observed = world(1.0)
    order = np.random.default_rng(1).permutation(20)
    assert chosen(y[order], observed[order]).error == pytest.approx(chosen(y, observed).error, rel=1e-3)
    assert chosen(y, observed).error.tobytes() == chosen(y, observed).error.tobytes()


def test_cells_that_a_fold_cuts_off_are_no_error():
    """A unit seen once can be predicted in no fold: the errors are those of the others."""
    y, observed = world(1.0)
    alone = np.zeros((1, 12), dtype=bool)
    alone[0, 0] = True
    found = chosen(np.vstack([y, np.full((1, 12), 1e3)]), np.vstack([observed, alone]))
    assert found.error.max() < 10


def test_effects_that_fit_exactly_need_no_penalty():
    y = np.arange(20.0)[:, None] + np.arange(12.0)
    assert chosen(y, world(1.0)[1]).penalty == 0
