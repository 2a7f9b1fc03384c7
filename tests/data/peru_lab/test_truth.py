"""The truths: those of the page in each world, one row an effect, and nowhere else."""

from __future__ import annotations

import pytest

from impact.data.peru_lab.settings import Knobs, Settings
from impact.data.peru_lab.tables import TABLES, make_table
from impact.data.peru_lab.truth import make_truth
from impact.data.peru_lab.worlds import EFFECTS

# id → ac2020, null, mixed, as the page of the lab has them
PAGE = {
    "B1": (-0.030, 0, -0.010), "B2": (-0.004, 0, 0), "B3": (0, 0, 0), "B4": (-0.020, 0, -0.010),
    "B5": (-0.004, 0, -0.006), "B6": (0, 0, 0), "B7": (0, 0, 0), "B8_formal": (0, 0, 0), "B8_informal": (0, 0, -0.006),
    "B9": (-0.002, 0, -0.002), "C1_burglary": (0, 0, 0), "C1_robbery": (0, 0, 0.01), "C1_homicide": (0, 0, 0),
    "C2": (0.006, 0, 0.006), "C3": (0, 0, 0.003), "C4_robbery": (250, 250, 250), "C4_homicide": (5, 5, 5),
    "F2": (0.33, 0.25, 0.33), "G1": (0.08, 0, 0.08), "G2": (0.06, 0, 0.03), "G3": (0.64, 0.64, 0.64),
    "G4": (0.10, 0, 0.05), "G5": (0.06, 0, 0.06), "G6": (0.3, 0.3, 0.3),
}  # fmt: skip


@pytest.mark.parametrize(("place", "world"), list(enumerate(("ac2020", "null", "mixed"))))
def test_truths_of_the_page(place, world):
    truth = make_truth(Settings(world=world))
    known = dict(zip(truth["id"], truth["effect"], strict=True))
    assert len(known) == len(truth["id"])
    assert {name: known[name] for name in PAGE} == {name: values[place] for name, values in PAGE.items()}
    assert set(truth["world"]) == {world}


def test_the_table_of_an_effect_has_its_outcome():
    for one in EFFECTS:
        assert one.table in TABLES
        if one.outcome.isidentifier():
            assert one.outcome in TABLES[one.table].columns, one.id


def test_recorded_robbery_adds_reporting():
    truth = make_truth(Settings(world="mixed"))
    known = dict(zip(truth["id"], truth["effect"], strict=True))
    assert known["C1_recorded_robbery"] == pytest.approx(0.01 + 0.003 / 0.1475, abs=1e-6)
    assert known["C1_recorded_homicide"] == 0.0


def test_the_strong_option_says_where_it_is_from():
    truth = make_truth(Settings(knobs=Knobs(strong=1.0)))
    row = list(truth["id"]).index("B1")
    assert truth["effect"][row] == -0.11 and "PRESS" in truth["basis"][row]


def test_no_other_table_holds_a_truth():
    for name in TABLES:
        columns = make_table(name, Settings()) if name != "persons" else dict.fromkeys(TABLES[name].columns)
        assert not {"effect", "truth", "advantage", "trend", "demand"} & set(columns)
