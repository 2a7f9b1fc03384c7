"""The list of exhibits: exhibit, spec, models, files, checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from impact.outputs._document import said
from impact.outputs._draw import figure_blocks
from impact.outputs._request import AnyFigure, AnyTable
from impact.outputs._tables import table_blocks
from impact.pipeline.packaging.gather import Study
from impact.pipeline.packaging.rerun import REPORTS
from impact.pipeline.packaging.spec_text import spec_name
from impact.pipeline.write import output_request
from impact.schema.display import TableBlock
from impact.schema.ledger.block import LedgerFigureBlock, LedgerTableBlock

SUFFIXES = {"tables": ("md", "tex", "html", "docx", "xlsx"), "figures": ("svg", "png", "pdf", "csv")}


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A table or figure: where it is declared, what it shows, and its files with their checksums."""

    study: str
    kind: str
    name: str
    title: str
    spec: str
    models: tuple[str, ...]
    files: Mapping[str, str]


def exhibits_of(study: Study, files: Mapping[str, bytes], language: str) -> list[Exhibit]:
    """The tables and figures of a study.

    Arguments:
        files: name in the package → content of every report file. language: of the titles.
    """
    request = output_request(study.plan, dict(study.document))
    blocks: list[tuple[str, str, AnyTable | AnyFigure]] = [
        *(("tables", name, block) for name, block in table_blocks(study.document, request).items()),
        *(("figures", name, block) for name, block in figure_blocks(dict(study.document), request).items()),
    ]
    found = []
    for kind, name, block in blocks:
        stems = (name, f"{name}-float")
        names = [
            *(f"{stem}.{suffix}" for stem in stems for suffix in SUFFIXES[kind]),
            *(
                f"{s}.{lang}.{suffix}"
                for s in stems
                for lang in request.languages
                for suffix in SUFFIXES[kind]
            ),
        ]
        paths = [f"{REPORTS}/{study.name}/{kind}/{one}" for one in names]
        sums = {path: hashlib.sha256(files[path]).hexdigest() for path in paths if path in files}
        if sums:
            title = said(block.title, language) or name
            models = tuple(dict.fromkeys(_models(block, study)))
            found.append(Exhibit(study.name, kind, name, title, spec_name(study.name), models, sums))
    return found


def _models(block: AnyTable | AnyFigure, study: Study) -> Iterator[str]:
    """Models that an exhibit names; all of the study where it names none."""
    if isinstance(block, LedgerTableBlock | LedgerFigureBlock):
        # of a ledger: its scenarios stand where models do
        yield from study.document["models"]
        return
    named = [*_listed(block.models)]
    if isinstance(block, TableBlock):
        named += [
            *_listed(block.columns),
            *(m for p in block.panels.values() for m in _listed(p.models or [])),
        ]
    else:
        named += [one for one in (block.model,) if one]
        named += [of for test in study.plan.tests if test.name == block.test for of in _listed(test.of)]
    known = [model.name for model in study.plan.models] + [model.base for model in study.plan.models]
    yield from named or [name for name in dict.fromkeys(known) if "[row=" not in name]


def _listed(value: Sequence[str] | Mapping[str, object] | str) -> list[str]:
    return [value] if isinstance(value, str) and value else list(value)
