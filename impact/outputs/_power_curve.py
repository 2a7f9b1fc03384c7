"""The power curve as a picture and as a table: what `impact power` writes and the figure of kind power shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from impact.core.texts import text
from impact.outputs._cell_grid import HEADER, Grid, Row, figure, label
from impact.outputs._numbers import decimal_text, is_number, percent_text
from impact.outputs.drawing.style import SOFT, Drawing, Plan, drawing, grid_lines, series_style

# ways to compute the power, in the order of the legend and the columns
WAYS = ("formula", "noncentral_t", "permutation", "simulation")
Point = Mapping[str, Any]


def ways_of(curve: Sequence[Point]) -> list[str]:
    """Ways that the points of a curve hold."""
    return [way for way in WAYS if any(is_number(point.get(way)) for point in curve)]


def power_drawing(
    name: str,
    curve: Sequence[Point],
    *,
    words: Mapping[str, str],
    target: float,
    smallest: float | None,
    language: str,
) -> Drawing:
    """The curve drawn: power over the effect, one line a way, the power asked for and the smallest effect marked.

    Arguments:
        words: title and sentence, xlabel and a note within the picture where given.
        target: power asked for. smallest: effect found with it.
    """
    ways = ways_of(curve)

    def paint(canvas: Figure) -> None:
        axes = canvas.subplots()
        grid_lines(axes, "y")
        for place, way in enumerate(ways):
            known = [(point["effect"], point[way]) for point in curve if is_number(point.get(way))]
            axes.plot(
                *zip(*known, strict=True),
                **series_style(place),
                markersize=4,
                linewidth=1.3,
                linestyle="-" if place == 0 else (0, (4, 2)),
                label=text(f"power.way.{way}", language),
            )
        axes.axhline(target, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        if smallest is not None:
            axes.axvline(smallest, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        axes.set_ylim(0.0, 1.02)
        axes.set_xlabel(words.get("xlabel") or text("power.effect", language))
        axes.set_ylabel(text("power.power", language))
        canvas.legend(loc="outside upper left", ncols=len(ways))

    plan = Plan(
        draw=paint,
        size=(6.2, 3.9),
        columns=("effect", *ways),
        data=[{"effect": point["effect"], **{way: point.get(way) for way in ways}} for point in curve],
        title=words["title"],
        sentence=words["sentence"],
    )
    return drawing(name, plan, note=words.get("note", ""))


def power_grid(name: str, title: str, curve: Sequence[Point], notes: Sequence[str], language: str) -> Grid:
    """The curve as a table: effects, and the power by each way in percent."""
    ways = ways_of(curve)
    head = [text("power.effect", language), *(text(f"power.way.{way}", language) for way in ways)]
    rows = [Row(tuple(label(one) for one in head), HEADER)]
    rows += [
        Row(
            (
                label(decimal_text(point["effect"], 4)),
                *(figure(percent_text(point.get(way)), point.get(way)) for way in ways),
            )
        )
        for point in curve
    ]
    return Grid(name, title, ("r", *("r" for _ in ways)), tuple(rows), tuple(notes), language)
