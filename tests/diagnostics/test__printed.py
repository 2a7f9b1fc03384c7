from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.diagnostics._printed import read_printed


@pytest.mark.parametrize(
    ("written", "value", "half", "sign", "stars"),
    [
        ("0.120", 0.12, 0.0005, 1, 0),
        ("-1.5e-3", -0.0015, 0.00005, -1, 0),
        ("1794", 1794, 0.5, 1, 0),
        ("−.055**", -0.055, 0.0005, -1, 2),
        ("(0.033)", 0.033, 0.0005, 1, 0),
        ("1,794", 1794, 0.5, 1, 0),
        ("0.000", 0.0, 0.0005, 0, 0),
        ("1_000", 1000, 0.5, 1, 0),
        ('"0.10*"', 0.10, 0.005, 1, 1),
        ("1e3", 1000, 0.5, 1, 0),
    ],
)
def test_as_written(written, value, half, sign, stars):
    found = read_printed(999.0, written)
    assert (found.value, found.sign, found.stars) == (value, sign, stars)
    assert found.half_unit == pytest.approx(half)


def test_not_available_and_bare_signs():
    for nothing in ("n/a", "NA", None):
        assert not read_printed(nothing).is_available
    assert read_printed("+").sign == 1 and read_printed("-**").stars == 2
    assert read_printed("-").value is None and read_printed("-").is_available


@pytest.mark.parametrize("bad", ["about 3", "1.2.3", "inf", "nan", "--1"])
def test_unreadable(bad):
    with pytest.raises(ValueError, match=r"."):
        read_printed(bad)


@given(st.integers(-(10**6), 10**6), st.integers(0, 6))
def test_number_of_decimals(whole, decimals):
    text = f"{whole / 10**decimals:.{decimals}f}"
    found = read_printed(0.0, text)
    assert found.value == float(text)
    assert found.half_unit == pytest.approx(0.5 * 10.0**-decimals)


def test_shortest_form_without_written():
    assert read_printed(0.12).half_unit == pytest.approx(0.005)
    assert read_printed(52.0).half_unit == pytest.approx(0.5)
