"""Expression text to a tree, by precedence. Nothing is run; what is outside the grammar is refused by name.

expression := or-chain ['if' or-chain 'else' expression]
or-chain   := and-chain ('or' and-chain)*          and-chain := not-part ('and' not-part)*
not-part   := 'not' not-part | comparison
comparison := sum (('==' | '!=' | '<' | '<=' | '>' | '>=') sum)*  |  sum ['not'] 'in' '[' constants ']'
sum, product, sign, power as usual; power binds to the right and stronger than a sign before it
atom       := number | text | true | false | missing | name | function '(' arguments ')' | '(' expression ')'
"""

from __future__ import annotations

from collections.abc import Callable

from impact.core.errors import Place, SpecError
from impact.core.texts import text
from impact.schema.expressions import tree
from impact.schema.expressions.calls import call_faults
from impact.schema.expressions.cursor import Cursor
from impact.schema.expressions.tokens import DEEPEST, Language, Source, Token, read_tokens
from impact.schema.expressions.tree import Expression, Node

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
MOST_ITEMS = 200
EXPRESSIONS = Language(
    name="expression",
    operators=(
        *("**=", "//=", "...", "==", "!=", "<=", ">=", "<>", "**", "//", "&&", "||", ":=", "->", "+=", "-="),
        *("*=", "/=", "%=", "<<", ">>", "+", "-", "*", "/", "%", "<", ">", "(", ")", "[", "]", "{", "}", ","),
        *(":", "=", ".", "&", "|", "^", "~", "!", "?"),
    ),
    codes={"foreign": "E404", "syntax": "E403", "unclosed": "E418", "limit": "E408", "number": "E419",
           "large": "E409"},
)  # fmt: skip
# What people write from other languages: the advice of the catalogue, and what to type.
_FOREIGN = {
    "=": ("single_equals", "=="), "&": ("ampersand", "and"), "&&": ("ampersand", "and"), "|": ("bar", "or"),
    "||": ("bar", "or"), "!": ("exclamation", "not"), "~": ("tilde", "not"), "^": ("caret", "**"),
    "<>": ("different", "!="), "?": ("question", ""), ":=": ("assignment", ""), "->": ("sign", ""),
    "...": ("sign", ""), "<<": ("sign", ""), ">>": ("sign", ""), "{": ("braces", ""), ":": ("colon", ""),
    **dict.fromkeys(("+=", "-=", "*=", "/=", "%=", "**=", "//="), ("assignment", "")),
}  # fmt: skip
_WORDS = {"if": tree.TERNARY, "or": tree.OR, "and": tree.AND, "not": tree.COMPARE, "in": tree.COMPARE}
_STATEMENTS = ("lambda", "for", "import", "is", "yield", "await", "async", "while", "with", "return", "del")


def parse_expression(source: str, *, place: Place | None = None, mode: str = "columns") -> Expression:
    """The tree of an expression.

    Arguments:
        source: the text.
        place: where its first character stands in the spec.
        mode: ``columns`` (derive, filter, checks); ``claims``: dotted names and ``get`` are then allowed; ``ledger``
            and ``ledger_claims``: equations and claims of ledgers, whose functions the ledger checks itself.

    Raises:
        SpecError: E401 unknown functions, E403 and E418 grammar, E404 what is not part of the language, E407
            and E420 wrong arguments, E408 limits, E409 and E419 numbers.
    """
    origin = Source(source, place, EXPRESSIONS)
    cursor = Cursor(origin, read_tokens(origin))
    if cursor.token.kind == "end":
        raise cursor.unexpected(text("language.an_expression"))
    root = _guarded(cursor, mode)
    if cursor.token.kind != "end":
        raise _stray(cursor, text("language.an_operator"))
    faults = call_faults(root, origin, mode) if mode in ("columns", "claims") else []
    if faults:
        raise SpecError(*faults)
    return Expression(root, source, place, mode)


def _guarded(cursor: Cursor, mode: str) -> Node:
    try:
        return _read(cursor, mode)
    except RecursionError:
        raise cursor.source.limit("depth", DEEPEST) from None


def _read(cursor: Cursor, mode: str, least: int = tree.TERNARY) -> Node:
    """The longest expression whose operators bind at least as strongly as ``least``."""
    left = _prefix(cursor, mode, least)
    while (strength := _strength(cursor)) >= least:
        left = _join(cursor, mode, left, strength)
    return left


def _strength(cursor: Cursor) -> int:
    """How strongly the operator at the cursor binds; -1 where there is none."""
    token = cursor.token
    if token.kind == "operator":
        return tree.COMPARE if token.text in COMPARISONS else tree.STRENGTH.get(token.text, -1)
    return _WORDS.get(token.text, -1) if token.kind == "name" else -1


def _prefix(cursor: Cursor, mode: str, least: int) -> Node:
    negation = cursor.at_word("not") and least <= tree.NOT
    if not negation and not cursor.at("+", "-"):
        return _atom(cursor, mode)
    sign = cursor.take()
    cursor.count()
    with cursor.deeper():
        operand = _read(cursor, mode, tree.NOT if negation else tree.SIGN)
    return tree.Unary(sign.text, operand, sign.start, operand.end)


def _join(cursor: Cursor, mode: str, left: Node, strength: int) -> Node:
    if strength == tree.TERNARY:
        return _conditional(cursor, mode, left)
    if strength in (tree.OR, tree.AND):
        return _chain(cursor, mode, left, strength)
    if strength == tree.COMPARE:
        return _membership(cursor, left) if cursor.at_word("in", "not") else _comparison(cursor, mode, left)
    operator = cursor.take().text
    cursor.count()
    if strength < tree.POWER:
        right = _read(cursor, mode, strength + 1)
    else:
        with cursor.deeper():
            right = _read(cursor, mode, tree.SIGN)
    return tree.Binary(operator, left, right, left.start, right.end)


def _conditional(cursor: Cursor, mode: str, then: Node) -> Node:
    cursor.take()
    cursor.count()
    condition = _read(cursor, mode, tree.OR)
    if not cursor.at_word("else"):
        raise cursor.unexpected("'else'")
    cursor.take()
    with cursor.deeper():
        otherwise = _read(cursor, mode, tree.TERNARY)
    return tree.Conditional(then, condition, otherwise, then.start, otherwise.end)


def _chain(cursor: Cursor, mode: str, left: Node, strength: int) -> Node:
    word = cursor.token.text
    operands = [left]
    while cursor.at_word(word):
        cursor.take()
        cursor.count()
        operands.append(_read(cursor, mode, strength + 1))
    return tree.Logic(word, tuple(operands), left.start, operands[-1].end)


def _comparison(cursor: Cursor, mode: str, left: Node) -> Node:
    operators, operands = [], [left]
    while cursor.at(*COMPARISONS):
        operators.append(cursor.take().text)
        cursor.count()
        operands.append(_read(cursor, mode, tree.SUM))
    for operand in operands:
        if isinstance(operand, tree.Missing):
            piece = f"'{operators[0]} missing'"
            raise cursor.source.foreign(piece, "compare_missing", operand.start, operand.end)
    return tree.Comparison(tuple(operators), tuple(operands), left.start, operands[-1].end)


def _membership(cursor: Cursor, item: Node) -> Node:
    negated = cursor.take().text == "not"
    if negated and not cursor.at_word("in"):
        raise cursor.unexpected("'in'")
    if negated:
        cursor.take()
    if not cursor.at("["):
        raise cursor.unexpected(text("language.a_list"))
    choices = _list(cursor, _constant)
    if not choices.items:
        values = {"expected": text("language.a_constant"), "found": "[]"}
        raise cursor.source.error("syntax", choices.start, choices.end, values=values)
    for choice in choices.items:
        if isinstance(choice, tree.Missing):
            raise cursor.source.foreign("'missing'", "compare_missing", choice.start, choice.end)
    cursor.count()
    return tree.Membership(item, choices, negated, item.start, choices.end)


def _atom(cursor: Cursor, mode: str) -> Node:
    node = _bare_atom(cursor, mode)
    if cursor.at("(") and not isinstance(node, tree.Name):
        raise cursor.source.foreign("'('", "call", cursor.token.start, cursor.token.end)
    if cursor.at("["):
        raise cursor.source.foreign("'['", "subscript", cursor.token.start, cursor.token.end)
    if cursor.at("."):
        raise cursor.source.foreign("'.'", "attribute", cursor.token.start, cursor.following.end)
    if cursor.token.kind == "text" and cursor.token.start == node.end and isinstance(node, tree.Name):
        raise cursor.source.foreign(
            f"'{node.name}{cursor.token.text[0]}'", "f_string", node.start, node.end + 1
        )
    return node


def _bare_atom(cursor: Cursor, mode: str) -> Node:
    token = cursor.token
    if token.kind in ("number", "text"):
        cursor.count()
        return _literal(cursor.take())
    if token.kind == "quoted" or (token.kind == "name" and token.text not in tree.KEYWORDS):
        return _name(cursor, mode)
    if cursor.at_word("true", "false", "missing"):
        called = token.text == "missing" and cursor.following.text == "("
        if called:
            return _name(cursor, mode)
        cursor.count()
        return _literal(cursor.take())
    if cursor.at("("):
        opening = cursor.take()
        with cursor.deeper():
            node = _read(cursor, mode)
        if cursor.at(","):
            raise cursor.source.foreign("','", "comma", cursor.token.start, cursor.token.end)
        cursor.close(opening)
        return node
    raise _stray(cursor, text("language.a_value"))


def _literal(token: Token) -> Node:
    if token.kind == "number":
        return tree.Number(float(token.value), token.start, token.end)
    if token.kind == "text":
        return tree.Text(str(token.value), token.start, token.end)
    if token.text == "missing":
        return tree.Missing(token.start, token.end)
    return tree.Logical(token.text == "true", token.start, token.end)


def _name(cursor: Cursor, mode: str) -> Node:
    token = cursor.take()
    name = str(token.value)
    cursor.count()
    if cursor.at("(") and token.kind == "name":
        return _call(cursor, token, mode)
    if cursor.at(".") and mode in ("claims", "ledger_claims"):
        parts = [name]
        while cursor.accept("."):
            if cursor.token.kind not in ("name", "quoted"):
                raise cursor.unexpected(text("language.a_name"))
            parts.append(str(cursor.take().value))
        return tree.Dotted(tuple(parts), token.start, cursor.end)
    if cursor.token.kind in ("name", "quoted") and name in _STATEMENTS:
        raise cursor.source.foreign(f"'{name}'", "statement", token.start, token.end)
    return tree.Name(name, token.start, token.end)


def _call(cursor: Cursor, function: Token, mode: str) -> Node:
    opening = cursor.take()
    arguments: list[Node] = []
    keywords: list[tuple[str, Node]] = []
    with cursor.deeper():
        while not cursor.at(")"):
            named = cursor.token.kind == "name" and cursor.following.text == "="
            if named:
                keywords.append((cursor.take().text, _after_equals(cursor, mode)))
            elif keywords:
                raise cursor.unexpected("'name='")
            else:
                arguments.append(_argument(cursor, mode))
            if not cursor.accept(","):
                break
        closing = cursor.close(opening)
    return tree.Call(function.text, tuple(arguments), tuple(keywords), function.start, closing.end)


def _after_equals(cursor: Cursor, mode: str) -> Node:
    cursor.take()
    return _argument(cursor, mode)


def _argument(cursor: Cursor, mode: str) -> Node:
    if cursor.at("["):
        return _list(cursor, lambda inner: _read(inner, mode))
    if cursor.at("{"):
        return _mapping(cursor)
    return _read(cursor, mode)


def _list(cursor: Cursor, item: Callable[[Cursor], Node]) -> tree.Listing:
    opening = cursor.take()
    items: list[Node] = []
    while not cursor.at("]"):
        items.append(item(cursor))
        if len(items) > MOST_ITEMS:
            raise cursor.source.limit("items", MOST_ITEMS, opening.start, opening.end)
        if cursor.at_word("for"):
            raise cursor.source.foreign("'for'", "statement", cursor.token.start, cursor.token.end)
        if not cursor.accept(","):
            break
    closing = cursor.close(opening)
    return tree.Listing(tuple(items), opening.start, closing.end)


def _mapping(cursor: Cursor) -> Node:
    opening = cursor.take()
    entries: list[tuple[Node, Node]] = []
    otherwise: Node | None = None
    while not cursor.at("}"):
        key = cursor.take() if cursor.at_word("else") else None
        left = None if key else _constant(cursor)
        if not cursor.accept(":"):
            raise cursor.unexpected("':'")
        value = _constant(cursor)
        if left is None:
            otherwise = value
        else:
            entries.append((left, value))
        if len(entries) > MOST_ITEMS:
            raise cursor.source.limit("items", MOST_ITEMS, opening.start, opening.end)
        if not cursor.accept(","):
            break
    closing = cursor.close(opening)
    return tree.Mapped(tuple(entries), otherwise, opening.start, closing.end)


def _constant(cursor: Cursor) -> Node:
    sign = cursor.accept("-", "+")
    token = cursor.token
    word = cursor.at_word("true", "false", "missing") and sign is None
    if token.kind != "number" and not word and (sign or token.kind != "text"):
        raise cursor.unexpected(text("language.a_constant"))
    cursor.count()
    literal = _literal(cursor.take())
    if sign and isinstance(literal, tree.Number):
        value = -literal.value if sign.text == "-" else literal.value
        return tree.Number(value, sign.start, literal.end)
    return literal


def _stray(cursor: Cursor, expected: str) -> SpecError:
    """The error for a token that cannot stand here, with advice where another language has it."""
    token = cursor.token
    if token.kind == "operator" and token.text in _FOREIGN:
        advice, plain = _FOREIGN[token.text]
        return cursor.source.foreign(f"'{token.text}'", advice, token.start, token.end, suggestion=plain)
    if token.kind == "name" and token.text in _STATEMENTS:
        return cursor.source.foreign(f"'{token.text}'", "statement", token.start, token.end)
    if cursor.at("["):
        return cursor.source.foreign("'['", "list_place", token.start, token.end)
    return cursor.unexpected(expected)
