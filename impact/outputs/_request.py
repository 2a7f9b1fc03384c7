"""What the pipeline asks of the outputs, beside the results document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from impact.schema.display import FigureBlock, OutputsBlock, TableBlock
from impact.schema.ledger.block import LedgerFigureBlock, LedgerTableBlock

AnyTable = TableBlock | LedgerTableBlock
AnyFigure = FigureBlock | LedgerFigureBlock


@dataclass(frozen=True, slots=True)
class OutputRequest:
    """The display part of a spec.

    Arguments:
        tables, figures: blocks by name; empty means the natural ones of the results.
        outputs: formats, digits, stars, smallest cell.
        languages: languages to write, the first one is the main one.
        spec_name: the spec as the user wrote its path; spec_text: the resolved spec.
        rerun: command that makes the folder again.
        model_order: models in the order of the spec (results.json sorts its keys).
        manifest: facts shown at the end of the report (versions, checksums of data), without clock.
    """

    tables: Mapping[str, AnyTable] = field(default_factory=dict)
    figures: Mapping[str, AnyFigure] = field(default_factory=dict)
    outputs: OutputsBlock = field(default_factory=OutputsBlock)
    languages: tuple[str, ...] = ("en",)
    spec_name: str = ""
    spec_text: str = ""
    rerun: str = ""
    model_order: tuple[str, ...] = ()
    manifest: Mapping[str, object] = field(default_factory=dict)

    def file(self, stem: str, suffix: str, language: str) -> str:
        """File name of a view: with the language in it where several are written."""
        return f"{stem}.{language}.{suffix}" if len(self.languages) > 1 else f"{stem}.{suffix}"
