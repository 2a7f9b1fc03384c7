"""Budget: the balance of each year is the world's truth; the average stocks are those of the paper."""

from __future__ import annotations

import numpy as np
import pytest

from impact.data.peru_lab.budget import average_stock, make_budget
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.truth import make_truth


@pytest.mark.parametrize("world", ["ac2020", "null", "mixed"])
@pytest.mark.parametrize("seed", [1, 9])
def test_the_balance_is_the_truth(world, seed):
    settings = Settings(world=world, seed=seed)
    table, truth = make_budget(settings), make_truth(settings)
    known = dict(zip(truth["id"], truth["effect"], strict=True))
    assert (table["amount"] >= 0).all()
    for year in range(2018, 2026):
        rows = table["anio"] == year
        signed = np.where(table["side"][rows] == "revenue", 1, -1) * table["amount"][rows]
        assert 100 * signed.sum() / table["gdp"][rows][0] == pytest.approx(known[f"F1_{year}"], abs=1e-8)


def test_the_path_of_the_integration_world():
    truth = make_truth(Settings())
    known = dict(zip(truth["id"], truth["effect"], strict=True))
    assert (known["F1_2018"], known["F1_2025"]) == (0.05, 0.25)
    assert make_truth(Settings(world="mixed"))["effect"][list(truth["id"]).index("F2")] == 0.33


def test_average_stocks():
    # 59,000 in 2017 and 320,000 in 2018 (policy paper's stocks, averaged)
    assert average_stock()[0] == pytest.approx(320_000)
