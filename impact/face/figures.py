"""`coefplot` and `iplot`: fits as the figures of a spec."""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from impact.core.errors import Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import LANGUAGES, fault
from impact.face.arguments import check_kinds, checked_call, wrong_value
from impact.face.documents import document_of, titled_parts
from impact.face.fitted import Fitted, Part
from impact.face.frames_out import rows_out
from impact.face.tables import block_of, drawn, split_labels, write_files
from impact.outputs._escape import html_text
from impact.outputs.results_csv import csv_bytes
from impact.schema.display import FigureBlock

FORMATS = ("svg", "png", "csv")
CONSTANTS = ("Intercept", "(Intercept)")
# a term that is one level of an indicator: rel::-2, and C(rel, …)[T.-2] as other packages write it
LEVEL = re.compile(r"(?:C\()?([A-Za-z_]\w*)(?:,.*)?\)?(?:::|\[(?:T\.)?)(-?\d+(?:\.\d+)?)\]?(?::.*)?")
REFERENCE = re.compile(r"\bi\(\s*([A-Za-z_]\w*)\b[^()]*?\bref\s*=\s*(-?\d+(?:\.\d+)?)\s*[,)]")


@dataclass(frozen=True, slots=True, repr=False)
class Figure:
    """A drawn figure: shown in notebooks, and ``save`` for svg, png and csv (the plotted data)."""

    drawing: Any

    @property
    def title(self) -> str:
        """The caption."""
        return str(self.drawing.title)

    @property
    def sentence(self) -> str:
        """What the figure shows, for those who do not see it."""
        return str(self.drawing.sentence)

    @property
    def svg(self) -> bytes:
        """The picture as SVG."""
        return bytes(self.drawing.svg)

    @property
    def png(self) -> bytes:
        """The picture as PNG."""
        return bytes(self.drawing.png)

    @property
    def data(self) -> Any:
        """A data frame of what is plotted."""
        return rows_out(self.drawing.data, self.drawing.columns)

    @checked_call
    def save(self, path: str | Path) -> Path:
        """Write the figure in the format of the suffix.

        Raises:
            SpecError: E609 another suffix. OutputError: E704 it cannot be written.
        """
        target = Path(path)
        suffix = target.suffix.removeprefix(".")
        if suffix not in FORMATS:
            raise wrong_value("path", str(target), [f".{one}" for one in FORMATS], function="save")
        content = (
            csv_bytes(self.drawing.columns, self.drawing.data) if suffix == "csv" else getattr(self, suffix)
        )
        write_files({target: content})
        return target

    def __repr__(self) -> str:
        return f"{self.title}\n{self.sentence}"

    def _repr_html_(self) -> str:
        style = importlib.import_module("impact.outputs.drawing.style")  # loads matplotlib
        prefix = "f" + hashlib.sha256(self.svg).hexdigest()[:8]
        picture = style.inline_svg(self.svg, prefix)
        return f"<figure>{picture}<figcaption>{html_text(self.title)}</figcaption></figure>"


@checked_call
def coefplot(
    fits: Any,
    *,
    terms: str | Sequence[str] = (),
    path: str | Path | None = None,
    language: str = "en",
    more: Mapping[str, Any] | None = None,
) -> Figure:
    """Coefficients with intervals, one a line.

    Arguments:
        fits: as of ``etable``. terms: only these; by default the overall effect of designs, and of regressions every
            coefficient but the constant. path: file to write, .svg, .png or .csv. language: en or es.
        more: further keys of a figure of a spec (title, xlabel) and ``labels``.

    Returns:
        Figure, which shows itself; ``svg``, ``png``, ``data``, ``save``.

    Raises:
        SpecError: E698 what is no result, E606 an unknown term, E713 nothing to draw.
    """
    check_kinds("coefplot", terms=(terms, "a name or a list of names"))
    pairs = titled_parts(fits, function="coefplot")
    asked = [terms] if isinstance(terms, str) else list(terms)
    held = list(dict.fromkeys(str(row["term"]) for _, part in pairs for row in part.rows))
    for term in asked:
        if term not in held:
            hint, place, listed = nearest(term, held), Place(file="coefplot"), ", ".join(held)
            raise SpecError(
                fault("E606", place=place, suggestion=hint, model="coefplot", name=term, terms=listed)
            )
    shown = asked or list(dict.fromkeys(term for _, part in pairs for term in _main_terms(part)))
    return _figure("coefplot", pairs, {"terms": shown, "rows": "models"}, (path, language, more))


@checked_call
def iplot(
    fits: Any,
    *,
    path: str | Path | None = None,
    language: str = "en",
    more: Mapping[str, Any] | None = None,
) -> Figure:
    """Effects by period with their intervals: of designs by event time, of regressions the levels of ``i(variable)``.

    Arguments:
        fits, path, language: as of ``coefplot``.
        more: further keys of a figure of a spec (title, band, reference, xlabel, ylabel) and ``labels``.

    Raises:
        SpecError: E698 what is no result, E713 a fit without effects by period.
    """
    pairs = [(title, _by_period(part)) for title, part in titled_parts(fits, function="iplot")]
    reference = next((one for _, part in pairs if (one := _reference(part)) is not None), None)
    given = {} if reference is None else {"reference": reference}
    return _figure("event_study", pairs, given, (path, language, more))


def natural(fit: Fitted, path: str | Path | None) -> Figure:
    """The figure of one fit: effects by period where it has some, else coefficients."""
    part = fit.part()
    has_periods = any(row.get("kind") == "event" for row in _by_period(part).rows)
    return iplot(fit, path=path) if has_periods else coefplot(fit, path=path)


def _figure(
    kind: str,
    pairs: Sequence[tuple[str, Part]],
    given: Mapping[str, Any],
    asked: tuple[str | Path | None, str, Mapping[str, Any] | None],
) -> Figure:
    function = "coefplot" if kind == "coefplot" else "iplot"
    path, language, more = asked
    if language not in LANGUAGES:
        raise wrong_value("language", language, LANGUAGES, function=function)
    own, labels = split_labels(more, function)
    document = document_of(pairs, labels)
    block = block_of(
        FigureBlock, {**given, **own, "kind": kind, "models": list(document["models"])}, function
    )
    draw = importlib.import_module(f"impact.outputs.figure_{kind}").draw  # loads matplotlib
    figure = Figure(drawn(draw, block, document, language, function))
    if path is not None:
        figure.save(path)
    return figure


def _main_terms(part: Part) -> list[str]:
    effects = [str(row["term"]) for row in part.rows if row["kind"] == "att" and row["term"] == "att"]
    return effects or [str(row["term"]) for row in part.rows if row["term"] not in CONSTANTS]


def _by_period(part: Part) -> Part:
    """The part with the levels of an indicator of whole periods as rows of an event study."""
    if any(row.get("kind") == "event" for row in part.rows):
        return part
    levels = {str(row["term"]): LEVEL.fullmatch(str(row["term"])) for row in part.rows}
    variable = next((found[1] for found in levels.values() if found), None)
    rows = []
    for row in part.rows:
        found = levels[str(row["term"])]
        is_level = found is not None and found[1] == variable
        rows.append({**row, "kind": "event", "event_time": float(found[2])} if found and is_level else row)
    return replace(part, rows=tuple(rows))


def _reference(part: Part) -> float | None:
    found = REFERENCE.search(str(part.facts.get("formula") or ""))
    return None if found is None else float(found[2])
