"""Fits as one results document, which tables and figures are drawn from as those of a spec are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import impact.outputs._assemble as assemble
from impact.core.errors import Place, SpecError
from impact.core.findings import ModelResult
from impact.core.texts import fault
from impact.face.fitted import Fitted, Part, notices_of
from impact.face.foreign import foreign_part, several
from impact.pipeline.document import notice_entry
from impact.schema.requests import ModelRequest

Document = dict[str, Any]


def part_of(result: ModelResult, request: ModelRequest) -> Part:
    """What the document of a run would say of one fit."""
    total = 0.0 if result.estimate is None else result.estimate.n_obs
    return Part(
        facts=assemble.model_facts(request, [result], {}),
        rows=tuple(assemble.model_rows(result, request, {}, total)),
        notices=tuple(notice_entry(item) for item in notices_of(result)),
    )


def titled_parts(fits: Any, *, function: str) -> list[tuple[str, Part]]:
    """Heading and content of every column: of one fit, a list, or a mapping with headings.

    Raises:
        SpecError: E698 what is no result that can be read, or no result at all.
    """
    named = list(fits.items()) if isinstance(fits, Mapping) else [(None, one) for one in _listed(fits)]
    pairs: list[tuple[str, Part]] = []
    for name, one in named:
        inside = several(one)
        for number, single in enumerate(inside, 1):
            part = _part(single, function)
            place = len(pairs) + 1 if name is None else number
            own = str(part.facts["estimator"]).removeprefix("did_") if name is None else str(name)
            pairs.append((own if name is not None and len(inside) == 1 else f"{own} ({place})", part))
    if len(pairs) == 1 and named[0][0] is None:
        pairs = [(pairs[0][0].removesuffix(" (1)"), pairs[0][1])]
    if not pairs:
        raise SpecError(fault("E698", place=Place(file=function), function=function, kind="[]"))
    return pairs


def document_of(pairs: Sequence[tuple[str, Part]], labels: Mapping[str, Any] | None = None) -> Document:
    """The results document of these columns; models are m1, m2 … with the headings as their titles."""
    document: Document = {
        "study": "fit", "models": {}, "rows": [], "tests": [], "notices": [],
        "labels": {name: assemble.both_languages(words) for name, words in (labels or {}).items()},
    }  # fmt: skip
    for number, (title, part) in enumerate(pairs, 1):
        name = f"m{number}"
        own = {"base": name, "row": None, "cell": {}, "title": assemble.both_languages(title)}
        facts = {key: value for key, value in part.facts.items() if key != "groups"}
        document["models"][name] = facts | own
        document["rows"] += [{**row, "model": name, "group": None} for row in part.rows]
        document["notices"] += [{**notice, "of": name} for notice in part.notices]
    return document


def _listed(fits: Any) -> list[Any]:
    return list(fits) if isinstance(fits, (list, tuple)) else [fits]


def _part(one: Any, function: str) -> Part:
    if isinstance(one, Fitted):
        return one.part()
    part = foreign_part(one)
    if part is None:
        raise SpecError(fault("E698", place=Place(file=function), function=function, kind=type(one).__name__))
    return part
