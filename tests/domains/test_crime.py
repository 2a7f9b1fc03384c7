"""Warnings of the field of crime: kinds added up, data that begin after the arrivals."""

from __future__ import annotations

import json

import pytest

from impact.pipeline.street import read_data
from impact.plan import make_plan


def codes(tmp_path, *, first=2015, rows=None, **blocks):
    rows = rows or [
        {"d": d, "year": t, "robbery_count": d + t - 2000, "theft_count": 2 * d, "m": max(0, t - 2016),
         "total_count": 9}
        for d in (1, 2, 3, 4) for t in range(first, 2020)
    ]  # fmt: skip
    columns = list(rows[0])
    lines = [",".join(columns), *(",".join(str(row[c]) for c in columns) for row in rows)]
    (tmp_path / "crimes.csv").write_text("\n".join(lines), encoding="utf-8")
    spec = {"spec": 1, "data": "crimes.csv", "domain": "crime", "model": "robbery_count ~ m", **blocks}
    path = tmp_path / "s.yaml"
    path.write_text(json.dumps(spec), encoding="utf-8")
    found = read_data(make_plan(path))[1].notices
    return {one.code: one.message for one in found}


def test_sums_of_kinds_in_derive_are_named(tmp_path):
    derive = {"all": "robbery_count + theft_count", "per_head": "(robbery_count + theft_count) / 100"}
    found = codes(tmp_path, derive=derive, model="all ~ m")
    assert "robbery_count, theft_count" in found["W492"]
    assert "W492" not in codes(tmp_path, derive={"shifted": "robbery_count + m"}, model="shifted ~ m")


def test_a_total_as_outcome(tmp_path):
    assert "total_count" in codes(tmp_path, model="total_count ~ m")["W492"]
    assert "W492" not in codes(tmp_path)


DESIGN = {"unit": "d", "time": "year", "treated": "d == 1", "from": 2017}


@pytest.mark.parametrize(("first", "warned"), [(2015, False), (2016, False), (2017, True), (2018, True)])
def test_the_first_year_is_not_before_the_treatment(tmp_path, first, warned):
    found = codes(tmp_path, first=first, design=DESIGN, model="robbery_count ~ exposed | d + year")
    assert ("W493" in found) == warned


@pytest.mark.parametrize(("first", "warned"), [(2015, False), (2016, False), (2018, True)])
def test_a_dose_that_has_begun_already(tmp_path, first, warned):
    block = {
        "kind": "share",
        "count": "m",
        "over": "base",
        "unit": "d",
        "time": "year",
        "denominator_year": "current",
    }
    derive = {"base": "100"}
    panel = {"unit": "d", "time": "year"}
    found = codes(
        tmp_path, first=first, exposure={"e": block}, derive=derive, panel=panel, model="robbery_count ~ e"
    )
    assert ("W493" in found) == warned
