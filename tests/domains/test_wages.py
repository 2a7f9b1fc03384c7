"""Money of each survey in monthly soles, converted once; zeros, blanks, winsorising and bounds are told."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from impact.core.errors import SpecError
from impact.pipeline.street import read_data
from impact.plan import make_plan

PERSONS = [
    {"i524a1": 12000, "i530a": "", "d524a1": 13000, "d530a": "", "p513t": 40},
    {"i524a1": "", "i530a": 6000, "d524a1": "", "d530a": 6500, "p513t": 0},
    {"i524a1": 24000, "i530a": 1200, "d524a1": 24000, "d530a": 1200, "p513t": 50},
    {"i524a1": "", "i530a": "", "d524a1": "", "d530a": "", "p513t": 40},
    {"i524a1": 999999, "i530a": 600, "d524a1": "", "d530a": 600, "p513t": ""},
    {"i524a1": "", "i530a": 0, "d524a1": "", "d530a": 0, "p513t": 30},
    {"i524a1": 999999, "i530a": "", "d524a1": "", "d530a": "", "p513t": 30},
]


def prepared(tmp_path, rows, derive, coding="enaho", **blocks):
    columns = list(rows[0])
    lines = [",".join(columns), *(",".join(str(row[c]) for c in columns) for row in rows)]
    (tmp_path / "persons.csv").write_text("\n".join(lines), encoding="utf-8")
    models = blocks.pop("models", {"m": f"{next(iter(derive))} ~ 1"})
    spec = {"spec": 1, "data": "persons.csv", "domain": "wages", "coding": coding, "derive": derive,
            "models": models, **blocks}  # fmt: skip
    path = tmp_path / "s.yaml"
    path.write_text(json.dumps(spec), encoding="utf-8")
    return read_data(make_plan(path))[1]


def same(found, expected):
    np.testing.assert_allclose(found, [math.nan if v is None else v for v in expected], rtol=1e-13)


def test_enaho_is_annual_and_divided_once(tmp_path):
    names = ("income", "log_income", "hourly", "log_hourly", "wage", "self", "income_lima_prices")
    main = prepared(tmp_path, PERSONS, {name: f"wages.{name}" for name in names})
    monthly = [1000, 500, 2100, None, 50, 0, None]
    same(main.columns["income"], monthly)
    same(main.columns["log_income"], [math.log(v) if v else None for v in monthly])
    weeks = 52 / 12
    hourly = [1000 / (40 * weeks), None, 2100 / (50 * weeks), None, None, 0, None]
    same(main.columns["hourly"], hourly)
    same(main.columns["log_hourly"], [math.log(v) if v else None for v in hourly])
    same(main.columns["wage"], [1000, None, 2000, None, None, None, None])
    same(main.columns["self"], [None, 500, 100, None, 50, 0, None])
    same(main.columns["income_lima_prices"], [13000 / 12, 6500 / 12, 2100, None, 50, 0, None])


def test_epe_is_monthly_already(tmp_path):
    rows = [{"ingprin": 1500, "ingtot": 1700, "p209t": 48}, {"ingprin": "", "ingtot": 0, "p209t": 20}]
    main = prepared(tmp_path, rows, {"income": "wages.income", "total": "wages.total"}, coding="epe")
    same(main.columns["income"], [1500, None])
    same(main.columns["total"], [1700, 0])


def notices(main, code):
    return [one.message for one in main.notices if one.code == code]


def test_zeros_blanks_and_the_unit_are_told(tmp_path):
    main = prepared(tmp_path, PERSONS, {"income": "wages.income", "log_income": "wages.log_income"})
    (said,) = notices(main, "W499")
    assert said == "income is in soles a month: 1 of 7 rows are zero, 2 missing"
    # the logarithm counts the zero that it leaves out
    (lost,) = notices(main, "W412")
    assert "1" in lost


def test_winsorising_is_stated_with_its_two_values(tmp_path):
    rows = [{**PERSONS[0], "i524a1": 1200 * (k + 1)} for k in range(200)]
    derive = {"w": "winsor(income, 0.05)", "income": "wages.income"}
    main = prepared(tmp_path, rows, derive)
    low, high = np.quantile(100 * np.arange(1, 201), [0.05, 0.95])
    (said,) = notices(main, "W498")
    assert f"below {low:.6g} and above {high:.6g}" in said


def test_bounds_are_offered_until_they_are_there(tmp_path):
    derive = {"lw": "wages.log_income", "has": "1 if i524a1 > 0 else 0", "d": "1 if p513t > 40 else 0"}
    assert notices(prepared(tmp_path, PERSONS, derive), "W495")
    models = {"m": "lw ~ d", "b": {"estimator": "lee_bounds", "formula": "lw ~ d"}}
    assert not notices(prepared(tmp_path, PERSONS, derive, models=models), "W495")


def test_the_price_level_is_applied_once_and_in_the_unit_that_it_has(tmp_path):
    rows = [{**row, "year": 2017} for row in PERSONS]
    block = {"of": "income", "unit": "monthly", "base": 2016}
    derive = {"lr": "log(real)", "income": "wages.income", "lima": "wages.income_lima_prices"}
    main = prepared(tmp_path, rows, derive, deflate={"real": block})
    ratio = main.columns["real"][0] / main.columns["income"][0]
    assert 0.96 < ratio < 0.99  # prices rose by about 2.8 per cent on average from 2016 to 2017
    same(main.columns["lr"], [math.log(v) if v and v > 0 else None for v in main.columns["real"]])
    for change in ({"unit": "annual"}, {"of": "lima"}):
        with pytest.raises(SpecError) as caught:
            prepared(tmp_path, rows, derive, deflate={"real": block | change})
        assert caught.value.faults[0].code == "E453"
