"""Statements of an R script: comments gone, brackets closed, calls in parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CALL = re.compile(
    r"(?:(?P<name>[\w.]+)\s*(?:<-|=)\s*)?(?:\w+::)?(?P<call>[\w.]+)\s*\((?P<inside>.*)\)\s*", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call: the name it is assigned to, the function, arguments by position and by name."""

    name: str
    function: str
    positional: tuple[str, ...]
    named: dict[str, str]
    at: tuple[int, str]

    def argument(self, key: str, place: int | None = None) -> str | None:
        """An argument by name, else by position."""
        if key in self.named:
            return self.named[key]
        return self.positional[place] if place is not None and place < len(self.positional) else None


def call_in(statement: str) -> re.Match[str] | None:
    """The one call that a statement is, assigned or not."""
    return _CALL.fullmatch(statement)


def statements(script: str) -> Iterator[tuple[int, str]]:
    """Statements with the line that they begin on: comments are gone, brackets are closed."""
    waiting, began, depth = "", 0, 0
    for number, raw in enumerate(script.split("\n"), 1):
        line = re.sub(r"#(?=(?:[^\"']|\"[^\"]*\"|'[^']*')*$).*$", "", raw).rstrip()
        if not line.strip() and not waiting:
            continue
        began = began or number
        waiting = f"{waiting}\n{line}" if waiting else line
        bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", line)
        depth += sum(bare.count(sign) for sign in "([{") - sum(bare.count(sign) for sign in ")]}")
        if depth <= 0 and not re.search(r"(?:[~+|,*]|<-|%>%|\|>)\s*$", line):
            yield began, waiting.strip()
            waiting, began, depth = "", 0, 0
    if waiting.strip():
        yield began, waiting.strip()


def parsed(found: re.Match[str], at: tuple[int, str]) -> Call:
    """A matched call with its arguments by position and by name."""
    positional: list[str] = []
    named: dict[str, str] = {}
    for argument in _arguments(found["inside"]):
        key = re.match(r"([A-Za-z_.][\w.]*)\s*=(?!=)\s*", argument)
        if key:
            named[key[1]] = argument[key.end() :].strip()
        else:
            positional.append(argument)
    return Call(found["name"] or "", found["call"], tuple(positional), named, at)


def _arguments(inside: str) -> list[str]:
    found, depth, start, quoted = [], 0, 0, ""
    for place, sign in enumerate(inside):
        if quoted:
            quoted = "" if sign == quoted else quoted
        elif sign in "\"'":
            quoted = sign
        depth += 0 if quoted else (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0 and not quoted:
            found.append(inside[start:place])
            start = place + 1
    return [" ".join(one.split()) for one in (*found, inside[start:]) if one.strip()]


def bare_text(value: str) -> str:
    """A text without its quotes."""
    return value.strip().strip("\"'")
