"""Power curve of a test of kind power: the power at each effect by formula, permutation or simulation."""

from __future__ import annotations

from impact.core.errors import OutputError
from impact.core.registered import Output
from impact.core.texts import fault, text
from impact.outputs._document import Document, Entry, label_of, made_up, model_label, said
from impact.outputs._numbers import is_number
from impact.outputs._power_curve import power_drawing, ways_of
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.style import Drawing, files_of_kind
from impact.outputs.drawing.tested import findings_of
from impact.schema.display import FigureBlock


def draw(
    name: str, block: FigureBlock, document: Document, request: OutputRequest, *, language: str
) -> Drawing:
    """The figure in one language: of the first term that the block's test or model has.

    Raises:
        OutputError: E713 where the results hold no power curve.
    """
    finding = _finding(name, block, document, language)
    term = label_of(document, str(finding["term"]), language)
    model = model_label(document, str(finding["of"]), language)
    details = finding["details"]
    words = {
        "title": said(block.title, language) or text("power.title", language, term=term, model=model),
        "sentence": said(details["sentences"], language),
        "xlabel": said(block.xlabel, language),
        "note": made_up(document, language),
    }
    smallest = finding["statistic"]
    return power_drawing(
        name,
        details["curve"],
        words=words,
        target=float(details["power"]),
        smallest=float(smallest) if is_number(smallest) else None,
        language=language,
    )


def _finding(name: str, block: FigureBlock, document: Document, language: str) -> Entry:
    for finding in findings_of("power", block, document):
        if block.term in (None, finding["term"]) and ways_of(finding["details"].get("curve") or ()):
            return finding
    raise OutputError(fault("E713", table=name, what=text("power.none", language)))


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every power curve of the request."""
    return files_of_kind("power", draw, document, request)


OUTPUT = Output(summary="Power at each effect", suffix="svg", write=write, keywords=("power",))
