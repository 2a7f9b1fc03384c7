"""Declared codes, and codes that look as if they had been left as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from impact.data.missing import suspected_code, text_codes, without_codes


def test_codes_as_they_may_be_written() -> None:
    assert text_codes((999999, "NA", -1.5)) == {"999999", "999999.0", "NA", "-1.5"}
    np.testing.assert_array_equal(without_codes(np.array([1.0, 9.0, np.nan]), (9, "NA")), [1, np.nan, np.nan])
    values = np.array([1.0, 2.0])
    assert without_codes(values, (9,)) is values


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([1, 2, 3, 999999, 999999, 999999], (999999.0, 3)),
        ([1, 2, 3, 4, 99, 99, 99, 99], (99.0, 4)),
        ([0, 1, 5, -9, -9, -9], (-9.0, 3)),
        ([1, 2, 3, 999999, 999999], None),
        ([10, 50, 80, 99, 99, 99], None),
        ([-5, 1, 2, -9, -9, -9], None),
        ([9, 9, 9, 1, 2], None),
        ([99, 99, 99, 99], None),
        ([1e6, 999999, 999999, 999999], None),
        ([], None),
    ],
)
def test_suspected_codes(values: list[float], found: tuple[float, int] | None) -> None:
    assert suspected_code(np.array(values, dtype=float)) == found
