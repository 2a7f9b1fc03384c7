"""Who is treated when: a row for each cohort, a column for each period, treated cells filled and hatched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import fault, text
from impact.outputs._design_words import adoption_of, design_sentences
from impact.outputs._document import Document, made_up, said
from impact.outputs._numbers import whole_text
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.models import chosen_models
from impact.outputs.drawing.style import COLOURS, FAINT, SOFT, Drawing, Plan, drawing, files_of_kind
from impact.schema.display import FigureBlock

COLUMNS = ("cohort", "units", "time", "treated")


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where no model starts from a design of who is treated from when.
    """
    facts = _facts(name, block, document, request, language)
    lines = _lines(facts, language)
    periods = [float(period) for period in facts["periods"]]

    def paint(canvas: Figure) -> None:
        axes = canvas.subplots()
        for place, (_, cohort, _) in enumerate(lines):
            for column, period in enumerate(periods):
                treated = cohort is not None and period >= cohort
                axes.add_patch(
                    Rectangle(
                        (column - 0.5, place - 0.42), 1.0, 0.84, facecolor=COLOURS[0] if treated else FAINT,
                        edgecolor="white", linewidth=0.8, hatch="////" if treated else None,
                    )
                )  # fmt: skip
        axes.set_xlim(-0.5, len(periods) - 0.5)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.set_yticks(range(len(lines)), [label for label, _, _ in lines])
        step = max(1, len(periods) // 10)
        axes.set_xticks(
            range(0, len(periods), step), [whole_text(one, grouping=False) for one in periods[::step]]
        )
        axes.tick_params(length=0)
        axes.set_xlabel(said(block.xlabel, language) or text("figure.calendar", language))
        axes.set_ylabel(said(block.ylabel, language) or text("figure.cohorts_units", language))
        handles = [
            Patch(facecolor=FAINT, edgecolor=SOFT, label=text("figure.untreated", language)),
            Patch(
                facecolor=COLOURS[0], edgecolor="white", hatch="////", label=text("figure.treated", language)
            ),
        ]
        canvas.legend(handles=handles, loc="outside upper left", ncols=2)

    plan = Plan(
        draw=paint,
        size=(6.2, max(1.9, 0.34 * len(lines) + 1.2)),
        columns=COLUMNS,
        data=_data(lines, periods),
        title=said(block.title, language) or text("figure.title.cohorts", language),
        sentence=" ".join(design_sentences(facts, language)[:2]),
    )
    return drawing(name, plan, note=made_up(document, language))


def _facts(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, language: str
) -> Mapping[str, Any]:
    for model in chosen_models(name, block, document, request):
        facts = adoption_of(document["models"][model])
        if facts:
            return facts
    raise OutputError(fault("E713", table=name, what=text("figure.no_design", language)))


def _lines(facts: Mapping[str, Any], language: str) -> list[tuple[str, float | None, int]]:
    """Label, cohort and units of each row, the never treated last."""
    lines: list[tuple[str, float | None, int]] = [
        (
            f"{whole_text(one['cohort'], grouping=False)} ({whole_text(one['units'])})",
            float(one["cohort"]),
            one["units"],
        )
        for one in facts["cohorts"]
    ]
    if facts["never"]:
        label = f"{text('figure.never', language)} ({whole_text(facts['never'])})"
        lines.append((label, None, facts["never"]))
    return lines


def _data(lines: list[tuple[str, float | None, int]], periods: list[float]) -> list[Mapping[str, Any]]:
    return [
        {
            "cohort": cohort,
            "units": units,
            "time": period,
            "treated": int(cohort is not None and period >= cohort),
        }
        for _, cohort, units in lines
        for period in periods
    ]


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every figure of cohorts of the request."""
    return files_of_kind("cohorts", draw, document, request)


OUTPUT = Output(summary="Who is treated when", suffix="svg", write=write, keywords=("cohorts",))
