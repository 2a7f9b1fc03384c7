"""What is known to be wrong before any data are read: unknown columns, kinds that do not go together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from impact.core.errors import Fault
from impact.core.nearest import nearest
from impact.core.texts import fault, text
from impact.schema.expressions import tree
from impact.schema.expressions.signatures import SIGNATURES, Signature
from impact.schema.expressions.tokens import DEEPEST, spell_name, spell_number, spell_text
from impact.schema.expressions.tree import Call, Expression, Node

NUMBER, CONDITION, TEXT, DATE, MISSING, ANY = "number", "condition", "text", "date", "missing", "any"
KINDS = (NUMBER, CONDITION, TEXT, DATE)
# What each letter of a signature accepts; conditions are numbers 0 and 1.
ACCEPTED = {"n": "number", "c": "condition", "t": "text", "d": "date", "o": "ordered", "w": "whole",
            "k": "constant", "q": "constant_text"}  # fmt: skip
_LITERALS = {
    **dict.fromkeys(("None", "NA", "null", "NULL", "nan", "NaN"), "missing"),
    **{
        "True": "true",
        "TRUE": "true",
        "False": "false",
        "FALSE": "false",
        "AND": "and",
        "OR": "or",
        "NOT": "not",
    },
}


def family(kind: str) -> str:
    """Number, text or date: conditions count as numbers; '' for missing and unknown kinds."""
    return {NUMBER: NUMBER, CONDITION: NUMBER, TEXT: TEXT, DATE: DATE}.get(kind, "")


@dataclass(slots=True)
class _Checking:
    expression: Expression
    kinds: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)


def check_expression(
    expression: Expression,
    kinds: Mapping[str, str] | None = None,
    names: Collection[str] | None = None,
    *,
    read_from: str = "",
) -> list[Fault]:
    """All faults that can be seen without data: unknown columns (E402), kinds that clash (E405, E406).

    Arguments:
        expression: the parsed expression (unknown functions were refused when it was parsed).
        kinds: column → ``number``, ``condition`` (or ``logical``), ``text``, ``date``; others are open.
        names: every name that may be used, columns and parameters; None: names are not checked.
        read_from: the file in which the columns were read, for the message.
    """
    checking = _Checking(expression, kinds or {})
    if names is not None:
        checking.faults.extend(_unknown(expression, names, read_from))
    try:
        kind_of(expression.root, checking)
    except RecursionError:
        what = text("language.limit.depth")
        return [fault("E408", place=expression.place, most=str(DEEPEST), what=what)]
    return checking.faults


def _unknown(expression: Expression, names: Collection[str], read_from: str) -> list[Fault]:
    known = set(names)
    faults = []
    for use in tree.columns_of(expression):
        if use.name in known:
            continue
        listed = text("language.columns_of", file=read_from) if read_from else text("language.columns")
        near = _LITERALS.get(use.name) or nearest(use.name, [*known, "true", "false", "missing"])
        place = expression.at(tree.Name(use.name, use.start, use.end))
        shown = f"{listed}: {', '.join(sorted(known)[:12])}"
        suggestion = near if near in ("true", "false", "missing") or not near else spell_name(near)
        faults.append(fault("E402", place=place, suggestion=suggestion, name=use.name, names=shown))
    return faults


def kind_of(node: Node, checking: _Checking) -> str:
    """Kind of a node's values; faults found below it are collected on the way."""
    match node:
        case tree.Number():
            return NUMBER
        case tree.Text():
            return TEXT
        case tree.Logical():
            return CONDITION
        case tree.Missing():
            return MISSING
        case tree.Name():
            kind = checking.kinds.get(node.name, ANY)
            return CONDITION if kind in ("logical", "boolean") else kind if kind in KINDS else ANY
        case tree.Call():
            return _call(node, checking)
        case tree.Binary():
            return _binary(node, checking)
        case tree.Listing() | tree.Mapped() | tree.Dotted():
            return ANY
        case _:
            return _operation(node, checking)


def _operation(node: Node, checking: _Checking) -> str:
    kinds = [kind_of(child, checking) for child in tree.children(node)]
    match node:
        case tree.Unary(operator="not"):
            _need(node.operand, kinds[0], "c", "not", checking)
        case tree.Unary():
            _need(node.operand, kinds[0], "n", node.operator, checking)
            return NUMBER
        case tree.Logic():
            for operand, kind in zip(node.operands, kinds, strict=True):
                _need(operand, kind, "c", node.operator, checking)
        case tree.Comparison():
            for position in range(len(node.operators)):
                pair = (node.operands[position], node.operands[position + 1])
                _same(pair, (kinds[position], kinds[position + 1]), checking)
        case tree.Membership():
            for choice in node.choices.items:
                if not _same((node.item, choice), (kinds[0], kind_of(choice, checking)), checking):
                    break
        case tree.Conditional():
            _need(node.condition, kinds[1], "c", "if", checking)
            _same((node.then, node.otherwise), (kinds[0], kinds[2]), checking)
            return kinds[2] if kinds[0] == MISSING else kinds[0]
    return CONDITION


def _binary(node: tree.Binary, checking: _Checking) -> str:
    """A chain of operations from the left, without recursion."""
    chain = [node]
    while isinstance(chain[-1].left, tree.Binary):
        chain.append(chain[-1].left)
    left = kind_of(chain[-1].left, checking)
    for link in reversed(chain):
        left = _arithmetic(link, [left, kind_of(link.right, checking)], checking)
    return left


def _arithmetic(node: tree.Binary, kinds: list[str], checking: _Checking) -> str:
    if node.operator == "+" and TEXT in kinds:
        _same((node.left, node.right), (kinds[0], kinds[1]), checking)
        return TEXT
    for operand, kind in zip((node.left, node.right), kinds, strict=True):
        _need(operand, kind, "n", node.operator, checking)
    return NUMBER


def _call(call: Call, checking: _Checking) -> str:
    signature = SIGNATURES[call.function]
    kinds = [kind_of(argument, checking) for argument in call.arguments]
    for value in (value for _, value in call.keywords):
        kind_of(value, checking)
    if call.function == "when":
        return _when(call, kinds, checking)
    for position, (argument, kind) in enumerate(zip(call.arguments, kinds, strict=True)):
        letter = signature.letter(position)
        if letter == "=":
            _same((call.arguments[0], argument), (kinds[0], kind), checking)
        else:
            _need(argument, kind, letter, call.function, checking)
    return _given(call, signature, kinds)


def _given(call: Call, signature: Signature, kinds: list[str]) -> str:
    if signature.gives == "first":
        return next((kind for kind in kinds if kind != MISSING), ANY)
    if call.function == "cut" and len(call.arguments) > 2:
        labels = call.arguments[2]
        texts = isinstance(labels, tree.Listing) and any(isinstance(item, tree.Text) for item in labels.items)
        return TEXT if texts else NUMBER
    if call.function == "recode":
        return _recoded(call, kinds[0])
    return signature.gives if signature.gives in KINDS else TEXT if call.function == "cut" else ANY


def _recoded(call: Call, kind: str) -> str:
    mapping = call.arguments[1]
    given = [value for _, value in mapping.entries] if isinstance(mapping, tree.Mapped) else []
    known = [value for value in given if not isinstance(value, tree.Missing)]
    if not known:
        return kind
    return TEXT if isinstance(known[0], tree.Text) else NUMBER


def _when(call: Call, kinds: list[str], checking: _Checking) -> str:
    paired = len(kinds) - len(kinds) % 2
    values = [*range(1, paired, 2), *range(paired, len(kinds))]
    for position in range(0, paired, 2):
        _need(call.arguments[position], kinds[position], "c", "when", checking)
    for position in values[1:]:
        pair = (call.arguments[values[0]], call.arguments[position])
        _same(pair, (kinds[values[0]], kinds[position]), checking)
    return next((kinds[position] for position in values if kinds[position] != MISSING), ANY)


def _need(node: Node, kind: str, letter: str, name: str, checking: _Checking) -> None:
    expected = ACCEPTED.get(letter)
    if expected is None or kind in (MISSING, ANY) or fits(kind, letter):
        return
    checking.faults.append(wrong_kind(checking.expression, node, (name, expected, kind)))


def fits(kind: str, letter: str) -> bool:
    """Whether a kind is what a letter of a signature asks for."""
    wanted = {"t": (TEXT,), "q": (TEXT,), "d": (DATE,), "o": (NUMBER, DATE)}.get(letter, (NUMBER,))
    return family(kind) in wanted


def wrong_kind(expression: Expression, node: Node, found: tuple[str, str, str]) -> Fault:
    """The fault for an argument of the wrong kind; ``found`` is function, expected kind, kind found."""
    name, expected, kind = found
    shown = expression.excerpt(node)
    key = {"text": "text_first", "number": "number_first"}.get(expected, "convert")
    if isinstance(node, tree.Text):
        key = "convert"
    return fault(
        "E406",
        place=expression.at(node),
        name=f"'{name}'",
        expected=text(f"expression.kind.{expected}"),
        argument=f"'{shown[:60]}'",
        found=text(f"expression.kind.{kind}"),
        advice=text(f"expression.advice.{key}", name=shown[:60]),
    )


def _same(nodes: tuple[Node, Node], kinds: tuple[str, str], checking: _Checking) -> bool:
    first, second = family(kinds[0]), family(kinds[1])
    if not first or not second or first == second:
        return True
    checking.faults.append(clash(checking.expression, nodes, kinds))
    return False


def clash(expression: Expression, nodes: tuple[Node, Node], kinds: tuple[str, str]) -> Fault:
    """The fault for two values that never compare, with the literal to type."""
    shown = [expression.excerpt(node)[:60] for node in nodes]
    advice, suggestion, wrong = _advice(nodes, kinds, shown)
    return fault(
        "E405",
        place=expression.at(nodes[wrong]),
        suggestion=suggestion,
        first=f"'{shown[0]}'",
        second=f"'{shown[1]}'",
        first_kind=text(f"expression.kind.{kinds[0]}"),
        second_kind=text(f"expression.kind.{kinds[1]}"),
        advice=advice,
    )


def _advice(nodes: tuple[Node, Node], kinds: tuple[str, str], shown: list[str]) -> tuple[str, str, int]:
    """What to type, the suggestion, and which of the two nodes it replaces."""
    for position in (0, 1):
        literal, other = nodes[position], shown[1 - position]
        other_kind = family(kinds[1 - position])
        if isinstance(nodes[1 - position], tree.Number | tree.Text):
            continue
        if isinstance(literal, tree.Number) and other_kind == TEXT:
            quoted = spell_text(
                shown[position] if not shown[position].startswith("-") else spell_number(literal.value)
            )
            return text("expression.advice.quote", name=other, literal=quoted), quoted, position
        if isinstance(literal, tree.Text) and other_kind == NUMBER and _numeric(literal.value):
            return (
                text("expression.advice.unquote", name=other, literal=literal.value),
                literal.value,
                position,
            )
        if isinstance(literal, tree.Text) and other_kind == DATE:
            typed = f"date({spell_text(literal.value)})"
            return text("expression.advice.date", literal=spell_text(literal.value)), typed, position
    return text("expression.advice.convert"), "", 1


def _numeric(spelling: str) -> bool:
    try:
        float(spelling)
    except ValueError:
        return False
    return True
