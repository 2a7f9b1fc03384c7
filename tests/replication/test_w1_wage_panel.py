"""Union and marriage premia. Numbers: linearmodels 7.1 on the same table; Wooldridge, example 14.4."""

from __future__ import annotations

import pytest

NAME = "replication_w1_wage_panel"
CHECKED = {
    ("pooled", "union"): (0.18246, 0.01716),
    ("pooled", "married"): (0.10825, 0.01569),
    ("pooled", "expersq"): (-0.00241, 0.00082),
    ("pooled_cluster", "union"): (0.18246, 0.02742),
    ("pooled_cluster", "married"): (0.10825, 0.02601),
    ("random", "union"): (0.10613, 0.01785),
    ("random", "married"): (0.06399, 0.01677),
    ("random", "expersq"): (-0.00472, 0.00069),
    ("within", "union"): (0.08000, 0.01931),
    ("within", "married"): (0.04668, 0.01831),
    ("within", "expersq"): (-0.00519, 0.00070),
    ("within_cluster_full", "union"): (0.08000, 0.02430),
    ("within_cluster_full", "married"): (0.04668, 0.02244),
    ("within_cluster_full", "expersq"): (-0.00519, 0.00087),
}


@pytest.mark.parametrize(("model", "term"), CHECKED)
def test_checked_number(replicate, model, term):
    assert replicate(NAME).pair(model, term) == pytest.approx(CHECKED[model, term], abs=1e-4)


def test_published_cells(replicate, all_equal):
    all_equal(replicate(NAME), "example_14_4")
