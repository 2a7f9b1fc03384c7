"""Omitted variables: what would be left of an estimate, by how much they explain of the treatment and the outcome.

Contours are of the adjusted estimate; along the full line it is what was asked about (zero unless `q` says otherwise),
along the broken one its interval reaches that. Marks are variables so many times as strong as an observed one.
Source: Cinelli and Hazlett (2020), section 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import fault, text
from impact.kernels.omitted_variable import adjusted_error, largest_bias
from impact.outputs._document import Document, Entry, label_of, made_up, said
from impact.outputs._numbers import decimal_text, is_number
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.style import (
    COLOURS,
    INK,
    SOFT,
    Drawing,
    Plan,
    columns_that_fit,
    drawing,
    files_of_kind,
    series_style,
    typeset,
)
from impact.outputs.drawing.tested import findings_of
from impact.schema.display import FigureBlock

COLUMNS = (
    "of", "term", "benchmark", "multiple", "r2_treatment", "r2_outcome", "adjusted", "std_error", "ci_low", "ci_high",
)  # fmt: skip
POINTS = 241
SMALLEST, LARGEST = 0.05, 0.95
# between two marks, as a share of the axes
LABEL_ROOM = 0.06


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where the results hold no such test.
    """
    finding = _finding(name, block, document, language)
    details: Mapping[str, Any] = finding["details"]
    rows = [row for row in details["rows"] if is_number(row["adjusted"])]
    entry: Entry = document["models"].get(str(finding["of"]), {})
    outcome = label_of(document, str(entry.get("outcome") or ""), language)
    term = label_of(document, str(finding["term"]), language)

    def paint(canvas: Figure) -> None:
        axes = canvas.subplots()
        _contours(axes, finding, rows)
        ends = axes.get_xlim()[1], axes.get_ylim()[1]
        _benchmarks(axes, rows)
        # marks at an edge stay on it
        axes.set(xlim=(0.0, ends[0]), ylim=(0.0, ends[1]))
        axes.set_xlabel(
            said(block.xlabel, language) or text("figure.explains_treatment", language, term=term)
        )
        axes.set_ylabel(
            said(block.ylabel, language) or text("figure.explains_outcome", language, outcome=outcome)
        )
        _legend(canvas, axes, finding, request.outputs.digits, language)

    plan = Plan(
        draw=paint,
        size=(6.2, 4.6),
        columns=COLUMNS,
        data=[{"of": finding["of"], "term": finding["term"], **row} for row in rows],
        title=said(block.title, language)
        or text("figure.title.sensitivity", language, term=term, outcome=outcome),
        sentence=said(details.get("sentences") or finding.get("sentence"), language),
        section="robustness",
    )
    return drawing(name, plan, note=made_up(document, language))


def _finding(name: str, block: FigureBlock, document: Document, language: str) -> Entry:
    for finding in findings_of("sensemakr", block, document):
        asked = block.term is None or finding.get("term") == block.term
        if asked and is_number(finding["details"].get("robustness_value")):
            return finding
    raise OutputError(fault("E713", table=name, what=text("figure.no_sensitivity", language)))


def _contours(axes: Axes, finding: Entry, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adjusted estimates over the plane, the line of what was asked about, and that of the interval."""
    details: Mapping[str, Any] = finding["details"]
    reach = 1.4 * float(details["robustness_value"])
    along, up = (
        np.linspace(0.0, _limit(reach, [row[share] for row in rows]), POINTS)
        for share in ("r2_treatment", "r2_outcome")
    )
    treatment, outcome = np.meshgrid(along, up)
    estimate, error, df = float(details["estimate"]), float(details["std_error"]), float(finding["df"])
    side = np.sign(estimate) or 1.0
    left = side * (abs(estimate) - largest_bias(error, df, treatment, outcome))
    target = float(details["target"])
    levels = [level for level in MaxNLocator(9).tick_values(left.min(), left.max()) if level != target]
    lines = axes.contour(
        along, up, left, levels=levels, colors=SOFT, linewidths=0.7, linestyles="solid", zorder=2
    )
    axes.clabel(lines, fontsize=7, fmt=lambda value: typeset(f"{value:.3g}"))
    beyond = side * (left - target)
    statistic = beyond / adjusted_error(error, df, treatment, outcome)
    for surface, level, style in ((beyond, 0.0, "solid"), (statistic, float(details["critical"]), "dashed")):
        if surface.min() < level < surface.max():
            axes.contour(
                along,
                up,
                surface,
                levels=[level],
                colors=COLOURS[1],
                linewidths=1.7,
                linestyles=style,
                zorder=3,
            )
    axes.plot([0.0], [0.0], linestyle="none", marker="o", color=INK, markersize=7, clip_on=False, zorder=5)


def _limit(reach: float, shares: Sequence[float]) -> float:
    """End of an axis: beyond every mark and the robustness value."""
    largest = max(shares, default=0.0)
    return min(max(SMALLEST, reach, 1.25 * largest), max(LARGEST, min(1.02 * largest, 0.9999)))


def _benchmarks(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """One mark a benchmark and multiple, told apart by benchmark."""
    names = list(dict.fromkeys(str(row["benchmark"]) for row in rows))
    for place, benchmark in enumerate(names, 2):
        own = [row for row in rows if row["benchmark"] == benchmark]
        axes.plot(
            [row["r2_treatment"] for row in own],
            [row["r2_outcome"] for row in own],
            linestyle="none",
            markersize=6.5,
            clip_on=False,
            zorder=4,
            label=benchmark,
            **series_style(place),
        )
        for row, after in zip(own, [*own[1:], None], strict=True):
            if after is None or _apart(axes, row, after):
                axes.annotate(
                    f"{row['multiple']:g}×",
                    (row["r2_treatment"], row["r2_outcome"]),
                    textcoords="offset points",
                    xytext=(6, 3),
                    fontsize=7.5,
                    annotation_clip=False,
                    zorder=6,
                )


def _apart(axes: Axes, row: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two marks leave room for a label between them."""
    across = (after["r2_treatment"] - row["r2_treatment"]) / axes.get_xlim()[1]
    up = (after["r2_outcome"] - row["r2_outcome"]) / axes.get_ylim()[1]
    return bool(np.hypot(across, up) > LABEL_ROOM)


def _legend(canvas: Figure, axes: Axes, finding: Entry, digits: int, language: str) -> None:
    details: Mapping[str, Any] = finding["details"]
    target = decimal_text(details["target"], 0 if details["target"] == 0 else digits)
    shown = text("figure.unadjusted", language, estimate=decimal_text(details["estimate"], digits))
    lines = [
        Line2D([], [], linestyle="none", marker="o", color=INK, label=typeset(shown)),
        Line2D(
            [], [], color=COLOURS[1], linewidth=1.7,
            label=typeset(text("figure.falls_to", language, target=target)),
        ),
        Line2D(
            [], [], color=COLOURS[1], linewidth=1.7, linestyle="dashed",
            label=typeset(
                text("figure.reaches", language, target=target, level=f"{100 * (1 - details['alpha']):g}")
            ),
        ),
    ]  # fmt: skip
    marks, _ = axes.get_legend_handles_labels()
    handles = [*lines, *marks]
    labels = [str(handle.get_label()) for handle in handles]
    canvas.legend(handles, labels, loc="outside upper left", ncols=columns_that_fit(labels))


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every figure of omitted variables in the request."""
    return files_of_kind("sensitivity", draw, document, request)


OUTPUT = Output(
    summary="What omitted variables would leave of an estimate",
    suffix="svg",
    write=write,
    keywords=("sensitivity",),
)
