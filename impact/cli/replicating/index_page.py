"""reports/index.html: every study of a folder with its verdict, and published numbers against found ones."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from impact.core.texts import text
from impact.diagnostics.published.summary import EQUAL
from impact.outputs._document import said, verdict_text
from impact.outputs._page_style import CONTENT_POLICY, REPORT_STYLE, STYLE

INDEX = "index.html"
DOMAINS = ("employment", "wages", "crime", "fiscal", "")
Study = Mapping[str, Any]


def refresh_index(out: Path, *, language: str = "en", only_if_there: bool = False) -> Path | None:
    """Write OUT/index.html over all studies in OUT; None where there is none, or none was there and is asked for.

    Arguments:
        only_if_there: keep an index in step, but begin none.
    """
    file = out / INDEX
    if only_if_there and not file.is_file():
        return None
    studies = sorted(_studies(out), key=lambda study: (DOMAINS.index(study["domain"]), study["study"]))
    if not studies:
        return None
    draft = file.with_name(f".{INDEX}.new")
    draft.write_text(index_page(studies, language), encoding="utf-8")
    draft.replace(file)
    return file


def _studies(out: Path) -> Iterator[Study]:
    for results in sorted(out.glob("*/results.json")):
        try:
            document = json.loads(results.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(document, dict) and document.get("study"):
            yield summary_of(document, results.parent.name)


def summary_of(document: Mapping[str, Any], folder: str) -> Study:
    """What the index says of a study."""
    cells = [cell for cell in document.get("published") or () if cell["verdict"] != "not_available"]
    claims = [claim["state"] for claim in document.get("claims") or ()]
    models = document.get("models") or {}
    domain = str(document.get("domain") or "")
    return {
        "study": str(document["study"]),
        "folder": folder,
        "domain": domain if domain in DOMAINS else "",
        "title": document.get("title") or str(document["study"]),
        "question": document.get("question"),
        "answer": document.get("answer") or {},
        "synthetic": bool(document.get("synthetic")),
        "n_cells": len(cells),
        "n_met": sum(cell["verdict"] in EQUAL for cell in cells),
        "n_differs": sum(cell["verdict"] == "differs" for cell in cells),
        "claims": {state: claims.count(state) for state in ("agrees", "disagrees", "cannot_tell")},
        "failed": sorted(name for name, facts in models.items() if facts["status"] == "failed"),
    }


def index_page(studies: Sequence[Study], language: str) -> str:
    """The page: one table a domain, each study a link to its report."""
    title = html.escape(_say("title", language))
    tables = [
        _table([study for study in studies if study["domain"] == domain], domain, language)
        for domain in DOMAINS
        if any(study["domain"] == domain for study in studies)
    ]
    cells = sum(study["n_cells"] for study in studies)
    met = sum(study["n_met"] for study in studies)
    total = html.escape(_say("total", language, studies=len(studies), met=met, cells=cells))
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{STYLE}\n{REPORT_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>{total}</p>\n"
        + "\n".join(tables)
        + "\n</main>\n</body>\n</html>\n"
    )


def _say(key: str, language: str, **values: object) -> str:
    return text(f"reviewing.index.{key}", language, **values)


def _table(studies: Sequence[Study], domain: str, language: str) -> str:
    name = html.escape(_say(f"domain_{domain or 'none'}", language))
    columns = ("study", "answer", "published", "claims")
    head = "".join(f'<th scope="col">{html.escape(_say(column, language))}</th>' for column in columns)
    rows = "\n".join(_row(study, language) for study in studies)
    return (
        f'<h2>{name}</h2>\n<div class="scroll" tabindex="0" role="region" aria-label="{name}">\n<table>\n'
        f"<caption>{name}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )


def _row(study: Study, language: str) -> str:
    title = html.escape(said(study["title"], language))
    link = f'<a href="{html.escape(study["folder"])}/report.html">{title}</a>'
    if study["synthetic"]:
        link += f" <strong>({html.escape(_say('synthetic', language))})</strong>"
    question = html.escape(said(study["question"], language) or "")
    heading = f'{link}<br><span class="soft">{question}</span>' if question else link
    cells = (_answer(study, language), _published(study, language), _claims(study, language))
    return f'<tr><th scope="row">{heading}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _answer(study: Study, language: str) -> str:
    answer = study["answer"]
    parts = []
    if answer.get("verdict"):
        parts.append(f"<strong>{html.escape(verdict_text(answer['verdict'], language))}</strong>")
    if answer.get("sentence"):
        parts.append(html.escape(said(answer["sentence"], language)))
    if study["failed"]:
        parts.append(html.escape(_say("failed", language, models=", ".join(study["failed"]))))
    return " ".join(parts) or html.escape(_say("no_answer", language))


def _published(study: Study, language: str) -> str:
    if not study["n_cells"]:
        return html.escape(_say("none", language))
    said_ = _say("met", language, met=study["n_met"], cells=study["n_cells"])
    if study["n_differs"]:
        said_ += "; " + _say("differs", language, count=study["n_differs"])
    return html.escape(said_)


def _claims(study: Study, language: str) -> str:
    states = [f"{_say(state, language)} {count}" for state, count in study["claims"].items() if count]
    return html.escape("; ".join(states) or _say("none", language))
