"""Public capital, five estimators. Numbers: linearmodels 7.1 on the same table; Baltagi, table 3.1."""

from __future__ import annotations

import pytest

NAME = "replication_f3_public_capital"
TERMS = ("public", "private", "employment", "unemp")
CHECKED = {
    "pooled": ((0.15501, 0.01715), (0.30919, 0.01027), (0.59393, 0.01375), (-0.00673, 0.00142)),
    "between": ((0.17937, 0.07197), (0.30195, 0.04182), (0.57613, 0.05637), (-0.00389, 0.00991)),
    "within": ((-0.02615, 0.02900), (0.29201, 0.02512), (0.76816, 0.03009), (-0.00530, 0.00099)),
    "random": ((0.00444, 0.02342), (0.31055, 0.01980), (0.72967, 0.02492), (-0.00617, 0.00091)),
    "two_way": ((-0.03018, 0.02694), (0.16883, 0.02766), (0.76931, 0.02814), (-0.00422, 0.00114)),
}


@pytest.mark.parametrize("model", CHECKED)
def test_checked_numbers(replicate, model):
    result = replicate(NAME)
    for term, expected in zip(TERMS, CHECKED[model], strict=True):
        assert result.pair(model, term) == pytest.approx(expected, abs=1e-4)


def test_between_has_one_row_a_state(replicate):
    facts = replicate(NAME).document["models"]["between"]
    assert facts["n_obs"] == facts["n_units"] == 48


def test_published_cells(replicate, all_equal):
    all_equal(replicate(NAME), "table_3_1")
