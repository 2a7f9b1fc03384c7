"""Honest intervals: how the interval of an effect widens as larger departures from parallel trends are allowed.

One panel for each restriction; the first interval is the usual one, under exact parallel trends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import fault, text
from impact.outputs._document import Document, Entry, label_of, made_up, model_label, said, unique
from impact.outputs._numbers import is_number
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.interval import draw_interval
from impact.outputs.drawing.style import (
    COLOURS,
    INK,
    Drawing,
    Plan,
    drawing,
    files_of_kind,
    grid_lines,
    zero_line,
)
from impact.outputs.drawing.tested import findings_of
from impact.schema.display import FigureBlock

COLUMNS = ("of", "restriction", "m", "method", "ci_low", "ci_high", "empty")


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where the results hold no honest intervals.
    """
    findings = _findings(name, block, document, language)
    first = findings[0]
    entry: Entry = document["models"].get(str(first["of"]), {})
    outcome = label_of(document, str(entry.get("outcome") or ""), language)

    def paint(canvas: Figure) -> None:
        panels = canvas.subplots(1, len(findings), sharey=True, squeeze=False)[0]
        for axes, finding in zip(panels, findings, strict=True):
            _panel(axes, finding, language)
        panels[0].set_ylabel(
            said(block.ylabel, language) or text("figure.effect_on", language, outcome=outcome)
        )
        _legend(canvas, panels[0], language)

    plan = Plan(
        draw=paint,
        size=(max(5.0, 3.4 * len(findings)), 3.6),
        columns=COLUMNS,
        data=[{"of": one["of"], **row} for one in findings for row in one["details"]["rows"]],
        title=said(block.title, language) or text("figure.title.honest_did", language, outcome=outcome),
        sentence=" ".join(
            said(one["details"].get("sentences") or one.get("sentence"), language) for one in findings
        )
        or model_label(document, str(first["of"]), language),
        section="robustness",
    )
    return drawing(name, plan, note=made_up(document, language))


def _findings(name: str, block: FigureBlock, document: Document, language: str) -> list[Entry]:
    """The findings of the first model that the block allows, one for each restriction."""
    found = [one for one in findings_of("honest_did", block, document) if one["details"].get("rows")]
    if not found:
        raise OutputError(fault("E713", table=name, what=text("figure.no_honest", language)))
    model = unique(str(one["of"]) for one in found)[0]
    return [one for one in found if one["of"] == model]


def _panel(axes: Axes, finding: Entry, language: str) -> None:
    details: Mapping[str, Any] = finding["details"]
    rows: Sequence[Mapping[str, Any]] = details["rows"]
    grid_lines(axes, "y")
    zero_line(axes)
    original = details.get("original") or {}
    draw_interval(axes, 0.0, original.get("ci_low"), original.get("ci_high"), along="y", color=INK, width=2.4)
    if is_number(details.get("estimate")):
        axes.plot(
            [0.0], [details["estimate"]], linestyle="none", marker="s", color=INK, markersize=5, zorder=4
        )
    for place, row in enumerate(rows, 1):
        draw_interval(
            axes, float(place), row.get("ci_low"), row.get("ci_high"), along="y", color=COLOURS[0], width=2.4
        )
        if row.get("empty"):
            axes.plot([place], [0.0], linestyle="none", marker="x", color=COLOURS[1], zorder=4)
    labels = [text("figure.usual", language), *(_m_text(row["m"]) for row in rows)]
    axes.set_xticks(range(len(labels)), labels)
    axes.set_xlim(-0.6, len(rows) + 0.6)
    kind = str(details.get("restriction"))
    axes.set_xlabel(text(f"figure.bound_of.{kind}", language))
    axes.set_title(text(f"figure.restriction.{kind}", language), fontsize=9, loc="left")


def _m_text(value: Any) -> str:
    return f"{value:.3g}" if is_number(value) else str(value)


def _legend(canvas: Figure, axes: Axes, language: str) -> None:
    axes.plot([], [], color=INK, linewidth=2.4, marker="s", label=text("figure.usual_interval", language))
    axes.plot([], [], color=COLOURS[0], linewidth=2.4, label=text("figure.honest_interval", language))
    canvas.legend(loc="outside upper left", ncols=2)


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every figure of honest intervals in the request."""
    return files_of_kind("honest_did", draw, document, request)


OUTPUT = Output(summary="Honest intervals by bound", suffix="svg", write=write, keywords=("honest_did",))
