"""A fit as the table that its spec would print."""

from __future__ import annotations

from typing import Any

import impact.outputs._assemble as assemble
from impact.core.findings import ModelResult
from impact.outputs._cell_grid import Grid
from impact.outputs._request import OutputRequest
from impact.outputs._tables import grids
from impact.outputs.table_html import html_table
from impact.outputs.terminal_table import grid_text
from impact.schema.requests import ModelRequest


def fit_text(result: ModelResult, request: ModelRequest) -> str:
    """The table for a terminal."""
    return grid_text(_grid(result, request))


def fit_html(result: ModelResult, request: ModelRequest) -> str:
    """The table for a notebook."""
    return html_table(_grid(result, request))


def _grid(result: ModelResult, request: ModelRequest) -> Grid:
    assert result.estimate is not None
    assert result.inference is not None
    notices = [{"code": n.code, "of": "fit", "message": n.message} for n in result.inference.notices]
    document: dict[str, Any] = {
        "study": "fit",
        "models": {"fit": assemble.model_facts(request, [result], {})},
        "rows": assemble.model_rows(result, request, {}, result.estimate.n_obs),
        "tests": [],
        "notices": notices,
        "labels": {},
    }
    return next(iter(grids(document, OutputRequest(), "en").values()))
