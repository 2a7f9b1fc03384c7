"""Timeline of a policy: openings above the line, tightenings below, and their difference as a step line.

A date known to the day is a filled mark; one known to the month or year is a hollow mark in the middle of the line
that spans it. The index is the number of openings so far minus that of tightenings, each counted as one: it says in
which direction the rules moved, not by how much.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import text
from impact.outputs._document import Document, label_of, made_up, said
from impact.outputs._listed import Listed, cannot_draw, listed_for, listing_of, listing_title
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.style import (
    COLOURS,
    FAINT,
    INK,
    SOFT,
    Drawing,
    Plan,
    drawing,
    files_of_kind,
    grid_lines,
    zero_line,
)
from impact.schema.display import FigureBlock

COLUMNS = ("label", "direction", "date", "first_day", "last_day", "place", "step", "index")
DIRECTIONS = {"opening": 1, "tightening": -1}
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
MID_YEAR = "approx_mid_year"
# letters of a year and month
MONTH = 7
# inches; years that a letter of a label takes; letters of a line beside the axis
WIDTH, YEARS_A_LETTER, LONGEST_LABEL = 10.5, 0.052, 18


@dataclass(frozen=True, slots=True)
class _Event:
    """One act: its label and direction, the first and last day it may be of (as years), as written, and the index."""

    label: str
    direction: str
    written: str
    first: float
    last: float
    index: int = 0

    @property
    def at(self) -> float:
        """The middle of what is known of the date."""
        return (self.first + self.last) / 2

    @property
    def is_exact(self) -> bool:
        """Whether the day is known."""
        return self.first == self.last


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E732, E733 as ``listed_for``; E734 a date or direction that cannot be placed.
    """
    listed = listed_for(name, block, document, language)
    events = _events(name, listed, document, language)
    title = listing_title(listing_of(name, block.listing, document), language) or listed.name

    def paint(canvas: Figure) -> None:
        above, below = canvas.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3.4, 1.0]})
        _acts(above, events)
        _index(below, events, language)
        below.set_xlabel(said(block.xlabel, language))
        canvas.legend(handles=_handles(language), loc="outside upper left", ncols=4)

    top = max(events, key=lambda event: (event.index, -event.at))
    plan = Plan(
        draw=paint,
        size=(WIDTH, 6.2),
        columns=COLUMNS,
        data=[_datum(event) for event in events],
        title=said(block.title, language) or text("figure.title.timeline", language, name=title),
        sentence=text(
            "figure.sentence.timeline",
            language,
            opened=sum(event.direction == "opening" for event in events),
            closed=sum(event.direction == "tightening" for event in events),
            first=events[0].written[:MONTH],
            last=events[-1].written[:MONTH],
            top=top.written[:MONTH],
            most=top.index,
            end=events[-1].index,
        ),
    )
    return drawing(name, plan, note=made_up(document, language))


def _events(name: str, listed: Listed, document: Document, language: str) -> list[_Event]:
    """The acts in the order of their dates, with the index after each."""
    found: list[_Event] = []
    for row in listed.rows:
        direction = str(listed.value(row, "direction"))
        if direction not in DIRECTIONS:
            raise OutputError(cannot_draw(name, listed.roles["direction"], f"'{direction}'"))
        written = _written(listed.value(row, "date"))
        span = _span(written, str(listed.value(row, "precision") or ""))
        if span is None:
            raise OutputError(cannot_draw(name, listed.roles["date"], f"'{written}'"))
        label = label_of(document, str(listed.value(row, "label") or ""), language)
        found.append(_Event(label, direction, written, *span))
    found.sort(key=lambda event: event.at)
    sums = accumulate(DIRECTIONS[event.direction] for event in found)
    return [
        _Event(one.label, one.direction, one.written, one.first, one.last, index)
        for one, index in zip(found, sums, strict=True)
    ]


def _written(value: object) -> str:
    return str(int(value)) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _span(written: str, precision: str) -> tuple[float, float] | None:
    """First and last day as years; None for what is no date."""
    match = _DATE.fullmatch(written)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        if year is None:
            return None
        if precision == MID_YEAR and month is None:
            return _years(date(year, 4, 1)), _years(date(year, 9, 30))
        if month is None:
            return _years(date(year, 1, 1)), _years(date(year, 12, 31))
        if day is None:
            following = date(year + month // 12, month % 12 + 1, 1)
            return _years(date(year, month, 1)), _years(date.fromordinal(following.toordinal() - 1))
        exact = _years(date(year, month, day))
    except ValueError:
        return None
    return exact, exact


def _years(day: date) -> float:
    """A date as a year with its fraction."""
    start = date(day.year, 1, 1).toordinal()
    return day.year + (day.toordinal() - start) / (date(day.year + 1, 1, 1).toordinal() - start)


def lanes(places: Sequence[tuple[float, float]]) -> list[int]:
    """The lowest free lane for each stretch from left to right, in the order given."""
    ends: list[float] = []
    found: list[int] = []
    for left, right in places:
        lane = next((lane for lane, end in enumerate(ends) if end <= left), len(ends))
        if lane == len(ends):
            ends.append(right)
        ends[lane] = right
        found.append(lane)
    return found


def _acts(axes: Axes, events: Sequence[_Event]) -> None:
    """Marks on stems, as high as it takes that no label covers another."""
    axes.axhline(0, color=INK, linewidth=1.0, zorder=2)
    deepest: list[int] = []
    for place, (direction, sign) in enumerate(DIRECTIONS.items()):
        own = [event for event in events if event.direction == direction]
        wide = [(event.first, event.last + 0.08 + YEARS_A_LETTER * len(event.label)) for event in own]
        heights = [lane + 1 for lane in lanes(wide)]
        deepest.append(max(heights, default=0))
        for event, height in zip(own, heights, strict=True):
            _act(axes, event, sign * height, COLOURS[place], "^" if sign > 0 else "v")
    axes.set_ylim(-deepest[1] - 0.8, deepest[0] + 0.8)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", length=0)
    axes.spines["bottom"].set_visible(False)
    end = max(event.last + 0.9 * YEARS_A_LETTER * len(event.label) for event in events)
    axes.set_xlim(events[0].first - 0.15, end + 0.25)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    grid_lines(axes, "x")


def _act(axes: Axes, event: _Event, height: float, colour: str, marker: str) -> None:
    axes.plot([event.at, event.at], [0, height], color=FAINT, linewidth=1.0, zorder=1)
    if not event.is_exact:
        axes.plot([event.first, event.last], [height, height], color=colour, linewidth=1.6, zorder=3)
    axes.plot(
        [event.at], [height], marker=marker, markersize=6.5, linestyle="none", color=colour, zorder=4,
        markerfacecolor=colour if event.is_exact else "white",
    )  # fmt: skip
    axes.annotate(
        event.label, (event.last, height), xytext=(6, 0), textcoords="offset points", va="center", fontsize=7.5,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}, zorder=5,
    )  # fmt: skip


def _index(axes: Axes, events: Sequence[_Event], language: str) -> None:
    grid_lines(axes, "y")
    zero_line(axes)
    # acts of one date move the line once
    after = {event.at: event.index for event in events}
    times = [events[0].at, *after, events[-1].at + 0.25]
    values = [0, *after.values(), events[-1].index]
    axes.step(times, values, where="post", color=COLOURS[0], linewidth=1.8)
    axes.set_ylabel(textwrap.fill(text("figure.timeline.index", language), LONGEST_LABEL))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))


def _handles(language: str) -> list[Line2D]:
    """What the marks mean."""

    def mark(colour: str, marker: str, label: str, *, filled: bool = True, line: bool = False) -> Line2D:
        face = colour if filled else "white"
        words = text(f"figure.timeline.{label}", language)
        return Line2D(
            [],
            [],
            color=colour,
            marker=marker,
            linestyle="-" if line else "none",
            markerfacecolor=face,
            label=words,
        )

    return [
        mark(COLOURS[0], "^", "opening"),
        mark(COLOURS[1], "v", "tightening"),
        mark(SOFT, "o", "exact"),
        mark(SOFT, "o", "imprecise", filled=False, line=True),
    ]


def _datum(event: _Event) -> dict[str, object]:
    return {
        "label": event.label,
        "direction": event.direction,
        "date": event.written,
        "first_day": round(event.first, 6),
        "last_day": round(event.last, 6),
        "place": round(event.at, 6),
        "step": DIRECTIONS[event.direction],
        "index": event.index,
    }


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every timeline of the request."""
    return files_of_kind("timeline", draw, document, request)


OUTPUT = Output(summary="Openings and tightenings by date", suffix="svg", write=write, keywords=("timeline",))
