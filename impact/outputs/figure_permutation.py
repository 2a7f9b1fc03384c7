"""Histogram of the permutation distribution: where the actual estimate stands among all the sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import fault, text
from impact.outputs._document import Document, Entry, focus_row, label_of, made_up, said
from impact.outputs._footers import permutation_of
from impact.outputs._numbers import decimal_text, is_number, p_text, whole_text
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.models import chosen_models
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
)
from impact.schema.display import FigureBlock

COLUMNS = ("set", "estimate")


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where the model has no stored permutation distribution.
    """
    row, estimates = _distribution(name, block, document, request, language)
    actual = float(row["estimate"])
    outcome = label_of(document, str(row.get("outcome")), language)
    p_value = p_text(row.get("p_permutation"))
    caption = text(
        "figure.actual", language, estimate=decimal_text(actual, request.outputs.digits), p=p_value
    )

    def paint(canvas: Figure) -> None:
        axes = canvas.subplots()
        grid_lines(axes, "y")
        edges = _edges(estimates).tolist()
        far = np.abs(estimates) >= abs(actual) * (1 - 1e-10)
        axes.hist(estimates, bins=edges, color=FAINT, edgecolor=SOFT, linewidth=0.6, zorder=2)
        axes.hist(
            estimates[far], bins=edges, color=COLOURS[5], edgecolor=SOFT, linewidth=0.6, hatch="////",
            zorder=3,
            label=text("figure.as_far", language, n=whole_text(int(far.sum())),
            of=whole_text(len(estimates))),
        )  # fmt: skip
        axes.axvline(actual, color=COLOURS[1], linewidth=2.2, zorder=4, label=caption.replace("-", "−"))
        axes.axvline(0.0, color=INK, linewidth=0.7, zorder=1)
        axes.set_xlabel(said(block.xlabel, language) or text("figure.effect_on", language, outcome=outcome))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylabel(said(block.ylabel, language) or text("figure.sets", language))
        canvas.legend(loc="outside upper left", ncols=2)

    plan = Plan(
        draw=paint,
        size=(6.2, 3.5),
        columns=COLUMNS,
        data=_data(estimates),
        title=said(block.title, language) or text("figure.title.permutation", language, outcome=outcome),
        sentence=text(
            "figure.sentence.permutation",
            language,
            outcome=outcome,
            n=whole_text(len(estimates)),
            estimate=decimal_text(actual, request.outputs.digits),
            p=p_value,
        ),
        section="robustness",
    )
    return drawing(name, plan, note=made_up(document, language))


def _distribution(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, language: str
) -> tuple[Entry, np.ndarray[Any, np.dtype[np.float64]]]:
    for model in chosen_models(name, block, document, request):
        row = focus_row(document, model, term=block.term)
        stored = permutation_of(document["models"][model]).get("estimates") or {}
        values = [value for value in stored.get(row["term"], ()) if is_number(value)] if row else []
        if row is not None and values:
            return row, np.asarray(values, dtype=np.float64)
    raise OutputError(fault("E713", table=name, what=text("figure.no_permutation", language)))


def _edges(estimates: Sequence[float] | np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Between 12 and 40 bins of equal width."""
    bins = int(np.clip(np.sqrt(len(estimates)) * 1.6, 12, 40))
    return np.histogram_bin_edges(estimates, bins=bins)


def _data(estimates: np.ndarray[Any, Any]) -> list[dict[str, Any]]:
    return [{"set": place, "estimate": value} for place, value in enumerate(estimates.tolist())]


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every permutation histogram of the request."""
    return files_of_kind("permutation", draw, document, request)


OUTPUT = Output(
    summary="The actual estimate among those of all permuted sets",
    suffix="svg",
    write=write,
    keywords=("permutation",),
)
