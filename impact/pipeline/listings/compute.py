"""The listings of a run, and the outlines of the maps that its figures draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import impact.data.paths as data_paths
from impact.core.errors import Notice
from impact.core.frames import Frame
from impact.core.listings import Listing
from impact.core.texts import notice
from impact.data.geometry import Geometry, read_geometry
from impact.data.listings import compute_listing
from impact.pipeline.sources import read_source
from impact.plan import Plan
from impact.schema.data_blocks import DataBlock
from impact.schema.expressions.tree import columns_of
from impact.schema.listings.requests import ListingRequest
from impact.schema.nodes import node_at
from impact.schema.shipped import folder_of


def compute_listings(plan: Plan, main: Frame) -> tuple[tuple[Listing, ...], tuple[Notice, ...]]:
    """Every listing of the plan.

    Arguments:
        main: the rows after the spec's filters.

    Raises:
        DataError, SpecError: as ``compute_listing``.
    """
    found: list[Listing] = []
    notices: list[Notice] = []
    for request in plan.listings:
        frame = _rows_of(plan, request, main)
        panel = None if request.file else plan.spec.panel
        listing, said = compute_listing(frame, request, params=plan.spec.params, panel=panel)
        found.append(listing)
        notices += said
    return tuple(found), tuple(notices)


def _rows_of(plan: Plan, request: ListingRequest, main: Frame) -> Frame:
    """The main sample, or another file as it is read."""
    if not request.file:
        return main
    source = next(one for one in plan.sources if one.name == request.file)
    wanted = {use.name for expression in request.expressions() for use in columns_of(expression)}
    return read_source(plan, source, {*wanted, *(name for name in request.by if name not in request.made)})


def read_geometries(plan: Plan) -> dict[str, Geometry]:
    """The outlines of areas that figures name, by the figure.

    Raises:
        DataError: E201 … a file that cannot be found, E730 one without outlines.
    """
    found: dict[str, Geometry] = {}
    for name, block in plan.spec.figures.items():
        if block.geometry is None:
            continue
        node = node_at(plan.resolved.tree, ("figures", name, "geometry"))
        place = (node or plan.resolved.tree).place
        folder = folder_of(place.file)
        data = DataBlock(file=block.geometry.file, root=block.geometry.root)
        roots = data_paths.collect_roots(_first_folder(plan, folder), plan.roots)
        located = data_paths.locate(data, folder=folder, roots=roots, place=place)
        found[name] = read_geometry(located, block.geometry.key, place=place)
    return found


def outline_notices(
    plan: Plan, listings: Sequence[Listing], geometries: Mapping[str, Geometry]
) -> tuple[Notice, ...]:
    """W502 for areas of a map that its outlines do not have."""
    found: list[Notice] = []
    known = {one.name: one for one in listings}
    for name, geometry in geometries.items():
        block = plan.spec.figures[name]
        column = block.columns.get("area", "area")
        areas = [str(row.values.get(column)) for row in known[str(block.listing)].rows if not row.is_total]
        lost = [area for area in dict.fromkeys(areas) if area not in geometry.areas]
        if lost:
            found.append(notice("W502", of=f"figures.{name}", areas=", ".join(lost)))
    return tuple(found)


def _first_folder(plan: Plan, folder: Path) -> Path:
    return plan.sources[0].folder if plan.sources else folder
