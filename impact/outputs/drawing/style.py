"""The look of figures and how they become bytes: the same bytes for the same results.

Colours are those of Okabe and Ito (2008), told apart by colour-blind readers; every series also has its own
marker and
line, so that nothing is lost in grey.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from impact.outputs._escape import html_text
from impact.outputs._request import AnyFigure, OutputRequest
from impact.outputs.results_csv import csv_bytes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DPI = 200
# at the size of legends; a mark takes as much as some letters
LETTERS_AN_INCH, LEGEND_MARK = 15, 7
# inches
NOTE_HEIGHT = 0.22
INK, SOFT, FAINT = "#1b1f24", "#6b7280", "#d5dae0"
_STYLE = {
    "font.family": "DejaVu Sans", "font.size": 9.0, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": SOFT, "axes.labelcolor": INK, "axes.linewidth": 0.8, "text.color": INK, "xtick.color":
    INK,
    "ytick.color": INK, "xtick.labelsize": 8.5, "ytick.labelsize": 8.5, "legend.frameon": False,
    "legend.fontsize": 8.5, "figure.facecolor": "white", "axes.facecolor": "white", "svg.fonttype": "path",
    "svg.hashsalt": "impact", "axes.unicode_minus": True, "axes.formatter.use_locale": False,
    "savefig.facecolor": "white", "path.simplify": False, "text.parse_math": False,
    "text.usetex": False, "axes.formatter.useoffset": False,
}  # fmt: skip
_TIP = "tip:"
_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn figure: caption, a sentence for those who do not see it, its files, data and report section."""

    name: str
    title: str
    sentence: str
    svg: bytes
    png: bytes
    columns: tuple[str, ...]
    data: tuple[Mapping[str, Any], ...]
    section: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a kind of figure hands over: how to draw it, its size in inches, its data and its words."""

    draw: Callable[[Figure], None]
    size: tuple[float, float]
    columns: tuple[str, ...]
    data: Sequence[Mapping[str, Any]]
    title: str
    sentence: str
    section: str = ""


@contextmanager
def house_style() -> Iterator[None]:
    """Our settings alone: a user's own matplotlib file must not change the bytes."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(dict[Any, Any](_STYLE))
        yield


def drawing(name: str, plan: Plan, *, note: str = "") -> Drawing:
    """Draws a plan as SVG and PNG.

    Arguments:
        note: a line within the picture, below everything else: that its data are made up; they say so, too.
    """
    with house_style():
        width, height = plan.size
        canvas = Figure(figsize=(width, height + NOTE_HEIGHT * bool(note)), dpi=DPI, layout="constrained")
        FigureCanvasAgg(canvas)
        plan.draw(canvas)
        if note:
            _add_note(canvas, note)
        # The layout is computed once; both formats then keep it, which halves the time.
        canvas.draw_without_rendering()
        canvas.set_layout_engine("none")
        sentence = f"{plan.sentence} {note}".strip()
        return Drawing(
            name=name,
            title=plan.title,
            sentence=typeset(sentence),
            svg=_svg(canvas, typeset(sentence)),
            png=_png(canvas),
            columns=(*plan.columns, *(("synthetic",) if note else ())),
            data=tuple({**row, "synthetic": True} if note else row for row in plan.data),
            section=plan.section,
        )


def _add_note(canvas: Figure, note: str) -> None:
    """A line at the bottom, which the rest of the picture leaves free."""
    share = NOTE_HEIGHT / canvas.get_figheight()
    engine = canvas.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0.0, share, 1.0, 1.0 - share))
    canvas.text(0.01, 0.25 * share, note, color=SOFT, fontsize=8.0, ha="left", va="bottom")


def typeset(words: str) -> str:
    """True minus signs in front of numbers; hyphens inside words and ranges stay."""
    return re.sub(r"(?<![\w-])-(?=\d)", "−", words)


def tip(words: str) -> str:
    """The ``gid`` of an artist whose words appear where the pointer rests on it in the SVG."""
    return _TIP + typeset(words)


def _with_tips(text: str) -> str:
    """Identifiers that carry words become titles, which browsers show without any script."""
    return re.sub(rf'<g id="{_TIP}([^"]*)">', r"<g><title>\1</title>", text)


def _svg(canvas: Figure, sentence: str) -> bytes:
    buffer = io.BytesIO()
    canvas.savefig(buffer, format="svg", metadata=_METADATA)
    text = buffer.getvalue().decode("utf-8")
    text = re.sub(r"<!DOCTYPE[^>]*>\s*", "", text)
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*<!--.*?-->", "", text, flags=re.DOTALL)
    text = _with_tips(text)
    label = html_text(sentence)
    text = text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return ("\n".join(line.rstrip() for line in text.splitlines()) + "\n").encode("utf-8")


def _png(canvas: Figure) -> bytes:
    buffer = io.BytesIO()
    canvas.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def inline_svg(svg: bytes, prefix: str) -> str:
    """The SVG as part of a page: without XML declaration, its identifiers made unique by a prefix."""
    text = re.sub(r"<\?xml[^>]*\?>\s*", "", svg.decode("utf-8"))
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r'(xlink:href|href)="#([^"]+)"', rf'\1="#{prefix}-\2"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    return text.strip()


def figure_files(drawn: Drawing, block: AnyFigure, request: OutputRequest, language: str) -> dict[str, bytes]:
    """The files of a figure: pictures in the wanted formats, and the plotted data."""
    formats = request.outputs.figures if block.formats is None else block.formats
    pictures = {"svg": drawn.svg, "png": drawn.png}
    files = {f"figures/{request.file(drawn.name, suffix, language)}": pictures[suffix] for suffix in formats}
    files[f"figures/{drawn.name}.csv"] = csv_bytes(drawn.columns, drawn.data)
    return files


def files_of_kind(
    kind: str, draw: Callable[..., Drawing], document: Mapping[str, Any], request: OutputRequest
) -> dict[str, bytes]:
    """The files of every figure of one kind, in every language."""
    files: dict[str, bytes] = {}
    for name, block in request.figures.items():
        if block.kind == kind:
            for language in request.languages:
                drawn = draw(name, block, document, request, language=language)
                files |= figure_files(drawn, block, request, language)
    return files


def zero_line(axes: Axes, *, vertical: bool = False) -> None:
    """A thin line where the effect is zero."""
    line = axes.axvline if vertical else axes.axhline
    line(0.0, color=SOFT, linewidth=0.9, zorder=1)


def grid_lines(axes: Axes, axis: Literal["x", "y"]) -> None:
    """Faint lines to read values from."""
    axes.grid(visible=True, axis=axis, color=FAINT, linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)


def columns_that_fit(labels: Sequence[str], width: float = 6.2) -> int:
    """Columns of a legend that a figure of this width in inches can hold, at most four."""
    longest = max(map(len, labels)) + LEGEND_MARK
    return int(max(1, min(4, width * LETTERS_AN_INCH // longest)))


def series_style(place: int) -> dict[str, Any]:
    """Colour and marker of the series at a place of the legend."""
    return {"color": COLOURS[place % len(COLOURS)], "marker": MARKERS[place % len(MARKERS)]}
