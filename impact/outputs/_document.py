"""Reading the results document: models, rows, labels, and which inference of a row is the primary one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from impact.core.texts import text
from impact.outputs._escape import plain
from impact.outputs._request import OutputRequest

Document = Mapping[str, Any]
Entry = Mapping[str, Any]
ALL_GROUPS = (None, "", "all", "None")
EVENT_KINDS = ("event",)
# the effects of difference-in-differences estimators: event[-2], cohort[2004], att_gt[2004,2006]
EFFECT = re.compile(r"(event|cohort|calendar|att_gt|dose|acrt|quantile)\[([^,\]]+)(,([^\]]+))?\]")


def said(value: object, language: str) -> str:
    """Free text in a language, on one line: one for all, or one each with English, then any, standing in."""
    if isinstance(value, Mapping):
        found = (value.get(key) for key in (language, "en", *sorted(map(str, value))))
        value = next((one for one in found if one), None)
    return "" if value is None else plain(value)


def models(document: Document, request: OutputRequest) -> dict[str, Entry]:
    """Model name → entry, in the order of the spec where it is known, else of the rows."""
    entries: Mapping[str, Entry] = document.get("models", {})
    order = [*request.model_order, *(str(row["model"]) for row in document.get("rows", ())), *entries]
    return {name: entries[name] for name in dict.fromkeys(order) if name in entries}


def estimates(document: Document, request: OutputRequest) -> dict[str, Entry]:
    """The models of the spec itself, without robustness rows."""
    return {name: entry for name, entry in models(document, request).items() if entry.get("row") is None}


def has_groups(entry: Entry) -> bool:
    """True for a model estimated by subgroup."""
    return bool(entry.get("groups"))


def observations(document: Document, name: str) -> Any:
    """Observations of a model; of one by subgroup those of everybody, null where that is not estimated."""
    entry: Entry = document["models"].get(name, {})
    if not has_groups(entry):
        return entry.get("n_obs")
    everybody = rows_of(document, name)
    return everybody[0].get("n_obs") if everybody else None


def rows_of(document: Document, model: str, *, group: str | None = None) -> list[Entry]:
    """The rows of one model: of everybody, or of one subgroup."""
    return [
        row
        for row in document.get("rows", ())
        if row["model"] == model and same_group(row.get("group"), group)
    ]


def same_group(left: object, right: object) -> bool:
    """True if both name the same subgroup; null, "" and "all" all mean everybody."""
    return left == right or (left in ALL_GROUPS and right in ALL_GROUPS)


def focus_row(
    document: Document, model: str, *, term: str | None = None, group: str | None = None
) -> Entry | None:
    """The row of the model's main term: as asked, else the first focus term, else the overall effect."""
    rows = rows_of(document, model, group=group)
    if term is not None:
        return next((row for row in rows if row["term"] == term), None)
    for focus in document["models"].get(model, {}).get("focus") or ():
        for row in rows:
            if row["term"] == focus:
                return row
    overall = [row for row in rows if row.get("kind") == "att"]
    coefficients = [row for row in rows if row["term"] not in ("(Intercept)", "Intercept", "_cons")]
    return next(iter(overall or coefficients or rows), None)


def event_rows(document: Document, model: str, *, group: str | None = None) -> list[Entry]:
    """The rows of an event study, ordered by time."""
    found = [
        row
        for row in rows_of(document, model, group=group)
        if row.get("kind") in EVENT_KINDS and event_position(row) is not None
    ]
    return sorted(found, key=lambda row: event_position(row) or 0.0)


def event_position(row: Entry) -> float | None:
    """Where a row of an event study stands on the time axis: its event time, else its calendar time."""
    for field in ("event_time", "time"):
        value = row.get(field)
        if value is not None:
            try:
                return float(value)
            except (TypeError, ValueError):
                continue
    return None


def primary(row: Entry) -> str:
    """Which inference the verdict reads: permutation, cr3 or asymptotic."""
    return str(row.get("primary") or "asymptotic")


def primary_p(row: Entry) -> Any:
    """The p-value that counts."""
    return row.get("primary_p") if primary(row) != "asymptotic" else row.get("p_value")


def primary_interval(row: Entry) -> tuple[Any, Any]:
    """The interval that counts, at the row's level."""
    if primary(row) != "asymptotic":
        return row.get("primary_ci_low"), row.get("primary_ci_high")
    return row.get("ci_low"), row.get("ci_high")


def label_of(document: Document, name: str, language: str) -> str:
    """The label of a variable, model, term or level; without one its own name, interactions with ×."""
    labels: Mapping[str, Any] = document.get("labels") or {}
    if name in labels:
        return said(labels[name], language) or name
    if name in ("(Intercept)", "Intercept", "_cons"):
        return text("table.constant", language)
    if (match := EFFECT.fullmatch(name)) is not None:
        kind, value, _, time = match.groups()
        return text(f"table.term.{kind}", language, value=value.replace("-", "−"), time=time or "")
    if "::" in name:
        variable, level = name.split("::", 1)
        level, *others = level.split(":")
        coded = labels.get(f"{variable}={level}")
        level = level if coded is None else said(coded, language)
        first = f"{label_of(document, variable, language)} = {level}"
        return " × ".join([first, *(label_of(document, other, language) for other in others)])
    if ":" in name:
        return " × ".join(label_of(document, part, language) for part in name.split(":"))
    return plain(name)


def model_label(document: Document, name: str, language: str) -> str:
    """The label of a model: its own, its robustness row's, or its base name with the labels of its matrix."""
    labels: Mapping[str, Any] = document.get("labels") or {}
    entry = document["models"].get(name, {})
    if entry.get("row"):
        return robustness_label(document, name, language)
    if entry.get("title"):
        return said(entry["title"], language)
    if name in labels:
        return said(labels[name], language)
    cell: Mapping[str, Any] = entry.get("cell") or {}
    if not cell:
        return plain(name.replace("_", " ") if name in document["models"] else name)
    base = label_of(document, str(entry.get("base") or name.split("[", maxsplit=1)[0]), language)
    parts = [label_of(document, str(value), language) for value in cell.values()]
    return f"{base}: {', '.join(parts)}"


def robustness_label(document: Document, model: str, language: str) -> str:
    """The label of a robustness row by its model: the row's title, else its label or name."""
    entry = document["models"][model]
    main = document["models"].get(main_of(model, entry), {})
    own = entry.get("title") if entry.get("title") != main.get("title") else None
    family, mark, member = str(entry["row"]).partition(":")
    if mark:
        return f"{family_name(document, family, language)}: {label_of(document, member, language)}"
    return said(own, language) or row_label(document, family, language)


def main_of(name: str, entry: Entry) -> str:
    """The model that a robustness row changes: its name without the row."""
    return name.replace(f",row={entry['row']}", "").replace(f"[row={entry['row']}]", "")


def family_name(document: Document, family: str, language: str) -> str:
    """A family of robustness rows in words."""
    known = text(f"table.family.{family}", language)
    return row_label(document, family, language) if known.startswith("table.family.") else known


def row_label(document: Document, row: str, language: str) -> str:
    """The label of a robustness row, from the labels or from its name."""
    label = label_of(document, row, language)
    if label != row:
        return label
    words = plain(row.replace("_", " "))
    return words[:1].upper() + words[1:]


def pairs_of(group: str) -> tuple[tuple[str, str], ...]:
    """``sex=women;age=14-24`` → (("sex", "women"), ("age", "14-24"))."""
    parts = [part.split("=", 1) for part in group.split(";") if part]
    return tuple((part[0], part[1] if len(part) > 1 else "") for part in parts)


def level_label(document: Document, variable: str, level: str, language: str) -> str:
    """The label of a subgroup's level: ``sex=women`` or ``women`` in the labels, else the level itself."""
    labels: Mapping[str, Any] = document.get("labels") or {}
    for key in (f"{variable}={level}", level):
        if key in labels:
            return said(labels[key], language)
    level = plain(level)
    return level if any(sign.isdigit() for sign in level) else level[:1].upper() + level[1:]


def group_label(document: Document, group: object, language: str) -> str:
    """A subgroup in words: ``Women, 14-24``; everybody is "All"."""
    if group in ALL_GROUPS:
        return text("table.all", language)
    return ", ".join(level_label(document, name, level, language) for name, level in pairs_of(str(group)))


def as_list(value: str | Sequence[str] | None) -> list[str]:
    """One name or several, as a list."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def unique(values: Iterable[str]) -> list[str]:
    """The values once each, in order."""
    return list(dict.fromkeys(values))


def step_label(document: Document, step: Entry, language: str) -> str:
    """The name of a step of the sample ledger: its label, else its name without underscores."""
    name = str(step.get("name") or step.get("reason") or "")
    label = label_of(document, name, language)
    return label if label != plain(name) else reason_text(name, language).replace("_", " ")


def reason_text(reason: object, language: str) -> str:
    """Why a step drops rows: a word of the tool in the language, a condition of the spec as it is written."""
    words = said(reason, language)
    found = text(f"table.step.{words.replace(' ', '_')}", language)
    return words if found.startswith("table.step.") else found


def verdict_text(word: object, language: str) -> str:
    """A verdict, match or state in the language; an unknown word as it is."""
    if not word:
        return ""
    found = text(f"table.verdict.{word}", language)
    return str(word) if found.startswith("table.verdict.") else found


def made_up(document: Document, language: str) -> str:
    """The sentence that results of synthetic data carry wherever they are shown; '' for others."""
    return text("table.note.synthetic", language) if document.get("synthetic") else ""
