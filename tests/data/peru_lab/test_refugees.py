"""Refugees: the policy paper's Table 2 by year, months with the dates of the rules."""

from __future__ import annotations

import numpy as np

from impact.data.peru_lab.refugees import make_refugees
from impact.data.peru_lab.settings import Settings

# policy paper, Table 2; 2022 to July
SUBMITTED = {
    2015: 435,
    2016: 4_406,
    2017: 34_179,
    2018: 171_364,
    2019: 268_939,
    2020: 55_928,
    2021: 1_516,
    2022: 320,
}
ACCEPTED = {2015: 200, 2016: 159, 2017: 217, 2018: 545, 2019: 701, 2020: 1_424, 2021: 1_524, 2022: 189}


def test_years_add_up_to_the_published_totals():
    for seed in (1, 2):
        table = make_refugees(Settings(seed=seed))
        for name, totals in (("submitted", SUBMITTED), ("accepted", ACCEPTED)):
            found = {year: table[name][table["anio"] == year].sum() for year in totals}
            assert found == totals
    assert table["submitted"].sum() == 537_087 and table["accepted"].sum() == 4_959
    assert len(table["mes"]) == 91 and table["mes"][-1] == 7


def test_the_visa_rule_ends_a_surge():
    table = make_refugees(Settings())
    year = table["anio"] == 2019
    before, after = (table["submitted"][year & table["mes"].__eq__(month)].item() for month in (5, 7))
    assert before > 2 * after
    rule = table["visa_rule"] == 1
    assert table["anio"][rule][0] == 2019 and table["mes"][rule][0] == 6
    assert table["passport_rule"].sum() == 1
    closed = table["border_closed"] == 1
    assert (np.diff(np.flatnonzero(closed)) == 1).all() and closed.sum() == 21
