"""results.csv: the rows of the results as a table, one line a model and term."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from impact.core.registered import Output
from impact.outputs._escape import sheet_text
from impact.outputs._request import OutputRequest
from impact.outputs.results_json import plain_value

FIRST = (
    "model", "outcome", "group", "estimator", "term", "kind", "cohort", "time", "event_time", "estimate",
    "std_error",
    "statistic", "df", "p_value", "ci_low", "ci_high", "band_low", "band_high", "level", "n_obs", "n_treated",
)  # fmt: skip


def csv_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A csv in UTF-8: numbers as they read back, safe text, nothing for what is not defined."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([sheet_text(name) for name in columns])
    for row in rows:
        writer.writerow([csv_cell(row.get(name)) for name in columns])
    return buffer.getvalue().encode("utf-8", "backslashreplace")


def csv_cell(value: object) -> str:
    """One value of a csv."""
    value = plain_value(value)
    if isinstance(value, Mapping):
        # a text in two languages: the file has one column for it
        value = value.get("en")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) or value in ("inf", "-inf"):
        return str(value)
    return sheet_text(value)


def columns_of(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The contract's columns, then every further field of any row, sorted."""
    further = {str(name) for row in rows for name in row} - set(FIRST)
    return (*FIRST, *sorted(further))


def write(document: Mapping[str, Any], request: OutputRequest) -> dict[str, bytes]:
    """The file results.csv; where the data are made up, every line says so."""
    rows = document.get("rows", [])
    if document.get("synthetic"):
        rows = [{**row, "synthetic": True} for row in rows]
    return {"results.csv": csv_bytes(columns_of(rows), rows)}


OUTPUT = Output(
    summary="The estimates as a table for spreadsheets and statistics programs", suffix="csv", write=write
)
