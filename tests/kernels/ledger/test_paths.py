"""Values between known years, against their closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.ledger.paths import values_between

YEARS = np.arange(2016, 2021)


def test_linear_has_equal_steps():
    np.testing.assert_allclose(
        values_between([2016, 2020], [10.0, 30.0], YEARS, "linear"), [10, 15, 20, 25, 30]
    )


def test_geometric_has_equal_rates_and_keeps_known_values():
    found = values_between([2016, 2020], [0.1, 1.6], YEARS, "geometric")
    np.testing.assert_allclose(found, 0.1 * 2.0 ** np.arange(5), rtol=1e-14)
    assert found[0] == 0.1 and found[-1] == 1.6


def test_a_step_holds_until_the_next_year():
    np.testing.assert_array_equal(values_between([2016, 2019], [1.0, 4.0], YEARS, "step"), [1, 1, 1, 4, 4])


def test_geometric_needs_values_above_zero():
    with pytest.raises(ValueError, match="geometric"):
        values_between([2016, 2020], [0.0, 1.0], YEARS, "geometric")
