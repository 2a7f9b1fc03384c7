"""Equivalence plot: intervals against the bound that was fixed before estimation."""

from __future__ import annotations

from collections.abc import Sequence
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
    label_of,
    made_up,
    model_label,
    said,
    unique,
    verdict_text,
)
from impact.outputs._numbers import decimal_text, interval_text, is_number
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.style import (
    COLOURS,
    FAINT,
    SOFT,
    Drawing,
    Plan,
    drawing,
    files_of_kind,
    grid_lines,
    tip,
    zero_line,
)
from impact.schema.display import FigureBlock

COLUMNS = ("test", "of", "term", "estimate", "ci_low", "ci_high", "bound", "verdict")


@dataclass(frozen=True, slots=True)
class _Test:
    """One equivalence test: label, estimate, interval, bound and verdict."""

    label: str
    datum: dict[str, Any]


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language.

    Raises:
        OutputError: E713 where no equivalence test is found.
    """
    tests = _tests(block, document, language)
    if not tests:
        raise OutputError(fault("E713", table=name, what=text("figure.no_equivalence", language)))
    outcomes = unique(str(test.datum["outcome"] or "") for test in tests)
    outcome = ", ".join(label_of(document, one, language) for one in outcomes)

    def paint(canvas: Figure) -> None:
        axes = canvas.subplots()
        _panel(axes, tests, language)
        axes.set_xlabel(said(block.xlabel, language) or text("figure.effect_on", language, outcome=outcome))

    plan = Plan(
        draw=paint,
        size=(6.6, max(1.9, 1.2 + 0.36 * len(tests))),
        columns=COLUMNS,
        data=[test.datum for test in tests],
        title=said(block.title, language) or text("figure.title.equivalence_plot", language, outcome=outcome),
        sentence=_sentence(tests, outcome, request.outputs.digits, language),
        section="robustness",
    )
    return drawing(name, plan, note=made_up(document, language))


def _tests(block: FigureBlock, document: Document, language: str) -> list[_Test]:
    found: list[_Test] = []
    for test in document.get("tests", ()):
        if test.get("kind") != "equivalence" or (block.test and test.get("test") != block.test):
            continue
        if (test.get("details") or {}).get("joint"):
            continue  # one verdict on several estimates has no interval of its own
        model = str(test.get("of")).split(".", 1)[0]
        row = _row(document, str(test.get("of")), test) or {}
        bound = (test.get("details") or {}).get("bound", row.get("bound"))
        found.append(
            _Test(
                model_label(document, model, language) if model in document["models"] else model,
                {
                    "test": test.get("test"),
                    "of": test.get("of"),
                    "term": test.get("term"),
                    "estimate": row.get("estimate"),
                    "ci_low": test.get("ci_low"),
                    "ci_high": test.get("ci_high"),
                    "bound": bound,
                    # `note` is how a test says that it found neither; the row has the word for it
                    "verdict": row.get("verdict") if test.get("verdict") == "note" else test.get("verdict"),
                    "outcome": row.get("outcome"),
                },
            )
        )
    return found


def _row(document: Document, of: str, test: Entry) -> Entry | None:
    term = str(test.get("term") or "") or None
    for model in (of, of.split(".", 1)[0]):
        if model in document["models"]:
            return focus_row(document, model, term=term) or focus_row(document, model)
    return None


def _panel(axes: Axes, tests: Sequence[_Test], language: str) -> None:
    grid_lines(axes, "x")
    zero_line(axes, vertical=True)
    for place, test in enumerate(tests):
        height, datum = -place, test.datum
        bound = datum["bound"]
        if is_number(bound):
            axes.fill_betweenx(
                [height - 0.42, height + 0.42], -bound, bound, color=FAINT, alpha=0.8, linewidth=0, zorder=1
            )
            for end in (-bound, bound):
                axes.plot(
                    [end, end], [height - 0.42, height + 0.42], color=SOFT, linewidth=1.0, linestyle="--"
                )
        if is_number(datum["ci_low"]) and is_number(datum["ci_high"]):
            axes.plot(
                [datum["ci_low"], datum["ci_high"]], [height] * 2, color=COLOURS[0], linewidth=2.4, zorder=3
            )
        if is_number(datum["estimate"]):
            numbers = interval_text(datum["ci_low"], datum["ci_high"], 3)
            axes.plot(
                [datum["estimate"]], [height], marker="o", color=COLOURS[0], linestyle="none", zorder=4,
                gid=tip(f"{test.label}: {decimal_text(datum['estimate'], 3)} {numbers}".strip()),
            )  # fmt: skip
        axes.annotate(
            verdict_text(datum["verdict"], language), (1.01, height), xycoords=("axes fraction", "data"),
            fontsize=8,
            va="center",
        )  # fmt: skip
    axes.set_yticks([-place for place in range(len(tests))], [test.label for test in tests])
    axes.set_ylim(-len(tests) + 0.4, 0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.fill_betweenx([], [], color=FAINT, label=text("figure.bound", language))
    axes.figure.legend(loc="outside upper left")


def _sentence(tests: Sequence[_Test], outcome: str, digits: int, language: str) -> str:
    parts = [
        f"{test.label}: {interval_text(test.datum['ci_low'], test.datum['ci_high'], digits)}, "
        f"±{decimal_text(test.datum['bound'], digits)}, {verdict_text(test.datum['verdict'], language)}"
        for test in tests
    ]
    return text("figure.sentence.equivalence_plot", language, outcome=outcome, values="; ".join(parts))


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every equivalence plot of the request."""
    return files_of_kind("equivalence_plot", draw, document, request)


OUTPUT = Output(
    summary="Intervals against the bound of an equivalence test",
    suffix="svg",
    write=write,
    keywords=("equivalence_plot",),
)
