"""Small tables of the report that are no statistics of models: models, sample ledger, data, tests, claims."""

from __future__ import annotations

from collections.abc import Sequence

from impact.core.texts import text
from impact.outputs._cell_grid import HEADER, Cell, Grid, Row, figure, label
from impact.outputs._document import (
    Document,
    Entry,
    has_groups,
    label_of,
    model_label,
    observations,
    reason_text,
    said,
    step_label,
    verdict_text,
)
from impact.outputs._footers import effect_label, variance_word
from impact.outputs._numbers import decimal_text, interval_text, is_number, p_text, whole_text
from impact.outputs._request import OutputRequest
from impact.outputs.grids.notes import own_steps


def list_grid(
    name: str, title: str, heads: Sequence[str], align: str, rows: Sequence[Sequence[Cell]], language: str
) -> Grid:
    """A grid of plain rows whose first column heads each row."""
    header = Row(tuple(label(text(f"report.head.{head}", language)) for head in heads), HEADER)
    body = [Row((label(cells[0].text), *cells[1:])) for cells in rows]
    return Grid(name, title, tuple(align), (header, *body), language=language)


def models_grid(document: Document, request: OutputRequest, names: Sequence[str], language: str) -> Grid:
    """Every model: outcome, formula, effects, variance, observations, state."""
    rows = []
    for name in names:
        entry = document["models"][name]
        state = entry.get("error") if entry.get("status") == "failed" else text("report.done", language)
        effects = ", ".join(
            effect_label(document, effect, language) for effect in entry.get("absorbed") or {}
        )
        rows.append(
            [
                Cell(model_label(document, name, language)),
                Cell(label_of(document, str(entry.get("outcome") or ""), language)),
                Cell(str(entry.get("formula") or "")),
                Cell(effects),
                Cell(variance_word(entry, document, language)),
                figure(whole_text(observations(document, name))),
                figure(_clusters(entry)),
                Cell(said(state, language)),
            ]
        )
    heads = ("model", "outcome", "formula", "effects", "variance", "n", "clusters", "state")
    return list_grid("models", text("report.models", language), heads, "lllllrrl", rows, language)


def _clusters(entry: Entry) -> str:
    """``26 (2 treated)`` as ``26 / 2``."""
    counts = ", ".join(whole_text(count) for count in (entry.get("n_clusters") or {}).values())
    treated = whole_text(entry.get("n_treated_clusters"))
    return f"{counts} / {treated}" if counts and treated else counts


def ledger_grid(document: Document, names: Sequence[str], language: str) -> Grid | None:
    """The sample ledger: rows read, rows dropped by each step with the reason, rows used."""
    rows: list[list[Cell]] = []
    for sample, ledger in (document.get("samples") or {}).items():
        first = label_of(document, str(sample), language)
        rows.append(_ledger_row(text("report.read", language, sample=first), ledger.get("read")))
        rows += [_step_row(step, document, language) for step in ledger.get("steps") or ()]
        rows.append(_ledger_row(text("report.used", language, sample=first), ledger.get("used")))
    for name in names:
        entry = document["models"][name]
        ledger = (document.get("samples") or {}).get(str(entry.get("sample") or "main")) or {}
        # The steps of a model by subgroup are those of one of its groups: they say nothing of the whole.
        steps = [] if has_groups(entry) else own_steps(ledger, entry)
        rows += [
            _step_row(step, document, language, model=model_label(document, name, language)) for step in steps
        ]
    if not rows:
        return None
    heads = ("step", "reason", "rows", "false", "missing")
    return list_grid("ledger", text("report.ledger", language), heads, "llrrr", rows, language)


def _ledger_row(name: str, count: object) -> list[Cell]:
    return [Cell(name), Cell(), figure(whole_text(count)), Cell(), Cell()]


def _step_row(step: Entry, document: Document, language: str, *, model: str = "") -> list[Cell]:
    name = step_label(document, step, language)
    dropped = step.get("dropped")
    shown = f"-{whole_text(dropped)}" if is_number(dropped) and dropped else whole_text(dropped)
    return [
        Cell(f"{model}: {name}" if model else name),
        Cell(reason_text(step.get("reason"), language)),
        figure(shown),
        figure(whole_text(step.get("false"))),
        figure(whole_text(step.get("missing"))),
    ]


def data_grid(document: Document, language: str) -> Grid | None:
    """Each data file: rows, source, licence, access, checksum."""
    files = document.get("data") or {}
    if not files:
        return None
    rows = [
        [
            Cell(str(facts.get("file") or name)),
            figure(whole_text(facts.get("rows"))),
            Cell(said(facts.get("source"), language)),
            Cell(said(facts.get("licence"), language)),
            Cell(said(facts.get("access"), language)),
            Cell(str(facts.get("sha256") or "")[:12]),
        ]
        for name, facts in files.items()
    ]
    heads = ("file", "rows", "source", "licence", "access", "sha256")
    return list_grid("data", text("report.data", language), heads, "lrllll", rows, language)


def tests_grid(document: Document, language: str) -> Grid | None:
    """Every test: what of, p-value, interval, verdict, the sentence."""
    tests = document.get("tests") or ()
    if not tests:
        return None
    rows = [
        [
            Cell(_test_name(document, test, language)),
            Cell(_about(document, test, language)),
            figure(decimal_text(test.get("statistic"), 3)),
            figure(p_text(test.get("p_value"))),
            figure(interval_text(test.get("ci_low"), test.get("ci_high"), 3)),
            Cell(verdict_text(test.get("verdict"), language)),
            Cell(said((test.get("details") or {}).get("sentences") or test.get("sentence"), language)),
        ]
        for test in tests
    ]
    heads = ("test", "of", "statistic", "p", "interval", "verdict", "sentence")
    return list_grid("tests", text("report.tests", language), heads, "llrrrll", rows, language)


def _test_name(document: Document, test: Entry, language: str) -> str:
    """The label of a test; without one its name, or the kind of a default test (``density:margin``)."""
    name, kind = str(test.get("test")), str(test.get("kind"))
    if name in (document.get("labels") or {}):
        return label_of(document, name, language)
    return (kind if name.startswith(f"{kind}:") else name).replace("_", " ")


def _about(document: Document, test: Entry, language: str) -> str:
    model = model_label(document, str(test.get("of") or ""), language)
    term = label_of(document, str(test.get("term") or ""), language)
    return f"{model}: {term}" if term else model


def claims_grid(document: Document, language: str) -> Grid | None:
    """Every claim: its words, state, why, evidence and source."""
    claims = document.get("claims") or ()
    if not claims:
        return None
    rows = [
        [
            Cell(said(claim.get("text"), language) or str(claim.get("claim"))),
            Cell(verdict_text(claim.get("state"), language)),
            Cell(said(claim.get("detail"), language)),
            Cell(_evidence(claim, language)),
        ]
        for claim in claims
    ]
    heads = ("claim", "state", "detail", "source")
    return list_grid("claims", text("report.claims_title", language), heads, "llll", rows, language)


def _evidence(claim: Entry, language: str) -> str:
    evidence = claim.get("evidence")
    mark = text(f"table.evidence.{evidence}", language) if evidence else ""
    source = said(claim.get("source"), language)
    return f"{source} [{mark}]" if source and mark else source or mark


def points_grid(name: str, title: str, columns: Sequence[str], data: Sequence[Entry], language: str) -> Grid:
    """The plotted numbers of a figure, numbers with four decimals."""
    rows = [
        Row(tuple(_point(place, row.get(column)) for place, column in enumerate(columns))) for row in data
    ]
    header = Row(tuple(label(column.replace("_", " ")) for column in columns), HEADER)
    align = ("l", *("r" for _ in columns[1:]))
    return Grid(name, title, align, (header, *rows), language=language)


def _point(place: int, value: object) -> Cell:
    if place and is_number(value):
        number = float(value)
        shown = whole_text(number, grouping=False) if number == round(number) else decimal_text(number, 4)
        return figure(shown, number)
    shown = "" if value is None or value is False else str(value)
    return label(shown) if place == 0 else Cell(shown)
