"""The specs that run on the Peru lab: estimates against the lab's known truth, the words, and the mark synthetic.

Oracle: the effects that the generator was given (``effects_of``), never what a run once printed. An estimate may lie
three of its standard errors from its truth; the factor allows for some forty comparisons at once.
"""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.worlds import effects_of
from impact.pipeline.study import StudyOptions, run_study

ROOT = Path(__file__).resolve().parents[2]
CRIMES = ("burglary", "robbery", "assault", "homicide", "sexual_violence")
TRUTH = effects_of(Settings())
FEW = 3.0

# study → (model, term, true effect); what has no id is zero by construction, which its spec says
CRIME_PPML = [(f"counts[kind={kind}]", "exposure", TRUTH[f"C1_{kind}"]) for kind in CRIMES]
CRIME_RATES = [(f"jackknife[kind={kind}]", "exposure", TRUTH[f"C1_{kind}"]) for kind in CRIMES]
CRIME_IV = [(f"iv[kind={kind}]", "exposure", TRUTH[f"C1_{kind}"]) for kind in CRIMES]
NAMES = ("contract", "income", "health")
PERMIT = dict(zip(NAMES, (TRUTH["G1"], TRUTH["G2"], TRUTH["G1_health"]), strict=True))
EXPECTED: dict[str, list[tuple[str, str, float]]] = {
    "crime_ppml_district": CRIME_PPML,
    "crime_rates_fe": CRIME_RATES,
    "crime_iv_shiftshare": CRIME_IV,
    "crime_denominator_reporting": [("with_migrants", "share", TRUTH["C1_robbery"])],
    "employment_iv_settlement": [("iv", "exposure", TRUTH["B3"]), ("young_iv", "exposure", TRUTH["B1"])],
    "employment_keepjob_logit": [
        ("linear", "exposure", TRUTH["B3"]),
        ("logit", "marginal[exposure]", TRUTH["B3"]),
        ("young_linear", "exposure", TRUTH["B1"]),
    ],
    "wages_primary_income": [
        ("young_low", "exposure", TRUTH["B4"]),
        ("informal", "exposure", TRUTH["B5"]),
        ("formal", "exposure", TRUTH["B6"]),
    ],
    "wages_formal_informal": [
        ("iv[job=informal]", "exposure", TRUTH["B5"]),
        ("iv[job=formal]", "exposure", TRUTH["B6"]),
    ],
    "wages_quantile": [
        ("mean", "exposure", TRUTH["B5"]),
        *(("everybody", f"exposure[{share}]", TRUTH["B5"]) for share in ("0.1", "0.5", "0.9")),
    ],
    "wages_education_experience_cells": [("cells", "cell_exposure", 0.0)],
    "programme_ptp_rd_cutoff": [
        ("take_up", "robust", TRUTH["G3"]),
        *((f"late[y={name}]", "robust", PERMIT[name]) for name in NAMES),
    ],
    "programme_ptp_cohort_did": [(f"permit[y={name}]", "ptp", PERMIT[name]) for name in NAMES],
    "programme_ptp_dose_department": [("did", "dose", 0.0)],
    "programme_emprende_rct": [("ancova", "exposed", TRUTH["G4"])],
    "programme_emprende_matched_did": [("doubly_robust", "assigned", TRUTH["G4"])],
    "programme_lima_aprende": [("without_2020", "dose", TRUTH["G5"])],
}
# each of these makes 600,000 persons
SLOW = [study for study in EXPECTED if study.startswith(("employment", "wages", "programme_ptp_dose"))]
STUDIES = [
    pytest.param(study, marks=pytest.mark.slow) if study in SLOW else pytest.param(study)
    for study in EXPECTED
]
# the words that effects of this size earn: none where there is none, one where the design is strong enough to see it
SEEN = {
    "programme_ptp_cohort_did": ("permit[y=contract]", "ptp"),
    "programme_emprende_matched_did": ("doubly_robust", "assigned"),
    "programme_lima_aprende": ("without_2020", "dose"),
}


@cache
def document_of(study: str) -> dict[str, Any]:
    document = run_study(str(ROOT / "specs" / f"{study}.yaml"), StudyOptions(out=None)).document
    failed = {name: facts["error"] for name, facts in document["models"].items() if facts["status"] != "ok"}
    assert not failed
    return document


def row_of(study: str, model: str, term: str) -> dict[str, Any]:
    rows = [row for row in document_of(study)["rows"] if (row["model"], row["term"]) == (model, term)]
    assert len(rows) == 1, (model, term)
    return rows[0]


@pytest.mark.parametrize("study", STUDIES)
def test_estimates_lie_by_the_truth_of_the_lab(study: str) -> None:
    for model, term, truth in EXPECTED[study]:
        row = row_of(study, model, term)
        assert row["std_error"] > 0
        assert abs(row["estimate"] - truth) < FEW * row["std_error"], (model, term, row["estimate"], truth)


@pytest.mark.parametrize("study", STUDIES)
def test_a_truth_of_zero_is_never_called_an_effect(study: str) -> None:
    for model, term, truth in EXPECTED[study]:
        if truth == 0 and not term.startswith("marginal"):
            assert row_of(study, model, term)["verdict"] in ("inconclusive", "equivalent"), (model, term)


@pytest.mark.parametrize("study", SEEN)
def test_an_effect_that_the_design_can_see_is_called_one(study: str) -> None:
    row = row_of(study, *SEEN[study])
    assert row["verdict"] == "effect" and row["estimate"] > 0


def test_five_types_of_crime_are_judged_together_and_homicide_tells_least() -> None:
    errors = {
        kind: row_of("crime_ppml_district", f"counts[kind={kind}]", "exposure")["std_error"]
        for kind in CRIMES
    }
    assert max(errors, key=errors.__getitem__) == "homicide"
    bound = [test for test in document_of("crime_ppml_district")["tests"] if test["test"] == "bound"]
    assert len(bound) == len(CRIMES) + 1 and bound[-1]["details"]["joint"]


def test_migrants_missing_from_the_population_raise_crime_by_about_one_per_cent_a_point() -> None:
    # by arithmetic ln(people / natives) grows by 1 / (1 - share) per cent a point of the share
    counted = row_of("crime_denominator_reporting", "with_migrants", "share")["estimate"]
    missing = row_of("crime_denominator_reporting", "without_migrants", "share")["estimate"]
    assert 0.010 < missing - counted < 0.0118


def test_the_settlement_of_2007_is_weak_within_lima_and_the_set_tells() -> None:
    tests = [test for test in document_of("crime_iv_shiftshare")["tests"] if test["test"] == "strength"]
    assert len(tests) == len(CRIMES)
    assert all(test["statistic"] < 10 for test in tests)
    assert "W508" in {notice["code"] for notice in document_of("crime_iv_shiftshare")["notices"]}


def test_bunching_at_the_cutoff_is_found_where_it_is_strong() -> None:
    file = str(ROOT / "specs" / "programme_ptp_rd_cutoff.yaml")
    found = {}
    for bunching in ("0", "0.9"):
        options = StudyOptions(out=None, set_values=(f"data.lab.set.bunching={bunching}",))
        (density,) = (
            test for test in run_study(file, options).document["tests"] if test["test"] == "sorting"
        )
        found[bunching] = density["p_value"]
    assert found["0.9"] < 0.01
    assert found["0"] > 0.05


def test_holders_of_a_permit_are_better_off_than_the_permit_makes_them() -> None:
    held = row_of("programme_ptp_cohort_did", "holders[y=income]", "ptp")["estimate"]
    assert held > TRUTH["G2"] + 0.02


def test_growth_without_lots_is_too_large_until_schooling_and_age_are_held_fixed() -> None:
    study = "programme_emprende_matched_did"
    naive, fixed = (row_of(study, model, "assigned")["estimate"] for model in ("naive", "doubly_robust"))
    assert naive > fixed + 0.03


def test_closed_schools_hide_the_places() -> None:
    study = "programme_lima_aprende"
    assert (
        row_of(study, "with_2020", "dose")["estimate"]
        < row_of(study, "without_2020", "dose")["estimate"] - 0.02
    )


@pytest.mark.parametrize(
    "study", ["programme_emprende_rct", pytest.param("wages_primary_income", marks=pytest.mark.slow)]
)
def test_bounds_hold_the_difference_that_was_observed(study: str) -> None:
    terms = ("lower_bound", "difference_observed", "upper_bound")
    low, seen, high = (row_of(study, "bounds", term)["estimate"] for term in terms)
    assert low <= seen <= high and low < high


@pytest.mark.parametrize("study", ["programme_lima_aprende", "programme_emprende_matched_did"])
def test_everything_written_says_synthetic(study: str, tmp_path: Path) -> None:
    run_study(str(ROOT / "specs" / f"{study}.yaml"), StudyOptions(out=tmp_path))
    folder = tmp_path / study
    tables, figures = sorted(folder.rglob("tables/*.md")), sorted(folder.rglob("figures/*.csv"))
    assert tables and figures
    for file in tables:
        assert "ynthetic" in file.read_text("utf-8") or "intétic" in file.read_text("utf-8"), file.name
    for file in figures:
        with file.open(encoding="utf-8", newline="") as opened:
            assert "synthetic" in "".join(",".join(line) for line in csv.reader(opened)).lower(), file.name
    assert "ynthetic" in (folder / "report.html").read_text("utf-8")
    assert json.loads((folder / "results.json").read_text("utf-8"))["synthetic"]


@pytest.mark.parametrize("study", EXPECTED)
def test_specs_name_source_question_and_a_base_to_be_changed(study: str) -> None:
    text = (ROOT / "specs" / f"{study}.yaml").read_text("utf-8")
    assert f"study: {study}" in text and "extends: common/lab_" in text and "\ndata:" not in text
    for key in (
        "\nquestion:",
        "\nsource:",
        "\nanswer:",
        "kind: equivalence",
        "reason:",
        "(synthetic)",
        "(sintético)",
    ):
        assert key in text, key
