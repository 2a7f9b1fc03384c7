"""The National Supported Work experiment. Numbers: statsmodels 0.15 on the same men; LaLonde, Dehejia and Wahba."""

from __future__ import annotations

import pytest

NAME = "replication_w3_nsw"
CHECKED = {
    ("difference", "treat"): (1794.34, 632.85, 5e-3),
    ("unequal", "treat"): (1794.34, 671.00, 5e-3),
    ("covariates", "treat"): (1676.34, 638.68, 5e-3),
    ("unemployed", "treat"): (-0.11060, 0.04419, 1e-4),
}


@pytest.mark.parametrize(("model", "term"), CHECKED)
def test_checked_number(replicate, model, term):
    estimate, error, tolerance = CHECKED[model, term]
    assert replicate(NAME).pair(model, term) == pytest.approx((estimate, error), abs=tolerance)


def test_keyword_sets_the_correction(replicate):
    """HC2 of one indicator is the error of two means with a variance each; it is asked for by name alone."""
    assert replicate(NAME).document["models"]["unequal"]["vcov"]["type"] == "hc2"


@pytest.mark.parametrize("table", ["experiment", "unemployment"])
def test_published_cells(replicate, all_equal, table):
    all_equal(replicate(NAME), table)
