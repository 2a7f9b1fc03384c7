"""Terms of interest: which they are, and that they vary."""

from __future__ import annotations

import re
from collections.abc import Sequence

from impact.core.arrays import Floats
from impact.core.designs import INTERCEPT, Term, Treatment
from impact.core.errors import DesignError
from impact.core.texts import fault
from impact.design.grouping import label_text
from impact.kernels.compiled import is_constant
from impact.schema.requests import ModelRequest


def focus_of(
    request: ModelRequest, terms: Sequence[Term], treatment: Treatment | None, endogenous: tuple[int, ...]
) -> tuple[int, ...]:
    """Positions of the terms of interest: those named, else the endogenous, the treated block's, or the first.

    Raises:
        DesignError: E521 a name that is no term.
    """
    if request.focus:
        found = [j for j, term in enumerate(terms) if _belongs(term.name, request.focus)]
        if not found:
            hint = ", ".join(term.name for term in terms)
            raise DesignError(fault("E521", place=request.place, name=", ".join(request.focus), terms=hint))
        return tuple(found)
    if endogenous:
        return endogenous
    if treatment is not None:
        return treatment.columns
    events = tuple(j for j, term in enumerate(terms) if term.kind == "event")
    first = next((term.name for term in terms if term.name != INTERCEPT), None)
    family = tuple(
        j for j, term in enumerate(terms) if first is not None and _family(term.name) == _family(first)
    )
    return events or family


def _family(name: str) -> str:
    """What the indicators of one `i()` have in common."""
    return re.sub(r"::[^:]+", "::", name)


def _belongs(name: str, wanted: Sequence[str]) -> bool:
    return any(name == one or name.startswith(f"{one}::") for one in wanted)


def refuse_constant(request: ModelRequest, terms: Sequence[Term], x: Floats, focus: Sequence[int]) -> None:
    """A treatment that is the same in every row says nothing; of several, some may (no event in that period).

    Raises:
        DesignError: E511 with its value, where no term of interest varies.
    """
    if len(x) < 2 or not focus or not (request.formula.intercept or request.formula.absorbed):
        return
    if all(is_constant(x[:, j]) for j in focus):
        shown = label_text(float(x[0, focus[0]]))
        raise DesignError(fault("E511", place=request.place, term=terms[focus[0]].name, value=shown))
