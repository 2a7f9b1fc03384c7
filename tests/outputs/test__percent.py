"""Percentage effects by hand: 100 (exp 0.5 − 1) = 64.8721; Kennedy with se 0.2: 100 (exp 0.48 − 1) = 61.6074."""

from __future__ import annotations

import math

import pytest

from impact.outputs._percent import percent_of, percentages
from impact.outputs._statistics import Printing, cell_of, heading

ROW = {
    "model": "m", "term": "x", "estimate": 0.5, "std_error": 0.2, "ci_low": 0.1, "ci_high": 0.9, "level": 0.95,
    "df": "inf", "primary": "asymptotic", "n_obs": 100,
}  # fmt: skip
PRINTING = Printing(digits=3, stars=(), min_cell=10, language="en")


def test_by_hand():
    found = percentages(ROW, "ols")
    # exp of 0.5, 0.48, 0.1 and 0.9 from a table
    assert found["percent"] == pytest.approx(64.87212707, abs=1e-8)
    assert found["percent_std_error"] == pytest.approx(0.2 * 164.87212707, abs=1e-8)
    assert found["percent_kennedy"] == pytest.approx(61.60744022, abs=1e-8)
    assert found["percent_ci_low"] == pytest.approx(10.51709181, abs=1e-8)
    assert found["percent_ci_high"] == pytest.approx(145.96031112, abs=1e-8)


def test_a_small_effect_keeps_its_digits():
    assert percent_of(1e-12) == pytest.approx(1e-10, rel=1e-12)
    assert percent_of(1000.0) == math.inf


@pytest.mark.parametrize(
    ("changes", "estimator"), [({}, "logit"), ({"term": "Intercept"}, "ols"), ({"estimate": None}, "ols")]
)
def test_rows_that_have_none(changes, estimator):
    assert percentages({**ROW, **changes}, estimator) == {}


@pytest.mark.parametrize(
    ("word", "shown", "bare"),
    [
        ("percent", "64.872", "64.872"), ("percent_se", "(32.974)", "32.974"), ("percent_kennedy", "61.607", "61.607"),
        ("percent_ci95", "[10.517, 145.960]", "[10.517, 145.960]"),
    ],
)  # fmt: skip
def test_cells(word, shown, bare):
    document = {"models": {"m": {"estimator": "ppml"}}, "rows": [ROW]}
    assert cell_of(word, ROW, document, PRINTING).text == shown
    assert cell_of(word, ROW, document, PRINTING, bare=True).text == bare
    document = {"models": {"m": {"estimator": "logit"}}, "rows": [ROW]}
    assert cell_of(word, ROW, document, PRINTING).text == "n/a"
    assert heading(word, "es") != heading(word, "en")
