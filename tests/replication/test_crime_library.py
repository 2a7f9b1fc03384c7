"""Crime, refugees, profile and policy on the shipped files: figures known from elsewhere, or counted a second way.

Oracles: sums and ratios computed here from the csv files with the csv module, the derived numbers of the reference
(Table 2: 46.0, 3.6, 0.6, 0.3, 0.3, 2.5, 100.5, 59.1; 0.92 % cumulative), dense least squares for the estimates.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from impact.core.errors import DataError
from impact.pipeline.check import check_spec
from impact.pipeline.study import StudyOptions, run_study

from .enaho_persons import write_persons

ROOT = Path(__file__).resolve().parents[2]
SPECS = (
    "crime_complaints_pretrends", "crime_police_kinds", "crime_prison_ratio", "crime_national_series",
    "crime_victimization_lima", "refugees_applications", "refugees_processing_lag", "profile_table1",
    "policy_timeline", "migrant_share", "migrants_conditions",
)  # fmt: skip


def rows(name: str) -> list[dict[str, str]]:
    with (ROOT / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def document_of(name: str, **options: Any) -> dict[str, Any]:
    return run_study(str(ROOT / "specs" / f"{name}.yaml"), StudyOptions(out=None, jobs=2, **options)).document


def listing(document: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    return {row["key"]: row["values"] for row in document["listings"][name]["rows"]}


def states(document: dict[str, Any]) -> dict[str, str]:
    return {claim["claim"]: claim["state"] for claim in document["claims"]}


@pytest.mark.parametrize("name", [*SPECS, "profile_table1_persons"])
def test_each_spec_says_what_it_asks(name: str) -> None:
    text = (ROOT / "specs" / f"{name}.yaml").read_text(encoding="utf-8")
    for key in ("title:", "question:", "source:", "data:", "tables:"):
        assert f"\n{key}" in text, key
    roots = {"enaho": ROOT / "data"} if name.endswith("persons") else None
    faults, _ = check_spec(
        str(ROOT / "specs" / f"{name}.yaml"), depth="none" if roots else "headers", roots=roots
    )
    assert faults == []


def test_refugee_applications() -> None:
    found = document_of("refugees_applications")
    table = listing(found, "table2")
    per_100 = [round(table[str(year)]["per_100"], 1) for year in range(2015, 2023)]
    assert per_100 == [46.0, 3.6, 0.6, 0.3, 0.3, 2.5, 100.5, 59.1]
    assert (table["total"]["submitted"], table["total"]["accepted"]) == (537087, 4959)
    assert round(table["2022"]["per_100_so_far"], 2) == 0.92
    assert states(found) == {"decreased_to_2019": "agrees", "decreased_to_2022": "disagrees"}


def test_lags_by_hand_and_nothing_told_apart() -> None:
    found = document_of("refugees_processing_lag")
    counts = {
        int(r["year"]): (int(r["submitted"]), int(r["accepted"])) for r in rows("peru_refugee_applications")
    }
    delays = listing(found, "delays")
    for year in range(2017, 2023):
        assert delays[str(year)]["per_100_2"] == pytest.approx(100 * counts[year][1] / counts[year - 2][0])
    years = range(2016, 2022)
    slope = np.polyfit([counts[y - 1][0] / 1000 for y in years], [counts[y][1] for y in years], 1)[0]
    row = next(r for r in found["rows"] if r["model"] == "one" and r["term"] == "thousands_1")
    assert row["estimate"] == pytest.approx(slope)
    assert row["n_obs"] == 6
    assert {r["verdict"] for r in found["rows"] if r.get("verdict")} == {"inconclusive"}
    assert all(r["mde80"] > 0 for r in found["rows"] if r.get("verdict"))


def test_policy_calendar() -> None:
    """Openings and tightenings counted by the csv module; 42 days of the passport rule; the turn of 2018."""
    found = document_of("policy_timeline")
    acts = [r for r in rows("peru_policy_calendar") if r["date"] >= "2017"]
    years = listing(found, "years")
    for year in range(2017, 2022):
        own = [r["direction"] for r in acts if r["date"].startswith(str(year))]
        assert (years[str(year)]["openings"], years[str(year)]["tightenings"]) == (
            own.count("opening"),
            own.count("tightening"),
        )
    assert years["total"]["openings"] + years["total"]["tightenings"] == len(acts) == 22
    assert listing(found, "precision")["day"]["acts"] == sum(r["date_precision"] == "day" for r in acts) == 16
    assert listing(found, "calendar")["P08"]["index"] == 8
    assert states(found) == {"turn_of_2018": "agrees"}
    assert {r["eligible_entry_by"] for r in listing(found, "permits").values()} >= {
        "2017-02-02",
        "2017-07-31",
        "2018-10-31",
    }


def test_profile() -> None:
    found = document_of("profile_table1")
    table = listing(found, "table1")
    assert [(r["native"], r["migrant"]) for r in table.values()] == [
        (52, 51), (79, 98), (21, 2), (32, 69), (64, 73), (94, 93), (6, 7), (81, 83),
    ]  # fmt: skip
    assert states(found) == {"one_base_of_employment": "agrees", "lima_share_is_75": "disagrees"}


def test_profile_from_persons(tmp_path: Path) -> None:
    """Weighted shares, and the linearised error of a difference of two ratios summed by cluster within strata."""
    file = write_persons(tmp_path, clusters=60, per_cluster=12)
    document = document_of("profile_table1_persons", roots={"enaho": tmp_path})
    with file.open(encoding="utf-8") as handle:
        persons = list(csv.DictReader(handle))
    w = np.array([float(p["factor"]) for p in persons])
    m = np.array([float(p["migrant"]) for p in persons])
    y = 100 * np.array([float(p["p207"] == "2") for p in persons])
    means = [float(np.sum(w * y * (m == g)) / np.sum(w * (m == g))) for g in (0, 1)]
    found = {r["term"]: r for r in document["rows"] if r["model"] == "women"}
    assert [found[f"female[migrant={g}]"]["estimate"] for g in (0, 1)] == pytest.approx(means)
    scores = sum(s * w * (m == g) * (y - means[g]) / np.sum(w * (m == g)) for g, s in ((0, -1), (1, 1)))
    totals: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for person, score in zip(persons, scores, strict=True):
        totals[person["estrato"]][person["conglome"]] += float(score)
    variance = sum(np.var(list(t.values()), ddof=1) * len(t) for t in totals.values())
    assert found["female[migrant=1 - 0]"]["std_error"] == pytest.approx(np.sqrt(variance))
    assert len(document["published"]) == 12
    assert document["published"][0]["printed"] == "52"


def test_profile_without_the_file() -> None:
    with pytest.raises(DataError) as error:
        document_of("profile_table1_persons")
    assert error.value.exit_status == 4
    assert "ENAHO" in error.value.faults[0].message


def test_prison_ratio() -> None:
    found = document_of("crime_prison_ratio")
    tests = {one["test"]: one for one in found["tests"]}
    people = sum(int(r["population_persons"]) for r in rows("peru_population") if r["year"] == "2018")
    assert people == 31562130
    share = 109783 / people
    exact = stats.binomtest(48, 84317).proportion_ci(0.95, method="exact")
    assert tests["share_2018"]["statistic"] == pytest.approx(48 / 84317 / share)
    assert tests["share_2018"]["ci_low"] == pytest.approx(exact.low / share, rel=1e-7)
    assert tests["share_2018"]["ci_high"] == pytest.approx(exact.high / share, rel=1e-7)
    assert tests["per_head_2018"]["statistic"] == pytest.approx(
        (48 / 109783) / ((84317 - 48) / (people - 109783))
    )
    types = listing(found, "types")
    assert (types["robbery_theft"]["ratio"], types["homicide"]["ratio"]) == (pytest.approx(95 / 87), 0.5)
    assert states(found)["one_ratio_for_all_types"] == "disagrees"
    assert all(one["verdict"] == "note" for one in found["tests"])


def test_national_series() -> None:
    found = document_of("crime_national_series")
    groups, police = listing(found, "groups"), listing(found, "police")
    assert [groups[str(year)]["all"] for year in range(2011, 2018)] == [
        240438, 271813, 299474, 326578, 349323, 355876, 399869,
    ]  # fmt: skip
    assert (police["2018"]["complaints"], police["2022"]["complaints"]) == (524261, 630275)
    assert states(found)["one_series_of_complaints"] == "disagrees"


def test_complaints_before_the_arrivals() -> None:
    """The estimate and its permutation p from dummy-variable least squares over all 300 pairs of departments."""
    found = document_of("crime_complaints_pretrends")
    row = next(r for r in found["rows"] if r["model"] == "main" and r["term"] == "exposed")
    data = [r for r in rows("peru_crime_complaints_2007_2017") if int(r["year"]) >= 2011]
    codes = sorted({r["department_code"] for r in data})
    table = np.zeros((len(codes), 7))
    for r in data:
        table[codes.index(r["department_code"]), int(r["year"]) - 2011] = np.log(
            float(r["crime_complaints_count"])
        )
    change = table[:, 6] - table[:, :6].mean(axis=1)

    def effect(pair: tuple[int, ...]) -> float:
        inside = np.isin(np.arange(len(codes)), pair)
        return float(change[inside].mean() - change[~inside].mean())

    actual = effect((codes.index("07"), codes.index("15")))
    everything = [abs(effect(pair)) for pair in combinations(range(len(codes)), 2)]
    assert row["estimate"] == pytest.approx(actual)
    assert row["p_permutation"] == pytest.approx(
        np.mean([one >= abs(actual) * (1 - 1e-10) for one in everything])
    )
    assert row["verdict"] == "inconclusive"
    assert row["mde80"] > 0
    assert states(found) == {"no_effect_on_crime": "cannot_tell"}


def test_shares_and_conditions() -> None:
    share = document_of("migrant_share")
    assert states(share) == {
        "million_in_lima": "agrees", "stock_of_2016": "disagrees", "stock_of_2017": "agrees",
        "just_over_35_in_2020": "agrees",
    }  # fmt: skip
    own = document_of("migrants_conditions")
    assert listing(own, "pairs")["food"]["second"] == pytest.approx(0.672 * 92)
    known = states(own)
    assert (known["food"], known["insurance"], known["employed"]) == (
        "disagrees",
        "cannot_tell",
        "cannot_tell",
    )


@pytest.mark.slow
def test_kinds_of_complaints() -> None:
    """Poisson estimate by the closed form of two periods: every department its own two counts and its offset."""
    found = document_of("crime_police_kinds")
    rates = listing(found, "rates")
    people = {
        (r["department_code"], r["year"]): int(r["population_persons"]) for r in rows("peru_population")
    }
    data = [r for r in rows("peru_police_complaints_2018_2025") if r["year"] == "2019"]
    capital = [r for r in data if r["department_code"] in ("07", "15")]
    expected = (
        1e5
        * sum(int(r["theft_count"]) for r in capital)
        / sum(people[r["department_code"], "2019"] for r in capital)
    )
    assert rates["capital;2019"]["theft_rate"] == pytest.approx(expected)
    assert {
        r["verdict"] for r in found["rows"] if r["model"].startswith("main[") and "row=" not in r["model"]
    } == {"inconclusive"}
