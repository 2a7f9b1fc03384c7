"""Ratios of rates of a spec: numbers from a listing or as written, per head and as shares; what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from impact.core.errors import ImpactError
from impact.pipeline.check import check_spec
from impact.pipeline.study import StudyOptions, run_study

HEAD = """
spec: 1
data: inmates.csv
listings:
  prison: {by: group, columns: {inmates: {sum: inmates}, persons: {sum: persons}}}
tests:
  ratio:
    kind: rate_ratio
"""
READ = """
    cases: get("prison", "v", "inmates")
    exposure: get("prison", "v", "persons")
    other_cases: get("prison", "o", "inmates")
    other_exposure: get("prison", "o", "persons")
"""


def spec(folder: Path, options: str) -> str:
    (folder / "inmates.csv").write_text(
        "group,inmates,persons\nv,20,50000\nv,28,59783\no,84269,31452347\n", encoding="utf-8"
    )
    (folder / "prison.yaml").write_text(HEAD + options, encoding="utf-8")
    return str(folder / "prison.yaml")


def finding(folder: Path, options: str) -> dict[str, Any]:
    document = run_study(spec(folder, options), StudyOptions(out=None)).document
    (found,) = document["tests"]
    return found


def test_per_head_from_a_listing(tmp_path: Path) -> None:
    found = finding(tmp_path, READ)
    exact = stats.binomtest(48, 48 + 84269).proportion_ci(0.95, method="exact")
    scale = 31452347 / 109783
    assert found["statistic"] == pytest.approx((48 / 109783) / (84269 / 31452347))
    assert found["ci_low"] == pytest.approx(exact.low / (1 - exact.low) * scale, rel=1e-7)
    assert found["ci_high"] == pytest.approx(exact.high / (1 - exact.high) * scale, rel=1e-7)
    assert found["details"]["rate"] == pytest.approx(43.7226, abs=1e-4)
    assert found["details"]["other_rate"] == pytest.approx(267.9259, abs=1e-4)
    assert "48 of 109,783 against 84,269 of 31,452,347" in found["details"]["sentences"]["en"]
    assert "frente a" in found["details"]["sentences"]["es"]


def test_share_is_the_proportion_over_its_population_share(tmp_path: Path) -> None:
    found = finding(tmp_path, READ + "    measure: share\n")
    population = 109783 / (109783 + 31452347)
    exact = stats.binomtest(48, 84317, population)
    interval = exact.proportion_ci(0.95, method="exact")
    assert found["statistic"] == pytest.approx(48 / 84317 / population)
    assert found["ci_low"] == pytest.approx(interval.low / population, rel=1e-7)
    assert found["ci_high"] == pytest.approx(interval.high / population, rel=1e-7)
    assert found["p_value"] < 1e-50


def test_numbers_as_written_and_equal_rates(tmp_path: Path) -> None:
    found = finding(
        tmp_path,
        "    cases: 10\n    exposure: 1000\n    other_cases: 20\n    other_exposure: 2000\n    per: 100\n",
    )
    assert found["statistic"] == pytest.approx(1.0)
    assert found["p_value"] == pytest.approx(1.0)
    assert found["ci_low"] < 1 < found["ci_high"]
    assert found["details"]["rate"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("    cases: 1.5\n    exposure: 10\n    other_cases: 1\n    other_exposure: 10\n", "1.5 is no count"),
        ("    cases: -1\n    exposure: 10\n    other_cases: 1\n    other_exposure: 10\n", "-1 is no count"),
        (
            "    cases: 1\n    exposure: 0\n    other_cases: 1\n    other_exposure: 10\n",
            "nothing to count over",
        ),
        ("    cases: 0\n    exposure: 10\n    other_cases: 0\n    other_exposure: 10\n", "not one case"),
    ],
)
def test_numbers_that_give_no_ratio(tmp_path: Path, options: str, words: str) -> None:
    result = run_study(spec(tmp_path, options), StudyOptions(out=None))
    (found,) = result.document["tests"]
    assert found["verdict"] == "fail"
    assert words in found["sentence"]


def test_a_missing_row_of_the_listing(tmp_path: Path) -> None:
    options = READ.replace('"v", "inmates"', '"nobody", "inmates"')
    result = run_study(spec(tmp_path, options), StudyOptions(out=None))
    assert result.document["tests"][0]["verdict"] == "fail"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (READ.replace('get("prison", "v", "inmates")', 'get("prisons", "v", "inmates")'), "E416"),
        (READ.replace('"v", "inmates"', '"v", "inmate"'), "E416"),
        (READ.replace('get("prison", "v", "inmates")', "inmates"), "E416"),
        (READ + "    measure: per_capita\n", "E105"),
        (READ.replace("    cases", "    case"), "E102"),
        ("    cases: 1\n", "E103"),
        (READ + "    of: m\nmodels: {m: inmates ~ persons}\n", "E733"),
    ],
)
def test_faults_before_any_data(tmp_path: Path, options: str, code: str) -> None:
    faults, status = check_spec(spec(tmp_path, options))
    assert code in [found.code for found in faults]
    assert status == 3
    assert all(found.place is not None and found.place.line for found in faults)
    with pytest.raises(ImpactError):
        run_study(spec(tmp_path, options), StudyOptions(out=None))
