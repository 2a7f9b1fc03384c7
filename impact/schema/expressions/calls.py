"""Whether every function called exists and takes what it is given: all faults of an expression at once."""

from __future__ import annotations

from typing import Any

from impact.core.errors import Fault
from impact.core.nearest import nearest
from impact.core.texts import fault, text
from impact.schema.expressions import tree
from impact.schema.expressions.signatures import SIGNATURES, Signature
from impact.schema.expressions.tokens import Source
from impact.schema.expressions.tree import Call, Listing, Mapped, Node

# Functions of other languages and the spelling here.
_FOREIGN_NAMES = {
    "ifelse": "when", "if_else": "when", "iif": "when", "where": "when", "case_when": "when", "cond": "when",
    "is_missing": "missing", "isna": "missing", "isnull": "missing", "ln": "log", "avg": "mean",
    "stdev": "sd",
    "median": "p", "quantile": "p", "percentile": "p", "len": "count", "n": "count", "one_of": "in",
    "inlist": "in", "inrange": "between", "standardize": "std", "int": "floor", "str": "text",
    "string": "text", "float": "number", "to_number": "number", "destring": "number", "tostring": "text",
    "substring": "substr", "trim": "strip",
    "toupper": "upper", "tolower": "lower", "qcut": "ntile", "xtile": "ntile", "winsorize": "winsor",
    "pow": "**", "ceiling": "ceil", "trunc": "floor", "zfill": "lpad", "to_date": "date", "as_date": "date",
}  # fmt: skip


def call_faults(root: Node, source: Source, mode: str) -> list[Fault]:
    """Faults of all calls below a node: unknown functions, wrong arguments, lists where none belong.

    Arguments:
        root: the tree.
        source: its text and place.
        mode: ``columns`` or ``claims``.
    """
    faults: list[Fault] = []
    for node in tree.walk(root):
        if isinstance(node, Call):
            faults.extend(_of_call(node, source, mode))
    return faults


def _of_call(call: Call, source: Source, mode: str) -> list[Fault]:
    place = source.at(call.start, call.start + len(call.function))
    signature = SIGNATURES.get(call.function)
    if signature is None:
        return [unknown_function(call.function, source, call.start)]
    if signature.family == "claim" and mode != "claims":
        what, advice = text("language.part_of.expression"), text("language.only_claims")
        return [fault("E404", place=place, piece=f"'{call.function}'", what=what, advice=advice)]
    return [
        *_counted(call, signature, source),
        *_shaped(call, signature, source),
        *_named(call, signature, source),
    ]


def unknown_function(name: str, source: Source, start: int) -> Fault:
    """The fault for a function that is not in the whitelist, with the nearest one."""
    suggestion = _FOREIGN_NAMES.get(name.lower()) or nearest(name, SIGNATURES)
    place = source.at(start, start + len(name))
    return fault(
        "E401", place=place, suggestion=suggestion, name=name[:40], names=", ".join(sorted(SIGNATURES))
    )


def _counted(call: Call, signature: Signature, source: Source) -> list[Fault]:
    count = len(call.arguments)
    place = source.at(call.start, call.end)
    values: dict[str, Any] = {"name": call.function, "count": count, "use": signature.summary}
    if not signature.accepts(count):
        return [fault("E407", place=place, expected=signature.arity(), **values)]
    if call.function in ("min", "max"):
        grouped = call.keyword("by") is not None
        if grouped != (count == 1):
            return [fault("E407", place=place, expected="1" if grouped else "2+", **values)]
    return []


def _shaped(call: Call, signature: Signature, source: Source) -> list[Fault]:
    """Lists and mappings stand where the function takes them and nowhere else."""
    faults = []
    for position, argument in enumerate(call.arguments):
        letter = signature.letter(position)
        found = "L" if isinstance(argument, Listing) else "M" if isinstance(argument, Mapped) else ""
        if found != (letter if letter in ("L", "M") else ""):
            expected = {"L": text("language.a_list"), "M": text("language.a_mapping")}.get(letter, "")
            faults.append(_misplaced(argument, expected or text("language.a_value"), source))
        elif isinstance(argument, Listing) and not all(_constant(item) for item in argument.items):
            faults.append(_misplaced(argument, text("language.a_constant_list"), source))
    return faults


def _constant(node: Node) -> bool:
    if isinstance(node, tree.Unary) and node.operator == "-":
        return isinstance(node.operand, tree.Number)
    return isinstance(node, tree.Number | tree.Text)


def _misplaced(node: Node, expected: str, source: Source) -> Fault:
    place = source.at(node.start, node.end)
    return fault("E403", place=place, expected=expected, found=f"'{source.text[node.start : node.end][:40]}'")


def _named(call: Call, signature: Signature, source: Source) -> list[Fault]:
    faults = []
    seen: set[str] = set()
    for name, value in call.keywords:
        free = signature.family == "claim"
        if name in seen or (name not in signature.keywords and not free):
            names = ", ".join(signature.keywords) or text("language.none")
            suggestion = nearest(name, signature.keywords)
            values: dict[str, Any] = {"name": call.function, "keyword": name[:40], "names": names}
            faults.append(
                fault("E420", place=source.at(value.start, value.end), suggestion=suggestion, **values)
            )
        elif isinstance(value, Mapped) or (isinstance(value, Listing) and name != "by"):
            faults.append(_misplaced(value, text("language.a_value"), source))
        elif isinstance(value, Listing) and not value.items:
            faults.append(_misplaced(value, text("language.a_name"), source))
        seen.add(name)
    return faults
