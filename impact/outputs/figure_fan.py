"""Fan chart of a ledger: the draws of a line over the years, one panel a scenario.

The darker band holds the middle half of the draws, the lighter one the middle 90 % (or the level of the spec), the line
is their median; the broken line with points is the value at the inputs' values. Source: Britton, Fisher and Whitley
(1998).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import fault, text
from impact.outputs._document import Document, Entry, made_up, model_label, said
from impact.outputs._numbers import decimal_text, is_number, percent_text
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.style import (
    COLOURS,
    INK,
    SOFT,
    Drawing,
    Plan,
    drawing,
    files_of_kind,
    grid_lines,
    zero_line,
)
from impact.outputs.ledger.words import digits_for, line_label, with_unit
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.tree import spell
from impact.schema.ledger.block import LedgerFigureBlock

COLUMNS = ("scenario", "year", "estimate", "ci_low", "p25", "median", "p75", "ci_high", "pr_positive")
KEYS = ("estimate", "ci_low", "p25", "median", "p75", "ci_high")
PANELS_A_ROW = 3
# shades of the two bands: told apart in grey
OUTER, INNER = 0.18, 0.42


def draw(
    name: str, block: LedgerFigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where the results hold no draws of the line.
    """
    line = spell(parse_expression(block.of, mode="ledger").root)
    rows = {scenario: _rows(document, scenario, line) for scenario in scenarios_of(block, document)}
    if not rows or not all(rows.values()):
        raise OutputError(fault("E713", table=name, what=text("table.nothing", language)))
    scale = block.scale or 1.0
    data = [_datum(row, scale) for own in rows.values() for row in own]
    level = percent_text(document["ledger"]["level"], 0)
    words = line_label(document, line, language)
    unit = next((str(row["unit"]) for own in rows.values() for row in own if row.get("unit")), "")

    # four stand better as two by two than as three and one
    columns = 2 if len(rows) == 4 else min(PANELS_A_ROW, len(rows))
    count = -(-len(rows) // columns)

    def paint(canvas: Figure) -> None:
        panels = canvas.subplots(count, columns, sharex=True, sharey=True, squeeze=False).flatten()
        for axes, scenario in zip(panels, rows, strict=False):
            _panel(axes, [one for one in data if one["scenario"] == scenario], level, language)
            axes.set_title(model_label(document, scenario, language), fontsize=9.5, color=INK)
            axes.set_xlabel(said(block.xlabel, language))
        for axes in panels[len(rows) :]:
            axes.set_visible(False)
        for axes in panels[max(len(rows) - columns, 0) : len(rows)]:
            axes.tick_params(axis="x", labelbottom=True)
        axis = said(block.ylabel, language) or with_unit(words, unit)
        canvas.supylabel(axis, fontsize=9)
        handles, labels = panels[0].get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside upper left", ncols=4)

    plan = Plan(
        draw=paint,
        size=(2.6 * columns + 1.6, 3.0 * count + 0.8),
        columns=COLUMNS,
        data=data,
        title=said(block.title, language) or text("ledger.figure.fan", language, line=words, level=level),
        sentence=_sentence(document, words, data, level, language),
    )
    return drawing(name, plan, note=made_up(document, language))


def scenarios_of(block: LedgerFigureBlock, document: Document) -> list[str]:
    """The scenarios of a figure, in the order of the spec."""
    known = [name for name in document["ledger"]["order"]["scenarios"] if name in document["models"]]
    return [name for name in block.scenarios if name in known] if block.scenarios else known


def _rows(document: Document, scenario: str, line: str) -> list[Entry]:
    own = [row for row in document["rows"] if row["model"] == scenario and row["outcome"] == line]
    known = [row for row in own if row["time"] is not None and all(is_number(row.get(key)) for key in KEYS)]
    return sorted(known, key=lambda row: float(row["time"]))


def _datum(row: Entry, scale: float) -> dict[str, Any]:
    values = {key: float(row[key]) / scale for key in KEYS}
    return {"scenario": row["model"], "year": row["time"], **values, "pr_positive": row["pr_positive"]}


def _panel(axes: Axes, data: Sequence[Mapping[str, Any]], level: str, language: str) -> None:
    grid_lines(axes, "y")
    zero_line(axes)
    years = [one["year"] for one in data]
    colour = COLOURS[0]
    bands = (("ci_low", "ci_high", OUTER, "most"), ("p25", "p75", INNER, "half"))
    for low, high, shade, key in bands:
        label = text(f"ledger.figure.{key}", language, level=level)
        lower, upper = [one[low] for one in data], [one[high] for one in data]
        axes.fill_between(years, lower, upper, color=colour, alpha=shade, linewidth=0, zorder=2, label=label)
    median = text("ledger.figure.median", language)
    axes.plot(years, [one["median"] for one in data], color=colour, linewidth=1.8, zorder=4, label=median)
    point = text("ledger.figure.point", language)
    axes.plot(
        years, [one["estimate"] for one in data], color=INK, linewidth=1.0, linestyle=(0, (3, 2)), marker="o",
        markersize=2.6, zorder=5, label=point,
    )  # fmt: skip
    axes.set_xticks(_ticks(years))
    axes.tick_params(axis="x", colors=SOFT)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}".replace("-", "−"))


def _ticks(years: Sequence[int]) -> list[int]:
    """Every year, or every second and so on where there are many."""
    step = max(1, -(-len(years) // 5))
    return list(years[::-1][::step][::-1])


def _sentence(
    document: Document, words: str, data: Sequence[Mapping[str, Any]], level: str, language: str
) -> str:
    """The last year of every scenario in words."""
    digits = digits_for([one[key] for one in data for key in ("ci_low", "ci_high")], None)
    parts = []
    for scenario in dict.fromkeys(one["scenario"] for one in data):
        last = [one for one in data if one["scenario"] == scenario][-1]
        shown = {key: decimal_text(last[field], digits) for key, field in _ENDS}
        share = decimal_text(100 * float(last["pr_positive"]), 0)
        name = model_label(document, scenario, language)
        parts.append(
            text(
                "ledger.figure.fan_part",
                language,
                scenario=name,
                year=last["year"],
                level=level,
                share=share,
                **shown,
            )
        )
    return text("ledger.figure.fan_sentence", language, line=words, parts="; ".join(parts))


_ENDS = (("median", "median"), ("low", "ci_low"), ("high", "ci_high"))


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every fan chart of the request."""
    return files_of_kind("fan", draw, document, request)


OUTPUT = Output(
    summary="Draws of a ledger's line over the years", suffix="svg", write=write, keywords=("fan",)
)
