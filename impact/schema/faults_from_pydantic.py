"""Validation of a tree by a pydantic model, its errors in our words and at the right place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from impact.core.errors import Fault, Place
from impact.core.nearest import nearest
from impact.core.texts import fault, text
from impact.schema.field_names import key_names, meaning_of
from impact.schema.nodes import Key, Node, child, join_path, to_plain
from impact.schema.yaml_faults import quoted

Model = TypeVar("Model", bound=BaseModel)
_CODE = re.compile(r"[EW]\d{3}")
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'|(-?\d+(?:\.\d+)?|True|False|None)")
_MAX_KEYS = 40
# how pydantic marks that the key of a mapping, not its value, is wrong
_KEY = "[key]"
# pydantic's error type → our word for what was expected
_EXPECTED = {
    "string": "text", "str": "text", "int": "whole", "float": "number", "decimal": "number",
    "finite": "number", "bool": "boolean", "list": "list", "tuple": "list", "set": "list", "frozen": "list",
    "iterable": "list", "dict": "mapping", "model": "mapping", "mapping": "mapping", "dataclass": "mapping",
    "none": "null", "date": "date", "datetime": "date",
}  # fmt: skip
_RULES = {
    "greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le",
    "multiple_of": "multiple_of", "string_pattern_mismatch": "pattern", "string_too_short": "min_length",
    "string_too_long": "max_length", "too_short": "min_length", "too_long": "max_length",
}  # fmt: skip
_BOOLEAN_WORDS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


@dataclass(frozen=True, slots=True)
class _Error:
    """A pydantic error at its place in the tree.

    Arguments:
        path: keys and positions from the root to ``node``. place: of the key of ``node``.
        branches: alternatives of a union on the way: (length of the path there, name of the alternative).
        key: the key that is missing or unknown, else None.
    """

    kind: str
    path: tuple[Key, ...]
    node: Node
    place: Place
    branches: tuple[tuple[int, str], ...]
    key: str | None
    message: str
    context: Mapping[str, Any]


def validate_node(
    model_class: type[Model], node: Node, *, where: str = ""
) -> tuple[Model | None, list[Fault]]:
    """A tree as an instance of a pydantic model, or its faults.

    Nothing is converted: text is no number, ``yes`` is no boolean (whole decimals such as ``1e3`` are whole
    numbers). Validators may raise ``PydanticCustomError("E123", "", {...})`` to choose the code.

    Arguments:
        where: dotted path of the node, for messages (``models.cs``).

    Returns:
        The instance and no faults, or None and every fault (E102 to E106, E163) in the order of the file;
        an unknown key stands before the missing key that it probably is.
    """
    try:
        return model_class.model_validate_json(json.dumps(_exact(to_plain(node))), strict=True), []
    except ValidationError as error:
        located = [_locate(node, raw) for raw in error.errors(include_url=False)]
    chosen = _one_branch_each(located)
    pairs = [(error, _fault(error, model_class, where)) for error in chosen]
    return None, [found for _, found in sorted(pairs, key=_order(pairs))]


def _exact(value: object) -> object:
    """Whole decimals as whole numbers, so that ``1e3`` is accepted where one is asked for."""
    if isinstance(value, dict):
        return {str(key): _exact(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_exact(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _order(pairs: Sequence[tuple[_Error, Fault]]) -> Any:
    """Order of the file; a missing key comes after the unknown keys of its mapping."""
    unknown: dict[tuple[Key, ...], tuple[int, int]] = {}
    for error, found in pairs:
        if error.kind == "extra_forbidden" and found.place is not None:
            here = (found.place.line, found.place.column)
            unknown[error.path] = max(unknown.get(error.path, here), here)

    def position(pair: tuple[_Error, Fault]) -> tuple[int, int, int]:
        error, found = pair
        line, column = (found.place.line, found.place.column) if found.place else (0, 0)
        if error.kind == "missing" and error.path in unknown:
            return (*unknown[error.path], 1)
        return (line, column, 0)

    return position


def _locate(root: Node, raw: Mapping[str, Any]) -> _Error:
    loc: tuple[Key, ...] = tuple(raw["loc"])
    kind = str(raw["type"])
    key: str | None = None
    if kind in ("missing", "missing_argument", "extra_forbidden", "unexpected_keyword_argument"):
        kind = "missing" if kind.startswith("missing") else "extra_forbidden"
        loc, key = loc[:-1], str(loc[-1])
    context: Mapping[str, Any] = raw.get("ctx") or {}
    if loc[-1:] == (_KEY,) and kind == "literal_error":
        kind, loc, key = "extra_forbidden", loc[:-2], str(loc[-2])
        context = {
            "values": [first or second for first, second in _LITERAL.findall(str(context["expected"]))]
        }
    given = raw.get("input")
    if kind == "union_tag_not_found":
        kind, key = "missing", _tag_of(context)
    if kind == "union_tag_invalid":
        kind, loc, given = "literal_error", (*loc, _tag_of(context)), context["tag"]
    trails = list(_trails(root, loc, (), root.place, ()))
    node, path, place, branches = min(trails, key=lambda trail: _misfit(trail, kind, key, given))
    return _Error(kind, path, node, place, branches, key, str(raw["msg"]), context)


def _tag_of(context: Mapping[str, Any]) -> str:
    """The key that chooses among the alternatives of a union."""
    return str(context["discriminator"]).strip("'")


_Trail = tuple[Node, tuple[Key, ...], Place, tuple[tuple[int, str], ...]]


def _trails(
    node: Node,
    loc: tuple[Key, ...],
    path: tuple[Key, ...],
    place: Place,
    branches: tuple[tuple[int, str], ...],
) -> Iterator[_Trail]:
    """Every reading of an error's location: each part is a key of the tree, or the name of an alternative."""
    if not loc:
        yield node, path, place, branches
        return
    head, rest = loc[0], loc[1:]
    inner = child(node, head) if node.kind != "scalar" else None
    if inner is not None:
        entry = node.entry(head) or node.entry(int(head) if str(head).isdecimal() else head)
        yield from _trails(inner, rest, (*path, head), entry.place if entry else inner.place, branches)
    if isinstance(head, str):
        yield from _trails(node, rest, path, place, (*branches, (len(path), head)))
    elif inner is None:
        yield from _trails(node, rest, path, place, branches)


def _misfit(trail: _Trail, kind: str, key: str | None, given: object) -> tuple[bool, int]:
    node, _, _, branches = trail
    if kind == "extra_forbidden":
        wrong = node.kind != "map" or child(node, key or "") is None
    elif kind == "missing":
        wrong = node.kind != "map" or child(node, key or "") is not None
    else:
        wrong = _exact(to_plain(node)) != given
    return wrong, len(branches)


def _one_branch_each(errors: Sequence[_Error], depth: int = 0) -> list[_Error]:
    """Of the alternatives of a union, the errors of the one that was meant; one error where none was."""
    kept: list[_Error] = []
    groups: dict[tuple[Key, ...], dict[str, list[_Error]]] = {}
    for error in errors:
        if len(error.branches) <= depth:
            kept.append(error)
            continue
        length, name = error.branches[depth]
        groups.setdefault(error.path[:length], {}).setdefault(name, []).append(error)
    for path, branches in groups.items():
        fitting = [found for found in branches.values() if not any(_at_root(error, path) for error in found)]
        if fitting:
            kept += _one_branch_each(min(fitting, key=_distance), depth + 1)
        else:
            kept.append(
                _merged([error for found in branches.values() for error in found if error.path == path])
            )
    return kept


def _at_root(error: _Error, path: tuple[Key, ...]) -> bool:
    wrong_kind = error.kind.endswith(("_type", "_parsing")) or error.kind in (
        "literal_error",
        "enum",
        "none_required",
    )
    return error.path == path and wrong_kind


def _distance(errors: Sequence[_Error]) -> tuple[int, int]:
    return sum(error.kind in ("extra_forbidden", "missing") for error in errors), len(errors)


def _merged(errors: Sequence[_Error]) -> _Error:
    """One error for a value that fits no alternative: all possible values, or all possible kinds."""
    values = [value for error in errors for value in _values(error)]
    kinds = [word for error in errors if (word := _expected(error)) is not None]
    first = errors[0]
    is_value = bool(values) and first.node.kind == "scalar" and not first.node.is_null
    context = {"values": list(dict.fromkeys(values)), "kinds": list(dict.fromkeys(kinds))}
    return replace(first, kind="literal_error" if is_value else "union_type", context=context)


def _values(error: _Error) -> list[str]:
    """The possible values of a word."""
    if "values" in error.context:
        return list(error.context["values"])
    if error.kind not in ("literal_error", "enum"):
        return []
    listed = str(error.context.get("expected") or error.context.get("expected_tags") or "")
    return [first or _yaml_word(second) for first, second in _LITERAL.findall(listed)]


def _yaml_word(word: str) -> str:
    return {"True": "true", "False": "false", "None": "null"}.get(word, word)


def _expected(error: _Error) -> str | None:
    """Our word for the kind of value that was expected."""
    if error.kind in ("literal_error", "enum"):
        return "text"
    return _EXPECTED.get(error.kind.split("_")[0])


def _fault(error: _Error, model_class: type[BaseModel], where: str) -> Fault:
    path = where
    for part in error.path:
        path = f"{path}[{part}]" if isinstance(part, int) else join_path(path, part)
    named = path or text("kinds.the_spec")
    place = error.place if error.node.kind != "scalar" else error.node.place
    if error.kind == "extra_forbidden":
        return _unknown_key(error, model_class, named)
    if error.kind == "missing":
        branch = error.branches[-1][1] if error.branches else ""
        meaning = meaning_of(model_class, error.path, branch, str(error.key))
        return fault("E103", place=place, where=named, key=error.key, meaning=meaning)
    if _CODE.fullmatch(error.kind):
        return fault(
            error.kind, place=place, **{"where": named, "value": error.node.written, **error.context}
        )
    values = _values(error)
    if values and error.node.kind == "scalar" and not error.node.is_null:
        written = error.node.written
        return fault("E105", place=place, suggestion=nearest(written, values), where=named, value=written,
                     values=", ".join(values))  # fmt: skip
    if error.kind in _RULES:
        limit = error.context.get(_RULES[error.kind], next(iter(error.context.values()), ""))
        rule = text(f"rules.{_RULES[error.kind]}", limit=_number(limit))
        value = error.node.written if error.node.kind == "scalar" else text("kinds.this")
        return fault("E106", place=place, where=named, value=value, rule=rule)
    if error.kind == "union_type" or _expected(error) is not None:
        return _wrong_kind(error, place, named)
    return fault("E163", place=place, where=named, problem=error.message.partition(", ")[2] or error.message)


def _number(limit: object) -> str:
    return f"{limit:g}" if isinstance(limit, float) else str(limit)


def _unknown_key(error: _Error, model_class: type[BaseModel], named: str) -> Fault:
    key = str(error.key)
    entry = error.node.entry(key) or error.node.entry(int(key) if key.isdecimal() else key)
    branch = error.branches[-1][1] if error.branches else ""
    known = error.context.get("values") or key_names(model_class, error.path, branch)
    free = [name for name in known if error.node.entry(name) is None]
    close = nearest(key, free) or nearest(key, known)
    listed = ", ".join(known[:_MAX_KEYS]) + (", ..." if len(known) > _MAX_KEYS else "")
    place = entry.place if entry else error.place
    return fault("E102", place=place, suggestion=close, key=key, where=named, keys=listed)


def _wrong_kind(error: _Error, place: Place, named: str) -> Fault:
    kinds: list[str] = error.context.get("kinds") or [word for word in (_expected(error),) if word]
    words = [text(f"kinds.{kind}") for kind in kinds] or [text("kinds.value")]
    expected = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {text('kinds.or')} {words[-1]}"
    node, suggestion = error.node, ""
    if node.text is not None and "boolean" in kinds:
        close = _BOOLEAN_WORDS.get(node.text.lower(), node.text.lower())
        suggestion = close if close in ("true", "false") else ""
    hint = _hint(node, kinds)
    found = _found(node)
    return fault(
        "E104", place=place, suggestion=suggestion, where=named, expected=expected, found=found, hint=hint
    )


def _hint(node: Node, kinds: Sequence[str]) -> str:
    """What to type to get the kind of value that was expected."""
    if node.kind != "scalar" or node.is_null:
        return ""
    if node.text is None:
        return text("hints.quotes", value=quoted(node.written)) if "text" in kinds else ""
    if "boolean" in kinds:
        return text("hints.boolean")
    if {"whole", "number"} & set(kinds):
        return text("hints.no_quotes") if node.style in ("single", "double") else ""
    return text("hints.list", value=node.written) if "list" in kinds else ""


def _found(node: Node) -> str:
    if node.kind != "scalar":
        return text("kinds.list" if node.kind == "list" else "kinds.mapping")
    if node.is_null:
        return text("kinds.null")
    word = "kinds.text_value" if node.text is not None else "kinds.written"
    written = node.written if len(node.written) <= 40 else node.written[:37] + "..."
    return text(word, value=written)
