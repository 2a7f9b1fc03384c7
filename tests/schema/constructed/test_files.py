"""Files that blocks name by path, names that they build, and names that two of them build."""

from __future__ import annotations

import pytest

from impact.core.errors import Place, SpecError
from impact.plan import make_plan
from impact.schema.constructed.files import built_names, columns_built_from
from impact.schema.nodes import from_plain

DEFLATE = {"real": {"of": "pay", "unit": "monthly", "base": 2016}}
RATE = {"r": {"count": "n", "population": "p", "migrants": "included", "period": "year"}}
DOSE = {
    "m": {"kind": "dose", "unit": "d", "time": "year", "shares": "s.csv", "stock": {"2018": 1}, "population": "people",
          "rest": "zero"}
}  # fmt: skip


def plan_of(**blocks):
    data = {"main": {"file": "x.csv"}, "people": {"file": "p.csv"}}
    return make_plan(from_plain({"spec": 1, "data": data, "model": "y ~ m", **blocks}, Place(file="s.yaml")))


def test_sources_and_columns():
    plan = plan_of(deflate=DEFLATE, rates=RATE, exposure=DOSE)
    assert [(one.name, one.block.file) for one in plan.sources] == [
        ("main", "x.csv"),
        ("people", "p.csv"),
        ("exposure.m.shares", "s.csv"),
        ("deflate.real.prices", "shipped:peru_cpi_lima_monthly.csv"),
    ]
    assert list(built_names(plan.spec)) == ["m", "r", "r_population", "real"]
    read = dict(columns_built_from(plan.spec))
    assert read["rates", "r"] == ("n", "p")
    assert read["exposure", "m"] == ("d", "year")


@pytest.mark.parametrize(
    "blocks",
    [
        {"deflate": DEFLATE, "derive": {"real": "pay"}},
        {"rates": RATE, "exposure": {"r_population": DOSE["m"]}},
        {"exposure": DOSE, "rates": {"m": RATE["r"]}},
    ],
)
def test_a_name_is_built_once(blocks):
    with pytest.raises(SpecError) as caught:
        plan_of(**blocks)
    assert [one.code for one in caught.value.faults] == ["E457"]
