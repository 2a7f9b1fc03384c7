"""Castle-doctrine laws. Numbers: pyfixest 0.60 on the same table; Cheng and Hoekstra (2013), table 5."""

from __future__ import annotations

import pytest

NAME = "replication_c2_castle_doctrine"
CHECKED = {
    ("effects", "cdl"): (0.08006, 0.03422),
    ("regional", "cdl"): (0.09459, 0.02787),
    ("controls", "cdl"): (0.09368, 0.02899),
    ("regional_absorbed", "cdl"): (0.09459, 0.02683),
    ("controls_absorbed", "cdl"): (0.09368, 0.02788),
    ("robbery", "cdl"): (0.04085, 0.02535),
    ("burglary", "cdl"): (0.07802, 0.02551),
    ("assault", "cdl"): (0.04339, 0.03869),
    ("unweighted", "post"): (0.08181, 0.05887),
}


@pytest.mark.parametrize(("model", "term"), CHECKED)
def test_checked_number(replicate, model, term):
    assert replicate(NAME).pair(model, term) == pytest.approx(CHECKED[model, term], abs=1e-4)


@pytest.mark.parametrize(
    ("crime", "estimate"), [("robbery", 0.0344), ("burglary", 0.0290), ("assault", 0.0397)]
)
def test_other_crimes_with_region_by_year(replicate, crime, estimate):
    assert replicate(NAME).pair(f"{crime}_regional", "cdl")[0] == pytest.approx(estimate, abs=1e-4)


def test_convention_is_pinned(replicate):
    """Dummies count in K (the states, nested in the clusters, do not); absorbed effects out of K do not."""
    models = replicate(NAME).document["models"]
    # treatment, 3 regions × 10 years, 11 years and one constant, minus the year that the states span
    assert models["regional"]["vcov"]["k"] == 1 + 30 + 11
    assert models["regional_absorbed"]["vcov"]["k"] == 1
    assert models["regional"]["dropped_terms"] == {}


def test_published_cells(replicate, all_equal):
    all_equal(replicate(NAME), "table_5a")
