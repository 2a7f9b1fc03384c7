"""Deterrence in North Carolina. Numbers: public packages on the same table; Cornwell and Trumbull; Wooldridge."""

from __future__ import annotations

import pytest

NAME = "replication_c1_crime_north_carolina"
LEVELS = ("lprbarr", "lprbconv", "lprbpris", "lavgsen", "lpolpc")
CHANGES = ("clprbarr", "clprbcon", "clprbpri", "clavgsen", "clpolpc")
DIFFERENCES = (
    (-0.32749, 0.02998),
    (-0.23811, 0.01823),
    (-0.16505, 0.02597),
    (-0.02176, 0.02209),
    (0.39843, 0.02688),
)
CHECKED = {
    "within": (
        LEVELS,
        ((-0.35483, 0.03220), (-0.28157, 0.02114), (-0.17310, 0.03230), (-0.00245, 0.02612), (0.41316, 0.02662)),
    ),
    "within_deterrence": (
        LEVELS,
        ((-0.35979, 0.03242), (-0.28587, 0.02122), (-0.18278, 0.03246), (-0.00449, 0.02645), (0.42411, 0.02637)),
    ),
    "differences": (CHANGES, DIFFERENCES),
    "first_difference": (LEVELS, DIFFERENCES),
}  # fmt: skip


@pytest.mark.parametrize("model", CHECKED)
def test_checked_numbers(replicate, model):
    terms, numbers = CHECKED[model]
    result = replicate(NAME)
    for term, expected in zip(terms, numbers, strict=True):
        assert result.pair(model, term) == pytest.approx(expected, abs=1e-4)


def test_differences_made_here_are_the_shipped_ones(replicate):
    result = replicate(NAME)
    for level, change in zip(LEVELS, CHANGES, strict=True):
        assert result.pair("first_difference", level) == pytest.approx(
            result.pair("differences", change), abs=2e-7
        )
    facts = result.document["models"]["first_difference"]
    assert facts["n_obs"] == facts["n_rows"] == 540
    assert facts["steps"][-1]["name"] == "first_difference" and facts["steps"][-1]["dropped"] == 90


@pytest.mark.parametrize("table", ["table_3", "example_13_9"])
def test_published_cells(replicate, all_equal, table):
    all_equal(replicate(NAME), table)
