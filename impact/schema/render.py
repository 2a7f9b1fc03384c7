"""Faults as text for people and as plain records for programs."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Mapping

from impact.core.errors import Fault, Place
from impact.core.texts import in_language, text
from impact.schema.source_text import Source

MAX_LINES = 12
MAX_MESSAGE = 600
WIDTH = 100
Sources = Mapping[str, str] | Iterable[Source]


def render_fault(found: Fault, sources: Sources = (), *, language: str = "en") -> str:
    """One fault as a block of at most 12 lines: place, message, source line with carets, help, notes.

    Arguments:
        found: the fault.
        sources: the texts of the files it may point into (``Resolved.sources``, or name → text).
        language: of the message and the words around it.
    """
    found = in_language(found, language)
    place = found.place
    severity = text(f"render.{found.severity}", language)
    head, *more = _short(visible(found.message)).split("\n")
    lines = [f"{_position(place)}{severity}[{found.code}] {head}", *(f"  {line}" for line in more)]
    suggestion = (
        text("render.did_you_mean", language, suggestion=visible(found.suggestion))
        if found.suggestion
        else ""
    )
    shown, details = _source_lines(found, _texts(sources), suggestion)
    lines += shown
    if suggestion and not shown:
        lines.append(f"  {suggestion}")
    lines += [f"  {visible(detail)}" for detail in details]
    if found.help:
        lines += _wrapped(f"{text('render.help', language)}: ", _short(visible(found.help)))
    if place is not None and place.note:
        lines += _wrapped(f"{text('render.note', language)}: ", visible(place.note))
    if len(lines) > MAX_LINES:
        left = len(lines) - MAX_LINES + 1
        lines = [*lines[: MAX_LINES - 1], "  " + text("render.more", language, count=left)]
    return "\n".join(lines)


def render_faults(faults: Iterable[Fault], sources: Sources = (), *, language: str = "en") -> str:
    """All faults, one block each; what several models inherit from one place is shown once."""
    texts = _texts(sources)
    blocks = [render_fault(found, texts, language=language) for found in distinct(faults)]
    return "\n".join(blocks)


def distinct(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """The faults without repetitions: one for each code and place, one for each message and line."""
    seen: set[tuple[object, ...]] = set()
    kept: list[Fault] = []
    for found in faults:
        place = found.place
        line = (found.code, place.file, place.line) if place and place.line else (found.code, found)
        keys = {(*line, found.message), (*line, place.column if place else 0)}
        if not keys & seen:
            kept.append(found)
        seen |= keys
    return tuple(kept)


def fault_as_dict(found: Fault, *, language: str = "en") -> dict[str, object]:
    """A fault as a record for ``--format json``; line and column are null where there is no place."""
    found = in_language(found, language)
    place = found.place or Place("")
    return {
        "code": found.code,
        "severity": found.severity,
        "file": place.file or None,
        "line": place.line or None,
        "column": place.column or None,
        "end_column": place.end_column or None,
        "path": place.path or None,
        "message": found.message,
        "suggestion": found.suggestion or None,
        "help": found.help or None,
        "note": place.note or None,
        "details": list(found.details),
    }


def visible(value: str) -> str:
    """The text with control, format and other invisible characters escaped; line breaks stay."""
    return "".join(_shown(character) for character in value)


def _shown(character: str) -> str:
    if character == "\n" or (character.isprintable() and unicodedata.category(character) != "Cf"):
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _short(value: str) -> str:
    return value if len(value) <= MAX_MESSAGE else value[: MAX_MESSAGE - 3] + "..."


def _texts(sources: Sources) -> Mapping[str, str]:
    if isinstance(sources, Mapping):
        return sources
    return {source.file: source.text for source in sources}


def _position(place: Place | None) -> str:
    if place is None or not place.file:
        return ""
    file = visible(place.file).replace("\n", "\\n")
    return f"{file}:{place.line}:{place.column}: " if place.line else f"{file}: "


def _source_lines(
    found: Fault, texts: Mapping[str, str], suggestion: str
) -> tuple[list[str], tuple[str, ...]]:
    """The source line with carets under it, and the details that are still to be shown."""
    place, details = found.place, found.details
    if place is None or not place.line or place.file not in texts:
        return [], details
    source = texts[place.file].split("\n")
    if place.line > len(source):
        return [], details
    line = source[place.line - 1]
    margin = " " * len(f"{place.line:>4}")
    shown = [f"{place.line:>4} | {_clip(line, 0)[0]}".rstrip()]
    if len(details) >= 2 and set(details[1].strip()) == {"^"}:  # a text of several lines, joined
        start, end = len(details[1]) - len(details[1].lstrip()), len(details[1])
        joined, carets = _marked(details[0], start, end)
        return [*shown, f"{margin} | {joined}", f"{margin} | {carets} {suggestion}".rstrip()], details[2:]
    start = min(max(place.column - 1, 0), len(line))
    marked, carets = _marked(line, start, max(place.end_column - 1, start + 1))
    return [
        f"{place.line:>4} | {marked}".rstrip(),
        f"{margin} | {carets} {suggestion}".rstrip(),
    ], details


def _marked(line: str, start: int, end: int) -> tuple[str, str]:
    """A line that fits, and the carets under its characters from ``start`` to ``end``."""
    clipped, offset = _clip(line, start)
    first = max(start - offset, 0)
    last = min(max(end - offset, first + 1), len(clipped) + 1)
    before, marked = clipped[:first], clipped[first:last]
    return _plain(clipped), " " * _width(before) + "^" * max(_width(marked), 1)


def _clip(line: str, start: int) -> tuple[str, int]:
    """At most ``WIDTH`` characters of a line with position ``start`` inside, and where they begin."""
    if len(line) <= WIDTH:
        return line, 0
    offset = max(start - WIDTH // 2, 0)
    return line[offset : offset + WIDTH], offset


def _plain(line: str) -> str:
    return visible(line.replace("\t", " "))


def _width(part: str) -> int:
    shown = _plain(part)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in shown)
    return len(shown) + wide - sum(bool(unicodedata.combining(character)) for character in shown)


def _wrapped(label: str, value: str) -> list[str]:
    lines: list[str] = []
    for part in value.split("\n"):
        lead = f"  {label}" if not lines else "        "
        lines += textwrap.wrap(
            part, WIDTH, initial_indent=lead, subsequent_indent="        ", break_on_hyphens=False,
            break_long_words=False,
        )  # fmt: skip
    return lines
