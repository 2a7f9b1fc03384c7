"""Numbers that tests read from the listings of a spec."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from impact.core.errors import DesignError, ImpactError
from impact.core.listings import Listing
from impact.core.texts import fault
from impact.diagnostics._resolver import Resolver
from impact.pipeline.listings.document import listing_entries
from impact.schema.expressions.context import Context
from impact.schema.expressions.evaluate import evaluate
from impact.schema.expressions.parse import parse_expression


def numbers_of(listings: Sequence[Listing]) -> Callable[[str | float], float]:
    """A function from a number as written, or an expression on the listings, to the number."""
    resolver = Resolver({"models": {}, "rows": [], "tests": [], "listings": listing_entries(listings)})

    def number(value: str | float) -> float:
        if not isinstance(value, str):
            return float(value)
        expression = parse_expression(value, mode="claims")
        try:
            found = evaluate(expression, {}, Context(rows=1, lookup=resolver.lookup))
        except ImpactError as error:
            raise DesignError(*error.faults) from None
        if found.dtype.kind != "f" or np.isnan(found[0]):
            raise DesignError(fault("E456", problem=f"'{value}' is no number"))
        return float(found[0])

    return number
