"""Intervals in figures: also those that have no end, which are drawn broken to the edge and never left out."""

from __future__ import annotations

from typing import Any, Literal

from matplotlib.axes import Axes

from impact.outputs._numbers import is_number

ENDLESS = {"-inf": 0.0, "inf": 1.0}


def draw_interval(
    axes: Axes, at: float, low: Any, high: Any, *, along: Literal["x", "y"], color: str, width: float
) -> None:
    """A line from low to high; an end of "-inf" or "inf" is the edge of the figure, reached by a broken line.

    Arguments:
        at: position across the interval. low, high: numbers, "-inf", "inf", or None where there is no interval.
        along: axis of the estimates.
    """
    if is_number(low) and is_number(high):
        ends, across = [low, high], [at, at]
        x, y = (ends, across) if along == "x" else (across, ends)
        axes.plot(x, y, color=color, linewidth=width, zorder=3, solid_capstyle="butt")
        return
    if not all(is_number(end) or end in ENDLESS for end in (low, high)):
        return
    points, systems = [], []
    for end in (low, high):
        value, system = (end, "data") if is_number(end) else (ENDLESS[end], "axes fraction")
        points.append((value, at) if along == "x" else (at, value))
        systems.append((system, "data") if along == "x" else ("data", system))
    axes.annotate(
        "", xy=points[1], xycoords=systems[1], xytext=points[0], textcoords=systems[0],
        arrowprops={"arrowstyle": "-", "linestyle": (0, (4, 2)), "color": color, "linewidth": width,
                    "shrinkA": 0, "shrinkB": 0}, zorder=3,
    )  # fmt: skip
