"""report.html: the whole study on one page, without any request to elsewhere; complete where scripts are off.

Order: question and answer · main table · main figure · design and sample ledger · diagnostics and warnings ·
robustness · published against found · claims · notes · how to rerun · manifest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from impact.core.registered import Output
from impact.core.texts import text
from impact.outputs._cell_grid import Grid
from impact.outputs._document import (
    Document,
    Entry,
    estimates,
    focus_row,
    label_of,
    made_up,
    model_label,
    primary_interval,
    primary_p,
    said,
    unique,
    verdict_text,
)
from impact.outputs._escape import plain
from impact.outputs._numbers import decimal_text, error_text, interval_text, p_text, percent_text, whole_text
from impact.outputs._page_style import CONTENT_POLICY, REPORT_STYLE, STYLE
from impact.outputs._plain_table import (
    claims_grid,
    data_grid,
    ledger_grid,
    models_grid,
    points_grid,
    tests_grid,
)
from impact.outputs._request import OutputRequest
from impact.outputs._tables import grids, table_blocks
from impact.outputs.grids.layout import kind_of
from impact.outputs.grids.notes import LISTED
from impact.outputs.ledger.sections import equations_grid, inputs_of_report, scenarios_grid
from impact.outputs.table_html import html_table

Drawn = Any
"""A Drawing: name, title, sentence, svg, columns, data, section (untyped: matplotlib stays unloaded here)."""
Inliner = Callable[[bytes, str], str]
_WORDS = (
    "answer", "no_answer", "main_table", "main_figure", "more", "design", "diagnostics", "no_warnings",
    "robustness",
    "published", "claims", "notes", "rerun", "rerun_text", "spec", "manifest", "data", "synthetic",
)  # fmt: skip
# words of the switches that the script adds
_SWITCHES = ("switches", "digits", "printed", "stars", "intervals", "sort", "copy", "copied")
MOST_NAMES = 4
# tables that have a section of their own
APART = ("robustness", "published", "speccurve")
_TONES = {
    "effect": "good", "equivalent": "good", "effect_but_small": "good", "agrees": "good", "fragile": "bad",
    "disagrees": "bad",
}  # fmt: skip


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("impact.outputs", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: value if isinstance(value, Markup) or callable(value) else plain_lines(value),
    )


@cache
def _script() -> str:
    """The page's only script: it adds switches and buttons, and nothing is lost without it."""
    return (resources.files("impact.outputs") / "templates" / "report.js").read_text(encoding="utf-8")


@cache
def _script_digest() -> str:
    """The script as the content policy names it, so that no other can run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(_script().encode("utf-8")).digest()).decode("ascii")


def plain_lines(value: object) -> str:
    """Text without control characters, line by line."""
    return "\n".join(plain(line) if line.strip() else "" for line in str(value).split("\n"))


def report(
    document: Document,
    request: OutputRequest,
    *,
    language: str,
    figures: Mapping[str, Drawn],
    inline: Inliner,
) -> str:
    """The page in one language, with figures that are drawn already."""
    tables = grids(document, request, language)
    kinds = {name: kind_of(block) for name, block in table_blocks(document, request).items()}
    drawings = {name: _figure(drawn, name, inline, language) for name, drawn in figures.items()}
    robust = [name for name, drawn in figures.items() if drawn.section == "robustness"]
    plain_figures = [drawings[name] for name in figures if name not in robust]
    chosen = _main_table(kinds)
    context: dict[str, Any] = {
        **_head(document, request, language),
        "answer": _answer(document, request, language),
        "main_table": _drawn_table(tables.get(chosen)) if chosen else "",
        "more_tables": [
            _drawn_table(tables[name]) for name, kind in kinds.items() if name != chosen and kind not in APART
        ],
        "main_figure": plain_figures[0] if plain_figures else None,
        "more_figures": plain_figures[1:],
        "robustness_tables": [
            _drawn_table(tables[n]) for n, k in kinds.items() if k in ("robustness", "speccurve")
        ],
        "robustness_figures": [drawings[name] for name in robust],
        "published_tables": [_drawn_table(tables[n]) for n, k in kinds.items() if k == "published"],
        **_sections(document, request, language),
    }
    return _environment().get_template("report.html.j2").render(context)


def _head(document: Document, request: OutputRequest, language: str) -> dict[str, Any]:
    return {
        "language": language,
        "policy": f"{CONTENT_POLICY}; script-src '{_script_digest()}'",
        "script": Markup(_script()),
        "switches": {word: text(f"report.switch.{word}", language) for word in _SWITCHES},
        "style": Markup(STYLE + "\n" + REPORT_STYLE),
        "study": document.get("study", ""),
        "title": said(document.get("title"), language) or str(document.get("study", "")),
        "question": said(document.get("question"), language),
        "synthetic": bool(document.get("synthetic")),
        "words": _words(document, language),
        "others": [
            {"file": file_of(request, other), "language": other, "name": text("report.language", other)}
            for other in request.languages
            if other != language
        ],
    }


def _words(document: Document, language: str) -> dict[str, str]:
    """The headings of the page; a study without models says that it describes."""
    words = {word: text(f"report.{word}", language) for word in _WORDS}
    describes = document.get("listings") and not document.get("models")
    return words | {"no_answer": text("listing.no_models", language)} if describes else words


def file_of(request: OutputRequest, language: str) -> str:
    """report.html is in the first language; the others carry theirs in the name."""
    return "report.html" if language == request.languages[0] else f"report.{language}.html"


def _main_table(kinds: Mapping[str, str]) -> str:
    """The first table that is no certificate and no robustness table."""
    plain_kinds = [name for name, kind in kinds.items() if kind not in APART]
    return plain_kinds[0] if plain_kinds else ""


def _drawn_table(grid: Grid | None) -> Markup:
    return Markup(html_table(grid)) if grid is not None else Markup("")


def _figure(drawn: Drawn, name: str, inline: Inliner, language: str) -> dict[str, Any]:
    grid = points_grid(name, drawn.title, drawn.columns, drawn.data, language)
    return {
        "title": drawn.title,
        "sentence": drawn.sentence,
        "svg": Markup(inline(drawn.svg, f"figure-{name}")),
        "table": Markup(html_table(grid)),
    }


def _answer(document: Document, request: OutputRequest, language: str) -> dict[str, Any] | None:
    answer = document.get("answer")
    if not answer:
        return None
    verdict = str(answer.get("verdict") or "")
    group = answer.get("group")
    row = focus_row(document, str(answer.get("model")), term=answer.get("term"), group=group)
    return {
        "verdict": verdict_text(verdict, language),
        "tone": _TONES.get(verdict, "care"),
        "sentence": said(answer.get("sentence"), language),
        "reasons": [said(reason, language) for reason in answer.get("reasons") or ()],
        "numbers": _numbers(row, request, language) if row else [],
    }


def _numbers(row: Entry, request: OutputRequest, language: str) -> list[dict[str, str]]:
    digits = request.outputs.digits
    level = percent_text(row.get("level"), 0)
    items = (
        (text("table.stat.estimate", language), decimal_text(row.get("estimate"), digits)),
        (text("report.interval", language, level=level), interval_text(*primary_interval(row), digits)),
        (text("table.stat.p", language), p_text(primary_p(row))),
        (text("report.clustered_error", language), error_text(row.get("std_error"), digits)),
        (text("table.stat.mde80", language), decimal_text(row.get("mde80"), digits)),
        (text("table.stat.mean_y", language), decimal_text(row.get("mean_outcome"), digits)),
        (text("table.stat.n", language), whole_text(row.get("n_obs"))),
    )
    return [{"name": name, "value": value.replace("-", "\u2212")} for name, value in items if value]


def _design(document: Document, request: OutputRequest, language: str) -> dict[str, Markup]:
    """Models, sample and data; of a ledger its scenarios, inputs and equations."""
    if document.get("ledger"):
        return {
            "models_table": _drawn_table(scenarios_grid(document, language)),
            "ledger_table": _drawn_table(inputs_of_report(document, language)),
            "data_table": _drawn_table(equations_grid(document, language)),
        }
    names = list(estimates(document, request))
    return {
        "models_table": _drawn_table(models_grid(document, request, names, language)),
        "ledger_table": _drawn_table(ledger_grid(document, names, language)),
        "data_table": _drawn_table(data_grid(document, language)),
    }


def _sections(document: Document, request: OutputRequest, language: str) -> dict[str, Any]:
    return {
        **_design(document, request, language),
        "tests_table": _drawn_table(tests_grid(document, language)),
        "claims_table": _drawn_table(claims_grid(document, language)),
        "warnings": _warnings(document, language),
        "notes": _notes(document, language),
        "rerun": request.rerun,
        "spec_text": request.spec_text,
        "facts": _facts(document, request, language),
    }


def _warnings(document: Document, language: str) -> list[dict[str, str]]:
    """Each warning once, with the models that it is about."""
    about: dict[tuple[str, str], list[str]] = {}
    for notice in document.get("notices") or ():
        key = (str(notice.get("code")), said(notice.get("message"), language))
        of = str(notice.get("of") or "")
        about.setdefault(key, []).extend(labelled(document, of, language))
    return [
        {"code": code, "of": _some(unique(name for name in names if name), language), "message": message}
        for (code, message), names in sorted(about.items(), key=lambda item: item[0][0])
    ]


def labelled(document: Document, of: str, language: str) -> list[str]:
    """The models of a notice by their labels."""
    return [model_label(document, name, language) for name in LISTED.split(of)]


def _some(names: Sequence[str], language: str) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:MOST_NAMES])
    rest = len(names) - MOST_NAMES
    return f"{shown} {text('report.and_more', language, n=rest)}" if rest > 0 else shown


def _notes(document: Document, language: str) -> list[str]:
    unit = said(document.get("unit_of_exposure"), language)
    source = said(document.get("source"), language)
    labels = [
        text("table.note.exposure", language, unit=unit) if unit else "",
        made_up(document, language),
        *(
            text("report.assumption", language, text=said(note, language))
            for note in document.get("assumptions") or ()
        ),
        *(said(note, language) for note in document.get("notes") or ()),
        text("report.source", language, text=source) if source else "",
        *(
            text("report.citation", language, name=label_of(document, str(name), language), text=cited)
            for name, facts in (document.get("data") or {}).items()
            if (cited := said(facts.get("citation"), language))
        ),
        text("report.bytes", language),
    ]
    return unique(note for note in labels if note)


def _facts(document: Document, request: OutputRequest, language: str) -> list[dict[str, str]]:
    known: Sequence[tuple[str, object]] = (
        ("report.fact.study", document.get("study")),
        ("report.fact.spec", request.spec_name),
        ("report.fact.spec_sha256", document.get("spec_sha256")),
        ("report.fact.impact", document.get("impact")),
        ("report.fact.seed", document.get("seed")),
    )
    facts = [
        {"name": text(key, language), "value": str(value)} for key, value in known if value not in (None, "")
    ]
    for name, value in sorted(request.manifest.items()):
        words = text(f"report.fact.{name}", language)
        known_name = str(name) if words.startswith("report.fact.") else words
        facts.append({"name": known_name, "value": _fact_text(value)})
    return facts


def _fact_text(value: object) -> str:
    """A fact on one line; a mapping as ``name value, name value``."""
    if isinstance(value, Mapping):
        return ", ".join(
            f"{key} {_fact_text(inner)}" for key, inner in sorted(value.items()) if inner is not None
        )
    return str(value)


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """The report in every language, without figures (``draw_outputs`` brings them)."""
    return {
        file_of(request, language): report(
            document, request, language=language, figures={}, inline=lambda svg, prefix: ""
        ).encode("utf-8", "backslashreplace")
        for language in request.languages
    }


OUTPUT = Output(summary="The study on one page", suffix="html", write=write, keywords=("report",))
