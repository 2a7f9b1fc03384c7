"""Outlines of areas: GeoJSON as RFC 7946 has it, and files that are something else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from impact.core.errors import DataError
from impact.data.geometry import read_geometry
from impact.data.paths import Located

SQUARE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
HOLE = [[0.2, 0.2], [0.4, 0.2], [0.4, 0.4], [0.2, 0.2]]


def feature(code: Any = "15", kind: str = "Polygon", coordinates: Any = None) -> dict[str, Any]:
    shape = {"type": kind, "coordinates": [SQUARE, HOLE] if coordinates is None else coordinates}
    return {"type": "Feature", "properties": {"code": code, "name": "Lima"}, "geometry": shape}


def located(folder: Path, value: Any) -> Located:
    path = folder / "areas.geojson"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return Located(path, "areas.geojson")


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def test_polygons_with_holes_and_areas_of_several_parts(tmp_path: Path) -> None:
    far = [[[x + 5, y] for x, y in SQUARE]]
    file = located(tmp_path, collection(feature(), feature(7, "MultiPolygon", [[SQUARE], far])))
    found = read_geometry(file, "code")
    assert list(found.areas) == ["15", "7"]
    assert [len(rings) for rings in found.areas["15"]] == [2]
    assert found.areas["7"][1][0][0] == (5.0, 0.0)
    assert found.facts["sha256"] == hashlib.sha256(file.path.read_bytes()).hexdigest()
    assert (found.facts["file"], found.facts["rows"]) == ("areas.geojson", 2)


def test_points_are_rounded_to_what_a_page_can_show(tmp_path: Path) -> None:
    near = [[0, 0], [0.00001, 0.00001], [1, 0], [1.000049, 1]]
    found = read_geometry(located(tmp_path, collection(feature(coordinates=[near]))), "code")
    assert found.areas["15"] == ((((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),),)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "E730"),
        ("not json", "E730"),
        ([1, 2], "E730"),
        ({"type": "FeatureCollection"}, "E730"),
        (collection(), "E730"),
        (collection(feature(kind="Point", coordinates=[0, 0])), "E730"),
        (collection({"type": "Feature", "properties": {"code": "1"}, "geometry": None}), "E730"),
        (collection(feature(coordinates=[[[0, 0], [1, 1]]])), "E730"),
        (collection(feature(coordinates=[[[0, "a"], [1, 1], [2, 2]]])), "E730"),
        (collection(feature(coordinates=[[[280000.0, 8660000.0], [1, 1], [2, 2]]])), "E730"),
        (collection(feature(coordinates=7)), "E730"),
        (collection(feature(None)), "E731"),
        (collection(feature(1.5)), "E731"),
        (collection({"type": "Feature", "properties": None, "geometry": None}), "E731"),
        (collection("x"), "E731"),
    ],
)
def test_what_is_no_outline_is_refused(tmp_path: Path, value: Any, code: str) -> None:
    with pytest.raises(DataError) as error:
        read_geometry(located(tmp_path, value), "code")
    assert [found.code for found in error.value.faults] == [code]


def test_an_unknown_key_has_the_nearest_one_beside_it(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read_geometry(located(tmp_path, collection(feature())), "cod")
    (found,) = error.value.faults
    assert (found.code, found.suggestion) == ("E731", "code")
