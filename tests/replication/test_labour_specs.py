"""The employment and wage specs on the shipped sums, computed again by dummies, least squares and listed sets.

Oracle: sums by area and year (pandas), every set of areas by its own weighted regression on area and year dummies
(numpy), apart from the package. With 0/1 treatment of whole areas this is the regression on the persons.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from impact.pipeline.study import StudyOptions, run_study

Floats = npt.NDArray[np.float64]
ROOT = Path(__file__).resolve().parents[2]
SPECS = (
    "employment_keepjob_lima",
    "employment_three_cities",
    "wages_three_cities",
    "employment_event_study_lima",
    "employment_individual_panel",
    "sister_studies_per_point",
)
RECEIVING = ("1501", "07", "04", "20", "13", "02", "24")
CITIES = {"lima": ("1501",), "arequipa": ("04",), "piura": ("20",), "pooled": ("1501", "04", "20")}
LIMA = ("1501", "07")


@cache
def document_of(name: str) -> dict[str, Any]:
    return run_study(str(ROOT / "specs" / f"{name}.yaml"), StudyOptions(out=None, jobs=2)).document


def row_of(name: str, model: str, term: str = "exposed", group: str | None = None) -> dict[str, Any]:
    found = [
        row
        for row in document_of(name)["rows"]
        if (row["model"], row["term"], row["group"]) == (model, term, group)
    ]
    assert len(found) == 1
    return found[0]


@cache
def urban_cells() -> pd.DataFrame:
    cells = pd.read_csv(ROOT / "data" / "peru_enaho_panel_cells.csv", dtype={"department_code": str})
    cells = cells[(cells["age_group"] != "65+") & (cells["urban"] == 1)]
    lima = np.where(cells["metropolitan"] == 1, "1501", "1599")
    return cells.assign(
        area=np.where(cells["department_code"] == "15", lima, cells["department_code"]),
        n_formal=cells["n_employed"] - cells["n_informal"],
        n_change=cells["n_kept"] + cells["n_entered"] - cells["n_employed"],
    )


def by_area(
    total: str,
    count: str,
    years: tuple[int, ...],
    *,
    without: tuple[str, ...] = (),
    keep: str = "area == area",
) -> tuple[Floats, Floats, list[str], list[int]]:
    """Means and counts (areas × years) of cells that remain, with the labels of both."""
    cells = urban_cells().query(keep)
    cells = cells[cells["year"].isin(years) & ~cells["area"].isin(without)]
    sums = cells.pivot_table(index="area", columns="year", values=[total, count], aggfunc="sum")
    n = sums[count].to_numpy(dtype=float)
    return sums[total].to_numpy() / n, n, list(sums.index), list(sums[total].columns)


def coefficients(y: Floats, n: Floats, profiles: list[Floats], *, area_effects: bool = True) -> Floats:
    """Weighted least squares of means (areas × years) on given columns, area and year dummies."""
    areas, years = y.shape
    area, year = np.divmod(np.arange(y.size), years)
    dummies = [np.eye(years)[year]]
    if area_effects:
        dummies.append(np.eye(areas)[area][:, 1:])
    x = np.column_stack([*(p.ravel() for p in profiles), *dummies])
    root = np.sqrt(n.ravel())
    return np.linalg.lstsq(x * root[:, None], y.ravel() * root, rcond=None)[0][: len(profiles)]


def all_sets(
    y: Floats, n: Floats, size: int, shape: Floats, *, area_effects: bool = True
) -> dict[tuple[int, ...], float]:
    """The coefficient of every set of areas, were it given ``shape`` (years,)."""
    found = {}
    for members in combinations(range(len(y)), size):
        profile = np.zeros_like(y)
        profile[list(members)] = shape
        found[members] = float(coefficients(y, n, [profile], area_effects=area_effects)[0])
    return found


def share_beyond(found: dict[tuple[int, ...], float], actual: tuple[int, ...]) -> float:
    values = np.array(list(found.values()))
    return float(np.mean(np.abs(values) >= abs(found[actual]) * (1 - 1e-10)))


@pytest.mark.parametrize("name", SPECS)
def test_every_model_is_estimated_and_no_row_is_a_finding(name: str) -> None:
    document = document_of(name)
    assert [key for key, facts in document["models"].items() if facts["status"] != "ok"] == []
    verdicts = {
        row["verdict"]
        for row in document["rows"]
        if row.get("verdict") and document["models"][row["model"]]["row"] is None
    }
    assert verdicts and verdicts <= {"inconclusive", "fragile"}
    assert document["answer"]["verdict"] == "inconclusive"
    assert {claim["state"] for claim in document["claims"]} <= {"cannot_tell"}


@pytest.mark.parametrize("name", SPECS)
def test_every_spec_says_what_it_must(name: str) -> None:
    document = document_of(name)
    for key in ("question", "source", "unit_of_exposure", "assumptions", "seed"):
        assert document[key], key
    limits = " ".join(note["en"] for note in document["notes"])
    for word in ("Unweighted", "nationality is not observed", "lost between interviews"):
        assert word in limits
    bounds = [test for test in document["tests"] if test["kind"] == "equivalence"]
    assert bounds and all(test["details"]["reason"]["es"] for test in bounds)


@pytest.mark.parametrize(
    ("outcome", "total", "count", "years", "first"),
    [
        ("[y=paid]", "n_salaried", "n_persons", (2015, 2016, 2017, 2018, 2019), 2018),
        ("[y=formal_job]", "n_formal", "n_persons", (2015, 2016, 2017, 2018, 2019), 2018),
        ("[y=informal_job]", "n_informal", "n_persons", (2015, 2016, 2017, 2018, 2019), 2018),
        ("keep_", "n_salaried_kept", "n_salaried", (2015, 2016, 2017, 2018), 2017),
        ("[y=wage]", "sum_log_wage", "n_wage", (2015, 2016, 2017, 2018, 2019), 2018),
        ("[y=self]", "sum_log_self_ge1200", "n_self_ge1200", (2015, 2016, 2017, 2018, 2019), 2018),
    ],
)
@pytest.mark.parametrize("city", CITIES)
def test_three_cities(
    city: str, outcome: str, total: str, count: str, years: tuple[int, ...], first: int
) -> None:
    treated = CITIES[city]
    without = tuple(code for code in RECEIVING if code not in treated)
    y, n, areas, columns = by_area(total, count, years, without=without)
    found = all_sets(y, n, len(treated), (np.array(columns) >= first).astype(float))
    actual = tuple(sorted(areas.index(code) for code in treated))
    spec = "wages_three_cities" if outcome in ("[y=wage]", "[y=self]") else "employment_three_cities"
    row = row_of(spec, f"keep_{city}" if outcome == "keep_" else f"{city}{outcome}")
    assert len(found) == comb(20 if len(treated) == 1 else 22, len(treated))
    assert row["estimate"] == pytest.approx(found[actual], abs=1e-7)
    assert row["p_permutation"] == pytest.approx(share_beyond(found, actual), abs=1e-12)
    assert row["n_obs"] == n.sum()


def test_one_city_can_never_be_told() -> None:
    """One of 20 areas: p is a multiple of 0.05, never below it; the notes say so."""
    for model in ("lima[y=paid]", "arequipa[y=paid]", "piura[y=paid]"):
        row = row_of("employment_three_cities", model)
        assert (row["p_permutation"] * 20) % 1 == pytest.approx(0, abs=1e-9)
        assert row["p_permutation"] >= 0.05 and row["equivalence_p"] >= 0.05
    notes = " ".join(note["en"] for note in document_of("employment_three_cities")["notes"])
    assert "the smallest p that its permutation can give is 0.05" in notes and "El Niño" in notes


def test_equivalence_of_the_three_cities_by_listed_sets() -> None:
    """TOST by permutation: free the outcome of ∓D, compare one-sidedly with every set."""
    without = tuple(code for code in RECEIVING if code not in CITIES["pooled"])
    years = (2015, 2016, 2017, 2018, 2019)
    y, n, areas, columns = by_area("n_salaried", "n_persons", years, without=without)
    shape = (np.array(columns) >= 2018).astype(float)
    actual = tuple(sorted(areas.index(code) for code in CITIES["pooled"]))
    own = np.zeros_like(y)
    own[list(actual)] = shape
    sides = []
    for bound, sign in ((-0.02, 1), (0.02, -1)):
        found = all_sets(y - bound * own, n, 3, shape)
        values = sign * np.array(list(found.values()))
        sides.append(float(np.mean(values >= sign * found[actual] - 1e-10)))
    row = row_of("employment_three_cities", "pooled[y=paid]")
    assert row["equivalence_p"] == pytest.approx(max(sides), abs=1e-12)


@pytest.mark.parametrize(
    ("model", "total", "count", "years"),
    [
        ("kept", "n_kept", "n_employed", (2015, 2016, 2017, 2018)),
        ("employed", "n_employed", "n_persons", (2015, 2016, 2017, 2018, 2019)),
        ("paid", "n_salaried", "n_persons", (2015, 2016, 2017, 2018, 2019)),
        ("informal", "n_informal", "n_employed", (2015, 2016, 2017, 2018, 2019)),
    ],
)
def test_event_study_by_year(model: str, total: str, count: str, years: tuple[int, ...]) -> None:
    """Every year has the permutation p of its own coefficient, all years estimated together."""
    y, n, areas, columns = by_area(total, count, years)
    shown = [year for year in columns if year != 2016]
    paths = {}
    for members in combinations(range(len(areas)), 2):
        profiles = []
        for year in shown:
            profile = np.zeros_like(y)
            profile[list(members), columns.index(year)] = 1
            profiles.append(profile)
        paths[members] = coefficients(y, n, profiles)
    actual = paths[tuple(sorted(areas.index(code) for code in LIMA))]
    values = np.array(list(paths.values()))
    rows = [row for row in document_of("employment_event_study_lima")["rows"] if row["model"] == model]
    assert [row["event_time"] for row in rows] == [year - 2017 for year in shown]
    for place, row in enumerate(rows):
        assert row["estimate"] == pytest.approx(actual[place], abs=1e-9)
        p = np.mean(np.abs(values[:, place]) >= abs(actual[place]) * (1 - 1e-10))
        assert row["p_permutation"] == pytest.approx(p, abs=1e-12)


def test_the_year_before_is_not_shown_to_be_small() -> None:
    found = [t for t in document_of("employment_event_study_lima")["tests"] if t["test"] == "before"]
    assert {t["of"] for t in found} == {"kept", "employed", "paid", "informal"}
    assert all(t["p_value"] > 0.05 and t["verdict"] != "pass" for t in found)


def lima_points(stocks: dict[int, float], columns: list[int]) -> Floats:
    population = pd.read_csv(ROOT / "data" / "peru_population.csv", dtype={"department_code": str})
    of_2015 = population[population["year"] == 2015].set_index("department_code")["population_persons"]
    assert of_2015.sum() == 31151643  # what common/permit_dose.yaml takes for all of Peru
    share = 85 / (of_2015["15"] + of_2015["07"])
    return np.array([stocks[year] for year in columns]) * share


@pytest.mark.parametrize(
    ("model", "total", "count", "keep"),
    [
        ("wage", "sum_log_wage", "n_wage", "area == area"),
        ("wage_secondary", "sum_log_wage", "n_wage", "education == 'secondary'"),
        ("self", "sum_log_self_ge1200", "n_self_ge1200", "area == area"),
        ("employed", "n_employed", "n_persons", "area == area"),
        ("employed_low", "n_employed", "n_persons", "education == 'incomplete_secondary_or_less'"),
        ("employed_university", "n_employed", "n_persons", "education == 'university'"),
        ("informal", "n_informal", "n_employed", "area == area"),
    ],
)
def test_per_point_of_exposure(model: str, total: str, count: str, keep: str) -> None:
    """Mean of the stocks of 8,000, 110,000, 530,000 and 870,000 at the ends of the years."""
    stocks = {2015: 0.0, 2016: 8000 / 2, 2017: 118000 / 2, 2018: 640000 / 2, 2019: 1400000 / 2}
    y, n, areas, columns = by_area(total, count, tuple(stocks), keep=keep)
    found = all_sets(100 * y, n, 2, lima_points(stocks, columns))
    actual = tuple(sorted(areas.index(code) for code in LIMA))
    row = row_of("sister_studies_per_point", model, "treated:points")
    assert row["estimate"] == pytest.approx(found[actual], rel=1e-6)
    assert row["p_permutation"] == pytest.approx(share_beyond(found, actual), abs=1e-12)


def test_changes_of_the_same_persons() -> None:
    """First differences of persons on the change of exposure, year effects alone."""
    steps = {2015: 4000.0, 2016: 55000.0, 2017: 261000.0, 2018: 380000.0}
    y, n, areas, columns = by_area("n_change", "n_persons", tuple(steps))
    found = all_sets(100 * y, n, 2, lima_points(steps, columns), area_effects=False)
    actual = tuple(sorted(areas.index(code) for code in LIMA))
    row = row_of("employment_individual_panel", "per_point", "treated:step_lima")
    assert row["estimate"] == pytest.approx(found[actual], rel=1e-9)
    assert row["p_permutation"] == pytest.approx(share_beyond(found, actual), abs=1e-12)


@pytest.mark.parametrize(("model", "total", "count"), [
    ("groups_informal", "n_informal_kept", "n_informal"),
    ("groups_formal", "n_formal_kept", "n_formal"),
])  # fmt: skip
@pytest.mark.parametrize("group", [None, "sex=women", "sex=men;age_group=40-64"])
def test_informal_and_formal_columns(model: str, total: str, count: str, group: str | None) -> None:
    keep = "area == area"
    if group:
        keep = " and ".join("{} == '{}'".format(*one.split("=")) for one in group.split(";"))
    y, n, areas, columns = by_area(total, count, (2015, 2016, 2017, 2018), keep=keep)
    found = all_sets(y, n, 2, (np.array(columns) >= 2017).astype(float))
    actual = tuple(sorted(areas.index(code) for code in LIMA))
    row = row_of("employment_keepjob_lima", model, group=group)
    assert row["estimate"] == pytest.approx(found[actual], abs=1e-9)
    assert row["p_permutation"] == pytest.approx(share_beyond(found, actual), abs=1e-12)


def test_published_signs_and_the_size_of_the_group() -> None:
    """The paper prints signs and 2.9 per cent; ours is a share of the employed, computed from the file."""
    cells = pd.read_csv(ROOT / "data" / "peru_enaho_panel_cells.csv")
    cells = cells[cells["age_group"] != "65+"]
    low = cells.query(
        "sex == 'women' and age_group == '14-24' and education == 'incomplete_secondary_or_less'"
    )
    share = 100 * low["n_employed"].sum() / cells["n_employed"].sum()
    found = {
        (cell["table"], cell["group"]): cell for cell in document_of("employment_keepjob_lima")["published"]
    }
    size = found["group_of_all", None]
    assert size["printed"] == "2.9" and size["ours"] == pytest.approx(share, rel=1e-12)
    assert size["reason"]["en"].startswith("The paper calls")
    signs = [cell["verdict"] for (table, _), cell in found.items() if table == "printed_signs"]
    assert signs == ["sign_agrees", "sign_agrees"]


def test_contradicting_claims_stand_side_by_side() -> None:
    claims = {claim["claim"]: claim for claim in document_of("employment_keepjob_lima")["claims"]}
    assert {"young_women_low_education", "no_negative_effect_on_employment"} <= set(claims)
    assert "cannot both" not in claims["young_women_low_education"]["source"]["en"]
    assert "both cannot hold" in claims["no_negative_effect_on_employment"]["source"]["en"]


def test_sister_studies_print_abstracts_only() -> None:
    cells = document_of("sister_studies_per_point")["published"]
    assert {cell["evidence"] for cell in cells} == {"abstract"}
    printed = {cell["printed"] for cell in cells}
    assert printed == {"1.5", "-1", "-3.2", "-1.05", "-0.4", "-0.1", "-10", "n/a"}
    assert all(cell["verdict"] in ("differs", "not_available") for cell in cells)


@pytest.mark.slow
def test_lines_of_the_wage_curve() -> None:
    """Four lines by dummies on area-year means, and the doses from the published shares and populations."""
    curve = document_of("wages_spec_curve_lima")["speccurve"]
    lines = {
        (row["choices"]["treatment"], row["choices"]["sample"]): row["estimate"]
        for row in curve["rows"]
        if row["choices"]["outcome"] == "mean_log_wage" and row["choices"]["fe"] == "area and year"
    }
    population = pd.read_csv(ROOT / "data" / "peru_population.csv", dtype={"department_code": str})
    of_2015 = population[population["year"] == 2015].set_index("department_code")["population_persons"]
    lima = 85 / (of_2015["15"] + of_2015["07"])
    shares = {"13": 4.1, "04": 3.3, "02": 2.7}
    rest = 4.9 / (of_2015.sum() - of_2015[["15", "07", *shares]].sum())
    years = (2015, 2016, 2017, 2018, 2019)
    y, n, areas, columns = by_area("sum_log_wage", "n_wage", years)
    late = (np.array(columns) >= 2018).astype(float)

    def slope(dose: dict[str, float]) -> float:
        profile = np.array([[dose.get(area, 0.0)] for area in areas]) * late
        return float(coefficients(y, n, [profile])[0])

    zero = {"1501": 1.0, "07": 1.0} | {code: share / of_2015[code] / lima for code, share in shares.items()}
    spread = {area: rest / lima for area in areas if area not in zero and area != "1599"} | zero
    assert lines["metropolis", "all"] == pytest.approx(slope({"1501": 1, "07": 1}), abs=1e-9)
    assert lines["departments", "all"] == pytest.approx(slope({"1501": 1, "07": 1, "1599": 1}), abs=1e-9)
    assert lines["permits", "all"] == pytest.approx(slope(zero), abs=1e-9)
    assert lines["permits_spread", "all"] == pytest.approx(slope(spread), abs=1e-9)
