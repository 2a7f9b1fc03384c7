"""A design on some of its rows: what belongs to rows follows, by number or by mask, and empty levels leave."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.designs import AbsorbedFactor, Adoption, Design, Factor, Panel, Sample, Term, Treatment
from impact.core.frames import Step
from impact.core.rows.design_rows import adoption_on_rows, design_on_rows, effect_on_rows, factor_on_rows

UNIT = Factor("unit", np.array([0, 0, 1, 1, 2, 2], dtype=np.int32), ("a", "b", "c"))
TIME = Factor("time", np.array([0, 1, 0, 1, 0, 1], dtype=np.int32), (1.0, 2.0))
MASK = np.array([True, False, False, False, True, True])


@pytest.fixture
def design():
    n = np.arange(6.0)
    adoption = Adoption(UNIT, TIME, np.array([1.0, 2.0]), np.array([2.0, np.inf, 1.0]), n > 2)
    return Design(
        "y", (Term("x"),), n, n[:, None] ** 2, Sample(np.arange(10, 16)), weights=n + 1,
        absorb=(AbsorbedFactor(UNIT, n + 5, "s"),), clusters={"time": TIME},
        treatment=Treatment(UNIT, np.array([0.0, 1.0, 1.0]), n[:, None], (0,)), panel=Panel(UNIT, TIME, n),
        instruments=n[:, None] + 3, adoption=adoption, columns={"k": n + 7, "f": UNIT},
        extra={"by_row": n + 9, "by_unit": np.arange(3), "factor": UNIT, "fact": 4},
    )  # fmt: skip


@pytest.mark.parametrize("rows", [MASK, np.flatnonzero(MASK)], ids=["mask", "numbers"])
def test_everything_that_belongs_to_rows_follows(design, rows):
    made = design_on_rows(design, rows, Step("s", "why", 3))
    n = np.array([0.0, 4.0, 5.0])
    assert made.y.tolist() == n.tolist()
    assert made.x[:, 0].tolist() == (n**2).tolist()
    assert made.weights.tolist() == (n + 1).tolist()
    assert made.absorb[0].slope.tolist() == (n + 5).tolist()
    assert made.instruments[:, 0].tolist() == (n + 3).tolist()
    assert made.columns["k"].tolist() == (n + 7).tolist()
    assert made.extra["by_row"].tolist() == (n + 9).tolist()
    assert made.extra["by_unit"].tolist() == [0, 1, 2]
    assert made.extra["fact"] == 4
    assert made.sample.kept.tolist() == [10, 14, 15]
    assert made.sample.steps[-1].dropped == 3
    factors = (
        made.treatment.unit, made.panel.unit, made.adoption.unit, made.columns["f"], made.extra["factor"],
        made.absorb[0].factor,
    )  # fmt: skip
    for factor in factors:
        assert factor.labels == ("a", "c")
        assert factor.codes.tolist() == [0, 1, 1]
    assert made.treatment.treated.tolist() == [0, 1]
    assert made.adoption.cohort.tolist() == [2, 1]
    assert design_on_rows(design, rows).sample.steps == ()


def test_periods_without_rows_leave_the_calendar(design):
    left = adoption_on_rows(design.adoption, TIME.codes == 1)
    assert left.periods.tolist() == [2.0]
    assert left.time.labels == (2.0,)


def test_factors_with_every_level_keep_their_labels():
    assert factor_on_rows(UNIT, np.array([0, 2, 4])).labels is UNIT.labels
    assert effect_on_rows(AbsorbedFactor(UNIT), MASK).slope is None
