"""Ranks among placebos, counted by hand."""

import numpy as np
import pytest

from impact.estimators._placebo_ranks import ranked

PLACEBOS = np.array([[1.0, -1.0, 4.0], [0.5, 0.5, -1.0], [2.0, 2.0, 2.0]])


def test_ranks_by_effect_and_by_ratio():
    found = ranked(np.array([0.1, -0.1, 2.0]), PLACEBOS, 2)
    # effects 4, 1, 2 against 2: two are as large; ratios 4, 2, 1 against 20: none is
    assert found.p_effect == pytest.approx(3 / 4)
    assert found.p_ratio == pytest.approx(1 / 4)
    assert found.facts["smallest_p"] == pytest.approx(1 / 4)
    assert found.facts["ratio"] == pytest.approx(20)
    assert found.facts["n_sets"] == 3


def test_an_exact_fit_before_is_an_infinite_ratio():
    found = ranked(np.array([0.0, 0.0, 1.0]), PLACEBOS, 2)
    assert np.isinf(found.facts["ratio"])
    assert found.facts["rank_ratio"] == 1
