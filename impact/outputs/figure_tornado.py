"""Tornado of a ledger: what moves an output, by swings of one input at a time and by rank correlation over the draws.

Left: the output with one input at its low and at its high, all others at their values, from the widest swing down.
Right: Spearman's correlation of the input's draws with the output's. Source: Morgan and Henrion (1990), Uncertainty,
chapter 8.
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
from impact.outputs._numbers import decimal_text, is_number
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
from impact.outputs.figure_fan import scenarios_of
from impact.outputs.ledger.listings import sorted_drivers
from impact.outputs.ledger.words import digits_for, line_label
from impact.schema.ledger.block import LedgerFigureBlock

COLUMNS = ("scenario", "input", "at_low", "at_high", "point", "rank_correlation")
BAR = 0.62
LINE, FRAME = 0.27, 0.75


def draw(
    name: str, block: LedgerFigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where the results hold no drivers of the output.
    """
    scale = block.scale or 1.0
    panels = {scenario: _drivers(document, scenario, block) for scenario in scenarios_of(block, document)}
    panels = {scenario: found for scenario, found in panels.items() if found}
    if not panels:
        raise OutputError(fault("E713", table=name, what=text("ledger.no_drivers", language)))
    output = next(iter(panels.values()))[0]["output"]
    words = line_label(document, output, language)
    data = [_datum(one, scale) for found in panels.values() for one in found]
    has_ranks = any(is_number(one["rank_correlation"]) for one in data)
    heights = [len(found) * LINE + FRAME for found in panels.values()]

    def paint(canvas: Figure) -> None:
        ratios = {"width_ratios": [2.6, 1.0] if has_ranks else [1.0], "height_ratios": heights}
        axes = canvas.subplots(len(panels), 1 + has_ranks, squeeze=False, sharex="col", gridspec_kw=ratios)
        for row, (scenario, found) in zip(axes, panels.items(), strict=True):
            own = [_datum(one, scale) for one in found]
            names = [label_of(document, one["input"], language) for one in own]
            _swings(row[0], own, names, language)
            row[0].set_title(model_label(document, scenario, language), fontsize=9.5, color=INK, loc="left")
            if has_ranks:
                _ranks(row[1], own)
        axes[-1][0].set_xlabel(said(block.xlabel, language) or words)
        if has_ranks:
            axes[-1][1].set_xlabel(text("ledger.figure.rank_axis", language))
        canvas.legend(*axes[0][0].get_legend_handles_labels(), loc="outside upper left", ncols=3)

    plan = Plan(
        draw=paint,
        size=(7.4, sum(heights) + 0.7),
        columns=COLUMNS,
        data=data,
        title=said(block.title, language) or text("ledger.figure.tornado", language, line=words),
        sentence=_sentence(document, words, data, language),
        section="robustness",
    )
    return drawing(name, plan, note=made_up(document, language))


def _drivers(document: Document, scenario: str, block: LedgerFigureBlock) -> list[Entry]:
    wanted = block.of.replace(" ", "")
    own = [
        one
        for one in document["ledger"]["drivers"]
        if one["scenario"] == scenario and one["output"].replace(" ", "") == wanted
    ]
    # an input that the output does not know moves nothing: it has no place in the picture
    moving = [one for one in own if one["at_low"] != one["point"] or one["at_high"] != one["point"]]
    return sorted_drivers(moving)[: block.most]


def _datum(one: Entry, scale: float) -> dict[str, Any]:
    values = {key: float(one[key]) / scale for key in ("at_low", "at_high", "point")}
    return {
        "scenario": one["scenario"], "input": one["input"], **values, "rank_correlation": one["rank_correlation"],
    }  # fmt: skip


def _swings(axes: Axes, own: Sequence[Mapping[str, Any]], names: Sequence[str], language: str) -> None:
    """Bars from the value to that at the input's low and high: hatched and plain, so that grey tells them apart."""
    grid_lines(axes, "x")
    places = list(range(len(own)))[::-1]
    point = own[0]["point"]
    ends = (("at_low", COLOURS[1], "////", "low_end"), ("at_high", COLOURS[0], "", "high_end"))
    for key, colour, hatch, word in ends:
        axes.barh(
            places, [one[key] - point for one in own], BAR, left=point, color="white" if hatch else colour,
            edgecolor=colour, hatch=hatch, linewidth=0.8, zorder=3, label=text(f"ledger.figure.{word}", language),
        )  # fmt: skip
    axes.axvline(point, color=INK, linewidth=1.0, zorder=4, label=text("ledger.figure.point", language))
    low, high = axes.get_xlim()
    if low < 0 < high:
        axes.axvline(0, color=SOFT, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
    axes.set_yticks(places, names)
    axes.set_ylim(-0.6, len(own) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}".replace("-", "−"))


def _ranks(axes: Axes, own: Sequence[Mapping[str, Any]]) -> None:
    grid_lines(axes, "x")
    zero_line(axes, vertical=True)
    for place, one in zip(range(len(own) - 1, -1, -1), own, strict=True):
        rank = one["rank_correlation"]
        if is_number(rank):
            axes.plot([0, rank], [place, place], color=SOFT, linewidth=1.2, zorder=2)
            axes.plot([rank], [place], marker="o", color=COLOURS[2], markersize=4.5, zorder=3)
    axes.set_xlim(-1.05, 1.05)
    axes.set_ylim(-0.6, len(own) - 0.4)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _sentence(document: Document, words: str, data: Sequence[Mapping[str, Any]], language: str) -> str:
    """The widest swing of the first scenario."""
    first = data[0]
    digits = digits_for([first["at_low"], first["at_high"]], None)
    return text(
        "ledger.figure.tornado_sentence",
        language,
        line=words,
        input=label_of(document, first["input"], language),
        scenario=model_label(document, first["scenario"], language),
        low=decimal_text(first["at_low"], digits),
        high=decimal_text(first["at_high"], digits),
    )


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every tornado of the request."""
    return files_of_kind("tornado", draw, document, request)


OUTPUT = Output(summary="What moves an output of a ledger", suffix="svg", write=write, keywords=("tornado",))
