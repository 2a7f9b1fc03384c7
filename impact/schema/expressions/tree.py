"""The tree of an expression: plain frozen nodes with their offsets. Offsets do not count in comparisons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from impact.core.errors import Place
from impact.schema.expressions.tokens import spell_name, spell_number, spell_text


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column name and where in the text it stands."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A text in quotes."""

    value: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Logical:
    """``true`` or ``false``."""

    value: bool
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """The literal ``missing``."""

    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A column or a parameter."""

    name: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Dotted:
    """A result looked up by its dotted name; only in claims."""

    parts: tuple[str, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x``, ``+x`` or ``not x``."""

    operator: str
    operand: Node
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic on two values: ``+ - * / // % **``."""

    operator: str
    left: Node
    right: Node
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Logic:
    """``and`` or ``or`` over two or more conditions."""

    operator: str
    operands: tuple[Node, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A chain ``a < b <= c``: one operator fewer than operands."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Membership:
    """``x in [..]`` or ``x not in [..]``; the choices are constants."""

    item: Node
    choices: Listing
    negated: bool
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Conditional:
    """``then if condition else otherwise``."""

    then: Node
    condition: Node
    otherwise: Node
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments and its named ones (``by=``)."""

    function: str
    arguments: tuple[Node, ...]
    keywords: tuple[tuple[str, Node], ...] = ()
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def keyword(self, name: str) -> Node | None:
        """The named argument, or None."""
        return next((node for key, node in self.keywords if key == name), None)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list in square brackets, as an argument."""

    items: tuple[Node, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Mapped:
    """``{1: "a", 2: "b", else: missing}`` of ``recode``; ``otherwise`` is the value of ``else``."""

    entries: tuple[tuple[Node, Node], ...]
    otherwise: Node | None = None
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


Node = (
    Number | Text | Logical | Missing | Name | Dotted | Unary | Binary | Logic | Comparison | Membership
    | Conditional | Call | Listing | Mapped
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    Arguments:
        root: its tree.
        source: the text as written.
        place: where it stands in the spec, for messages.
        mode: ``columns``, or ``claims`` where dotted names and ``get`` are allowed.
    """

    root: Node
    source: str = field(default="", compare=False)
    place: Place | None = field(default=None, compare=False)
    mode: str = "columns"

    def text(self) -> str:
        """Canonical spelling."""
        return spell(self.root)

    def at(self, node: Node) -> Place:
        """Place of a node in the spec."""
        place = self.place or Place(file="expression", line=1, column=1)
        return place.shifted(node.start, node.end - node.start)

    def excerpt(self, node: Node) -> str:
        """What the user typed for a node."""
        return self.source[node.start : node.end] or spell(node)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below a node, from left to right."""
    match node:
        case Unary():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case Logic() | Comparison():
            return node.operands
        case Membership():
            return (node.item, node.choices)
        case Conditional():
            return (node.then, node.condition, node.otherwise)
        case Call():
            return (*node.arguments, *(value for _, value in node.keywords))
        case Listing():
            return node.items
        case Mapped():
            values = tuple(part for entry in node.entries for part in entry)
            return values if node.otherwise is None else (*values, node.otherwise)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in the order of the text."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


def is_dotted(text: str) -> bool:
    """Whether a text is two names with a point between, such as ``employment.kept``, and nothing else."""
    first, point, second = text.strip().partition(".")
    return bool(point) and first.isidentifier() and second.isidentifier()


def columns_of(expression: Expression) -> tuple[ColumnUse, ...]:
    """Every name an expression reads (columns and parameters), once, where it first stands."""
    seen: dict[str, ColumnUse] = {}
    for node in walk(expression.root):
        if isinstance(node, Name):
            seen.setdefault(node.name, ColumnUse(node.name, node.start, node.end))
    return tuple(seen.values())


# Binding strength, weakest first; a weaker node inside a stronger one is spelled in brackets.
TERNARY, OR, AND, NOT, COMPARE, SUM, PRODUCT, SIGN, POWER, ATOM = range(10)
STRENGTH = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "//": PRODUCT, "%": PRODUCT, "**": POWER}
KEYWORDS = ("and", "or", "not", "in", "if", "else", "true", "false", "missing")


def spell(node: Node) -> str:
    """Canonical spelling of a node; parsing it gives the node back."""
    return _spelled(node)[0]


def _spelled(node: Node) -> tuple[str, int]:
    match node:
        case Number():
            return spell_number(node.value), ATOM
        case Text():
            return spell_text(node.value), ATOM
        case Logical():
            return ("true" if node.value else "false"), ATOM
        case Missing():
            return "missing", ATOM
        case Name():
            return (f"`{node.name}`" if node.name in KEYWORDS else spell_name(node.name)), ATOM
        case Dotted():
            return ".".join(spell_name(part) for part in node.parts), ATOM
        case Call():
            named = [f"{key}={spell(value)}" for key, value in node.keywords]
            return f"{node.function}({', '.join([*map(spell, node.arguments), *named])})", ATOM
        case Listing():
            return f"[{', '.join(map(spell, node.items))}]", ATOM
        case Mapped():
            return _spell_mapping(node), ATOM
        case _:
            return _spell_operation(node)


def _spell_mapping(node: Mapped) -> str:
    entries = [f"{spell(key)}: {spell(value)}" for key, value in node.entries]
    if node.otherwise is not None:
        entries.append(f"else: {spell(node.otherwise)}")
    return "{" + ", ".join(entries) + "}"


def _spell_operation(node: Node) -> tuple[str, int]:
    match node:
        case Unary(operator="not"):
            return f"not {_inside(node.operand, NOT)}", NOT
        case Unary():
            return f"{node.operator}{_inside(node.operand, SIGN)}", SIGN
        case Binary():
            return _spell_binary(node), STRENGTH[node.operator]
        case Logic():
            own = AND if node.operator == "and" else OR
            return f" {node.operator} ".join(_inside(part, own + 1) for part in node.operands), own
        case Comparison():
            spelled = _inside(node.operands[0], SUM)
            for operator, operand in zip(node.operators, node.operands[1:], strict=True):
                spelled += f" {operator} {_inside(operand, SUM)}"
            return spelled, COMPARE
        case Membership():
            word = "not in" if node.negated else "in"
            return f"{_inside(node.item, SUM)} {word} {spell(node.choices)}", COMPARE
        case Conditional():
            parts = (_inside(node.then, OR), _inside(node.condition, OR), _inside(node.otherwise, TERNARY))
            return "{} if {} else {}".format(*parts), TERNARY
        case _:
            raise TypeError(type(node).__name__)


def _spell_binary(node: Binary) -> str:
    """A chain of operations from the left, without recursion."""
    own = STRENGTH[node.operator]
    if node.operator == "**":
        return f"{_inside(node.left, ATOM)} ** {_inside(node.right, SIGN)}"
    chain = [node]
    while isinstance(left := chain[-1].left, Binary) and STRENGTH[left.operator] == own:
        chain.append(left)
    spelled = _inside(chain[-1].left, own)
    for link in reversed(chain):
        spelled += f" {link.operator} {_inside(link.right, own + 1)}"
    return spelled


def _inside(node: Node, least: int) -> str:
    spelled, strength = _spelled(node)
    return spelled if strength >= least else f"({spelled})"
