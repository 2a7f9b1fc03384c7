"""What the difference-in-differences estimators take: yes, or the code of the message that refuses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import impact.catalog as catalog
from impact.core.texts import text

ADOPTION = "adoption"
YES = "yes"
# estimators that follow whole paths refuse missing cells, the others leave incomplete units out
OWN_VARIANCE = "own_variance"
MISSING_CELLS = "E582"
# what a study may bring → (words of ``accepts``, any of which allow it; what happens without)
TAKEN: Mapping[str, tuple[tuple[str, ...], str]] = {
    "controls": (("covariates",), "E559"),
    "sampling_weights": (("weights", "weights:sampling"), "E559"),
    "analytic_weights": (("weights", "weights:analytic"), "E559"),
    "frequency_weights": (("weights", "weights:frequency"), "E559"),
    "persons": (("sums",), "W538"),
    "absorbed": (("absorb",), "E559"),
    "clusters": (("clusters",), "E181"),
    "survey": (("clusters",), "E181"),
    "cross_sections": (("cross_section",), "E559"),
    "unbalanced": (("unbalanced",), "drops"),
    "anticipation": (("anticipation",), "E559"),
    "dose": (("dose",), "first"),
    "reversal": (("reversible",), "E561"),
}


def estimators_with_design() -> tuple[str, ...]:
    """Keywords of the estimators that start from who is treated from when."""
    return tuple(keyword for keyword in catalog.ESTIMATORS.names() if ADOPTION in _accepts(keyword))


def _accepts(keyword: str) -> tuple[str, ...]:
    record: Any = catalog.ESTIMATORS.load(keyword)
    return tuple(record.accepts)


def taken_by(keyword: str) -> dict[str, str]:
    """What a study may bring → ``yes``, a code, or a word for what happens instead (drops, first)."""
    record: Any = catalog.ESTIMATORS.load(keyword)
    found = {
        name: YES if {*words} & {*record.accepts} else otherwise for name, (words, otherwise) in TAKEN.items()
    }
    # those of whole paths refuse gaps; one of two periods, which also takes cross-sections, leaves units out
    if found["unbalanced"] != YES and OWN_VARIANCE in record.accepts and found["cross_sections"] != YES:
        found["unbalanced"] = MISSING_CELLS
    return found


def taken_table(language: str = "en") -> tuple[tuple[str, ...], ...]:
    """The table estimator × what it takes, its head first."""
    head = ("", *(text(f"taken.{name}", language) for name in TAKEN))
    rows = [
        (keyword, *(_shown(value, language) for value in taken_by(keyword).values()))
        for keyword in estimators_with_design()
    ]
    return (head, *rows)


def _shown(value: str, language: str) -> str:
    return value if value[1:].isdigit() else text(f"taken.answer.{value}", language)
