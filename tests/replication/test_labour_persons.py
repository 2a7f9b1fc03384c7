"""Formal and informal wages, and the same persons over the years, on the persons of the panel, computed apart.

Oracle: pandas means and numpy least squares on dummies or on data without the means of persons. The file with the
persons may not ship: tests that need it are skipped where it is absent, the refusal without it is not.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import impact.cli.main as command_line
from impact.pipeline.study import StudyOptions, run_study

ROOT = Path(__file__).resolve().parents[2]
PLACES = (ROOT.parent / "shared" / "data", ROOT / "data")
FILE = "enaho_panel_2015_2020.parquet"
FOLDER = next((place for place in PLACES if (place / FILE).is_file()), None)
NAMES = ("wages_three_cities_persons", "employment_individual_persons")
absent = pytest.mark.skipif(FOLDER is None, reason="the persons of the panel are not on this machine")


@cache
def document_of(name: str) -> dict[str, Any]:
    options = StudyOptions(out=None, jobs=2, roots={"enaho": str(FOLDER)})
    return run_study(str(ROOT / "specs" / f"{name}.yaml"), options).document


def row_of(name: str, model: str) -> dict[str, Any]:
    (row,) = [row for row in document_of(name)["rows"] if (row["model"], row["term"]) == (model, "exposed")]
    return row


@cache
def persons() -> pd.DataFrame:
    frame = pd.read_parquet(Path(str(FOLDER)) / FILE)
    frame = frame[frame["p208a"].between(14, 64) & (frame["estrato"] <= 5)]
    code = frame["ubigeo"].str[:2]
    lima = np.where(frame["dominio"] == 8, "1501", "1599")
    person = frame[["conglome", "vivienda", "hogar", "codperso"]].agg("-".join, axis=1)
    return frame.assign(
        area=np.where(code == "15", lima, code), person=person + frame["p207"].astype(str)
    ).reset_index(drop=True)


@pytest.mark.parametrize("name", NAMES)
def test_without_the_file_the_spec_says_what_to_get(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 4, the file by name, where it is had and how to point at it."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("IMPACT_ROOT_ENAHO", raising=False)
    with pytest.raises(SystemExit) as left:
        command_line.main(["run", f"specs/{name}.yaml"])
    assert left.value.code == 4
    said = " ".join(capsys.readouterr().err.split())
    assert FILE in said and "--root enaho=" in said and "INEI" in said


@absent
@pytest.mark.parametrize(("kind", "code"), [("formal", 2), ("informal", 1)])
@pytest.mark.parametrize(
    ("city", "treated"), [("lima", ["1501"]), ("piura", ["20"]), ("pooled", ["1501", "04", "20"])]
)
def test_wages_of_formal_and_informal_employees(kind: str, code: int, city: str, treated: list[str]) -> None:
    frame = persons()
    receiving = {"1501", "07", "04", "20", "13", "02", "24"} - set(treated)
    frame = frame[(frame["i524a1"] > 0) & (frame["ocupinf"] == code) & ~frame["area"].isin(receiving)]
    cells = (
        np.log(frame["i524a1"]).groupby([frame["area"], frame["year"]]).agg(["mean", "size"]).reset_index()
    )
    areas, area = np.unique(cells["area"], return_inverse=True)
    years, year = np.unique(cells["year"].to_numpy(dtype=int), return_inverse=True)
    root = np.sqrt(cells["size"].to_numpy(dtype=float))
    fixed = np.hstack([np.eye(len(areas))[area], np.eye(len(years))[year][:, 1:]])

    def coefficient(members: tuple[int, ...]) -> float:
        x = np.column_stack([np.isin(area, members) & (years[year] >= 2018), fixed]).astype(float)
        return float(np.linalg.lstsq(x * root[:, None], cells["mean"].to_numpy() * root, rcond=None)[0][0])

    actual = coefficient(tuple(np.flatnonzero(np.isin(areas, treated))))
    every = np.array([coefficient(one) for one in combinations(range(len(areas)), len(treated))])
    row = row_of("wages_three_cities_persons", f"{city}[y={kind}]")
    assert row["n_obs"] == len(frame)
    assert row["estimate"] == pytest.approx(actual, abs=1e-9)
    assert row["p_permutation"] == pytest.approx(float(np.mean(np.abs(every) >= abs(actual) * (1 - 1e-10))))


@absent
def test_formal_and_informal_make_up_the_wages_of_the_sums() -> None:
    """The persons behind panel A of the shipped sums, split in two."""
    sums = run_study(str(ROOT / "specs" / "wages_three_cities.yaml"), StudyOptions(out=None, jobs=2)).document
    for city in ("lima", "arequipa", "piura", "pooled"):
        both = [
            row_of("wages_three_cities_persons", f"{city}[y={kind}]")["n_obs"]
            for kind in ("formal", "informal")
        ]
        (row,) = [r for r in sums["rows"] if (r["model"], r["term"]) == (f"{city}[y=wage]", "exposed")]
        assert sum(both) == row["n_obs"]


@absent
@pytest.mark.parametrize("model", ["main", "informal", "wage"])
def test_the_same_persons_over_the_years(model: str) -> None:
    """Person means taken out by alternating projections of pandas; the slope by least squares on year dummies."""
    frame = persons()
    y = {
        "main": frame["ocupinf"].notna().astype(float),
        "informal": (frame["ocupinf"] == 1).astype(float).where(frame["ocupinf"].notna()),
        "wage": np.log(frame["i524a1"].where(frame["i524a1"] > 0)),
    }[model]
    known = y.notna()
    frame, y = frame[known], y[known].astype(float)
    seen = frame.groupby("person")["year"].transform("size") > 1
    frame, y = frame[seen], y[seen]
    exposed = (frame["area"].isin(["1501", "07"]) & (frame["year"] >= 2018)).astype(float)
    columns = pd.concat([y, exposed, pd.get_dummies(frame["year"]).astype(float).iloc[:, 1:]], axis=1)
    within = (columns - columns.groupby(frame["person"]).transform("mean")).to_numpy()
    slope = np.linalg.lstsq(within[:, 1:], within[:, 0], rcond=None)[0][0]
    row = row_of("employment_individual_persons", model)
    assert row["n_obs"] == len(frame)
    assert row["estimate"] == pytest.approx(slope, abs=1e-8)
    assert row["verdict"] == "inconclusive"
