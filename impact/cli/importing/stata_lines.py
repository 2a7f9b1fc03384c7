"""Lines of a do-file: comments gone, continued lines joined, commands in parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from impact.cli.importing.stata_expressions import Untranslatable

# kind of weight there → here; None: sampling weights, which a bare name means here
WEIGHTS = {"aweight": "analytic", "aw": "analytic", "fweight": "frequency", "fw": "frequency",
            "pweight": None, "pw": None}  # fmt: skip
_PREFIX = re.compile(r"^(?:qui(?:etly)?|noi(?:sily)?|cap(?:ture)?|eststo(?:\s+\w+)?\s*:?|by\w*[^:]*:)\s+")
_COMMAND = re.compile(r"(?P<name>[a-z_]\w*)\s*(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Call:
    """A command in parts: variables, condition, weight, options."""

    name: str
    body: str
    condition: str | None
    weight: tuple[str, str] | None
    options: dict[str, str]
    at: tuple[int, str]


def command_of(line: str) -> tuple[str, str] | None:
    """The command of a line and what follows it; None where it begins with no word."""
    found = _COMMAND.fullmatch(_PREFIX.sub("", line))
    return (found["name"], found["rest"]) if found else None


def logical_lines(script: str) -> Iterator[tuple[int, str]]:
    """Commands with the line that they begin on; comments are gone, continued lines are joined."""
    script = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), script, flags=re.DOTALL)
    waiting, began = "", 0
    for number, raw in enumerate(script.split("\n"), 1):
        continued = bool(re.search(r"\s///|^///", raw))
        line = re.sub(r"(?:^|\s)//.*$", "", raw).strip()
        if not waiting and line.startswith("*"):
            continue
        began = began or number
        waiting = f"{waiting} {line}".strip()
        if continued:
            continue
        if waiting:
            yield began, waiting.removesuffix(";").strip()
        waiting, began = "", 0


def call_of(name: str, rest: str, at: tuple[int, str]) -> Call:
    """A command with its condition, weight and options.

    Raises:
        Untranslatable: weights of a kind that is not known here.
    """
    body, _, tail = _at_depth_zero(rest, ",")
    weight = None
    found = re.search(r"\[\s*(\w+)\s*=\s*([^\]]+)\]", body)
    if found:
        if found[1] not in WEIGHTS:
            raise Untranslatable(f"weights of kind {found[1]}")
        weight = (found[1], found[2].strip())
        body = body.replace(found[0], " ")
    body = re.sub(r"\s+in\s+[\d/fl-]+\s*$", "", body)
    before, separator, condition = body.partition(" if ") if " if " in body else (body, "", "")
    if body.startswith("if "):
        before, separator, condition = "", "if", body[3:]
    options = {key.lower(): value for key, value in _options(tail)}
    return Call(name, before.strip(), condition.strip() if separator else None, weight, options, at)


def _at_depth_zero(text: str, mark: str) -> tuple[str, str, str]:
    depth, quoted = 0, False
    for place, sign in enumerate(text):
        quoted ^= sign == '"'
        depth += (sign in "([") - (sign in ")]")
        if sign == mark and depth == 0 and not quoted:
            return text[:place], mark, text[place + 1 :]
    return text, "", ""


def _options(tail: str) -> Iterator[tuple[str, str]]:
    for name, inner in re.findall(r"([A-Za-z_]\w*)(\((?:[^()]|\([^()]*\))*\))?", tail):
        yield name, inner[1:-1].strip()
