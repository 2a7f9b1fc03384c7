"""Listings and outlines of maps as parts of the results document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from impact.core.listings import Listing
from impact.data.geometry import Geometry


def listing_entries(listings: Sequence[Listing]) -> dict[str, dict[str, Any]]:
    """Name → the listing as plain data: columns, and rows with their key, values and rows of data behind them."""
    return {
        one.name: {
            "by": list(one.by),
            "columns": list(one.columns),
            "digits": dict(one.digits),
            "title": dict(one.title) or None,
            "total": dict(one.total) or None,
            "rows": [
                {
                    "key": row.key,
                    "values": dict(row.values),
                    "n": row.n,
                    "is_total": row.is_total,
                    "is_hidden": row.is_hidden,
                }
                for row in one.rows
            ],
        }
        for one in listings
    }


def geometry_entries(geometries: Mapping[str, Geometry]) -> dict[str, dict[str, Any]]:
    """Figure → areas and their rings, as plain data."""
    return {
        name: {area: [[list(map(list, ring)) for ring in rings] for rings in polygons]
               for area, polygons in one.areas.items()}
        for name, one in geometries.items()
    }  # fmt: skip


def geometry_files(geometries: Mapping[str, Geometry]) -> dict[str, dict[str, object]]:
    """The files of outlines beside the data files of the results."""
    return {f"figures.{name}.geometry": dict(one.facts) for name, one in geometries.items()}
