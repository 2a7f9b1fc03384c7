"""Whether an outcome is a logarithm: then its coefficients are relative changes, and elasticities need no mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import impact.schema.formulas.tree as formula_tree
from impact.schema.expressions.tree import Call, Conditional, Expression, Missing, Name, Node
from impact.schema.requests import ModelRequest, OutcomeSums

# sums of logarithms over the persons of a row are named so: sum_log_wage
_LOG_SUMS = "sum_log_"
# estimators whose coefficients are changes of the outcome, and those with a logarithm in their link
LINEAR, LOG_LINK = ("ols", "iv", "panel"), ("ppml",)


def is_logarithm(request: ModelRequest, derive: Mapping[str, Expression], declared: Collection[str]) -> bool:
    """Whether the outcome of a model is log(…), of a derived column or a formula, or declared in `log_outcomes`."""
    if request.outcome_name in declared:
        return True
    if isinstance(request.outcome, OutcomeSums):
        root = request.outcome.total.root
        return isinstance(root, Name) and root.name.startswith(_LOG_SUMS)
    if isinstance(request.outcome, Expression):
        return _is_log(request.outcome.root, derive)
    if not request.formula.outcomes:
        return False
    expression = formula_tree.term_expression(request.formula.outcomes[0])
    return expression is not None and _is_log(expression.root, derive)


def _is_log(node: Node, derive: Mapping[str, Expression], depth: int = 0) -> bool:
    if isinstance(node, Call):
        values = node.arguments[1::2] if node.function == "when" else node.arguments[:1]
        if node.function == "log":
            return True
        return (
            node.function in ("when", "winsor")
            and bool(values)
            and all(_is_log(v, derive, depth) for v in values)
        )
    if isinstance(node, Conditional):
        parts = [part for part in (node.then, node.otherwise) if not isinstance(part, Missing)]
        return bool(parts) and all(_is_log(part, derive, depth) for part in parts)
    if isinstance(node, Name) and node.name in derive and depth < len(derive):
        return _is_log(derive[node.name].root, derive, depth + 1)
    return False


def outcome_scale(request: ModelRequest, derive: Mapping[str, Expression], declared: Collection[str]) -> str:
    """level, log, or '' where coefficients are neither changes of the outcome nor of its logarithm."""
    if request.estimator in LOG_LINK:
        return "log"
    if request.estimator not in LINEAR:
        return ""
    return "log" if is_logarithm(request, derive, declared) else "level"
