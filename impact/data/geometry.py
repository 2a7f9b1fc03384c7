"""Outlines of areas for maps: polygons of a GeoJSON file (RFC 7946), by a property of each feature."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from impact.core.errors import DataError, Fault, Place
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.data.fingerprint import file_sha256
from impact.data.paths import Located

Ring = tuple[tuple[float, float], ...]
# decimals of a degree that a page can show: about ten metres
DECIMALS = 4
MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Geometry:
    """Areas of a file.

    Arguments:
        areas: value of the key → polygons, each its rings (the outer one first) of longitude and latitude.
        facts: of the file, for the results: path as written, checksum, bytes, areas.
    """

    areas: Mapping[str, tuple[tuple[Ring, ...], ...]]
    facts: Mapping[str, object]


def read_geometry(located: Located, key: str, *, place: Place | None = None) -> Geometry:
    """The polygons of a GeoJSON file by the text of one property.

    Raises:
        DataError: E730 not GeoJSON, no polygons, points that are no degrees; E731 a property that it lacks.
    """
    size = located.path.stat().st_size
    if size > MAX_BYTES:
        raise DataError(_unfit(located, f"it has {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f}", place))
    try:
        value = json.loads(located.path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        raise DataError(_unfit(located, str(error), place)) from None
    features = value.get("features") if isinstance(value, dict) else None
    if not isinstance(features, list) or not features:
        raise DataError(_unfit(located, "it holds no list of features", place))
    areas: dict[str, list[tuple[Ring, ...]]] = {}
    for number, feature in enumerate(features, start=1):
        name = _name(located, feature, key, number, place)
        for polygon in _polygons(located, feature, number, place):
            areas.setdefault(name, []).append(polygon)
    facts = {
        "file": located.shown,
        "sha256": file_sha256(located.path),
        "bytes": size,
        "rows": len(areas),
    }
    return Geometry({name: tuple(found) for name, found in sorted(areas.items())}, facts)


def _unfit(located: Located, problem: str, place: Place | None) -> Fault:
    return fault("E730", place=place, file=located.shown, problem=problem)


def _name(located: Located, feature: Any, key: str, number: int, place: Place | None) -> str:
    """The value of the key as text.

    Raises:
        DataError: E731.
    """
    given = feature.get("properties") if isinstance(feature, dict) else None
    properties: dict[str, Any] = given if isinstance(given, dict) else {}
    known = list(properties)
    value = properties.get(key)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise DataError(
            fault(
                "E731", place=place, suggestion=nearest(key, known), file=located.shown, key=key,
                number=number, known=", ".join(known) or "-",
            )
        )  # fmt: skip
    return str(value)


def _polygons(
    located: Located, feature: Mapping[str, Any], number: int, place: Place | None
) -> Iterator[tuple[Ring, ...]]:
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(geometry, dict):
        problem = f"feature {number} is {kind or 'without a geometry'}, not Polygon or MultiPolygon"
        raise DataError(_unfit(located, problem, place))
    written: Any = geometry.get("coordinates")
    listed: Any = [written] if kind == "Polygon" else written
    try:
        for polygon in listed or ():
            yield tuple(_ring(ring) for ring in polygon)
    except (TypeError, ValueError, IndexError) as error:
        raise DataError(_unfit(located, f"feature {number}: {error}", place)) from None


def _ring(points: Sequence[Sequence[float]]) -> Ring:
    """A closed line of longitudes and latitudes, rounded to what a page can show.

    Raises:
        ValueError: fewer than three points, or points that are no degrees.
    """
    found = [(float(point[0]), float(point[1])) for point in points]
    if len(found) < 3:
        raise ValueError("a ring has fewer than three points")
    for x, y in found:
        if not (math.isfinite(x) and math.isfinite(y) and abs(x) <= 360 and abs(y) <= 90):
            raise ValueError(f"({x}, {y}) is no longitude and latitude in degrees")
    rounded = [(round(x, DECIMALS), round(y, DECIMALS)) for x, y in found]
    return tuple(point for place, point in enumerate(rounded) if place == 0 or point != rounded[place - 1])
