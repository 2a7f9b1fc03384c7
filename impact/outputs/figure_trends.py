"""Trends: the value of each group over time, with its interval where there is one, and the start of treatment."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import text
from impact.outputs._document import Document, label_of, level_label, made_up, said, unique
from impact.outputs._listed import Listed, cannot_draw, listed_for, numbers
from impact.outputs._numbers import decimal_text
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.interval import draw_interval
from impact.outputs.drawing.style import (
    SOFT,
    Drawing,
    Plan,
    columns_that_fit,
    drawing,
    files_of_kind,
    grid_lines,
    series_style,
)
from impact.schema.display import FigureBlock

COLUMNS = ("group", "time", "value", "low", "high")
STYLES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
MOST_GROUPS = 7
LONGEST_LABEL = 40


@dataclass(frozen=True, slots=True)
class _Point:
    """A value at a time with the ends of its interval; lines join points of one segment."""

    time: float
    value: float | None
    low: float | None
    high: float | None
    segment: str


@dataclass(frozen=True, slots=True)
class _Series:
    """One group: its name and label, and its points by time."""

    name: str
    label: str
    points: tuple[_Point, ...]


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E732, E733 as ``listed_for``; E734 values that are no numbers, more than seven groups, or two
            values of a group at one time.
    """
    listed = listed_for(name, block, document, language)
    series = _series(name, listed, document, language)
    what = label_of(document, listed.roles["value"], language)

    def paint(canvas: Figure) -> None:
        axes = canvas.subplots()
        grid_lines(axes, "y")
        for place, one in enumerate(series):
            _line(axes, place, one)
        if block.start is not None:
            axes.axvline(
                block.start - 0.5, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1,
                label=text("figure.trends.start", language),
            )  # fmt: skip
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel(said(block.xlabel, language) or label_of(document, listed.roles["time"], language))
        axes.set_ylabel(textwrap.fill(said(block.ylabel, language) or what, LONGEST_LABEL))
        labels = axes.get_legend_handles_labels()[1]
        if labels and (len(series) > 1 or block.start is not None):
            canvas.legend(loc="outside upper left", ncols=columns_that_fit(labels))

    plan = Plan(
        draw=paint,
        size=(6.6, 4.0),
        columns=COLUMNS,
        data=[
            {
                "group": one.name,
                "time": point.time,
                "value": point.value,
                "low": point.low,
                "high": point.high,
            }
            for one in series
            for point in one.points
        ],
        title=said(block.title, language) or text("figure.title.trends", language, value=what),
        sentence=text(
            "figure.sentence.trends",
            language,
            value=what,
            values="; ".join(_told(one, request.outputs.digits) for one in series),
        ),
    )
    return drawing(name, plan, note=made_up(document, language))


def _series(name: str, listed: Listed, document: Document, language: str) -> list[_Series]:
    times = numbers(name, listed, "time")
    if None in times:
        raise OutputError(cannot_draw(name, listed.roles["time"], "—"))
    values, lows, highs = (numbers(name, listed, role) for role in ("value", "low", "high"))
    segments = [str(listed.value(row, "segment")) for row in listed.rows]
    groups = ["" if "group" not in listed.roles else str(listed.value(row, "group")) for row in listed.rows]
    names = unique(groups)
    if len(names) > MOST_GROUPS:
        raise OutputError(cannot_draw(name, listed.roles["group"], f"{len(names)} > {MOST_GROUPS}"))
    found: list[_Series] = []
    for one in names:
        rows = [place for place, group in enumerate(groups) if group == one]
        rows.sort(key=lambda row: times[row] or 0.0)
        points = [
            _Point(times[row] or 0.0, values[row], lows[row], highs[row], segments[row]) for row in rows
        ]
        twice = next((a.time for a, b in pairwise(points) if a.time == b.time), None)
        if twice is not None:
            raise OutputError(cannot_draw(name, listed.roles["time"], f"{twice:g} ×2"))
        label = level_label(document, listed.roles.get("group", ""), one, language) if one else ""
        found.append(_Series(one, label, tuple(points)))
    return found


def _line(axes: Axes, place: int, one: _Series) -> None:
    style: Mapping[str, Any] = series_style(place)
    for point in one.points:
        draw_interval(axes, point.time, point.low, point.high, along="y", color=style["color"], width=1.4)
    label = one.label or None
    for segment in unique(point.segment for point in one.points):
        inside = [point for point in one.points if point.segment == segment]
        values = [float("nan") if point.value is None else point.value for point in inside]
        axes.plot(
            [point.time for point in inside], values, linewidth=1.6, markersize=5, zorder=3, label=label,
            linestyle=STYLES[place % len(STYLES)], **style,
        )  # fmt: skip
        label = None


def _told(one: _Series, digits: int) -> str:
    """A group's first and last value."""
    known: Sequence[tuple[float, float]] = [(p.time, p.value) for p in one.points if p.value is not None]
    if not known:
        return one.label
    ends = [known[0], known[-1]] if len(known) > 1 else [known[0]]
    shown = ", ".join(f"{time:g} {decimal_text(value, digits)}" for time, value in ends)
    return f"{one.label} {shown}".strip()


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every figure of trends in the request."""
    return files_of_kind("trends", draw, document, request)


OUTPUT = Output(summary="Groups over time", suffix="svg", write=write, keywords=("trends",))
