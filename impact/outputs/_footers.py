"""The lines under a table's rows: one value a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from impact.core.errors import OutputError
from impact.core.texts import fault, text
from impact.outputs._cell_grid import Cell, figure
from impact.outputs._design_words import adoption_of, cohorts_text
from impact.outputs._document import Document, Entry, focus_row, label_of, observations, said
from impact.outputs._numbers import decimal_text, is_number, p_text, whole_text
from impact.outputs._statistics import UNKNOWN, Printing, cell_of, hidden

DEFAULT = ("n", "clusters", "treated_clusters", "effects", "r2", "effective_f", "variance")
_NAMED = ("newey_west", "driscoll_kraay", "conley")
_TREND = re.compile(r"([^\[\]]+)\[\[?([^\[\]]+)\]\]?")
FooterLine = tuple[str, list[Cell]]


def footer_lines(
    words: Sequence[str], names: Sequence[str], document: Document, printing: Printing, *, table: str
) -> list[FooterLine]:
    """Label and one cell a model for every word.

    Raises:
        OutputError: E711 for a word that is neither a footer line nor a test of the results.
    """
    lines: list[FooterLine] = []
    for word in words:
        if word == "effects":
            lines += _effects(names, document, printing.language)
        elif word in _LINES:
            cells = [_line_cell(word, name, document, printing) for name in names]
            if word in DEFAULT and not any(cell.text for cell in cells):
                continue
            lines.append((text(f"table.footer.{word}", printing.language), cells))
        else:
            lines.append(_test_line(word, names, document, printing, table))
    return lines


def _line_cell(word: str, name: str, document: Document, printing: Printing) -> Cell:
    entry = _model(document, name)
    return Cell() if entry.get("status") == "failed" else _LINES[word](entry, document, name, printing)


def _model(document: Document, name: str) -> Entry:
    entry: Entry = document["models"].get(name, {})
    return entry


def _count(key: str) -> Callable[[Entry, Document, str, Printing], Cell]:
    def line(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
        value = observations(document, name) if key == "n_obs" else entry.get(key)
        if key == "n_obs" and hidden({"n_obs": value}, printing):
            return figure(f"<{printing.min_cell}")
        return figure(whole_text(value), value if is_number(value) else None)

    return line


def _clusters(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
    counts: Mapping[str, Any] = entry.get("n_clusters") or {}
    return Cell(", ".join(whole_text(count) for _, count in sorted(counts.items())), figure=True)


def _cohorts(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
    return Cell(cohorts_text(adoption_of(entry)))


def _share(key: str) -> Callable[[Entry, Document, str, Printing], Cell]:
    """A share such as R², with two decimals at least: without any it is 0 or 1."""

    def line(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
        value = entry.get(key)
        return figure(decimal_text(value, max(printing.digits, 2)), value if is_number(value) else None)

    return line


def _number(key: str) -> Callable[[Entry, Document, str, Printing], Cell]:
    def line(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
        value = (entry.get("extra") or {}).get(key)
        return figure(decimal_text(value, printing.digits), value if is_number(value) else None)

    return line


def _rank(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
    """The rank of the effect among placebo assignments, the actual one included."""
    facts = entry.get("extra") or {}
    rank, sets = facts.get("rank_effect"), facts.get("n_sets")
    if not is_number(rank) or not is_number(sets):
        return Cell()
    of = text("table.rank_of", printing.language, rank=whole_text(rank), count=whole_text(sets + 1))
    return Cell(of, figure=True)


def _focus(key: str) -> Callable[[Entry, Document, str, Printing], Cell]:
    def line(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
        row = focus_row(document, name) or {}
        value = row.get(key)
        return figure(decimal_text(value, printing.digits) or UNKNOWN, value if is_number(value) else None)

    return line


def _instrument(word: str) -> Callable[[Entry, Document, str, Printing], Cell]:
    """A statistic of the row of a model's instrumented regressor; empty for models without one."""

    def line(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
        rows = (row for row in document.get("rows", ()) if row["model"] == name)
        row = next((row for row in rows if row.get("effective_f") is not None), None)
        return Cell("") if row is None else cell_of(word, row, document, printing, bare=True)

    return line


def _mean_outcome(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
    value = (entry.get("extra") or {}).get("mean_outcome")
    if value is None:
        value = (focus_row(document, name) or {}).get("mean_outcome")
    return figure(decimal_text(value, printing.digits), value if is_number(value) else None)


def _variance(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
    return Cell(variance_word(entry, document, printing.language))


def variance_word(entry: Entry, document: Document, language: str) -> str:
    """The variance in a few words: ``clustered by area (CR1)``."""
    variance: Mapping[str, Any] = entry.get("vcov") or {}
    kind = str(variance.get("kind") or "")
    by = variance.get("by") or []
    if kind in _NAMED:
        return text(f"table.{kind}", language, extent=f"{variance.get('km', variance.get('lags', 0)):g}")
    if kind == "survey":
        return text("table.survey", language)
    if kind == "bootstrap" and not by:
        return text("table.bootstrap", language, type=variance.get("type"))
    if kind == "cluster" or by:
        drawn = kind == "bootstrap"
        how = str(variance.get("type") or "cr1")
        names = [by] if isinstance(by, str) else list(by)
        return text(
            "table.bootstrap_by" if drawn else "table.clustered",
            language,
            by=", ".join(label_of(document, str(name), language) for name in names),
            type=how if drawn else how.upper(),
        )
    return str(variance.get("type") or kind).upper() if kind[:2] in ("he", "hc") else kind


def _weights(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
    weights = entry.get("weights")
    if not weights:
        return Cell(text("table.none", printing.language))
    kind = text(f"table.weight.{weights.get('kind')}", printing.language)
    return Cell(f"{label_of(document, str(weights.get('variable')), printing.language)} ({kind})")


def _labelled(key: str) -> Callable[[Entry, Document, str, Printing], Cell]:
    def line(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
        value = entry.get(key)
        return Cell(label_of(document, str(value), printing.language) if value else "")

    return line


def _exposure(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
    extra: Mapping[str, Any] = entry.get("extra") or {}
    mean = decimal_text(extra.get("exposure_mean"), printing.digits)
    spread = decimal_text(extra.get("exposure_sd"), printing.digits)
    return figure(f"{mean} ({spread})" if mean and spread else mean or UNKNOWN)


def permutation_of(entry: Entry) -> Mapping[str, Any]:
    """The permutation facts of a model; empty where there are none."""
    found: Mapping[str, Any] = (entry.get("extra") or {}).get("permutation") or {}
    return found


def _permutation(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
    facts = permutation_of(entry)
    if not facts:
        return Cell("")
    key = "table.sets_all" if facts.get("enumerated") else "table.sets_drawn"
    return Cell(text(key, printing.language, n=whole_text(facts.get("n_sets"))))


def _smallest_p(entry: Entry, document: Document, name: str, printing: Printing) -> Cell:
    return figure(p_text(permutation_of(entry).get("smallest_p"), 4))


def _effects(names: Sequence[str], document: Document, language: str) -> list[FooterLine]:
    """One line for every absorbed effect of any model: yes or no."""
    absorbed = {name: list(_model(document, name).get("absorbed") or {}) for name in names}
    effects = list(dict.fromkeys(effect for held in absorbed.values() for effect in held))
    yes, no = text("table.yes", language), text("table.no", language)
    return [
        (
            text("table.effect_of", language, name=effect_label(document, effect, language)),
            [
                Cell(
                    "" if _model(document, name).get("status") == "failed" else yes if effect in held else no
                )
                for name, held in absorbed.items()
            ],
        )
        for effect in effects
    ]


def effect_label(document: Document, effect: str, language: str) -> str:
    """The label of an absorbed factor; ``a^b`` is a × b."""
    match = _TREND.fullmatch(effect)
    if match:
        unit, trend = (label_of(document, part.strip(), language) for part in match.groups())
        return text("table.trend", language, unit=unit, trend=trend)
    return " × ".join(label_of(document, part.strip(), language) for part in effect.split("^"))


def _test_line(
    word: str, names: Sequence[str], document: Document, printing: Printing, table: str
) -> FooterLine:
    tests = [test for test in document.get("tests", ()) if word in (test.get("test"), test.get("kind"))]
    if not tests:
        known = ", ".join(
            [*sorted([*_LINES, "effects"]), *sorted({t["test"] for t in document.get("tests", ())})]
        )
        raise OutputError(fault("E711", table=table, word=word, known=known))
    cells = []
    for name in names:
        found: Entry = next(
            (test for test in tests if name in (test.get("of"), str(test.get("of")).split(".")[0])), {}
        )
        value = found.get("p_value")
        shown = (
            f"p = {p_text(value)}"
            if is_number(value)
            else decimal_text(found.get("statistic"), printing.digits)
        )
        cells.append(figure(shown.replace("= <", "< "), value if is_number(value) else None))
    label = label_of(document, word, printing.language)
    return label.replace("_", " ") if label == word else label, cells


_LINES: dict[str, Callable[[Entry, Document, str, Printing], Cell]] = {
    "n": _count("n_obs"),
    "units": _count("n_units"),
    "clusters": _clusters,
    "cohorts": _cohorts,
    "treated_clusters": _count("n_treated_clusters"),
    "r2": _share("r2"),
    "r2_within": _share("r2_within"),
    "rmse": _number("rmse"),
    "mean_y": _mean_outcome,
    "exposure": _exposure,
    "exposure_mean": _number("exposure_mean"),
    "exposure_sd": _number("exposure_sd"),
    "mde80": _focus("mde80"),
    "effective_f": _instrument("effective_f"),
    "anderson_rubin": _instrument("ci_ar"),
    "variance": _variance,
    "weights": _weights,
    "outcome": _labelled("outcome"),
    "estimator": _labelled("estimator"),
    "sample": _labelled("sample"),
    "permutation": _permutation,
    "smallest_p": _smallest_p,
    "rank": _rank,
    "fit_before": _number("rmspe_before"),
}
WORDS = tuple(_LINES)


def model_notes(entry: Entry, language: str) -> str:
    """The variance as the pipeline worded it, with its small-sample factors."""
    variance: Mapping[str, Any] = entry.get("vcov") or {}
    return said(variance.get(f"text_{language}") or variance.get("text"), language)
