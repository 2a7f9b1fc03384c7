"""Units of inputs and lines: products and quotients combine them, sums and comparisons need equal ones.

A unit is written as words with ``*``, ``/`` and whole powers: ``PEN/month``, ``persons``, ``PEN/person/year``. Numbers,
``share``, ``rate``, ``ratio``, ``index``, ``1`` and anything that begins with ``%`` have no dimension. A name without a
unit may have any: what it enters is not checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from impact.core.errors import Fault, Place
from impact.core.texts import fault
from impact.schema.expressions import tree
from impact.schema.expressions.tree import Call, Expression, Node
from impact.schema.ledger.language import YEAR, over_years

PLAIN = ("", "1", "share", "rate", "ratio", "fraction", "index", "number")
_PIECE = re.compile(r"\s*([*/·]?)\s*([^*/·^]+?)\s*(?:\^\s*(-?\d+))?\s*(?=[*/·]|$)")
_OPERATION = {"+": "added", "-": "subtracted", "%": "divided with remainder"}
_MOST_POWER = 9
Powers = Mapping[str, int]
# what may be any unit: a name without one, a plain number
Known = Powers | None


def read_unit(written: str, place: Place | None = None) -> tuple[Powers, list[Fault]]:
    """Word → power, and E448 where the text is no unit."""
    found: dict[str, int] = {}
    position = 0
    while position < len(written):
        match = _PIECE.match(written, position)
        if match is None or (position > 0) != bool(match[1]) or abs(int(match[3] or 1)) > _MOST_POWER:
            return {}, [fault("E448", place=place, unit=written)]
        power = int(match[3] or 1) * (-1 if match[1] == "/" else 1)
        word = _one(match[2].strip())
        if word:
            found[word] = found.get(word, 0) + power
        position = match.end()
    return _clean(found), []


def _one(word: str) -> str:
    """A word in the singular; nothing for what has no dimension."""
    if word.lower() in PLAIN or word.startswith("%"):
        return ""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _clean(powers: Powers) -> Powers:
    return {word: power for word, power in sorted(powers.items()) if power}


def unit_text(powers: Powers) -> str:
    """A unit in its canonical spelling; ``no unit`` has none."""
    above = [_power(word, power) for word, power in powers.items() if power > 0]
    below = [_power(word, -power) for word, power in powers.items() if power < 0]
    return "/".join(["*".join(above) or "1", *below]) if above or below else ""


def _power(word: str, power: int) -> str:
    return word if power == 1 else f"{word}^{power}"


@dataclass(frozen=True, slots=True)
class UnitCheck:
    """Units of all names, filled in line by line, and what was found wrong.

    Arguments:
        known: name → unit, None where it may be any.
    """

    known: dict[str, Known]
    faults: list[Fault] = field(default_factory=list)

    def of(self, expression: Expression) -> Known:
        """The unit of an expression; None where it cannot be told, and for written numbers, which take any."""
        return None if _is_number(expression.root) else self._of(expression.root, expression)

    def same(self, left: Expression, right: Expression) -> None:
        """E438 where the two sides of an identity have different units."""
        one, other = self.of(left), self.of(right)
        if one is not None and other is not None and one != other and not _is_number(left.root, right.root):
            self.faults.append(_clash(left, left.root, "compared", (one, other)))

    def _of(self, node: Node, expression: Expression) -> Known:
        match node:
            case tree.Number() | tree.Logical():
                return {}
            case tree.Name():
                return {} if node.name == YEAR else self.known.get(node.name)
            case tree.Unary():
                return self._of(node.operand, expression)
            case tree.Binary():
                return self._chain(node, expression)
            case tree.Comparison() | tree.Logic():
                self._equal(node.operands, "compared", node, expression)
                return {}
            case tree.Conditional():
                self._of(node.condition, expression)
                return self._equal((node.then, node.otherwise), "chosen between", node, expression)
            case tree.Call():
                return self._call(node, expression)
            case _:
                return None

    def _chain(self, node: tree.Binary, expression: Expression) -> Known:
        chain = [node]
        while isinstance(chain[-1].left, tree.Binary):
            chain.append(chain[-1].left)
        start: Node = chain[-1].left
        found, bare = self._of(start, expression), _is_number(start)
        for link in reversed(chain):
            right = self._of(link.right, expression)
            found = self._joined(link, (found, right), (bare, _is_number(link.right)), expression)
            bare = bare and _is_number(link.right)
        return found

    def _joined(
        self, node: tree.Binary, units: tuple[Known, Known], bare: tuple[bool, bool], expression: Expression
    ) -> Known:
        left, right = units
        if node.operator in _OPERATION:
            # a plain number takes the unit of what it is added to
            if bare[0] or bare[1]:
                return right if bare[0] else left
            if left is not None and right is not None and left != right:
                self.faults.append(_clash(expression, node, _OPERATION[node.operator], (left, right)))
                return None
            return left if right is None or left is not None else right
        if node.operator == "**":
            return self._power(node, left, right, expression)
        if left is None or right is None:
            return None
        sign = 1 if node.operator == "*" else -1
        words = {*left, *right}
        return _clean({word: left.get(word, 0) + sign * right.get(word, 0) for word in words})

    def _power(self, node: tree.Binary, left: Known, right: Known, expression: Expression) -> Known:
        if right:
            self.faults.append(_clash(expression, node, "raised to a power of a unit", (left or {}, right)))
            return None
        if not left:
            return left
        power = node.right.value if isinstance(node.right, tree.Number) else None
        if power is None or power != int(power):
            return None
        return {word: own * int(power) for word, own in left.items()}

    def _equal(self, nodes: tuple[Node, ...], how: str, node: Node, expression: Expression) -> Known:
        """The common unit of several values; E438 where two differ. Plain numbers take any."""
        found: Known = None
        for one in nodes:
            unit = self._of(one, expression)
            if unit is None or _is_number(one):
                continue
            if found is not None and unit != found:
                self.faults.append(_clash(expression, node, how, (found, unit)))
                return None
            found = unit
        return found if found is not None else {} if all(_is_number(one) for one in nodes) else None

    def _call(self, call: Call, expression: Expression) -> Known:
        if call.function == "lag":
            return self._equal((call.arguments[0], *call.arguments[2:]), "continued by", call, expression)
        if over_years(call):
            return self._of(call.arguments[0], expression)
        if call.function in ("min", "max", "clip"):
            return self._equal(call.arguments, "compared", call, expression)
        unit = self._of(call.arguments[0], expression)
        if call.function in ("log", "exp") and unit:
            self.faults.append(_clash(expression, call, f"put into {call.function}()", (unit, {})))
            return {}
        return {} if call.function in ("pr", "sign", "log", "exp") else _rooted(call, unit)


def _rooted(call: Call, unit: Known) -> Known:
    if call.function != "sqrt" or not unit:
        return unit
    even = all(power % 2 == 0 for power in unit.values())
    return {word: power // 2 for word, power in unit.items()} if even else None


def _is_number(*nodes: Node) -> bool:
    """Whether any of the nodes is made of written numbers alone."""
    leaves: Callable[[Node], bool] = lambda node: all(  # noqa: E731
        not isinstance(one, tree.Name | Call) for one in tree.walk(node)
    )
    return any(leaves(node) for node in nodes)


def _clash(expression: Expression, node: Node, how: str, units: tuple[Powers, Powers]) -> Fault:
    left, right = (unit_text(unit) or "a number without unit" for unit in units)
    return fault("E438", place=expression.at(node), left=left, right=right, how=how)
