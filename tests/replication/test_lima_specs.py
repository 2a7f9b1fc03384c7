"""The Lima specs on the shipped cells: figures computed independently by dense least squares over all sets of areas.

Source of the expected figures: our own first analyses of the same cells with dummy-variable least squares (numpy
lstsq) and explicit enumeration of the sets, kept apart from the package.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from impact.pipeline.study import StudyOptions, run_study

ROOT = Path(__file__).resolve().parents[2]


def document_of(name: str) -> dict[str, Any]:
    return run_study(str(ROOT / "specs" / f"{name}.yaml"), StudyOptions(out=None, jobs=2)).document


@pytest.fixture(scope="module")
def keepjob() -> dict[str, Any]:
    return document_of("employment_keepjob_lima")


@pytest.fixture(scope="module")
def wages() -> dict[str, Any]:
    return document_of("wages_income_lima")


@pytest.fixture(scope="module")
def crime() -> dict[str, Any]:
    return document_of("crime_victimization_lima")


def row_of(document: dict[str, Any], model: str, group: str | None = None) -> dict[str, Any]:
    found = [
        r for r in document["rows"] if r["model"] == model and r["group"] == group and r["term"] == "exposed"
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("model", "group", "estimate", "n_obs", "p", "sets"),
    [
        ("main", None, -0.0149024, 36478, 0.372, 325),
        ("main[row=all_areas]", None, -0.0229805, 60361, 0.040, 300),
        ("main[row=placebo_2016]", None, -0.0140814, 18284, 0.523, 325),
        ("main[row=without_el_nino]", None, -0.0134, 28033, 0.352, 210),
        ("groups", "sex=women;age_group=14-24", -0.1057607, 2635, 0.228, 325),
        (
            "groups",
            "sex=women;age_group=14-24;education=incomplete_secondary_or_less",
            -0.1271,
            561,
            0.505,
            325,
        ),
    ],
)
def test_kept_employment(
    keepjob: dict[str, Any], model: str, group: str | None, estimate: float, n_obs: int, p: float, sets: int
) -> None:
    row = row_of(keepjob, model, group)
    digits = len(str(abs(estimate)).partition(".")[2])
    assert row["estimate"] == pytest.approx(estimate, abs=0.5001 * 10**-digits)
    assert row["n_obs"] == n_obs
    assert row["p_permutation"] == pytest.approx(p, abs=0.0005)
    if group is None:
        assert keepjob["models"][model]["extra"]["permutation"]["n_sets"] == sets


def test_all_areas_looks_significant_by_estimate_only(keepjob: dict[str, Any]) -> None:
    row = row_of(keepjob, "main[row=all_areas]")
    assert row["p_permutation"] < 0.05 < row["p_permutation_t"]
    assert row["p_permutation_t"] == pytest.approx(0.067, abs=0.0005)
    assert row["verdict"] != "effect"


def test_treated_counts(keepjob: dict[str, Any]) -> None:
    assert row_of(keepjob, "groups", "sex=women;age_group=14-24")["n_treated"] == 501
    thin = "sex=women;age_group=14-24;education=incomplete_secondary_or_less"
    assert row_of(keepjob, "groups", thin)["n_treated"] == 67
    assert "W514" in keepjob["models"]["groups"]["warnings"]


def test_no_row_is_a_finding_and_the_answer_says_why(keepjob: dict[str, Any]) -> None:
    main = [r for r in keepjob["rows"] if r.get("verdict") and keepjob["models"][r["model"]]["row"] is None]
    assert {row["verdict"] for row in main} <= {"inconclusive", "fragile"}
    assert keepjob["answer"]["verdict"] in ("inconclusive", "fragile")
    reasons = " ".join(reason["en"] for reason in keepjob["answer"]["reasons"])
    assert "metropolis with the countryside" in reasons
    assert {claim["state"] for claim in keepjob["claims"]} == {"cannot_tell"}


def test_interacted_points_equal_split(keepjob: dict[str, Any]) -> None:
    for sex in ("women", "men"):
        for age in ("14-24", "25-39", "40-64"):
            group = f"sex={sex};age_group={age}"
            split, joint = row_of(keepjob, "groups", group), row_of(keepjob, "groups_joint", group)
            assert joint["estimate"] == pytest.approx(split["estimate"], abs=1e-10)


def test_every_model_is_estimated(
    keepjob: dict[str, Any], wages: dict[str, Any], crime: dict[str, Any]
) -> None:
    for document in (keepjob, wages, crime):
        failed = {
            name: facts["error"] for name, facts in document["models"].items() if facts["status"] != "ok"
        }
        assert failed == {}


def test_log_income(wages: dict[str, Any]) -> None:
    wage = row_of(wages, "main")
    assert wage["estimate"] == pytest.approx(-0.0968727, abs=5.1e-8)
    assert wage["n_obs"] == 24825
    assert wage["p_permutation"] == pytest.approx(0.142, abs=0.0005)
    own = row_of(wages, "self_employed")
    assert own["estimate"] == pytest.approx(-0.0965, abs=5.1e-5)
    assert own["n_obs"] == 15602
    assert own["p_permutation"] == pytest.approx(0.249, abs=0.0005)


def poisson_of_sets(total: str, count: str) -> tuple[float, float]:
    """The coefficient and its permutation p-value from area-by-year means, by Newton steps on dummies."""
    cells = pd.read_csv(ROOT / "data" / "peru_enaho_panel_cells.csv", dtype={"department_code": str})
    cells = cells[(cells["age_group"] != "65+") & (cells["urban"] == 1)]
    lima = np.where(cells["metropolitan"] == 1, "1501", "1599")
    cells["area_id"] = np.where(cells["department_code"] == "15", lima, cells["department_code"])
    sums = cells.groupby(["area_id", "year"])[[total, count]].sum().reset_index()
    areas, area = np.unique(sums["area_id"], return_inverse=True)
    years, year = np.unique(sums["year"], return_inverse=True)
    dummies = np.hstack([np.eye(len(areas))[area], np.eye(len(years))[year][:, 1:]])
    y, weights = (sums[total] / sums[count]).to_numpy(), sums[count].to_numpy(dtype=float)

    def coefficient(members: tuple[int, ...]) -> float:
        x = np.column_stack([np.isin(area, members) & (years[year] >= 2018), dummies]).astype(float)
        params = np.linalg.lstsq(x, np.log(y), rcond=None)[0]
        for _ in range(30):
            mean = np.exp(x @ params)
            params += np.linalg.solve(x.T @ (x * (weights * mean)[:, None]), x.T @ (weights * (y - mean)))
        return float(params[0])

    actual = coefficient(tuple(np.flatnonzero(np.isin(areas, ["1501", "07"]))))
    others = np.array([coefficient(pair) for pair in combinations(range(len(areas)), 2)])
    return actual, float(np.mean(np.abs(others) >= abs(actual) * (1 - 1e-10)))


@pytest.mark.parametrize(
    ("model", "total", "count"),
    [
        ("main[row=levels]", "sum_wage", "n_wage"),
        ("self_employed[row=levels_self_employed]", "sum_self", "n_self"),
    ],
)
def test_income_in_levels(wages: dict[str, Any], model: str, total: str, count: str) -> None:
    """Poisson, in soles: every set of two areas by a second algorithm."""
    row = row_of(wages, model)
    estimate, p = poisson_of_sets(total, count)
    assert row["estimate"] == pytest.approx(estimate, abs=1e-9)
    assert row["p_permutation"] == pytest.approx(p, abs=1e-12)
    assert row["verdict"] not in ("effect", "effect_but_small")


@pytest.mark.parametrize(
    ("outcome", "estimate", "p"),
    [("overall", -0.4208333, 0.877), ("theft", 1.6274306, 0.231), ("fraud", -4.5409722, 0.052)],
)
def test_victimisation(crime: dict[str, Any], outcome: str, estimate: float, p: float) -> None:
    row = row_of(crime, f"main[y={outcome}]")
    assert row["estimate"] == pytest.approx(estimate, abs=5.1e-8)
    assert row["p_permutation"] == pytest.approx(p, abs=0.0005)
    assert row["verdict"] == "inconclusive"


def test_victimisation_family_and_placebo(crime: dict[str, Any]) -> None:
    assert row_of(crime, "main[y=insecurity,row=placebo_2015]")["p_permutation"] < 0.05
    adjusted = [
        row_of(crime, f"main[y={y}]")["p_romano_wolf"]
        for y in ("overall", "theft", "fraud", "insecurity", "trust")
    ]
    plain = [
        row_of(crime, f"main[y={y}]")["p_permutation"]
        for y in ("overall", "theft", "fraud", "insecurity", "trust")
    ]
    assert all(a >= p for a, p in zip(adjusted, plain, strict=True))
    overall = next(t for t in crime["tests"] if t["kind"] == "equivalence" and t["of"] == "main[y=overall]")
    low, high = overall["ci_low"], overall["ci_high"]
    assert low == pytest.approx(-5.017, abs=0.001)
    assert high == pytest.approx(4.092, abs=0.001)
