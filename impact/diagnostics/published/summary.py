"""Compared cells in one line a table, and those that count as failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from impact.diagnostics._reading import finite
from impact.diagnostics._sentences import Words, both, number, pair

EQUAL = ("equal", "rounds_equal", "sign_agrees")


def failures(compared: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """The cells that differ without ``expect: differs``, and those marked ``must_match`` that are not met: what
    ``impact replicate`` exits 6 for.
    """
    return [
        entry
        for entry in compared
        if (entry["verdict"] == "differs" and entry.get("expect") != "differs")
        or (entry.get("must_match") and entry["verdict"] not in EQUAL)
    ]


def summaries(compared: Sequence[Mapping[str, object]]) -> dict[str, Words]:
    """One line a table: how many cells are equal and which differ."""
    tables = dict.fromkeys(str(entry["table"]) for entry in compared)
    return {table: _summary([entry for entry in compared if entry["table"] == table]) for table in tables}


def _summary(entries: Sequence[Mapping[str, object]]) -> Words:
    known = [e for e in entries if e["verdict"] != "not_available"]
    equal = sum(e["verdict"] in EQUAL for e in known)
    parts = [both("published.equal", equal=equal, cells=len(known))]
    off = [e for e in known if e["verdict"] not in EQUAL]
    marked = [e for e in known if e["expect"] == "differs"]
    for key, chosen in (
        ("close", [e for e in off if e["verdict"] == "close" and e not in marked]),
        ("differs", [e for e in off if e["verdict"] == "differs" and e not in marked]),
        ("expected", [e for e in off if e in marked]),
        ("unexpected", [e for e in marked if e not in off]),
    ):
        if chosen:
            shown = [_cell_words(entry) for entry in chosen]
            cells = {k: "; ".join(one[k] for one in shown) for k in pair("")}
            parts.append(both(f"published.{key}", count=len(chosen), cells=cells))
    missing = len(entries) - len(known)
    if missing:
        parts.append(both("published.missing", count=missing))
    return {k: ", ".join(part[k] for part in parts) for k in pair("")}


def _cell_words(entry: Mapping[str, object]) -> Words:
    ours = finite(entry["ours"])
    printed = str(entry["printed"])
    where = entry["column"]
    decimals = len(printed.partition(".")[2]) if printed.replace(".", "").strip("-−").isdigit() else None
    shown = (
        number(ours) if ours is None or decimals is None else f"{ours:.{max(decimals, 0)}f}".replace("-", "−")
    )
    if shown == printed.replace("-", "−"):
        shown = number(ours, digits=6)
    key = "published.cell" if where is None else "published.cell_in_column"
    name = entry["term"] or entry["model"]
    return both(
        key, stat=entry["stat"], term=name, model=entry["model"], column=where, printed=printed, ours=shown
    )
