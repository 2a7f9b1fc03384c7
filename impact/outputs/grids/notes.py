"""The notes under every table: how the numbers came about, on what sample, and what to be careful about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from impact.core.texts import text
from impact.outputs._design_words import adoption_of, design_sentences
from impact.outputs._document import (
    Document,
    Entry,
    has_groups,
    label_of,
    made_up,
    model_label,
    primary,
    said,
    step_label,
    unique,
)
from impact.outputs._footers import effect_label, model_notes, permutation_of
from impact.outputs._numbers import p_text, whole_text
from impact.outputs._request import AnyTable
from impact.outputs._statistics import Printing, heading

MOST_MESSAGES = 3
# Commas outside of brackets: a matrix label may hold one.
LISTED = re.compile(r", (?![^\[]*\])")


def table_notes(
    names: Sequence[str],
    words: Sequence[str],
    document: Document,
    printing: Printing,
    *,
    stacked: bool,
    facts: Sequence[str] = (),
    warned: Sequence[str] = (),
) -> list[str]:
    """The default notes for a table that shows these models and statistics; ``facts`` are its own,
    ``warned`` the models whose warnings stand below.
    """
    language = printing.language
    shown = list(dict.fromkeys(names))
    notes = [
        cells_note(words, shown, document, language) if stacked else "",
        _primary_note(shown, document, language),
        text("table.note.percent", language) if any(word.startswith("percent") for word in words) else "",
        *_by_model(shown, document, language, _estimator),
        *_by_model(shown, document, language, _design),
        *_by_model(shown, document, language, model_notes_of(document)),
        *_by_model(shown, document, language, _effects_of(document)),
        *_by_model(shown, document, language, _weights_of(document)),
        _exposure(document, language),
        *_by_model(shown, document, language, _sample_of(document)),
        *_by_model(shown, document, language, _permutation_of(document)),
        *_dropped(shown, document, language),
        *facts,
        *warnings(warned or shown, document, language),
        _stars(printing),
        *(said(note, language) for note in document.get("notes") or ()),
        *closing_notes(document, language),
    ]
    return unique(note for note in notes if note)


def own_notes(block: AnyTable, language: str) -> list[str]:
    """The notes that the spec writes under a table; empty ones are for the caller to leave out."""
    own = block.notes if isinstance(block.notes, list) else [block.notes]
    return [said(note, language) for note in own]


def closing_notes(document: Document, language: str) -> list[str]:
    """What ends the notes of every table: the study that it is of, and whether its data are made up."""
    return [source_note(document, language), made_up(document, language)]


def cells_note(words: Sequence[str], names: Sequence[str], document: Document, language: str) -> str:
    """What a stacked cell holds: ``Cells: estimate, (standard error), {p-value}``."""
    parts = []
    for word in words:
        name = heading(word, language)
        name = name if name[:2].isupper() or name[:1].isdigit() else name[:1].lower() + name[1:]
        parts.append(_bracketed(word, name))
    return text("table.note.cells", language, cells=", ".join(parts)) if len(words) > 1 else ""


def _bracketed(word: str, name: str) -> str:
    if (word.startswith("se") and word != "semi_elasticity") or word in ("t", "percent_se"):
        return f"({name})"
    if word.startswith("ci") or word in ("band", "percent_ci95"):
        return f"[{name}]"
    if word == "p_both":
        return "{" + name.replace(":", "") + "}"
    return "{" + name + "}" if word[:2] in ("p_", "q_") or word in ("p", "equivalence_p") else name


def _primary_note(names: Sequence[str], document: Document, language: str) -> str:
    kinds = {primary(row) for name in names for row in rows_of_any(document, name)} - {"asymptotic"}
    return " ".join(text(f"table.note.primary_{kind}", language) for kind in sorted(kinds))


def rows_of_any(document: Document, name: str) -> list[Entry]:
    """The rows of a model, all subgroups."""
    return [row for row in document.get("rows", ()) if row["model"] == name]


def _by_model(
    names: Sequence[str], document: Document, language: str, say: Callable[[Entry, str], str]
) -> list[str]:
    """What is said of every model: once if it is the same for all, else with the models' names."""
    said_of: dict[str, list[str]] = {}
    for name in names:
        sentence = say(document["models"].get(name, {}), language)
        if sentence:
            said_of.setdefault(sentence, []).append(model_label(document, name, language))
    if len(said_of) <= 1:
        return list(said_of)
    return [f"{words.rstrip('.')} [{'; '.join(models)}]." for words, models in said_of.items()]


def _estimator(entry: Entry, language: str) -> str:
    keyword, method = str(entry.get("estimator") or ""), (entry.get("extra") or {}).get("method")
    # what has words of its own: the method of the estimator, else the estimator, else the keyword of an extension
    for key in (f"{keyword}_{method}", keyword):
        name = text(f"table.estimator.{key}", language)
        if not name.startswith("table.estimator."):
            return text("table.note.estimator", language, name=name)
    return text("table.note.estimator", language, name=keyword)


def _design(entry: Entry, language: str) -> str:
    words = " ".join(design_sentences(adoption_of(entry), language))
    return text("table.note.design", language, words=words) if words else ""


def model_notes_of(document: Document) -> Callable[[Entry, str], str]:
    """The variance and its factors, in the words of the results."""

    def say(entry: Entry, language: str) -> str:
        words = model_notes(entry, language)
        return sentence(text("table.note.errors", language, words=words)) if words else ""

    return say


def sentence(words: str) -> str:
    """The words with a capital and a full stop."""
    words = words.strip()
    if not words:
        return ""
    return words[:1].upper() + words[1:] + ("" if words[-1] in ".!?" else ".")


def _effects_of(document: Document) -> Callable[[Entry, str], str]:
    def say(entry: Entry, language: str) -> str:
        absorbed: Mapping[str, Any] = entry.get("absorbed") or {}
        if not absorbed:
            return ""
        parts = [
            effect_label(document, name, language) + ("" if levels is None else f" ({whole_text(levels)})")
            for name, levels in absorbed.items()
        ]
        return text("table.note.effects", language, effects=", ".join(parts))

    return say


def _weights_of(document: Document) -> Callable[[Entry, str], str]:
    def say(entry: Entry, language: str) -> str:
        weights = entry.get("weights")
        if not weights:
            return ""
        kind = text(f"table.weight.{weights.get('kind')}", language)
        name = label_of(document, str(weights.get("variable")), language)
        return text("table.note.weights", language, name=name, kind=kind)

    return say


def _sample_of(document: Document) -> Callable[[Entry, str], str]:
    def say(entry: Entry, language: str) -> str:
        ledger: Mapping[str, Any] = (document.get("samples") or {}).get(
            str(entry.get("sample") or "main")
        ) or {}
        if entry.get("status") == "failed" or not ledger:
            return ""
        grouped = has_groups(entry)
        steps = [*(ledger.get("steps") or ()), *([] if grouped else own_steps(ledger, entry))]
        n_obs = None if grouped else entry.get("n_obs")
        shown = [text("table.note.rows_read", language, n=whole_text(ledger.get("read")))]
        shown += [_step(step, document, language) for step in steps]
        shown += [text("table.note.used", language, n=whole_text(n_obs))] if n_obs is not None else []
        return text("table.note.sample", language, steps=", ".join(shown))

    return say


def own_steps(ledger: Mapping[str, Any], entry: Entry) -> list[Mapping[str, Any]]:
    """The steps of a model beyond those of its sample."""
    shared = [(step.get("name"), step.get("dropped")) for step in ledger.get("steps") or ()]
    return [
        step for step in entry.get("steps") or () if (step.get("name"), step.get("dropped")) not in shared
    ]


def _step(step: Mapping[str, Any], document: Document, language: str) -> str:
    return f"{step_label(document, step, language)} −{whole_text(step.get('dropped'))}"


def _exposure(document: Document, language: str) -> str:
    unit = said(document.get("unit_of_exposure"), language)
    return text("table.note.exposure", language, unit=unit) if unit else ""


def _permutation_of(document: Document) -> Callable[[Entry, str], str]:
    def say(entry: Entry, language: str) -> str:
        facts = permutation_of(entry)
        if not facts:
            return ""
        kind = "doses" if facts.get("of_doses") else "all" if facts.get("enumerated") else "drawn"
        told = text(
            f"table.note.permutation_{kind}",
            language,
            n=whole_text(facts.get("n_sets")),
            unit=label_of(document, str(facts.get("unit")), language),
            left_out=whole_text(facts.get("n_left_out") or 0),
            smallest=p_text(facts.get("smallest_p"), 4),
        )
        failed = facts.get("n_not_fitted") or 0
        return (
            f"{told} {text('table.note.permutation_failed', language, n=whole_text(failed))}"
            if failed
            else told
        )

    return say


def _dropped(names: Iterable[str], document: Document, language: str) -> list[str]:
    found: dict[str, str] = {}
    for name in names:
        found.update(document["models"].get(name, {}).get("dropped_terms") or {})
    if not found:
        return []
    terms = ", ".join(f"{label_of(document, term, language)} ({why})" for term, why in found.items())
    return [text("table.note.dropped", language, terms=terms)]


def concerns(notice: Mapping[str, Any], names: Sequence[str]) -> bool:
    """True if a notice is about one of the models (with subgroups and terms) or about none in particular."""
    about = str(notice.get("of") or "")
    parts = LISTED.split(about)
    return not about or any(
        one == name or one.startswith((f"{name}.", f"{name}:", f"{name};", f"{name} ("))
        for name in names
        for one in parts
    )


def warnings(names: Sequence[str], document: Document, language: str) -> list[str]:
    """The warnings of these models; many of one kind are counted after the first few."""
    by_code: dict[str, list[str]] = {}
    for notice in document.get("notices") or ():
        if concerns(notice, names):
            by_code.setdefault(str(notice["code"]), []).append(said(notice.get("message"), language))
    notes: list[str] = []
    for code, messages in by_code.items():
        different = unique(messages)
        shown = " ".join(sentence(message) for message in different[:MOST_MESSAGES])
        rest = len(different) - MOST_MESSAGES
        more = " " + text("table.note.more", language, n=rest) if rest > 0 else ""
        notes.append(f"{code}: {shown}{more}")
    return notes


def _stars(printing: Printing) -> str:
    if not printing.stars:
        return ""
    legend = ", ".join(f"{'*' * (place + 1)} p < {level:g}" for place, level in enumerate(printing.stars))
    return text("table.note.stars", printing.language, legend=legend)


def source_note(document: Document, language: str) -> str:
    """Name of the study and the first characters of its spec's checksum; nothing for a fit without a spec."""
    if not document.get("spec_sha256"):
        return ""
    return text(
        "table.note.spec",
        language,
        study=document.get("study", ""),
        hash=str(document.get("spec_sha256") or "")[:8],
        version=document.get("impact", ""),
    )
