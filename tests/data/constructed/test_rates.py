"""Rates by hand, with migrants in and out of the population, and counts that are none."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DataError, SpecError

ROWS = [
    {
        "d": d,
        "ym": t,
        "robbery": 3 * d + t,
        "theft": 10 * d,
        "natives": 1000.0 * d,
        "migrants": 100.0 * t,
        "y": 0,
    }
    for d in (1, 2)
    for t in (0, 1, 2)
]
RATE = {"count": "robbery", "population": "natives", "migrants": "migrants", "period": "month"}


def rates(prepared, rows=ROWS, **changes):
    return prepared({"main": rows}, model="r ~ ym", rates={"r": RATE | changes})[1]


def test_a_yearly_rate_with_migrants(prepared):
    main = rates(prepared)
    expected = [1e5 * 12 * r["robbery"] / (r["natives"] + r["migrants"]) for r in ROWS]
    np.testing.assert_allclose(main.columns["r"], expected, rtol=1e-14)
    np.testing.assert_allclose(main.columns["r_population"], [r["natives"] + r["migrants"] for r in ROWS])
    assert not main.notices


@pytest.mark.parametrize(("period", "factor"), [("month", 12), ("quarter", 4), ("year", 1)])
def test_periods_a_year(prepared, period, factor):
    main = rates(prepared, period=period, per=1000, migrants="included")
    assert main.columns["r"][0] == pytest.approx(1000 * factor * ROWS[0]["robbery"] / ROWS[0]["natives"])
    assert main.constructed["rates.r"]["periods_a_year"] == factor


def test_leaving_migrants_out_is_warned_of_and_raises_the_rate(prepared):
    """With m migrants a hundred residents the rate without them is (1 + m/100) times the rate with them."""
    without, own = rates(prepared, migrants="left_out"), rates(prepared)
    (said,) = without.notices
    assert said.code == "W491"
    known = np.array([r["robbery"] > 0 for r in ROWS])
    ratio = without.columns["r"][known] / own.columns["r"][known]
    m = np.array([r["migrants"] / r["natives"] for r in ROWS])[known]
    np.testing.assert_allclose(ratio, 1 + m, rtol=1e-12)


def test_kinds_are_not_added_up_in_silence(prepared):
    with pytest.raises(DataError) as caught:
        rates(prepared, count=["robbery", "theft"])
    assert caught.value.faults[0].code == "E291"
    main = rates(prepared, count=["robbery", "theft"], pooled=True)
    assert [one.code for one in main.notices] == ["W492"]
    assert "robbery, theft" in main.notices[0].message
    first = ROWS[0]
    pooled = 1.2e6 * (first["robbery"] + first["theft"]) / (first["natives"] + first["migrants"])
    assert main.columns["r"][0] == pytest.approx(pooled)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"robbery": -1}, "negative or fractional"),
        ({"robbery": 0.5}, "negative or fractional"),
        ({"natives": 0, "migrants": 0}, "not positive"),
        ({"natives": ""}, "missing or not positive"),
        ({"migrants": -3}, "negative"),
    ],
)
def test_counts_and_populations_that_cannot_be(prepared, change, words):
    with pytest.raises(DataError) as caught:
        rates(prepared, rows=[ROWS[0] | change, *ROWS[1:]])
    assert caught.value.faults[0].code == "E290"
    assert words in caught.value.faults[0].message


def test_texts_are_no_counts(prepared):
    with pytest.raises(DataError) as caught:
        rates(prepared, rows=[r | {"robbery": "few"} for r in ROWS])
    assert "no numbers" in caught.value.faults[0].message


@pytest.mark.parametrize("changes", [{"period": "fortnight"}, {"count": []}, {"per": 0}])
def test_blocks_that_are_not_understood(prepared, changes):
    with pytest.raises(SpecError):
        rates(prepared, **changes)
