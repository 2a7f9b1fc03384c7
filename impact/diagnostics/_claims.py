"""Claims: sentences that the results bear out, speak against, or cannot tell.

A claim about an effect cannot be told while the verdict on that effect is inconclusive or fragile; a
claim about a difference between groups needs a test of that difference; a claim about a plain number
is just compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from impact.core.errors import Fault, ImpactError, Place, SpecError
from impact.core.texts import fault
from impact.diagnostics._lookup import entries, listings_of, models_of
from impact.diagnostics._resolver import UNSETTLED, Resolver, Use
from impact.diagnostics._sentences import Words, both, number, pair, probability
from impact.schema.expressions.context import Context
from impact.schema.expressions.evaluate import evaluate_condition
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.tree import columns_of
from impact.schema.published import ClaimBlock


def judge_claims(
    blocks: Mapping[str, ClaimBlock], resolver: Resolver, *, places: Mapping[str, Place] | None = None
) -> list[dict[str, object]]:
    """The state of every claim.

    Arguments:
        blocks: name → claim. resolver: the results (its own ``uses`` stay untouched).
        places: name → place of the claim's expression in the spec.

    Returns:
        The fields of the document ({claim, text, state, detail, evidence, source}) and ``note`` and
        ``p_values`` of the differences that were tested. ``state`` is agrees, disagrees or cannot_tell.

    Raises:
        SpecError, DataError: the expression is not one on the results (E4xx, E601, E602, E616).
    """
    return [_judged(name, block, resolver, (places or {}).get(name)) for name, block in blocks.items()]


def check_claims(
    blocks: Mapping[str, ClaimBlock],
    document: Mapping[str, object],
    *,
    places: Mapping[str, Place] | None = None,
) -> list[Fault]:
    """Faults that can be seen before anything is estimated: expressions, and names of models and tests.

    Arguments:
        document: {"models": {name: {}}, "tests": [{"test": name}]} is enough.
    """
    found: list[Fault] = []
    known = [*models_of(document), *(str(one.get("test")) for one in entries(document, "tests"))]
    known += listings_of(document)

    def lookup(parts: tuple[str, ...], keys: Mapping[str, str | float]) -> None:
        own = parts[1:] if parts and parts[0] in ("difference", "tests") else parts
        if not own or own[0].partition("[row=drop_one")[0] not in known:
            raise KeyError(own[0] if own else "", *known)

    for name, block in blocks.items():
        try:
            expression = parse_expression(block.test, place=(places or {}).get(name), mode="claims")
            for use in columns_of(expression):
                where = expression.place.shifted(use.start, use.end - use.start) if expression.place else None
                raise SpecError(fault("E416", place=where, name=use.name))
            evaluate_condition(expression, {}, Context(rows=1, lookup=lookup))
        except ImpactError as error:
            found.extend(error.faults)
    return found


def _judged(name: str, block: ClaimBlock, resolver: Resolver, place: Place | None) -> dict[str, object]:
    own = Resolver(resolver.document, resolver.results)
    expression = parse_expression(block.test, place=place, mode="claims")
    try:
        value = float(evaluate_condition(expression, {}, Context(rows=1, lookup=own.lookup))[0])
    except ImpactError as error:
        raise SpecError(
            *(item if item.place else replace(item, place=place) for item in error.faults)
        ) from error
    if not own.uses:
        raise SpecError(fault("E616", place=place, claim=name, problem="it looks at no result"))
    state, facts = _state(block, own.uses, value)
    return {
        "claim": name,
        "text": pair(block.text),
        "state": state,
        "detail": both(f"claim.{state}", facts=_together(facts)),
        "evidence": block.evidence,
        "source": pair(block.source) if block.source else None,
        "note": pair(block.note) if block.note else None,
        "p_values": [use.difference.p_value for use in own.uses if use.difference is not None],
    }


def _state(block: ClaimBlock, uses: Sequence[Use], value: float) -> tuple[str, list[Words]]:
    """The state of a claim and the facts that decide it."""
    facts = [_fact(use) for use in uses]
    if np.isnan(value):
        return "cannot_tell", [*facts, both("claim.no_value")]
    if block.about == "effect":
        weak = [_weakness(use) for use in uses if use.is_thin or use.verdict in UNSETTLED]
        if weak:
            return "cannot_tell", [*weak, *(_fact(use) for use in uses if use.difference is not None)]
        tested = [use for use in uses if use.difference is not None]
        if any(not _is_told(use, block.alpha) for use in tested):
            return "cannot_tell", [_fact(use) for use in tested]
    return ("agrees" if value == 1 else "disagrees"), facts


def _is_told(use: Use, alpha: float) -> bool:
    p = None if use.difference is None else use.difference.p_value
    return p is not None and p < alpha


def _weakness(use: Use) -> Words:
    if use.is_thin:
        return both("claim.thin", what=use.what)
    return both("claim.verdict", what=use.what, verdict=both(f"word.{use.verdict}"))


def _fact(use: Use) -> Words:
    if use.difference is None or use.groups is None:
        shown = use.value if isinstance(use.value, str) else number(use.value)
        return both("claim.value", what=both("claim.stat_of", stat=use.stat, what=use.what), value=shown)
    p = use.difference.p_value
    return both(
        "claim.difference_no_p" if p is None else "claim.difference",
        first=use.groups[0],
        second=use.groups[1],
        estimate=number(use.difference.estimate),
        p=probability(p),
    )


def _together(facts: Sequence[Words]) -> Words:
    """Facts after one another, each once."""
    return {language: "; ".join(dict.fromkeys(fact[language] for fact in facts)) for language in pair("")}
