"""The facts of a data file on the terminal, and the file converted."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from impact.cli._new_spec import read_any
from impact.cli._write_text import refuse_existing
from impact.cli.describing.facts import describe_file
from impact.core.errors import OutputError, Place
from impact.core.texts import fault, text
from impact.data.readers._converting import ENDINGS, write_table

HEADINGS = ("name", "type", "missing", "distinct", "range", "label")


def show_file(file: str, *, convert: str | None, language: str, as_json: bool) -> int:
    """`impact data FILE`: print what the file holds, and write it in another format where that is asked for.

    Arguments:
        convert: name of the file to write, ending in .parquet or .csv; one that is there is not replaced.

    Raises:
        DataError: E2xx the file cannot be read. OutputError: E708 an ending that cannot be written, E720 the file
            is there, E721 it cannot be written.
    """
    if convert is not None:
        convert_file(file, convert)
    facts = describe_file(file)
    if as_json:
        print(json.dumps({**facts, "converted": convert}, indent=1, ensure_ascii=False))
        return 0
    print("\n".join(description_lines(facts, language)))
    if convert is not None:
        print(text("describing.converted", language, file=convert))
    return 0


def description_lines(facts: dict[str, Any], language: str) -> list[str]:
    """The facts of a file as lines."""

    def say(key: str, **values: object) -> str:
        return text(f"describing.{key}", language, **values)

    shape = {"rows": f"{facts['rows']:,}", "columns": len(facts["columns"])}
    lines = [say("shape", file=facts["file"], **shape), ""]
    rows = [[say(f"heading.{one}") for one in HEADINGS]]
    rows += [_cells(column, facts["rows"], language) for column in facts["columns"]]
    lines += [*_aligned(rows), ""]
    keys = "; ".join(" + ".join(key) for key in facts["keys"])
    lines.append(say("keys", keys=keys) if keys else say("no_keys"))
    lines.append(_panel_line(facts["panel"], language))
    if facts["mixed"]:
        lines.append(say("mixed", columns=", ".join(facts["mixed"])))
    return lines


def _cells(column: dict[str, Any], rows: int, language: str) -> list[str]:
    share = f" ({100 * column['missing'] / rows:.0f} %)" if column["missing"] and rows else ""
    if column["low"] is not None:
        shown = f"{_shown(column['low'])} … {_shown(column['high'])}"
    else:
        more = ", …" if column["distinct"] > len(column["values"]) else ""
        shown = (
            ", ".join(value if len(value) <= 20 else value[:19] + "…" for value in column["values"]) + more
        )
    kind = text(f"describing.type.{column['type']}", language)
    return [
        column["name"],
        kind,
        f"{column['missing']}{share}",
        str(column["distinct"]),
        shown,
        column["label"],
    ]


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _panel_line(panel: dict[str, Any] | None, language: str) -> str:
    if panel is None:
        return text("describing.no_panel", language)
    values = {**panel, "low": _shown(panel["low"]), "high": _shown(panel["high"])}
    line = text("describing.panel", language, **values)
    kind = "balanced" if panel["balanced"] else "unbalanced"
    line += text(f"describing.{kind}", language, gaps=panel["gaps"])
    return line if panel["is_key"] else line + text("describing.repeated", language)


def convert_file(file: str, target: str) -> None:
    """Write a data file in another format: numbers, texts and dates as they were read; missing values are empty.

    Raises:
        DataError: E2xx the file cannot be read. OutputError: E708, E720, E721.
    """
    path = Path(target).expanduser()
    if path.suffix.lower() not in ENDINGS:
        raise OutputError(fault("E708", place=Place(target), file=target, endings=", ".join(ENDINGS)))
    refuse_existing(str(path))
    frame, _ = read_any(Path(file).expanduser(), Place(file))
    draft = None
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
        os.close(handle)
        write_table(frame, Path(draft))
        os.replace(draft, path)
    except OSError as error:
        problem = error.strerror or str(error)
        raise OutputError(fault("E721", path=target, problem=problem)) from error
    finally:
        if draft is not None and os.path.exists(draft):
            os.unlink(draft)
