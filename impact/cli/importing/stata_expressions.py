"""Expressions and variable lists of Stata in the words of a spec; missing values keep their meaning or are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_FUNCTIONS = {"ln": "log", "log": "log", "exp": "exp", "sqrt": "sqrt", "abs": "abs", "floor": "floor", "ceil": "ceil",
              "round": "round", "int": "floor", "min": "min", "max": "max", "missing": "missing", "mi": "missing",
              "inrange": "between", "cond": "cond", "inlist": "inlist", "strpos": "strpos"}  # fmt: skip
_TOKEN = re.compile(r'\s*(?:(?P<text>"[^"]*")|(?P<number>\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z_]\w*)'
                    r"|(?P<sign>==|!=|~=|<=|>=|\^|[-+*/()<>&|!~,.]))")  # fmt: skip
_SIGNS = {"&": "and", "|": "or", "!": "not", "~": "not", "~=": "!=", "^": "**"}


class Untranslatable(Exception):
    """A piece that has no counterpart, with the reason in words."""


def expression(text: str) -> str:
    """A condition or a value.

    Raises:
        Untranslatable: a function or sign without a counterpart.
    """
    tokens = list(_tokens(text))
    words: list[str] = []
    place = 0
    while place < len(tokens):
        word, place = _next(tokens, place)
        words.append(word)
    return _joined(words)


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None:
            raise Untranslatable(f"'{text[place:].strip()[:20]}'")
        yield found[0].strip()
        place = found.end()


def _next(tokens: Sequence[str], place: int) -> tuple[str, int]:
    token = tokens[place]
    # comparisons with the missing value
    if tokens[place + 1 : place + 2] and tokens[place + 2 : place + 3] == ["."]:
        sign = tokens[place + 1]
        if sign in ("==", ">="):
            return f"missing({token})", place + 3
        if sign in ("!=", "~=", "<"):
            return f"not missing({token})", place + 3
    if token == ".":
        return "missing", place + 1
    if re.match(r"[A-Za-z_]", token) and tokens[place + 1 : place + 2] == ["("]:
        return _function(tokens, place)
    return _SIGNS.get(token, token), place + 1


def _function(tokens: Sequence[str], place: int) -> tuple[str, int]:
    name = tokens[place]
    if name not in _FUNCTIONS or name == "strpos":
        raise Untranslatable(f"function {name}()")
    arguments, end = _arguments(tokens, place + 2)
    if name == "inlist":
        return f"{arguments[0]} in [{', '.join(arguments[1:])}]", end
    if name == "cond":
        return f"({arguments[1]} if {arguments[0]} else {arguments[2]})", end
    return f"{_FUNCTIONS[name]}({', '.join(arguments)})", end


def _arguments(tokens: Sequence[str], place: int) -> tuple[list[str], int]:
    found: list[list[str]] = [[]]
    while place < len(tokens):
        if tokens[place] == ")":
            return [_joined(words) for words in found], place + 1
        if tokens[place] == ",":
            found.append([])
            place += 1
            continue
        if tokens[place] == "(":
            inner, place = _arguments(tokens, place + 1)
            found[-1].append(f"({', '.join(inner)})")
            continue
        word, place = _next(tokens, place)
        found[-1].append(word)
    raise Untranslatable("a bracket that is not closed")


def _joined(words: Sequence[str]) -> str:
    text = " ".join(words)
    return text.replace("( ", "(").replace(" )", ")").replace("not not ", "")


def terms(words: Sequence[str]) -> Iterator[str]:
    """A list of regressors: i.x, c.x, interactions, lags; constants of the list are left out.

    Raises:
        Untranslatable: wildcards, or an operator without a counterpart.
    """
    for word in words:
        if word.startswith("offset("):
            yield word
            continue
        if re.search(r"[*?]|^_all$", word) or re.fullmatch(r"\w+-\w+", word):
            raise Untranslatable(f"list of names '{word}'")
        yield from _crossed(word)


def _crossed(word: str) -> Iterator[str]:
    full = "##" in word
    parts = [_single(part) for part in re.split(r"##?", word)]
    if len(parts) == 1:
        yield parts[0]
    elif all(not part.startswith("i(") for part in parts):
        yield ("*" if full else ":").join(parts)
    elif len(parts) == 2 and not full:
        factor, other = sorted(parts, key=lambda part: not part.startswith("i("))
        if other.startswith("i("):
            raise Untranslatable(f"two factors in '{word}': absorb them as a^b")
        yield f"{factor[:-1]}, {other})"
    else:
        raise Untranslatable(f"'{word}'")


def _single(part: str) -> str:
    found = re.fullmatch(r"(?:(?P<operator>[A-Za-z]+\d*(?:b\d+)?)\.)?(?P<name>\w+)", part)
    if found is None:
        raise Untranslatable(f"'{part}'")
    operator = (found["operator"] or "").lower()
    if operator in ("", "c"):
        return found["name"]
    base = re.fullmatch(r"i?b(\d+)", operator)
    if operator == "i" or base:
        return f"i({found['name']}, ref={base[1]})" if base else f"i({found['name']})"
    lag = re.fullmatch(r"([lfd])(\d*)", operator)
    if lag:
        steps = f", {lag[2]}" if lag[2] not in ("", "1") else ""
        return f"{lag[1]}({found['name']}{steps})"
    raise Untranslatable(f"operator {operator}.")
