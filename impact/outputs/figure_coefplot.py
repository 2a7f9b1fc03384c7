"""Coefficient plot: estimates with intervals, one a line; also the forest of a main estimate with its
robustness rows
or its subgroups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import fault, text
from impact.outputs._document import (
    Document,
    Entry,
    focus_row,
    has_groups,
    label_of,
    made_up,
    model_label,
    primary,
    primary_interval,
    robustness_label,
    rows_of,
    said,
    unique,
)
from impact.outputs._numbers import decimal_text, interval_text, is_number
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.interval import draw_interval
from impact.outputs.drawing.models import chosen_models
from impact.outputs.drawing.style import (
    SOFT,
    Drawing,
    Plan,
    drawing,
    files_of_kind,
    grid_lines,
    series_style,
    tip,
    zero_line,
)
from impact.outputs.grids.rows import family_label, family_of, group_rows, robustness_mains, rows_of_main
from impact.schema.display import FigureBlock, TableBlock

COLUMNS = ("row", "model", "group", "term", "estimate", "ci_low", "ci_high", "interval", "n_obs", "marked")


@dataclass(frozen=True, slots=True)
class _Line:
    """One estimate: its label, its row, the series it belongs to, and a mark: main, placebo or none."""

    label: str
    row: Entry
    series: str = ""
    mark: str = ""
    key: str = ""


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where there is nothing to draw.
    """
    models = chosen_models(name, block, document, request)
    kind = _kind(block, document, models)
    lines = [
        line
        for line in _LINES[kind](block, document, request, models, language)
        if is_number(line.row.get("estimate"))
        and not (is_number(line.row.get("n_obs")) and line.row["n_obs"] < request.outputs.min_cell)
    ]
    if not lines:
        raise OutputError(fault("E713", table=name, what=text("figure.no_lines", language)))
    outcomes = unique(str(document["models"][line.row["model"]].get("outcome") or "") for line in lines)
    outcome = ", ".join(label_of(document, one, language) for one in outcomes)
    labels = unique(line.label for line in lines)

    def paint(canvas: Figure) -> None:
        axes = canvas.subplots()
        _panel(axes, lines, labels, request.outputs.digits)
        axes.set_xlabel(said(block.xlabel, language) or text("figure.effect_on", language, outcome=outcome))

    plan = Plan(
        draw=paint,
        size=(
            7.2,
            max(2.2, 0.95 + 0.27 * len(labels) * max(1, len(unique(line.series for line in lines)) * 0.7)),
        ),
        columns=COLUMNS,
        data=[_datum(line) for line in lines],
        title=said(block.title, language) or text(f"figure.title.{kind}", language, outcome=outcome),
        sentence=_sentence(lines, outcome, request.outputs.digits, language),
        section="robustness" if kind == "robustness" else "",
    )
    return drawing(name, plan, note=made_up(document, language))


def _kind(block: FigureBlock, document: Document, models: Sequence[str]) -> str:
    """What the lines are: as asked; else robustness rows or subgroups of named models that have them."""
    if block.rows != "auto":
        return block.rows
    if (block.model or block.models) and set(models) & set(robustness_mains(document, TableBlock())):
        return "robustness"
    return "by" if all(has_groups(document["models"][model]) for model in models) else "models"


def _model_lines(
    block: FigureBlock, document: Document, request: OutputRequest, models: Sequence[str], language: str
) -> list[_Line]:
    wanted = block.terms or ([block.term] if block.term else [])
    several = len(models) > 1 and len(wanted) > 1
    lines: list[_Line] = []
    for model in models:
        if has_groups(document["models"][model]):
            continue
        if not wanted:
            row = focus_row(document, model)
            lines += [_Line(model_label(document, model, language), row)] if row else []
            continue
        for row in rows_of(document, model):
            if row["term"] in wanted:
                shown = label_of(document, str(row["term"]), language) if len(wanted) > 1 else None
                label = shown or model_label(document, model, language)
                lines.append(_Line(label, row, model_label(document, model, language) if several else ""))
    return lines


def _robustness_lines(
    block: FigureBlock, document: Document, request: OutputRequest, models: Sequence[str], language: str
) -> list[_Line]:
    named = block.model or block.models
    mains = list(models) if named else robustness_mains(document, TableBlock())
    lines: list[_Line] = []
    for main in mains:
        series = model_label(document, main, language) if len(mains) > 1 else ""
        row = focus_row(document, main, term=block.term)
        if row:
            lines.append(_Line(text("table.main", language), row, series, "main", "main"))
        members = rows_of_main(document, request, main)
        for key, model in members.items():
            row = focus_row(document, model, term=block.term)
            if row is None:
                continue
            family = family_of(key, list(members))
            if family:
                number = sum(family_of(one, list(members)) == family for one in members)
                lines.append(
                    _Line(family_label(document, family, number, language), row, series, "family", key)
                )
                continue
            mark = "placebo" if document["models"][model].get("expect") else ""
            lines.append(_Line(robustness_label(document, model, language), row, series, mark, key))
    return lines


def _group_lines(
    block: FigureBlock, document: Document, request: OutputRequest, models: Sequence[str], language: str
) -> list[_Line]:
    grouped = [model for model in models if has_groups(document["models"][model])]
    lines: list[_Line] = []
    for model in grouped:
        series = model_label(document, model, language) if len(grouped) > 1 else ""
        for label, row in group_rows(document, model, block.groups, block.term, language):
            mark = "main" if row.get("group") in (None, "", "all") else ""
            lines.append(_Line(label, row, series, mark))
    return lines


_LINES = {"models": _model_lines, "robustness": _robustness_lines, "by": _group_lines}


def _panel(axes: Axes, lines: Sequence[_Line], labels: Sequence[str], digits: int) -> None:
    grid_lines(axes, "x")
    zero_line(axes, vertical=True)
    names = unique(line.series for line in lines)
    height = {label: -place for place, label in enumerate(labels)}
    for line, at in zip(lines, _heights(lines, height), strict=True):
        _draw_line(axes, line, at, names.index(line.series), digits)
    mains = [line for line in lines if line.mark == "main"]
    if len(mains) == 1:
        axes.axvline(mains[0].row["estimate"], color=SOFT, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
    axes.set_yticks([height[label] for label in labels], labels)
    axes.set_ylim(-len(labels) + 0.35, 0.65)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    if len(names) > 1:
        for place, name in enumerate(names):
            axes.plot([], [], label=name, linestyle="none", **series_style(place))
        axes.figure.legend(loc="outside upper left", ncols=4)


def _heights(lines: Sequence[_Line], height: Mapping[str, int]) -> list[float]:
    """Where each line stands: those of one label around it, one alone on it; the members of a family stand together."""
    places: dict[str, list[tuple[str, str]]] = {}
    own: list[tuple[str, str]] = []
    for number, line in enumerate(lines):
        there = places.setdefault(line.label, [])
        key = (line.series, "family" if line.mark == "family" else str(number))
        own.append(key)
        if key not in there:
            there.append(key)
    found = []
    for line, key in zip(lines, own, strict=True):
        there = places[line.label]
        shift = 0.0 if len(there) == 1 else 0.5 * (0.5 - there.index(key) / (len(there) - 1))
        found.append(height[line.label] + shift)
    return found


def _draw_line(axes: Axes, line: _Line, height: float, place: int, digits: int) -> None:
    style = series_style(place)
    if line.mark == "family":
        # The members of a family share one line: a tick each, without intervals.
        axes.plot([line.row["estimate"]], [height], **{**style, "marker": "|"}, markersize=8, zorder=3)
        return
    low, high = primary_interval(line.row)
    main = line.mark == "main"
    draw_interval(axes, height, low, high, along="x", color=style["color"], width=2.4 if main else 1.3)
    face = "white" if line.mark == "placebo" else style["color"]
    numbers = f"{decimal_text(line.row['estimate'], digits)} {interval_text(low, high, digits)}"
    axes.plot(
        [line.row["estimate"]], [height], linestyle="none", markersize=7.5 if main else 5.5,
        markerfacecolor=face,
        gid=tip(f"{line.label}: {numbers}"), zorder=4, **{**style, "marker": "D" if main else style["marker"]},
    )  # fmt: skip
    axes.annotate(
        numbers.replace("-", "−"), (1.01, height), xycoords=("axes fraction", "data"), fontsize=7.5,
        va="center",
        color=SOFT,
    )  # fmt: skip


def _datum(line: _Line) -> dict[str, Any]:
    low, high = primary_interval(line.row)
    return {
        "row": line.key, "model": line.row["model"], "group": line.row.get("group"), "term": line.row["term"],
        "estimate": line.row["estimate"], "ci_low": low, "ci_high": high, "interval": primary(line.row),
        "n_obs": line.row.get("n_obs"), "marked": line.mark,
    }  # fmt: skip


def _sentence(lines: Sequence[_Line], outcome: str, digits: int, language: str) -> str:
    values = sorted(line.row["estimate"] for line in lines)
    leaving = sum(_leaves_zero(line.row) for line in lines)
    return text(
        "figure.sentence.coefplot",
        language,
        outcome=outcome,
        n=len(lines),
        low=decimal_text(values[0], digits),
        high=decimal_text(values[-1], digits),
        away=leaving,
    )


def _leaves_zero(row: Entry) -> bool:
    low, high = primary_interval(row)
    return is_number(low) and is_number(high) and (low > 0 or high < 0)


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every coefficient plot of the request."""
    return files_of_kind("coefplot", draw, document, request)


OUTPUT = Output(
    summary="Estimates with intervals, one a line; forests of robustness rows and subgroups",
    suffix="svg",
    write=write,
    keywords=("coefplot",),
)
