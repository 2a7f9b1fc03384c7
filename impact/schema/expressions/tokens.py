"""Text to tokens, for expressions and formulas: names, numbers, texts, operators, each with its offsets.

Nothing is evaluated here. A character outside the language is refused where it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from impact.core.errors import Place, SpecError
from impact.core.texts import fault, text

LONGEST = 2_000
LONGEST_TEXT = 1_000
MOST_NODES = 400
DEEPEST = 40
LARGEST_WHOLE = 2**53

# Signs that look like one of the language, with the one that is meant.
LOOK_ALIKES = {
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "´": "'", "«": '"', "»": '"', "×": "*", "·": "*",
    "∗": "*",
    "÷": "/", "∕": "/", "−": "-", "–": "-", "—": "-", "≤": "<=", "≥": ">=", "≠": "!=", "＝": "==", "∼": "~",
    "˜": "~", "（": "(", "）": ")", "，": ",", "；": ",", "：": ":", "｜": "|", "¦": "|", "＋": "+",
    "²": "^2",
    "³": "^3", "…": "...", "\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u3000": " ",
}  # fmt: skip

_SPACE = re.compile(r"[ \t\r\n]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: its kind, spelling, value and offsets (``end`` is exclusive)."""

    kind: str  # number, text, name, quoted (a name in backticks), operator, end
    text: str
    value: float | str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Language:
    """What differs between the two languages: operators, longest first, and the codes of their faults."""

    name: str
    operators: tuple[str, ...]
    codes: Mapping[str, str]  # foreign, syntax, limit, number → code


@dataclass(frozen=True, slots=True)
class Source:
    """The text that is read, and where it stands in the spec."""

    text: str
    place: Place | None
    language: Language
    fixed: bool = False  # all of it stands at one place: text that came from a set

    def at(self, start: int, end: int) -> Place:
        """Place of the characters from ``start`` to ``end``."""
        place = self.place or Place(file=self.language.name, line=1, column=1)
        return place if self.fixed else place.shifted(start, end - start)

    def error(
        self,
        role: str,
        start: int,
        end: int,
        *,
        values: Mapping[str, object] | None = None,
        suggestion: str = "",
    ) -> SpecError:
        """The error for a fault of a role (``syntax``, ``limit`` …) at these offsets."""
        code = self.language.codes.get(role, role)
        given: dict[str, Any] = dict(values or {})
        return SpecError(fault(code, place=self.at(start, end), suggestion=suggestion, **given))

    def foreign(self, piece: str, advice: str, start: int, end: int, *, suggestion: str = "") -> SpecError:
        """The error for something that is not part of the language; ``advice`` is a key of the catalogue."""
        what = text(f"language.part_of.{self.language.name}")
        values = {"piece": piece, "advice": text(f"language.{advice}"), "what": what}
        return self.error("foreign", start, end, values=values, suggestion=suggestion)

    def limit(self, what: str, most: int, start: int = 0, end: int = 1) -> SpecError:
        """The error for a text beyond a limit."""
        return self.error(
            "limit", start, end, values={"what": text(f"language.limit.{what}"), "most": f"{most:,}"}
        )


def read_tokens(source: Source) -> tuple[Token, ...]:
    """All tokens of a text, closed by one of kind ``end``.

    Raises:
        SpecError: characters outside the language, open quotes, numbers that a float cannot hold, limits.
    """
    if len(source.text) > LONGEST:
        raise source.limit("characters", LONGEST)
    tokens: list[Token] = []
    position, depth = 0, 0
    while position < len(source.text):
        space = _SPACE.match(source.text, position)
        if space:
            position = space.end()
            continue
        token = _next(source, position)
        depth += (token.kind == "operator") * (len(token.text) * _opens(token.text))
        if depth > DEEPEST:
            raise source.limit("depth", DEEPEST, token.start, token.end)
        tokens.append(token)
        position = token.end
    tokens.append(Token("end", "", "", len(source.text), len(source.text)))
    return tuple(tokens)


def _opens(operator: str) -> int:
    if operator[0] in "([{":
        return 1
    return -1 if operator[0] in ")]}" else 0


def _next(source: Source, start: int) -> Token:
    sign = source.text[start]
    if sign in "\"'":
        return _quoted_text(source, start)
    if sign == "`":
        return _quoted_name(source, start)
    number = _NUMBER.match(source.text, start)
    if number:
        return _number(source, start, number.end())
    name = _NAME.match(source.text, start)
    if name:
        return _name(source, start, name.end())
    for operator in source.language.operators:
        if source.text.startswith(operator, start):
            return Token("operator", operator, operator, start, start + len(operator))
    raise _unknown_sign(source, start)


def _name(source: Source, start: int, end: int) -> Token:
    word = _WORD.match(source.text, start)
    if word and word.end() > end:
        raise _accented(source, word.group(), start, word.end())
    name = source.text[start:end]
    if name.startswith("__"):
        raise source.foreign(f"'{name}'", "dunder", start, end)
    return Token("name", name, name, start, end)


def _number(source: Source, start: int, end: int) -> Token:
    word = re.compile(r"[\w.]+").match(source.text, start)
    if word and word.end() > end and not source.text.startswith("..", end):
        raise source.error("number", start, word.end(), values={"number": word.group()})
    spelling = source.text[start:end]
    value = float(spelling)
    if value == float("inf") or (spelling.isdigit() and int(spelling) > LARGEST_WHOLE):
        raise source.error("large", start, end, values={"number": _short(spelling)})
    return Token("number", spelling, value, start, end)


def _quoted_text(source: Source, start: int) -> Token:
    quote = source.text[start]
    pieces: list[str] = []
    position = start + 1
    while position < len(source.text) and source.text[position] != quote:
        escaped = source.text[position] == "\\" and source.text[position + 1 : position + 2] in ("\\", quote)
        position += 1 if escaped else 0
        if _invisible(source.text[position : position + 1]):
            raise _unknown_sign(source, position)
        pieces.append(source.text[position : position + 1])
        position += 1
    if position >= len(source.text):
        raise source.error("unclosed", start, start + 1, values={"opening": quote})
    if len(pieces) > LONGEST_TEXT:
        raise source.limit("text", LONGEST_TEXT, start, start + 1)
    return Token("text", source.text[start : position + 1], "".join(pieces), start, position + 1)


def _quoted_name(source: Source, start: int) -> Token:
    end = source.text.find("`", start + 1)
    if end < 0:
        raise source.error("unclosed", start, start + 1, values={"opening": "`"})
    name = source.text[start + 1 : end]
    for position, sign in enumerate(name, start + 1):
        if _invisible(sign):
            raise _unknown_sign(source, position)
    if not name.strip():
        raise source.error(
            "syntax", start, end + 1, values={"expected": text("language.a_name"), "found": "``"}
        )
    return Token("quoted", name, name, start, end + 1)


def _invisible(sign: str) -> bool:
    return bool(sign) and (
        unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") and sign not in "\t\r\n"
    )


def _unknown_sign(source: Source, start: int) -> SpecError:
    sign = source.text[start]
    word = _WORD.match(source.text, start)
    if word and sign not in LOOK_ALIKES:
        return _accented(source, word.group(), start, word.end())
    if sign in LOOK_ALIKES:
        return source.foreign(f"'{sign}'", "look_alike", start, start + 1, suggestion=LOOK_ALIKES[sign])
    if _invisible(sign) or sign.isspace():
        return source.foreign(f"U+{ord(sign):04X}", "invisible", start, start + 1)
    advice = {"$": "dollar", "#": "comment", ";": "semicolon"}.get(sign, "sign")
    return source.foreign(f"'{sign}'", advice, start, start + 1)


def _accented(source: Source, word: str, start: int, end: int) -> SpecError:
    return source.foreign(f"'{_short(word)}'", "accented", start, end, suggestion=f"`{_short(word)}`")


def _short(spelling: str, most: int = 40) -> str:
    return spelling if len(spelling) <= most else spelling[: most - 3] + "..."


def shown(token: Token) -> str:
    """A token as a message shows it."""
    return text("language.the_end") if token.kind == "end" else f"'{_short(token.text)}'"


def spell_name(name: str) -> str:
    """A column name as it must be typed: in backticks unless it is plain."""
    plain = _NAME.fullmatch(name) is not None and not name.startswith("__")
    return name if plain else f"`{name}`"


def spell_number(value: float) -> str:
    """A number as it must be typed: whole numbers without a point."""
    whole = value == value // 1 and abs(value) < 1e15
    return str(int(value)) if whole else repr(value)


def spell_text(value: str) -> str:
    """A text literal in double quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
