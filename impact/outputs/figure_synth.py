"""Synthetic controls: the paths of the treated and of their synthetic control, the gap between them, the weights.

Gaps of placebo units, where the estimator has them, are drawn thin behind the actual one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import fault, text
from impact.outputs._document import Document, label_of, made_up, model_label, said
from impact.outputs._numbers import decimal_text, is_number, whole_text
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.models import chosen_models
from impact.outputs.drawing.style import (
    COLOURS,
    FAINT,
    SOFT,
    Drawing,
    Plan,
    drawing,
    files_of_kind,
    grid_lines,
    zero_line,
)
from impact.schema.display import FigureBlock

COLUMNS = ("model", "cohort", "series", "unit", "time", "value")
MOST_WEIGHTS = 12
SMALLEST_WEIGHT = 0.001
Datum = Mapping[str, Any]


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where no model has a synthetic control.
    """
    model, cohort, facts = _facts(name, block, document, request, language)
    entry = document["models"][model]
    outcome = label_of(document, str(entry.get("outcome")), language)
    placebos: Sequence[Sequence[float]] = ((entry.get("extra") or {}).get("placebos") or {}).get("gaps") or ()
    painters: dict[str, Callable[[Axes], None]] = {
        "paths": lambda axes: _paths(axes, facts, outcome, language),
        "gaps": lambda axes: _gaps(axes, facts, placebos, language),
        "weights": lambda axes: _weights(axes, facts, document, language),
    }
    shown = [panel for panel in painters if panel in block.show]

    def paint(canvas: Figure) -> None:
        panels = canvas.subplots(1, len(shown), squeeze=False)[0]
        for axes, panel in zip(panels, shown, strict=True):
            painters[panel](axes)
            axes.set_title(text(f"figure.panel.{panel}", language), fontsize=9, loc="left")
        if shown != ["weights"]:  # bars have no line to name
            canvas.legend(loc="outside upper left", ncols=4)

    before = int(facts["before"])
    after = [float(gap) for gap in facts["gap"][before:] if is_number(gap)] or [0.0]
    plan = Plan(
        draw=paint,
        size=(max(4.6, 3.5 * len(shown)), 3.7),
        columns=COLUMNS,
        data=_data(model, cohort, facts, (entry.get("extra") or {}).get("placebos") or {}),
        title=said(block.title, language) or text("figure.title.synth", language, outcome=outcome),
        sentence=text(
            "figure.sentence.synth",
            language,
            model=model_label(document, model, language),
            outcome=outcome,
            gap=decimal_text(sum(after) / len(after), request.outputs.digits),
            weights=_named_weights(facts, document, language),
        ),
    )
    return drawing(name, plan, note=made_up(document, language))


def _facts(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, language: str
) -> tuple[str, str, Mapping[str, Any]]:
    """The first model with a synthetic control, and its first cohort."""
    for model in chosen_models(name, block, document, request):
        cohorts = (document["models"][model].get("extra") or {}).get("synthetic") or {}
        for cohort, facts in cohorts.items():
            return model, str(cohort), facts
    raise OutputError(fault("E713", table=name, what=text("figure.no_synth", language)))


def _frame(axes: Axes, facts: Mapping[str, Any]) -> None:
    """Grid, whole periods, and the line where treatment starts."""
    grid_lines(axes, "y")
    periods, before = facts["periods"], int(facts["before"])
    start = (periods[before - 1] + periods[before]) / 2 if 0 < before < len(periods) else periods[0]
    axes.axvline(start, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))


def _paths(axes: Axes, facts: Mapping[str, Any], outcome: str, language: str) -> None:
    _frame(axes, facts)
    axes.plot(
        facts["periods"],
        facts["treated"],
        color=COLOURS[0],
        linewidth=2.0,
        label=text("figure.treated", language),
    )
    axes.plot(
        facts["periods"], facts["synthetic"], color=COLOURS[1], linewidth=2.0, linestyle=(0, (5, 2)),
        label=text("figure.synthetic", language),
    )  # fmt: skip
    axes.set_ylabel(outcome)


def _gaps(axes: Axes, facts: Mapping[str, Any], placebos: Sequence[Sequence[float]], language: str) -> None:
    _frame(axes, facts)
    zero_line(axes)
    for place, gap in enumerate(placebos):
        label = text("figure.placebos", language, n=whole_text(len(placebos))) if place == 0 else None
        axes.plot(facts["periods"], gap, color=FAINT, linewidth=0.9, zorder=2, label=label)
    axes.plot(facts["periods"], facts["gap"], color=COLOURS[0], linewidth=2.0, zorder=4)


def _weights(axes: Axes, facts: Mapping[str, Any], document: Document, language: str) -> None:
    top = _top(facts)
    axes.barh(range(len(top)), [weight for _, weight in top], color=COLOURS[2], height=0.7, zorder=3)
    axes.set_yticks(range(len(top)), [label_of(document, unit, language) for unit, _ in top])
    axes.invert_yaxis()
    grid_lines(axes, "x")
    axes.set_xlabel(text("figure.weight", language))


def _top(facts: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The largest weights, at most twelve, those that round to zero left out."""
    ordered = sorted(facts["weights"].items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    return [(unit, weight) for unit, weight in ordered if abs(weight) >= SMALLEST_WEIGHT][:MOST_WEIGHTS]


def _named_weights(facts: Mapping[str, Any], document: Document, language: str) -> str:
    return ", ".join(
        f"{label_of(document, unit, language)} {decimal_text(weight, 3)}" for unit, weight in _top(facts)[:5]
    )


def _data(model: str, cohort: str, facts: Mapping[str, Any], placebos: Mapping[str, Any]) -> list[Datum]:
    periods = facts["periods"]
    found: list[Datum] = [
        {"model": model, "cohort": cohort, "series": series, "unit": None, "time": time, "value": value}
        for series in ("treated", "synthetic", "gap")
        for time, value in zip(periods, facts[series], strict=True)
    ]
    for units, gap in zip(placebos.get("units") or (), placebos.get("gaps") or (), strict=True):
        named = ", ".join(str(unit) for unit in units)
        found += [
            {
                "model": model,
                "cohort": cohort,
                "series": "placebo",
                "unit": named,
                "time": time,
                "value": value,
            }
            for time, value in zip(periods, gap, strict=True)
        ]
    found += [
        {"model": model, "cohort": cohort, "series": "weight", "unit": unit, "time": None, "value": weight}
        for unit, weight in sorted(facts["weights"].items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return found


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every figure of synthetic controls in the request."""
    return files_of_kind("synth", draw, document, request)


OUTPUT = Output(
    summary="Synthetic control: paths, gaps, weights", suffix="svg", write=write, keywords=("synth",)
)
