"""Effects by dose, with intervals and simultaneous bands: the level ATT(d), and the slope ACRT(d) below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import fault, text
from impact.outputs._document import (
    EFFECT,
    Document,
    Entry,
    label_of,
    made_up,
    model_label,
    primary_interval,
    rows_of,
    said,
)
from impact.outputs._numbers import decimal_text, is_number
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.models import chosen_models
from impact.outputs.drawing.style import (
    COLOURS,
    FAINT,
    Drawing,
    Plan,
    drawing,
    files_of_kind,
    grid_lines,
    zero_line,
)
from impact.schema.display import FigureBlock

COLUMNS = ("model", "curve", "dose", "estimate", "ci_low", "ci_high", "band_low", "band_high")
CURVES = ("dose", "acrt")


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where no model has effects by dose.
    """
    model, points = _points(name, block, document, request, language)
    curves = [curve for curve in CURVES if any(point["curve"] == curve for point in points)]
    outcome = label_of(document, str(document["models"][model].get("outcome")), language)

    def paint(canvas: Figure) -> None:
        panels = canvas.subplots(len(curves), 1, sharex=True, squeeze=False)[:, 0]
        for axes, curve in zip(panels, curves, strict=True):
            _curve(axes, [point for point in points if point["curve"] == curve], block)
            axes.set_ylabel(text(f"figure.curve.{curve}", language))
        panels[-1].set_xlabel(said(block.xlabel, language) or text("figure.dose", language))

    levels = [point for point in points if point["curve"] == curves[0] and is_number(point["estimate"])]
    values = [float(point["estimate"]) for point in levels] or [0.0]
    plan = Plan(
        draw=paint,
        size=(6.2, 2.4 * len(curves) + 0.8),
        columns=COLUMNS,
        data=[{"model": model, **point} for point in points],
        title=said(block.title, language) or text("figure.title.dose", language, outcome=outcome),
        sentence=text(
            "figure.sentence.dose",
            language,
            outcome=outcome,
            model=model_label(document, model, language),
            low=decimal_text(min(values), 3),
            high=decimal_text(max(values), 3),
        ),
    )
    return drawing(name, plan, note=made_up(document, language))


def _points(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, language: str
) -> tuple[str, list[Mapping[str, Any]]]:
    for model in chosen_models(name, block, document, request):
        found = [point for row in rows_of(document, model) if (point := _point(row)) is not None]
        if found:
            return model, sorted(found, key=lambda point: (CURVES.index(point["curve"]), point["dose"]))
    raise OutputError(fault("E713", table=name, what=text("figure.no_dose", language)))


def _point(row: Entry) -> Mapping[str, Any] | None:
    match = EFFECT.fullmatch(str(row["term"]))
    if match is None or match.group(1) not in CURVES:
        return None
    low, high = primary_interval(row)
    shown = {key: row.get(key) for key in ("estimate", "band_low", "band_high")}
    return {"curve": match.group(1), "dose": float(match.group(2)), **shown, "ci_low": low, "ci_high": high}


def _curve(axes: Axes, points: Sequence[Mapping[str, Any]], block: FigureBlock) -> None:
    grid_lines(axes, "y")
    zero_line(axes)
    doses = [point["dose"] for point in points]
    for low, high, colour, wanted in (
        ("band_low", "band_high", FAINT, block.band != "pointwise"),
        ("ci_low", "ci_high", COLOURS[5], block.band != "simultaneous"),
    ):
        if wanted and all(is_number(point[low]) and is_number(point[high]) for point in points):
            bottom, top = ([point[end] for point in points] for end in (low, high))
            axes.fill_between(doses, bottom, top, color=colour, alpha=0.55, linewidth=0, zorder=1.5)
    axes.plot(doses, [point["estimate"] for point in points], color=COLOURS[0], linewidth=1.8, zorder=4)


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every figure of effects by dose of the request."""
    return files_of_kind("dose", draw, document, request)


OUTPUT = Output(summary="Effects by dose", suffix="svg", write=write, keywords=("dose",))
