"""Map of a value by area: a grid of equal tiles, or the areas' outlines where a geometry file is given.

Every area carries its label and its number, so that the map can be read without colours; darker is more. Areas
without a value are hatched. Outlines are drawn as they are, longitude shortened by the cosine of the middle latitude.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import text
from impact.outputs._document import Document, label_of, level_label, made_up, said, unique
from impact.outputs._listed import Listed, cannot_draw, listed_for, listing_of, numbers
from impact.outputs._numbers import decimal_text
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.style import FAINT, INK, SOFT, Drawing, Plan, drawing, files_of_kind
from impact.schema.display import FigureBlock

COLUMNS = ("panel", "area", "label", "row", "column", "value")
# one hue from nearly white to the darkest blue of the palette: lightness alone orders the values
_SHADES = LinearSegmentedColormap.from_list("shades", ["#eef5fa", "#9ecae8", "#3a8fc7", "#0072B2", "#00436b"])
_DARK = 0.5
TILE = 0.94
PANEL_WIDTH, OUTLINE_WIDTH = 3.9, 5.4
# share of the largest area below which a label stands beside its area
TINY = 0.003


@dataclass(frozen=True, slots=True)
class _Area:
    """One area of one panel: where it stands on the grid (None with outlines), its value and words."""

    panel: str
    name: str
    label: str
    value: float | None
    row: int | None
    column: int | None
    shown: str


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E732, E733 as ``listed_for``; E734 values that are no numbers, tiles without a place or shared by
            two areas, no value at all.
    """
    listed = listed_for(name, block, document, language)
    outlines = (document.get("geometries") or {}).get(name)
    digits = _digits(listed, block, document, request)
    areas = _areas(name, listed, document, digits, language, on_grid=outlines is None)
    values = [area.value for area in areas if area.value is not None]
    if not values:
        raise OutputError(cannot_draw(name, listed.roles["value"], "—"))
    norm = Normalize(min(values), max(values) if max(values) > min(values) else min(values) + 1.0)
    panels = unique(area.panel for area in areas)
    what = label_of(document, listed.roles["value"], language)

    def paint(canvas: Figure) -> None:
        grid = canvas.subplots(1, len(panels), squeeze=False)[0]
        for axes, panel in zip(grid, panels, strict=True):
            inside = [area for area in areas if area.panel == panel]
            (_outlined if outlines is not None else _tiled)(axes, inside, norm, outlines or {})
            axes.set_axis_off()
            if panel:
                axes.set_title(_panel_title(document, listed, panel, language), fontsize=9, loc="left")
        _keys(canvas, list(grid), norm, said(block.xlabel, language) or what)
        if any(area.value is None for area in areas):
            words = text("figure.map.missing", language)
            patch = Patch(facecolor="white", edgecolor=FAINT, hatch="////", label=words)
            canvas.legend(handles=[patch], loc="outside upper right")

    plan = Plan(
        draw=paint,
        size=_size(len(panels), outlined=outlines is not None),
        columns=COLUMNS,
        data=[
            {
                "panel": a.panel or None,
                "area": a.name,
                "label": a.label,
                "row": a.row,
                "column": a.column,
                "value": a.value,
            }
            for a in areas
        ],
        title=said(block.title, language) or text("figure.title.tile_map", language, value=what),
        sentence=_sentence(what, areas, digits, language),
    )
    return drawing(name, plan, note=made_up(document, language))


def _size(panels: int, *, outlined: bool) -> tuple[float, float]:
    """Inches: outlines need more room for their labels than tiles."""
    return (OUTLINE_WIDTH * panels, 7.4) if outlined else (max(4.6, PANEL_WIDTH * panels), 5.6)


def _keys(canvas: Figure, grid: list[Axes], norm: Normalize, what: str) -> None:
    """The scale of the shades below the maps."""
    bar = canvas.colorbar(
        ScalarMappable(norm, _SHADES), ax=grid, orientation="horizontal", shrink=0.6, aspect=34, pad=0.02
    )
    bar.set_label(what)
    bar.outline.set_visible(False)


def _digits(listed: Listed, block: FigureBlock, document: Document, request: OutputRequest) -> int:
    entry = listing_of(listed.name, block.listing, document)
    own = entry["digits"].get(listed.roles["value"])
    values = [listed.value(row, "value") for row in listed.rows]
    whole = all(isinstance(value, int) for value in values if value is not None)
    if own is not None:
        return int(own)
    return 0 if whole else request.outputs.digits


def _areas(
    name: str, listed: Listed, document: Document, digits: int, language: str, *, on_grid: bool
) -> list[_Area]:
    values = numbers(name, listed, "value")
    places = {
        role: numbers(name, listed, role) if role in listed.roles else None for role in ("row", "column")
    }
    found: list[_Area] = []
    taken: dict[tuple[str, int, int], str] = {}
    for number, row in enumerate(listed.rows):
        area, panel = (_named(listed.value(row, role)) for role in ("area", "panel"))
        label = listed.value(row, "label")
        shown = (
            str(label) if label is not None else level_label(document, listed.roles["area"], area, language)
        )
        spot: tuple[int | None, int | None] = (None, None)
        if on_grid:
            spot = _spot(name, places, number, area)
            key = (panel, int(spot[0] or 0), int(spot[1] or 0))
            if key in taken:
                raise OutputError(cannot_draw(name, "row, column", f"{taken[key]} / {area}"))
            taken[key] = area
        value = values[number]
        found.append(_Area(panel, area, shown, value, *spot, decimal_text(value, digits).replace("-", "−")))
    return found


def _named(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _spot(
    name: str, places: Mapping[str, Sequence[float | None] | None], number: int, area: str
) -> tuple[int, int]:
    """Row and column of the tile of an area.

    Raises:
        OutputError: E733 the listing has no such column, E734 no whole number.
    """
    found: list[int] = []
    for role in ("row", "column"):
        listed = places[role]
        value = None if listed is None else listed[number]
        if value is None or not float(value).is_integer():
            raise OutputError(cannot_draw(name, role, f"{area}: {value if value is not None else '—'}"))
        found.append(int(value))
    return found[0], found[1]


def _face(area: _Area, norm: Normalize) -> tuple[dict[str, Any], str]:
    """How an area is filled, and the colour of the words on it."""
    if area.value is None:
        return {"facecolor": "white", "edgecolor": FAINT, "hatch": "////"}, INK
    shade = float(norm(area.value))
    return {"facecolor": _SHADES(shade), "edgecolor": SOFT}, "white" if shade > _DARK else INK


def _tiled(axes: Axes, areas: Sequence[_Area], norm: Normalize, outlines: Mapping[str, Any]) -> None:
    for area in areas:
        x, y = float(area.column or 0), -float(area.row or 0)
        face, words = _face(area, norm)
        axes.add_patch(Rectangle((x - TILE / 2, y - TILE / 2), TILE, TILE, linewidth=0.6, **face))
        _words(axes, x, y, area, words)
    columns = [area.column or 0 for area in areas]
    rows = [area.row or 0 for area in areas]
    axes.set_xlim(min(columns) - 0.6, max(columns) + 0.6)
    axes.set_ylim(-max(rows) - 0.6, -min(rows) + 0.6)
    axes.set_aspect("equal")


def _words(axes: Axes, x: float, y: float, area: _Area, colour: str) -> None:
    size = 5.6 if len(area.label) > 9 else 6.4
    axes.text(x, y + 0.18, area.label, ha="center", va="center", fontsize=size, color=colour, clip_on=True)
    axes.text(
        x, y - 0.18, area.shown, ha="center", va="center", fontsize=7.6, color=colour, fontweight="bold"
    )


def _outlined(axes: Axes, areas: Sequence[_Area], norm: Normalize, outlines: Mapping[str, Any]) -> None:
    latitudes: list[float] = []
    biggest = max((_largest(polygons)[1] for polygons in outlines.values()), default=0.0)
    halo = [patheffects.withStroke(linewidth=1.6, foreground="white")]
    for area in areas:
        polygons = outlines.get(area.name)
        if not polygons:
            continue
        face, _ = _face(area, norm)
        for rings in polygons:
            axes.add_patch(PathPatch(_compound(rings), linewidth=0.5, **face))
            latitudes += [point[1] for point in rings[0]]
        x, y = _middle(polygons)
        side: Literal["right", "center"] = "center"
        if _largest(polygons)[1] < TINY * biggest:
            # a label over a tiny area would hide it and its neighbours: it stands to the left
            x, side = min(point[0] for rings in polygons for point in rings[0]), "right"
        axes.text(
            x, y, f"{area.label}\n{area.shown}", ha=side, va="center", fontsize=5.4, color=INK, zorder=5,
            linespacing=0.95, path_effects=halo,
        )  # fmt: skip
    axes.autoscale_view()
    middle = (min(latitudes) + max(latitudes)) / 2 if latitudes else 0.0
    axes.set_aspect(1.0 / max(math.cos(math.radians(middle)), 0.05))


def _compound(rings: Sequence[Sequence[Sequence[float]]]) -> Path:
    """One path of an outer ring and its holes."""
    points: list[Sequence[float]] = []
    codes: list[int] = []
    for ring in rings:
        points += [*ring, ring[0]]
        codes += [int(Path.MOVETO), *([int(Path.LINETO)] * (len(ring) - 1)), int(Path.CLOSEPOLY)]
    return Path(np.asarray(points, dtype=np.float64), codes)


def _largest(polygons: Sequence[Sequence[Sequence[Sequence[float]]]]) -> tuple[Any, float]:
    """The largest outer ring, and its size."""
    outer = [np.asarray(rings[0], dtype=np.float64) for rings in polygons]
    sizes = [abs(float(_doubled(ring).sum())) for ring in outer]
    place = int(np.argmax(sizes))
    return outer[place], sizes[place]


def _middle(polygons: Sequence[Sequence[Sequence[Sequence[float]]]]) -> tuple[float, float]:
    """The centroid of the largest outer ring."""
    ring, _ = _largest(polygons)
    cross = _doubled(ring)
    if not cross.sum():
        middle = ring.mean(axis=0)
        return float(middle[0]), float(middle[1])
    after = np.roll(ring, -1, axis=0)
    centre = ((ring + after) * cross[:, None]).sum(axis=0) / (3.0 * cross.sum())
    return float(centre[0]), float(centre[1])


def _doubled(ring: Any) -> Any:
    """Twice the signed area below each side of a ring."""
    after = np.roll(ring, -1, axis=0)
    return ring[:, 0] * after[:, 1] - after[:, 0] * ring[:, 1]


def _panel_title(document: Document, listed: Listed, panel: str, language: str) -> str:
    return level_label(document, listed.roles.get("panel", ""), panel, language)


def _sentence(what: str, areas: Sequence[_Area], digits: int, language: str) -> str:
    known = [area for area in areas if area.value is not None]
    least, most = (chosen(known, key=lambda area: area.value or 0.0) for chosen in (min, max))

    def named(area: _Area) -> str:
        return f"{area.label}, {area.panel}" if area.panel else area.label

    return text(
        "figure.sentence.tile_map",
        language,
        value=what,
        low=decimal_text(least.value, digits),
        lowest=named(least),
        high=decimal_text(most.value, digits),
        highest=named(most),
        missing=len(areas) - len(known),
    )


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every map of the request."""
    return files_of_kind("tile_map", draw, document, request)


OUTPUT = Output(
    summary="A value by area: tiles, or outlines of a geometry file",
    suffix="svg",
    write=write,
    keywords=("tile_map",),
)
