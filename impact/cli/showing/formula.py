"""The parts of a formula that stands alone: its sets have no members, and are shown by their names."""

from __future__ import annotations

import re

from impact.core.errors import Place
from impact.schema.formulas.describe import describe_formula
from impact.schema.formulas.parse import parse_formula

# name of the formula in messages
PLACE = "formula"
SET = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


def formula_parts(source: str, *, language: str = "en") -> list[tuple[str, str]]:
    """Label and text of each part.

    Raises:
        SpecError: E3xx what is not a formula, at its character.
    """
    sets = {name: [f"`${name}`"] for name in SET.findall(source)}
    formula = parse_formula(source, place=Place(PLACE, line=1, column=1), sets=sets)
    return [(label, _plain(shown)) for label, shown in describe_formula(formula, language=language)]


def _plain(shown: str) -> str:
    return re.sub(r"`(\$\w+)`", r"\1", shown)
