"""The overview of replications as text, Markdown and HTML."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from impact.cli.replicating.glance import glance_line, glance_rows
from impact.cli.replicating.glance import title as glance_title
from impact.cli.replicating.overview import COUNTED, Overview
from impact.core.texts import text
from impact.outputs._page_style import CONTENT_POLICY, STYLE

OFF = ("close", "differs")
Row = tuple[str, ...]


def _say(key: str, language: str, **values: object) -> str:
    return text(f"commands.replicate.{key}", language, **values)


def _words(words: object, language: str) -> str:
    if isinstance(words, Mapping):
        return str(words.get(language) or words.get("en") or "")
    return "" if words is None else str(words)


def count_rows(overview: Overview, language: str) -> list[Row]:
    """Head and one row a published table, then the totals."""
    columns = ("study", "table", *COUNTED)
    rows = [tuple(_say(column, language) for column in columns)]
    for study in overview["studies"]:
        for table in study["tables"]:
            counts = [str(table["counts"][verdict]) for verdict in COUNTED]
            rows.append((study["study"], table["table"], *counts))
    totals = [str(overview["totals"][verdict]) for verdict in COUNTED]
    return [*rows, (_say("total", language), "", *totals)]


def off_rows(overview: Overview, language: str) -> list[Row]:
    """Head and one row for each cell that is not met: published, ours, and what was tried."""
    rows = [tuple(_say(c, language) for c in ("cell", "published", "ours", "verdict", "tried"))]
    for study in overview["studies"]:
        for table in study["tables"]:
            for cell in table["cells"]:
                rows += [_off_row(study["study"], cell, language)] if cell["verdict"] in OFF else []
    return rows


def _off_row(study: str, cell: Mapping[str, Any], language: str) -> Row:
    place = [study, cell["table"], cell["model"], cell.get("group"), cell["term"], cell["stat"]]
    verdict = _say(cell["verdict"], language)
    if cell.get("expect") == "differs":
        verdict += f" ({_say('expected', language)}: {_words(cell['reason'], language)})"
    return (
        " ".join(str(part) for part in place if part),
        str(cell["printed"]),
        _number(cell["ours"]),
        verdict,
        "; ".join(_attempts(cell, language)) or _say("nothing_tried", language),
    )


def _attempts(cell: Mapping[str, Any], language: str) -> Iterator[str]:
    for attempt in cell.get("explanations", ()):
        met = f" ← {_say('gives', language)}" if attempt["agrees"] else ""
        yield f"{_words(attempt['text'], language)}{met}"


def _number(value: object) -> str:
    return f"{value:.6g}".replace("-", "−") if isinstance(value, float | int) else "-"


def claim_rows(overview: Overview, language: str) -> list[Row]:
    """Head and one row a claim."""
    rows = [tuple(_say(column, language) for column in ("study", "claim", "state", "detail"))]
    for study in overview["studies"]:
        for claim in study["claims"]:
            said = (
                _words(claim["text"], language),
                _say(claim["state"], language),
                _words(claim["detail"], language),
            )
            rows.append((study["study"], *said))
    return rows


def not_run_lines(overview: Overview, language: str) -> list[str]:
    """One line for each spec that was not run, and why."""
    lines = []
    for study in overview["studies"]:
        if study["status"] != "run":
            reasons = "; ".join(problem["message"] for problem in study["problems"])
            lines.append(f"{study['study']}: {_say(study['status'], language)}: {reasons}")
        elif study["models_failed"]:
            lines.append(
                f"{study['study']}: {_say('models_failed', language)}: {', '.join(study['models_failed'])}"
            )
    return lines


def as_text(overview: Overview, language: str) -> str:
    """The overview for a terminal."""
    glance = overview["reproducibility"]
    blocks = [_columns(count_rows(overview, language)), glance_line(glance, language)]
    blocks += [_listed(off_rows(overview, language), _say("off", language))]
    claims = [f"  {row[0]}  {row[2]}: {row[1]}" for row in claim_rows(overview, language)[1:]]
    blocks += ["\n".join([_say("claims", language), *claims])] if claims else []
    lines = not_run_lines(overview, language)
    blocks += ["\n".join([_say("not_run", language), *(f"  {line}" for line in lines)])] if lines else []
    return "\n\n".join(block for block in blocks if block) + "\n"


def _columns(rows: Sequence[Row]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    shown = []
    for row in rows:
        left = [f"{cell:<{width}}" for cell, width in zip(row[:2], widths[:2], strict=True)]
        right = [f"{cell:>{width}}" for cell, width in zip(row[2:], widths[2:], strict=True)]
        shown.append("  ".join([*left, *right]).rstrip())
    return "\n".join(shown)


def _listed(rows: Sequence[Row], heading: str) -> str:
    if len(rows) < 2:
        return ""
    head = rows[0]
    lines = [heading]
    for name, published, ours, verdict, tried in rows[1:]:
        lines.append(f"  {name}: {head[1]} {published}, {head[2]} {ours}: {verdict}")
        lines += [f"      {attempt}" for attempt in tried.split("; ")]
    return "\n".join(lines)


def as_markdown(overview: Overview, language: str) -> str:
    """The overview in Markdown."""
    parts = [f"# {_say('title', language)}", "", glance_line(overview["reproducibility"], language), ""]
    for heading, rows in _sections(overview, language):
        parts += [f"## {heading}", ""]
        head, *body = [[cell.replace("|", "\\|") for cell in row] for row in rows]
        parts += [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)] + [""]
    lines = not_run_lines(overview, language)
    if lines:
        parts += [f"## {_say('not_run', language)}", "", *(f"- {line}" for line in lines), ""]
    return "\n".join(parts).rstrip() + "\n"


def _sections(overview: Overview, language: str) -> list[tuple[str, list[Row]]]:
    found = [
        (glance_title(language), glance_rows(overview["reproducibility"], language)),
        (_say("tables", language), count_rows(overview, language)),
        (_say("off", language), off_rows(overview, language)),
        (_say("claims", language), claim_rows(overview, language)),
    ]
    return [(heading, rows) for heading, rows in found if len(rows) > 1]


def as_html(overview: Overview, language: str) -> str:
    """The overview as one page that asks for nothing outside itself."""
    title = html.escape(_say("title", language))
    parts = [f"<h1>{title}</h1>", f"<p>{html.escape(glance_line(overview['reproducibility'], language))}</p>"]
    for heading, rows in _sections(overview, language):
        parts += [f"<h2>{html.escape(heading)}</h2>", _html_table(rows, heading)]
    lines = not_run_lines(overview, language)
    if lines:
        items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        parts += [f"<h2>{html.escape(_say('not_run', language))}</h2>", f"<ul>{items}</ul>"]
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _html_table(rows: Sequence[Row], caption: str) -> str:
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in rows[0])
    body = "".join(
        f'<tr><th scope="row">{html.escape(row[0])}</th>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
        + "</tr>\n"
        for row in rows[1:]
    )
    table = (
        f"<caption>{html.escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>"
    )
    return f'<div class="scroll" tabindex="0">\n<table>\n{table}\n</table>\n</div>'
