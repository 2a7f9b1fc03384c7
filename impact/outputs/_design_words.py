"""A design of who is treated from when, in words: cohorts and sizes, never treated, balance, the thinnest cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from impact.core.texts import text
from impact.outputs._numbers import percent_text, whole_text

Facts = Mapping[str, Any]
MOST_COHORTS = 8
MOST_CELLS = 4


def adoption_of(entry: Mapping[str, Any]) -> Facts:
    """The facts of a model's design; empty where it starts from none."""
    found: Facts = (entry.get("extra") or {}).get("adoption") or {}
    return found


def cohorts_text(facts: Facts) -> str:
    """``2004 (20), 2006 (40), 2007 (131)``: cohorts and the number of their units."""
    cohorts = facts.get("cohorts") or []
    shown = [
        f"{whole_text(one['cohort'], grouping=False)} ({whole_text(one['units'])})"
        for one in cohorts[:MOST_COHORTS]
    ]
    rest = len(cohorts) - MOST_COHORTS
    return ", ".join([*shown, f"+{rest}"] if rest > 0 else shown)


def design_sentences(facts: Facts, language: str) -> list[str]:
    """What a reader should know of the design before the estimates.

    Arguments:
        facts: of ``extra.adoption`` of a model.
    """
    if not facts:
        return []
    panel = bool(facts.get("panel"))
    periods = facts.get("periods") or [0]
    found = [
        text(
            "design.panel" if panel else "design.cross_sections",
            language,
            units=whole_text(facts["n_units"]),
            periods=whole_text(facts["n_periods"]),
            first=whole_text(periods[0], grouping=False),
            last=whole_text(periods[-1], grouping=False),
        ),
        text(
            "design.cohorts",
            language,
            cohorts=cohorts_text(facts),
            never=whole_text(facts["never"]),
            share=percent_text(facts["share_never"], 0),
        ),
        _balance(facts, language) if panel else "",
        text("design.always", language, n=whole_text(facts["always"])) if facts["always"] else "",
        _smallest(facts, language),
        _without_controls(facts, language),
        text("design.switches_off", language, n=whole_text(facts["switches_off"]))
        if facts["switches_off"]
        else "",
    ]
    return [sentence for sentence in found if sentence]


def _balance(facts: Facts, language: str) -> str:
    if facts["balanced"]:
        return text("design.balanced", language)
    return text("design.unbalanced", language, n=whole_text(facts["absent_unit_periods"]))


def _smallest(facts: Facts, language: str) -> str:
    cell = facts.get("smallest_cell")
    if not cell:
        return ""
    return text(
        "design.smallest",
        language,
        cohort=whole_text(cell["cohort"], grouping=False),
        time=whole_text(cell["time"], grouping=False),
        n=whole_text(cell["units"]),
    )


def _without_controls(facts: Facts, language: str) -> str:
    cells = facts.get("cells_without_controls") or []
    group = text(f"design.{facts['control_group']}", language)
    if not cells:
        return text("design.all_have_controls", language, group=group)
    shown = ", ".join(
        f"{whole_text(g, grouping=False)} in {whole_text(t, grouping=False)}" for g, t in cells[:MOST_CELLS]
    )
    return text("design.no_controls", language, n=whole_text(len(cells)), cells=shown, group=group)
