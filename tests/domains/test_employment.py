"""Variables of employment from each survey's codes, row by row against plain Python; jobs over two interviews."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from impact.core.errors import SpecError
from impact.domains.employment import VARIABLES
from impact.pipeline.street import read_data
from impact.plan import make_plan

ACTIVITY = {"enaho": "ocu500", "epe": "ocu200", "epen": "OCUP300"}


def derived(tmp_path, coding, rows, names, **blocks):
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [",".join(columns), *(",".join(str(row.get(c, "")) for c in columns) for row in rows)]
    (tmp_path / "persons.csv").write_text("\n".join(lines), encoding="utf-8")
    spec = {
        "spec": 1, "data": "persons.csv", "coding": coding, "derive": {n: f"employment.{n}" for n in names},
        "model": f"{names[0]} ~ 1", "panel": {"unit": "id", "time": "year"}, **blocks,
    }  # fmt: skip
    path = tmp_path / "s.yaml"
    path.write_text(json.dumps(spec), encoding="utf-8")
    return read_data(make_plan(path))[1].columns


def same(found, expected):
    np.testing.assert_array_equal(found, [math.nan if value is None else float(value) for value in expected])


@pytest.mark.parametrize("coding", ["enaho", "epe", "epen"])
def test_activity_and_two_interviews(tmp_path, coding):
    column = ACTIVITY[coding]
    codes = {1: (1, 1), 2: (1, 4), 3: (1, 2), 4: (4, 1), 5: (3, 3), 6: (2, 1), 7: (1, None), 8: (0, 1)}
    rows = [
        {"id": i, "year": 2018 + k, column: code}
        for i, pair in codes.items()
        for k, code in enumerate(pair)
        if code is not None
    ]
    found = derived(
        tmp_path, coding, rows, ["employed", "participates", "unemployed", "kept", "lost", "entered"]
    )
    activity = [row[column] for row in rows]
    same(found["employed"], [{1: 1, 2: 0, 3: 0, 4: 0}.get(a) for a in activity])
    same(found["participates"], [{1: 1, 2: 1, 3: 0, 4: 0}.get(a) for a in activity])
    same(found["unemployed"], [{1: 0, 2: 1}.get(a) for a in activity])
    first = [row["year"] == 2018 for row in rows]
    # a person who is not met again, or whose next interview is empty, neither kept nor lost a job
    kept = [1, 0, 0, None, None, None, None, None]
    entered = [None, None, None, 1, 0, 1, None, None]
    same(found["kept"][first], kept)
    same(found["lost"][first], [None if value is None else 1 - value for value in kept])
    same(found["entered"][first], entered)
    assert np.isnan(found["kept"][np.logical_not(first)]).all()


def test_a_gap_of_two_years_is_no_next_interview(tmp_path):
    rows = [{"id": 1, "year": 2016, "ocu500": 1}, {"id": 1, "year": 2018, "ocu500": 1}]
    assert np.isnan(derived(tmp_path, "enaho", rows, ["kept"])["kept"]).all()


@pytest.mark.parametrize("year", [2011, 2012])
def test_contracts_moved_in_2012(tmp_path, year):
    """Code 6 is a contract of services to 2011, and the special public regime (formal) from 2012 on."""
    rows = [{"id": c, "year": year, "ocu500": 1, "p511a": c} for c in range(1, 9)]
    rows.append({"id": 9, "year": year, "ocu500": 4, "p511a": ""})
    formal = {1, 2, 6} if year >= 2012 else {1, 2}
    found = derived(tmp_path, "enaho", rows, ["formal_contract"])["formal_contract"]
    same(found, [*(int(c in formal) for c in range(1, 9)), None])


def test_formality_registration_status_and_hours(tmp_path):
    rows = [
        {"id": 1, "year": 2018, "ocu500": 1, "ocupinf": 1, "p510a1": 3, "p507": 2, "p513t": 40, "p501": 1},
        {"id": 2, "year": 2018, "ocu500": 1, "ocupinf": 2, "p510a1": 1, "p507": 3, "p513t": 99, "p501": 2},
        {"id": 3, "year": 2018, "ocu500": 1, "ocupinf": "", "p510a1": 2, "p507": 6, "p513t": 0, "p501": ""},
        {"id": 4, "year": 2018, "ocu500": 4, "ocupinf": 1, "p510a1": 1, "p507": 4, "p513t": 10, "p501": 2},
        {"id": 5, "year": 2010, "ocu500": 1, "ocupinf": 1, "p510a1": 1, "p507": 7, "p513t": 98, "p501": 1},
    ]
    names = ["informal", "formal", "registered", "employee", "hours", "worked"]
    found = derived(tmp_path, "enaho", rows, names)
    same(found["informal"], [1, 0, None, None, 1])
    same(found["formal"], [0, 1, None, None, 0])
    same(found["registered"], [0, 1, 1, None, None])
    same(found["employee"], [0, 1, 1, None, 0])
    same(found["hours"], [40, None, 0, None, 98])
    same(found["worked"], [1, 0, None, 0, 1])


def test_epe_and_epen_have_their_own_names(tmp_path):
    epe = [{"id": 1, "year": 2018, "ocu200": 1, "p206": 4, "p209t": 45}]
    found = derived(tmp_path, "epe", epe, ["employee", "hours"])
    assert (found["employee"][0], found["hours"][0]) == (1, 45)
    epen = [{"id": 1, "year": 2023, "OCUP300": 1, "C310": 2, "Informal_P": 1, "C318_T": 30}]
    found = derived(tmp_path, "epen", epen, ["employee", "hours", "informal"])
    assert (found["employee"][0], found["hours"][0], found["informal"][0]) == (0, 30, 1)


def test_what_a_survey_does_not_ask_is_refused_by_name(tmp_path):
    with pytest.raises(SpecError) as caught:
        derived(tmp_path, "epe", [{"id": 1, "year": 1, "ocu200": 1}], ["formal_contract"])
    assert caught.value.faults[0].code == "E451"
    assert "enaho" in caught.value.faults[0].help
    assert "formal_contract" not in VARIABLES["epe"]


def test_a_wrong_name_has_a_suggestion(tmp_path):
    with pytest.raises(SpecError) as caught:
        derived(tmp_path, "enaho", [{"id": 1, "year": 1, "ocu500": 1}], ["keept"])
    assert (caught.value.faults[0].code, caught.value.faults[0].suggestion) == ("E450", "kept")
    with pytest.raises(SpecError) as caught:
        derived(
            tmp_path,
            "enaho",
            [{"id": 1, "year": 1, "ocu500": 1}],
            ["employed"],
            derive={"k": "employmnt.kept"},
        )
    assert (caught.value.faults[0].code, caught.value.faults[0].suggestion) == ("E170", "employment")
