"""Specification curve: estimates from the smallest to the largest with their intervals, and below them the choices.

Estimates that are different from zero at the level of the study are filled; the preferred specification is a diamond.
Source: Simonsohn, Simmons and Nelson (2020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from impact.core.registered import Output
from impact.core.texts import text
from impact.outputs._curve_rows import (
    choice_label,
    curve_of,
    dimension_label,
    dimensions_of,
    sorted_rows,
    summary_of,
)
from impact.outputs._document import Document, Entry, label_of, made_up, said
from impact.outputs._numbers import decimal_text, is_number, p_text, whole_text
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
    typeset,
    zero_line,
)
from impact.schema.display import FigureBlock

COLUMNS = (
    "rank",
    "specification",
    "estimate",
    "std_error",
    "p_value",
    "ci_low",
    "ci_high",
    "n_obs",
    "preferred",
)
# inches a line of the matrix takes, and the estimates above it
LINE, ESTIMATES = 0.17, 2.6


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the matrix: a choice of a dimension, and the ranks of the specifications that make it."""

    dimension: str
    label: str
    ranks: tuple[int, ...]


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where the results hold no curve.
    """
    curve = curve_of(name, document, language)
    rows = sorted_rows(curve)
    lines = _lines(curve, rows, document, language)
    dimensions = len({line.dimension for line in lines})
    below = LINE * (len(lines) + dimensions)
    term = label_of(document, str(curve["term"]), language)
    alpha = float(document.get("alpha") or 0.05)

    def paint(canvas: Figure) -> None:
        above, matrix = canvas.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": [ESTIMATES, below], "hspace": 0.02}
        )
        _estimates(above, rows, alpha, language)
        above.set_ylabel(said(block.ylabel, language) or text("speccurve.effect", language, term=term))
        _matrix(matrix, lines, len(rows))
        matrix.set_xlabel(said(block.xlabel, language) or text("speccurve.ranks", language))
        canvas.legend(*above.get_legend_handles_labels(), loc="outside upper left", ncols=4)

    plan = Plan(
        draw=paint,
        size=(7.2, ESTIMATES + below + 0.7),
        columns=(*COLUMNS[:2], *dimensions_of(curve), *COLUMNS[2:]),
        data=[_datum(rank, row) for rank, row in enumerate(rows, 1)],
        title=said(block.title, language) or text("table.title.speccurve", language, term=term),
        sentence=_sentence(curve, term, request.outputs.digits, language),
        section="robustness",
    )
    return drawing(name, plan, note=made_up(document, language))


def _datum(rank: int, row: Entry) -> Mapping[str, Any]:
    return {"rank": rank, **{key: row[key] for key in COLUMNS[1:]}, **row["choices"]}


def _sentence(curve: Entry, term: str, digits: int, language: str) -> str:
    summary = summary_of(curve)
    said_p = (
        p_text(summary["p_median"]) if is_number(summary["p_median"]) else text("speccurve.no_p", language)
    )
    return text(
        "speccurve.figure",
        language,
        term=term,
        n=whole_text(summary["run"]),
        median=decimal_text(summary["median"], digits),
        low=decimal_text(summary["lowest"], digits),
        high=decimal_text(summary["highest"], digits),
        share=decimal_text(100 * float(summary["significant"]), 0),
        p=said_p,
    )


def _lines(curve: Entry, rows: Sequence[Entry], document: Document, language: str) -> list[_Line]:
    """The lines of the matrix from top to bottom: each dimension with its choices in the order of the spec."""
    found = []
    for dimension, choices in dimensions_of(curve).items():
        head = dimension_label(document, dimension, language)
        for choice in choices:
            ranks = tuple(rank for rank, row in enumerate(rows, 1) if row["choices"][dimension] == choice)
            found.append(_Line(head, choice_label(document, choice, language), ranks))
    return found


def _estimates(axes: Axes, rows: Sequence[Entry], alpha: float, language: str) -> None:
    """Points with intervals over their rank."""
    grid_lines(axes, "y")
    zero_line(axes)
    ranked = list(enumerate(rows, 1))
    bars = [
        [(rank, row["ci_low"]), (rank, row["ci_high"])]
        for rank, row in ranked
        if is_number(row["ci_low"]) and is_number(row["ci_high"])
    ]
    width = max(0.4, min(1.6, 160 / max(len(rows), 1)))
    axes.add_collection(LineCollection(bars, colors=FAINT, linewidths=width, zorder=2), autolim=True)
    size = max(1.6, min(4.5, 400 / max(len(rows), 1)))
    for key, colour, filled in (("away", COLOURS[0], True), ("near", SOFT, False)):
        own = [
            (rank, row["estimate"])
            for rank, row in ranked
            if (is_number(row["p_value"]) and row["p_value"] < alpha) == filled and not row["preferred"]
        ]
        if own:
            axes.plot(
                *zip(*own, strict=True),
                linestyle="none",
                marker="o",
                color=colour,
                markerfacecolor=colour if filled else "white",
                markersize=size,
                markeredgewidth=0.7,
                zorder=3,
                label=typeset(text(f"speccurve.{key}", language, alpha=f"{100 * alpha:g}")),
            )
    for rank, row in ranked:
        if row["preferred"]:
            axes.plot(
                [rank],
                [row["estimate"]],
                linestyle="none",
                marker="D",
                color=COLOURS[1],
                markersize=6,
                zorder=5,
                label=text("speccurve.preferred_point", language),
            )
    axes.tick_params(axis="x", length=0)
    axes.autoscale_view()


def _matrix(axes: Axes, lines: Sequence[_Line], count: int) -> None:
    """A mark for each choice that a specification makes; dimensions stand apart and are named in bold."""
    place, ticks, labels = 0.0, [], []
    before = ""
    for line in lines:
        if line.dimension != before:
            ticks.append(place)
            labels.append((line.dimension, True))
            place += 1
            before = line.dimension
        ticks.append(place)
        labels.append((line.label, False))
        axes.vlines(list(line.ranks), place - 0.36, place + 0.36, color=INK, linewidth=_mark_width(count))
        place += 1
    axes.set_ylim(place - 0.5, -0.5)
    axes.set_xlim(0.5 - 0.01 * count, count + 0.5 + 0.01 * count)
    axes.set_yticks(ticks, [shown for shown, _ in labels])
    for tick, (_, heads) in zip(axes.get_yticklabels(), labels, strict=True):
        tick.set_fontweight("bold" if heads else "normal")
        tick.set_fontsize(7.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _mark_width(count: int) -> float:
    """Points wide enough to be seen and narrow enough to stand apart."""
    return max(0.5, min(3.5, 250 / max(count, 1)))


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every specification curve of the request."""
    return files_of_kind("spec_curve", draw, document, request)


OUTPUT = Output(
    summary="Estimates of all specifications and their choices",
    suffix="svg",
    write=write,
    keywords=("spec_curve",),
)
