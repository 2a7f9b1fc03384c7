"""A fit as the table that its spec would print."""

from __future__ import annotations

from impact.face.documents import document_of
from impact.face.fitted import Part
from impact.outputs._cell_grid import Grid
from impact.outputs._request import OutputRequest
from impact.outputs._tables import grids
from impact.outputs.table_html import html_table
from impact.outputs.terminal_table import grid_text


def fit_text(part: Part) -> str:
    """The table for a terminal."""
    return grid_text(_grid(part))


def fit_html(part: Part) -> str:
    """The table for a notebook."""
    return html_table(_grid(part))


def _grid(part: Part) -> Grid:
    document = document_of([("fit", part)])
    return next(iter(grids(document, OutputRequest(), "en").values()))
