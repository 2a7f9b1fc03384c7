"""Listings through a whole run: other files, claims and published cells that read them, maps with outlines, verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from impact.core.errors import ImpactError
from impact.pipeline.finished.verify import verify_folder
from impact.pipeline.study import StudyOptions, run_study

SPEC = """
spec: 1
study: areas
language: [en, es]
data:
  main: {file: areas.csv, types: {code: text}}
  other: {file: other.csv}
derive: {double: 2 * x}
filter: {known: not missing(x)}
listings:
  by_area:
    by: code
    columns: {x: {sum: double}, r: r, c: c}
    derive: {half: x / 2}
    total: true
  elsewhere: {file: other, by: year, columns: {v: v}}
tables:
  areas: {listing: by_area, columns: {code: Code, x: {en: Sum, es: Suma}}}
figures:
  tiles: {kind: tile_map, listing: by_area, columns: {area: code, value: x, row: r, column: c}}
  outlines:
    kind: tile_map
    listing: by_area
    columns: {area: code, value: x}
    geometry: {file: areas.geojson, key: id}
published:
  paper:
    source: {text: "a paper", evidence: table}
    also:
      - {model: by_area, term: "15", stat: x, value: 12}
      - {model: by_area, term: total, stat: half, value: 9.5}
claims:
  more: {text: more, test: 'get("by_area", "15", "x") > get("elsewhere", "2018", "v")', about: number}
  less: {text: less, test: 'get("by_area", "07", "x") > get("by_area", "15", "x")', about: number}
  none: {text: none, test: 'get("elsewhere", "2020", "v") > 0', about: number}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "areas.csv").write_text(
        "code,x,r,c\n15,2,1,1\n15,4,1,1\n07,3,1,2\n24,,2,1\n", encoding="utf-8"
    )
    (tmp_path / "other.csv").write_text("year,v\n2018,10\n2019,20\n2020,\n", encoding="utf-8")
    square = [[0, 0], [1, 0], [1, 1], [0, 1]]
    shape = {"type": "Polygon", "coordinates": [square]}
    areas = [{"type": "Feature", "properties": {"id": "15"}, "geometry": shape}]
    outlines = {"type": "FeatureCollection", "features": areas}
    (tmp_path / "areas.geojson").write_text(json.dumps(outlines), encoding="utf-8")
    (tmp_path / "areas.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


def run(folder: Path, *, out: bool = False) -> Any:
    return run_study(str(folder / "areas.yaml"), StudyOptions(out=folder / "reports" if out else None))


def test_rows_of_the_sample_and_of_another_file(folder: Path) -> None:
    document = run(folder).document
    rows = {row["key"]: row["values"] for row in document["listings"]["by_area"]["rows"]}
    assert rows["15"] == {"code": "15", "x": 12, "r": 1, "c": 1, "half": 6}
    assert (rows["07"]["x"], rows["total"]["x"], rows["total"]["half"]) == (6, 18, 9)
    assert [row["values"]["v"] for row in document["listings"]["elsewhere"]["rows"]] == [10, 20, None]


def test_claims_and_published_cells_read_listings(folder: Path) -> None:
    document = run(folder).document
    assert {c["claim"]: c["state"] for c in document["claims"]} == {
        "more": "agrees", "less": "disagrees", "none": "cannot_tell",
    }  # fmt: skip
    assert "x of '15' in 'by_area' = 12.0" in document["claims"][0]["detail"]["en"]
    assert [(c["ours"], c["verdict"]) for c in document["published"]] == [(12.0, "equal"), (9.0, "close")]


def test_outlines_are_part_of_the_results_and_their_file_of_the_inputs(folder: Path) -> None:
    document = run(folder).document
    assert document["geometries"]["outlines"] == {"15": [[[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]]]}
    assert document["data"]["figures.outlines.geometry"]["file"] == "areas.geojson"
    (notice,) = [one for one in document["notices"] if one["code"] == "W502"]
    assert "07" in notice["message"]["en"]


def test_the_folder_and_its_verification(folder: Path) -> None:
    result = run(folder, out=True)
    files = {file.name for file in (folder / "reports" / "areas").rglob("*") if file.is_file()}
    assert {
        "areas.en.md",
        "areas.es.tex",
        "tiles.en.svg",
        "outlines.es.png",
        "tiles.csv",
        "report.es.html",
    } <= files
    page = (folder / "reports" / "areas" / "report.html").read_text(encoding="utf-8")
    assert "This study describes" in page
    assert result.document["answer"] is None
    verified = verify_folder(folder / "reports" / "areas")
    assert verified.differences == ()
    assert verified.n_inputs == 3


@pytest.mark.parametrize(
    ("old", "new", "code", "status"),
    [
        ("file: areas.geojson", "file: area.geojson", "E201", 4),
        ("key: id", "key: code", "E731", 4),
        ("{listing: by_area, columns: {code: Code", "{listing: by_areas, columns: {code: Code", "E732", 3),
        (
            "columns: {area: code, value: x, row: r, column: c}}",
            "columns: {area: code, value: y}}",
            "E733",
            3,
        ),
        ('get("by_area", "15", "x") > get("e', 'get("by_are", "15", "x") > get("e', "E416", 3),
        ("stat: half", "stat: halves", "E603", 3),
        ("x: {sum: double}, r: r", "x: {sum: doubles}, r: r", "E514", 3),
        ("by: code\n", "by: codes\n", "E733", 3),
        ("columns: {v: v}", "columns: {v: w}", "E514", 3),
    ],
)
def test_faults_have_their_code_and_status(folder: Path, old: str, new: str, code: str, status: int) -> None:
    text = SPEC.replace(old, new)
    assert text != SPEC
    (folder / "areas.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ImpactError) as error:
        run(folder)
    assert code in [found.code for found in error.value.faults]
    assert error.value.exit_status == status


def test_an_empty_file_and_one_row(folder: Path) -> None:
    text = SPEC.replace('"07", "x"', '"15", "x"')
    (folder / "areas.yaml").write_text(text, encoding="utf-8")
    (folder / "areas.csv").write_text("code,x,r,c\n15,1,1,1\n", encoding="utf-8")
    assert [row["key"] for row in run(folder).document["listings"]["by_area"]["rows"]] == ["15", "total"]
    (folder / "areas.csv").write_text("code,x,r,c\n", encoding="utf-8")
    with pytest.raises(ImpactError) as error:
        run(folder)
    assert error.value.exit_status == 4
