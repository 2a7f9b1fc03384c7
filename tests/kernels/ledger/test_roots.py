"""Crossings of functions whose roots are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.kernels.ledger.roots import roots_between


@settings(max_examples=40, deadline=None)
@given(root=st.floats(-3, 3), slope=st.floats(0.01, 1e6), curve=st.floats(0, 2))
def test_one_crossing_to_the_last_digits(root, slope, curve):
    found = roots_between(lambda x: slope * ((x - root) + curve * (x - root) ** 3), -4.0, 4.0, scale=slope)
    assert len(found.found) == 1
    assert found.found[0] == pytest.approx(root, abs=1e-9)


def test_several_none_and_everywhere():
    assert roots_between(np.sin, 1.0, 10.0).found == pytest.approx((np.pi, 2 * np.pi, 3 * np.pi))
    nothing = roots_between(lambda x: x**2 + 1, -1.0, 1.0)
    assert nothing.found == () and nothing.at_low == 2.0 and not nothing.everywhere
    assert roots_between(lambda x: 0 * x, 0.0, 1.0).everywhere


def test_a_root_at_an_end_of_the_range():
    assert roots_between(lambda x: x - 1, 1.0, 2.0).found == (1.0,)
