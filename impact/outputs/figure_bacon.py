"""Goodman-Bacon's decomposition: each comparison of two cohorts by its weight and estimate, told apart by type.

Comparisons with units that are already treated are drawn filled in red; the dashed line is the two-way coefficient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import fault, text
from impact.outputs._document import Document, Entry, label_of, made_up, model_label, said
from impact.outputs._numbers import decimal_text, is_number, whole_text
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.style import (
    COLOURS,
    INK,
    MARKERS,
    Drawing,
    Plan,
    drawing,
    files_of_kind,
    grid_lines,
    typeset,
    zero_line,
)
from impact.outputs.drawing.tested import findings_of
from impact.schema.display import FigureBlock

COLUMNS = ("of", "type", "treated", "control", "weight", "estimate")
# types of the decomposition, in the order of the legend
TYPES = (
    "Treated vs Untreated", "Earlier vs Later", "Later vs Earlier", "Later vs Always Treated", "Both Treated",
    "Always vs Never Treated", "Within",
)  # fmt: skip
FORBIDDEN = ("Later vs Earlier", "Later vs Always Treated")


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where the results hold no decomposition.
    """
    finding = _finding(name, block, document, language)
    pairs: Sequence[Mapping[str, Any]] = finding["details"]["pairs"]
    coefficient = float(finding["details"]["coefficient"])
    entry: Entry = document["models"].get(str(finding["of"]), {})
    outcome = label_of(document, str(entry.get("outcome") or ""), language)

    def paint(canvas: Figure) -> None:
        axes = canvas.subplots()
        _points(axes, pairs, language)
        label = text("figure.two_way", language, estimate=decimal_text(coefficient, request.outputs.digits))
        axes.axhline(
            coefficient, color=INK, linewidth=1.0, linestyle=(0, (4, 3)), zorder=2, label=typeset(label)
        )
        axes.set_xlim(left=0)
        axes.set_xlabel(said(block.xlabel, language) or text("figure.weight", language))
        axes.set_ylabel(said(block.ylabel, language) or text("figure.effect_on", language, outcome=outcome))
        canvas.legend(loc="outside upper left", ncols=2)

    share = float(finding["details"]["forbidden_share"])
    plan = Plan(
        draw=paint,
        size=(6.2, 3.9),
        columns=COLUMNS,
        data=[{"of": finding["of"], **pair} for pair in pairs],
        title=said(block.title, language) or text("figure.title.bacon", language, outcome=outcome),
        sentence=text(
            "figure.sentence.bacon",
            language,
            model=model_label(document, str(finding["of"]), language),
            n=whole_text(len(pairs)),
            estimate=decimal_text(coefficient, request.outputs.digits),
            share=decimal_text(100 * share, 1),
        ),
    )
    return drawing(name, plan, note=made_up(document, language))


def _points(axes: Axes, pairs: Sequence[Mapping[str, Any]], language: str) -> None:
    """One point a comparison, told apart by type."""
    grid_lines(axes, "y")
    zero_line(axes)
    for place, kind in enumerate(TYPES):
        own = [pair for pair in pairs if pair["type"] == kind and is_number(pair["estimate"])]
        if not own:
            continue
        colour = COLOURS[1] if kind in FORBIDDEN else COLOURS[0 if place == 0 else 2]
        axes.plot(
            [pair["weight"] for pair in own],
            [pair["estimate"] for pair in own],
            linestyle="none",
            marker=MARKERS[place],
            color=colour,
            markerfacecolor=colour if kind in FORBIDDEN else "white",
            markersize=7,
            zorder=4,
            label=text(f"figure.bacon.{place}", language),
        )


def _finding(name: str, block: FigureBlock, document: Document, language: str) -> Entry:
    for finding in findings_of("bacon", block, document):
        if finding["details"].get("pairs"):
            return finding
    raise OutputError(fault("E713", table=name, what=text("figure.no_bacon", language)))


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every figure of the decomposition in the request."""
    return files_of_kind("bacon", draw, document, request)


OUTPUT = Output(
    summary="Comparisons in the two-way coefficient", suffix="svg", write=write, keywords=("bacon",)
)
