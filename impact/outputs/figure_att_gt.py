"""Effects by cohort and period, a small panel for each cohort: before treatment in grey, after it in colour.

Every point has its interval and, where they were computed, simultaneous bands.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import fault, text
from impact.outputs._document import (
    Document,
    Entry,
    label_of,
    made_up,
    model_label,
    primary_interval,
    rows_of,
    said,
)
from impact.outputs._numbers import decimal_text, interval_text, is_number, whole_text
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.interval import draw_interval
from impact.outputs.drawing.models import chosen_models
from impact.outputs.drawing.style import (
    COLOURS,
    INK,
    SOFT,
    Drawing,
    Plan,
    drawing,
    files_of_kind,
    grid_lines,
    tip,
    zero_line,
)
from impact.schema.display import FigureBlock

COLUMNS = ("model", "cohort", "time", "estimate", "ci_low", "ci_high", "band_low", "band_high")
MOST_ACROSS = 3


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where no model has effects by cohort and period.
    """
    model, rows = _rows(name, block, document, request, language)
    cohorts = sorted({float(row["cohort"]) for row in rows})
    outcome = label_of(document, str(rows[0].get("outcome")), language)
    across = min(len(cohorts), MOST_ACROSS)
    down = math.ceil(len(cohorts) / across)

    def paint(canvas: Figure) -> None:
        panels = canvas.subplots(down, across, sharex=True, sharey=True, squeeze=False)
        for axes, cohort in zip(panels.flat, cohorts, strict=False):
            _panel(axes, [row for row in rows if float(row["cohort"]) == cohort], cohort, block)
            first = text("table.term.cohort", language, value=whole_text(cohort, grouping=False))
            axes.set_title(first, fontsize=9, loc="left")
        for axes in list(panels.flat)[len(cohorts) :]:
            axes.set_visible(False)
        canvas.supxlabel(said(block.xlabel, language) or text("figure.calendar", language), fontsize=9)
        canvas.supylabel(
            said(block.ylabel, language) or text("figure.effect_on", language, outcome=outcome), fontsize=9
        )
        _legend(canvas, language)

    plan = Plan(
        draw=paint,
        size=(max(4.2, 2.4 * across + 0.8), 1.9 * down + 1.1),
        columns=COLUMNS,
        data=[_datum(model, row) for row in rows],
        title=said(block.title, language) or text("figure.title.att_gt", language, outcome=outcome),
        sentence=_sentence(rows, outcome, model_label(document, model, language), language),
    )
    return drawing(name, plan, note=made_up(document, language))


def _rows(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, language: str
) -> tuple[str, list[Entry]]:
    for model in chosen_models(name, block, document, request):
        found = [row for row in rows_of(document, model) if row.get("kind") == "att_gt"]
        if found:
            return model, sorted(found, key=lambda row: (float(row["cohort"]), float(row["time"])))
    raise OutputError(fault("E713", table=name, what=text("figure.no_att_gt", language)))


def _datum(model: str, row: Entry) -> Mapping[str, Any]:
    low, high = primary_interval(row)
    shown = {key: row.get(key) for key in ("cohort", "time", "estimate", "band_low", "band_high")}
    return {"model": model, **shown, "ci_low": low, "ci_high": high}


def _panel(axes: Axes, rows: Sequence[Entry], cohort: float, block: FigureBlock) -> None:
    grid_lines(axes, "y")
    zero_line(axes)
    axes.axvline(cohort - 0.5, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for row in rows:
        after = float(row["time"]) >= cohort
        colour, marker = (COLOURS[0], "o") if after else (SOFT, "s")
        at, low_high = float(row["time"]), primary_interval(row)
        if block.band != "pointwise":
            draw_interval(
                axes, at, row.get("band_low"), row.get("band_high"), along="y", color=colour, width=0.9
            )
        if block.band != "simultaneous" and row.get("std_error"):
            draw_interval(axes, at, *low_high, along="y", color=colour, width=2.2)
        if is_number(row.get("estimate")):
            hollow: dict[str, Any] = {} if row.get("std_error") else {"markerfacecolor": "white"}
            numbers = f"{decimal_text(row['estimate'], 3)} {interval_text(*low_high, 3)}".strip()
            axes.plot(
                [at], [row["estimate"]], linestyle="none", marker=marker, color=colour, zorder=4,
                gid=tip(f"{whole_text(row['time'], grouping=False)}: {numbers}"), **hollow,
            )  # fmt: skip


def _legend(canvas: Figure, language: str) -> None:
    axes = canvas.axes[0]
    for key, colour, marker in (("before", SOFT, "s"), ("after", COLOURS[0], "o")):
        axes.plot(
            [], [], linestyle="none", marker=marker, color=colour, label=text(f"figure.{key}", language)
        )
    canvas.legend(loc="outside upper left", ncols=2, labelcolor=INK)


def _sentence(rows: Sequence[Entry], outcome: str, model: str, language: str) -> str:
    after = [
        row for row in rows if float(row["time"]) >= float(row["cohort"]) and is_number(row.get("estimate"))
    ]
    values = [float(row["estimate"]) for row in after] or [0.0]
    return text(
        "figure.sentence.att_gt",
        language,
        outcome=outcome,
        model=model,
        n=whole_text(len(after)),
        low=decimal_text(min(values), 3),
        high=decimal_text(max(values), 3),
    )


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every figure of effects by cohort and period of the request."""
    return files_of_kind("att_gt", draw, document, request)


OUTPUT = Output(summary="Effects by cohort and period", suffix="svg", write=write, keywords=("att_gt",))
