"""Wage offers of married women. Numbers: Stata's heckman on the same table; Wooldridge, example 17.5."""

from __future__ import annotations

import pytest

NAME = "replication_w4_married_women"
CHECKED = {
    ("two_step", "educ"): (0.1090655, 0.015523),
    ("two_step", "exper"): (0.0438873, 0.0162611),
    ("two_step", "expersq"): (-0.0008591, 0.0004389),
    ("two_step", "lambda"): (0.0322619, 0.1336246),
    ("likelihood", "educ"): (0.1083502, 0.0148607),
    ("likelihood", "exper"): (0.0428369, 0.0148785),
    ("likelihood", "expersq"): (-0.0008374, 0.0004175),
}


@pytest.mark.parametrize(("model", "term"), CHECKED)
def test_checked_number(replicate, model, term):
    assert replicate(NAME).pair(model, term) == pytest.approx(CHECKED[model, term], abs=2e-7)


def test_published_cells(replicate, all_equal):
    all_equal(replicate(NAME), "example_17_5")
