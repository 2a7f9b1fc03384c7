"""Event-study figure: effects by period with their intervals, the reference period hollow at zero."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import fault, text
from impact.outputs._design_words import adoption_of
from impact.outputs._document import (
    Document,
    Entry,
    event_position,
    event_rows,
    label_of,
    made_up,
    model_label,
    primary,
    primary_interval,
    said,
    unique,
)
from impact.outputs._numbers import decimal_text, interval_text, is_number, whole_text
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.interval import draw_interval
from impact.outputs.drawing.models import chosen_models
from impact.outputs.drawing.style import (
    INK,
    SOFT,
    Drawing,
    Plan,
    columns_that_fit,
    drawing,
    files_of_kind,
    grid_lines,
    series_style,
    tip,
    zero_line,
)
from impact.schema.display import FigureBlock

# letters of a line beside the vertical axis
LONGEST_LABEL = 40
COLUMNS = (
    "model", "time", "estimate", "ci_low", "ci_high", "band_low", "band_high", "interval", "reference",
)  # fmt: skip
_SPREAD = 0.5


@dataclass(frozen=True, slots=True)
class _Series:
    """The points of one model, the reference period included."""

    model: str
    label: str
    facet: str
    place: int
    points: tuple[Mapping[str, Any], ...]


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where no model has estimates by period.
    """
    series = _series(name, block, document, request, language)
    facets = unique(one.facet for one in series)
    calendar = all(point["calendar"] for one in series for point in one.points)
    xlabel = said(block.xlabel, language) or text(
        "figure.calendar" if calendar else "figure.event_time", language
    )
    outcomes = unique(str(document["models"][one.model].get("outcome") or "") for one in series)
    outcome = ", ".join(label_of(document, name_, language) for name_ in outcomes)
    effect = text("figure.effect_on" if len(outcomes) == 1 else "figure.effect", language, outcome=outcome)
    ylabel = said(block.ylabel, language) or effect

    def paint(canvas: Figure) -> None:
        panels = canvas.subplots(1, len(facets), sharey=True, squeeze=False)[0]
        for axes, facet in zip(panels, facets, strict=True):
            inside = [one for one in series if one.facet == facet]
            _panel(axes, inside, block, calendar=calendar)
            axes.set_xlabel(xlabel)
            if facet:
                axes.set_title(facet, fontsize=9, loc="left")
        panels[0].set_ylabel(textwrap.fill(ylabel, LONGEST_LABEL))
        _legend(panels[0], series, block, language)

    plan = Plan(
        draw=paint,
        size=(max(6.2, 3.6 * len(facets)), 3.7),
        columns=COLUMNS,
        data=[{"model": one.model, **point} for one in series for point in one.points],
        title=said(block.title, language) or text("figure.title.event_study", language, outcome=outcome),
        sentence=_sentence(series, outcome, language),
    )
    return drawing(name, plan, note=made_up(document, language))


def _series(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, language: str
) -> list[_Series]:
    with_events = [
        model for model in chosen_models(name, block, document, request) if event_rows(document, model)
    ]
    if not with_events:
        raise OutputError(fault("E713", table=name, what=text("figure.no_events", language)))
    cells = {model: document["models"][model].get("cell") or {} for model in with_events}
    colours = unique(_colour(block, model, cells[model]) for model in with_events)
    return [
        _Series(
            model=model,
            label=_label(block, document, model, cells[model], language),
            facet=label_of(document, str(cells[model].get(block.facet, "")), language) if block.facet else "",
            place=colours.index(_colour(block, model, cells[model])),
            points=tuple(_points(block, document, model)),
        )
        for model in with_events
    ]


def _colour(block: FigureBlock, model: str, cell: Mapping[str, Any]) -> str:
    if block.colour:
        return str(cell.get(block.colour, ""))
    return str({k: v for k, v in cell.items() if k != block.facet}) if block.facet else model


def _label(block: FigureBlock, document: Document, model: str, cell: Mapping[str, Any], language: str) -> str:
    if block.colour:
        return label_of(document, str(cell.get(block.colour, "")), language)
    return model_label(document, model, language)


def _points(block: FigureBlock, document: Document, model: str) -> list[Mapping[str, Any]]:
    rows = event_rows(document, model)
    points = [_point(row) for row in rows]
    reference = reference_period(block, document["models"][model], rows)
    if reference is not None and all(point["time"] != reference for point in points):
        calendar = all(point["calendar"] for point in points)
        points.append({"time": reference, "estimate": 0.0, "reference": True, "calendar": calendar})
    return sorted(points, key=lambda point: point["time"])


def _point(row: Entry) -> dict[str, Any]:
    low, high = primary_interval(row)
    return {
        "time": event_position(row),
        "estimate": row.get("estimate"),
        "ci_low": low,
        "ci_high": high,
        "band_low": row.get("band_low"),
        "band_high": row.get("band_high"),
        "interval": primary(row),
        "reference": row.get("estimate") == 0 and not row.get("std_error"),
        "calendar": row.get("event_time") is None,
        "period": row.get("time"),
    }


def reference_period(block: FigureBlock, entry: Entry, rows: Sequence[Entry]) -> float | None:
    """The period that others are compared with: as asked, as stored, −1 in event time, else the one gap."""
    stored = (entry.get("extra") or {}).get("reference")
    for value in (block.reference, stored):
        if is_number(value):
            return float(value)
    if adoption_of(entry):
        # such estimators have the period as a row of their own, where there is one
        return None
    times = [time for time in (event_position(row) for row in rows) if time is not None]
    if any(row.get("event_time") is not None for row in rows):
        return -1.0 if min(times) < -1 or -1.0 not in times else None
    gaps = sorted(set(range(int(min(times)), int(max(times)) + 1)) - {int(time) for time in times})
    return float(gaps[0]) if len(gaps) == 1 else None


def _panel(axes: Axes, series: Sequence[_Series], block: FigureBlock, *, calendar: bool) -> None:
    grid_lines(axes, "y")
    zero_line(axes)
    times = sorted({point["time"] for one in series for point in one.points})
    start = _treatment_line(series, times, calendar=calendar)
    if start is not None:
        axes.axvline(start, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    offsets = _offsets(len(series), block)
    for one, offset in zip(series, offsets, strict=True):
        _draw_series(axes, one, offset, block)
    axes.set_xticks(times, _tick_labels(series, times))
    axes.set_xlim(times[0] - 0.6, times[-1] + 0.6)


def _tick_labels(series: Sequence[_Series], times: Sequence[float]) -> list[str]:
    """Periods; where treatment starts in one calendar period for all, that period's name stands below."""
    shown = [whole_text(time, grouping=False).replace("-", "−") for time in times]
    starts = {
        point["period"] - point["time"]
        for one in series
        for point in one.points
        if is_number(point.get("period")) and not point["calendar"]
    }
    if len(starts) != 1:
        return shown
    start = starts.pop()
    return [
        f"{label}\n({whole_text(time + start, grouping=False)})"
        for label, time in zip(shown, times, strict=True)
    ]


def _offsets(number: int, block: FigureBlock) -> list[float]:
    if number == 1 or not block.dodge:
        return [0.0] * number
    return [_SPREAD * (place / (number - 1) - 0.5) for place in range(number)]


def _treatment_line(series: Sequence[_Series], times: Sequence[float], *, calendar: bool) -> float | None:
    """Between −1 and 0 in event time; in calendar time between the reference and the next period."""
    if not calendar:
        return -0.5
    references = {point["time"] for one in series for point in one.points if point.get("reference")}
    later = [time for time in times if references and time > max(references)]
    return (max(references) + later[0]) / 2 if len(references) == 1 and later else None


def _draw_series(axes: Axes, one: _Series, offset: float, block: FigureBlock) -> None:
    style = series_style(one.place)
    for point in one.points:
        at = point["time"] + offset
        if point.get("reference"):
            axes.plot([at], [0.0], linestyle="none", markerfacecolor="white", markersize=6, zorder=4, **style)
            continue
        if not is_number(point["estimate"]):
            continue
        if block.band != "pointwise":
            _interval(axes, at, point["band_low"], point["band_high"], color=style["color"], wide=False)
        if block.band != "simultaneous":
            _interval(axes, at, point["ci_low"], point["ci_high"], color=style["color"], wide=True)
        words = _point_words(one.label, point)
        axes.plot(
            [at], [point["estimate"]], linestyle="none", markersize=5.5, zorder=4, gid=tip(words), **style
        )


def _point_words(label: str, point: Mapping[str, Any]) -> str:
    """Period, estimate and interval of a point, shown where the pointer rests on it."""
    return f"{label}, {whole_text(point['time'], grouping=False)}: {_value_words(point)}"


def _value_words(point: Mapping[str, Any]) -> str:
    interval = interval_text(point["ci_low"], point["ci_high"], 3)
    return f"{decimal_text(point['estimate'], 3)} {interval}".strip()


def _interval(axes: Axes, at: float, low: Any, high: Any, *, color: str, wide: bool) -> None:
    draw_interval(axes, at, low, high, along="y", color=color, width=2.2 if wide else 0.9)
    if not wide and is_number(low) and is_number(high):
        axes.plot([at, at], [low, high], color=color, linestyle="none", marker="_", markersize=7, zorder=3)


def _legend(axes: Axes, series: Sequence[_Series], block: FigureBlock, language: str) -> None:
    banded = block.band != "pointwise" and any(
        is_number(point.get("band_low")) for one in series for point in one.points
    )
    shown: dict[int, str] = {}
    for one in series:
        shown.setdefault(one.place, one.label)
    if len(shown) > 1:
        for place, label in shown.items():
            axes.plot([], [], linestyle="none", label=label, **series_style(place))
    if banded and block.band == "both":
        axes.plot([], [], color=INK, linewidth=2.2, label=text("figure.pointwise", language))
        axes.plot([], [], color=INK, linewidth=0.9, marker="_", label=text("figure.simultaneous", language))
    labels = axes.get_legend_handles_labels()[1]
    if labels:
        axes.figure.legend(loc="outside upper left", ncols=columns_that_fit(labels))


def _sentence(series: Sequence[_Series], outcome: str, language: str) -> str:
    first = series[0]
    parts = [
        f"{whole_text(point['time'], grouping=False)}: {_value_words(point)}"
        for point in first.points
        if not point.get("reference")
    ]
    return text(
        "figure.sentence.event_study", language, outcome=outcome, model=first.label, values="; ".join(parts)
    )


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every event-study figure of the request."""
    return files_of_kind("event_study", draw, document, request)


OUTPUT = Output(summary="Effects by period", suffix="svg", write=write, keywords=("event_study",))
