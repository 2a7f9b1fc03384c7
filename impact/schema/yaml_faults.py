"""YAML's own syntax errors in our words, at the place the user has to change."""

from __future__ import annotations

import re
from dataclasses import dataclass

from impact.core.errors import Fault, Place
from impact.core.texts import fault

_KEY = re.compile(r"""^\s*(?:- +)*(?:"[^"]*"|'[^']*'|[^\s#'"\[\]{}][^#]*?)\s*:(?: |$)""")
_RESERVED = "@`%*&!|>?"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the parser said, in plain numbers (lines and columns from 0; -1 where it said nothing)."""

    problem: str
    context: str
    line: int
    column: int
    context_line: int = -1
    context_column: int = -1


@dataclass(frozen=True, slots=True)
class LastScalar:
    """The last scalar the parser understood before it gave up."""

    text: str
    quoted: bool
    line: int
    column: int
    end_line: int
    end_column: int


def trouble_of(error: Exception) -> Trouble:
    """The parts of a parser's error; an unknown kind gives its first line at no place."""
    mark, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    mark = mark or context
    return Trouble(
        problem=str(getattr(error, "problem", None) or ""),
        context=str(getattr(error, "context", None) or ""),
        line=mark.line if mark else -1,
        column=mark.column if mark else -1,
        context_line=context.line if context else -1,
        context_column=context.column if context else -1,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """An error with the text around it."""

    trouble: Trouble
    lines: list[str]
    file: str
    last: LastScalar | None

    def line(self, number: int) -> str:
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    def at(self, line: int, column: int, width: int = 1) -> Place:
        return Place(self.file, line + 1, column + 1, column + 1 + max(width, 1))

    def rest(self, line: int, column: int) -> Place:
        text = self.line(line).rstrip()
        return self.at(line, column, len(text) - column)


def rewrite(error: Exception, text: str, *, file: str, last: LastScalar | None = None) -> Fault:
    """The fault to show for an error of the YAML parser.

    Arguments:
        error: what the parser raised.
        text: the whole source.
        file: its name as the user wrote it.
        last: the last scalar read, where there was one.
    """
    case = _Case(trouble_of(error), text.split("\n"), file, last)
    rules = (_tab, _quote, _escape, _sign, _hash, _cut, _bracket, _after_value, _colon, _no_colon, _glued,
             _list, _indentation)  # fmt: skip
    for rule in rules:
        found = rule(case)
        if found is not None:
            return found
    trouble = case.trouble
    words = trouble.problem or type(error).__name__
    return fault("E134", place=case.at(max(trouble.line, 0), max(trouble.column, 0)), problem=words)


def _tab(case: _Case) -> Fault | None:
    """A tab in the indentation, on the line of the error or between it and where the parser was."""
    trouble = case.trouble
    first = max(min(trouble.context_line, trouble.line), trouble.line - 2, 0)
    for number in range(first, trouble.line + 1):
        line = case.line(number)
        blank = line[: len(line) - len(line.lstrip(" \t"))]
        if "\t" in blank:
            return fault("E108", place=case.at(number, blank.index("\t")))
    if "'\\t'" in trouble.problem:
        return fault("E108", place=case.at(trouble.line, trouble.column))
    return None


def _quote(case: _Case) -> Fault | None:
    """A quote that is not closed: by the end of the file, or by the next quote on a later line."""
    trouble, last = case.trouble, case.last
    if "quoted scalar" in trouble.context and "unexpected" in trouble.problem:
        return _open_quote(case, trouble.context_line, trouble.context_column)
    if last and last.quoted and last.end_line > last.line and trouble.line >= last.end_line:
        return _open_quote(case, last.line, last.column)
    return None


def _open_quote(case: _Case, line: int, column: int) -> Fault:
    mark = case.line(line)[column : column + 1]
    return fault("E111", place=case.at(line, column), quote=mark)


def _escape(case: _Case) -> Fault | None:
    trouble = case.trouble
    if "escape" not in trouble.problem or "double-quoted" not in trouble.context:
        return None
    line = case.line(trouble.line)
    column = max(line.rfind("\\", 0, trouble.column + 1), 0)
    return fault("E133", place=case.at(trouble.line, column, 2), escape=line[column : column + 2])


def _sign(case: _Case) -> Fault | None:
    """A value that starts with a sign that YAML keeps for itself."""
    trouble = case.trouble
    line, column = trouble.line, trouble.column
    if any(word in trouble.context for word in ("an alias", "an anchor", "tag", "directive", "block scalar")):
        line, column = trouble.context_line, trouble.context_column
    elif "cannot start any token" not in trouble.problem and "undefined alias" not in trouble.problem:
        words = ("expected the node content", "mapping keys are not allowed")
        if not any(word in trouble.problem for word in words):
            return None
        if case.line(line)[column : column + 1] not in (",", *_RESERVED):
            return None
    sign = case.line(line)[column : column + 1]
    value = case.line(line)[column:].strip()
    code = "E122" if sign == "!" else "E112"
    return fault(code, place=case.rest(line, column), sign=sign, value=quoted(value), tag=value)


def _hash(case: _Case) -> Fault | None:
    """A bracket whose end was taken for a comment."""
    opening = _open_bracket(case)
    if opening is None:
        return None
    line, column = opening
    for number in range(line, min(case.trouble.line, len(case.lines) - 1) + 1):
        text = case.line(number)
        found = re.search(r"\s#", text[column if number == line else 0 :])
        hash_at = found.end() - 1 + (column if number == line else 0) if found else -1
        if hash_at >= 0 and any(c in text[hash_at:] for c in "]}"):
            return fault("E114", place=case.rest(number, hash_at), comment=text[hash_at:].strip())
    return None


def _cut(case: _Case) -> Fault | None:
    """An unquoted text inside braces or brackets that a bracket or quote of its own cuts apart."""
    trouble, last = case.trouble, case.last
    flow = "flow" in trouble.context and trouble.problem.startswith("expected ','")
    if not (flow and last and not last.quoted and last.end_line == trouble.line):
        return None
    line = case.line(trouble.line)
    sign = line[trouble.column : trouble.column + 1]
    if sign == ":" and last.line == trouble.line and not line[last.end_column : trouble.column].strip():
        whole = flow_value(line, last.column)
        return fault("E109", place=case.at(last.line, last.column, len(whole)), value=quoted(whole))
    if line[last.end_column : trouble.column].strip() or not last.text or sign not in ("[", "{", '"', "'"):
        return None
    whole = flow_value(case.line(last.line), last.column)
    return fault("E119", place=case.at(last.line, last.column, len(whole)), value=quoted(whole))


def flow_value(line: str, start: int) -> str:
    """The text from ``start`` to the comma or bracket that ends it when brackets are balanced."""
    depth = 0
    for position in range(start, len(line)):
        character = line[position]
        depth += (character in "([{") - (character in ")]}")
        if depth < 0 or (depth == 0 and character == ","):
            return line[start:position].rstrip()
    return line[start:].rstrip()


def _bracket(case: _Case) -> Fault | None:
    trouble = case.trouble
    opening = _open_bracket(case)
    if opening is not None:
        return fault("E110", place=case.at(*opening), bracket=case.line(opening[0])[opening[1]])
    found = case.line(trouble.line)[trouble.column : trouble.column + 1]
    if found in ("]", "}") and "but found" in trouble.problem:
        return fault("E110", place=case.at(trouble.line, trouble.column), bracket=found)
    return None


def _open_bracket(case: _Case) -> tuple[int, int] | None:
    """The bracket that is still open where the parser gave up."""
    trouble = case.trouble
    if "flow" in trouble.context and trouble.problem.startswith("expected ','"):
        return trouble.context_line, trouble.context_column
    words = ("could not find expected ':'", "mapping values", "found '<stream end>'")
    if any(word in trouble.problem for word in words):
        return _scan_brackets(case)
    return None


def _scan_brackets(case: _Case) -> tuple[int, int] | None:
    """The last bracket that opens a value and is not closed, read line by line without YAML's help."""
    open_at: list[tuple[int, int]] = []
    for number in range(max(case.trouble.line, 0) + 1):
        line = case.line(number)
        if not open_at and not re.search(r"(?:[:\-] +|[\[{,] *|^ *)[\[{]", line):
            continue
        bare = re.sub(r"\"[^\"]*\"|'[^']*'|(?:^|\s)#.*", lambda m: " " * len(m.group()), line)
        for column, character in enumerate(bare):
            if character in "[{":
                open_at.append((number, column))
            open_at = open_at[:-1] if character in "]}" else open_at
    return open_at[-1] if open_at else None


def _after_value(case: _Case) -> Fault | None:
    """Text after a closing quote or bracket: the whole needs quotes."""
    trouble, last = case.trouble, case.last
    if "expected <block end>" not in trouble.problem or "but found" not in trouble.problem:
        return None
    line = case.line(trouble.line)
    before = line[: trouble.column].rstrip()
    if not before or before[-1] not in "\"'])}":
        return None
    start = last.column if last and last.quoted and last.end_column == len(before) else _value_start(line)
    value = line[start:].strip()
    return fault("E132", place=case.rest(trouble.line, start), value=quoted(value))


def _value_start(line: str) -> int:
    found = re.match(r"^\s*(?:- +)*[^:]*:\s+", line)
    return found.end() if found else len(line) - len(line.lstrip())


def _colon(case: _Case) -> Fault | None:
    """A second ``: `` on a line: a text that needs quotes."""
    trouble = case.trouble
    if "mapping values are not allowed" not in trouble.problem and "unexpected ':'" not in trouble.problem:
        return None
    line = case.line(trouble.line)
    key = _KEY.match(line[: trouble.column])
    if key is None:
        return None
    start = _value_start(line)
    value = line[start:].strip()
    return fault("E109", place=case.rest(trouble.line, start), value=quoted(value))


def _no_colon(case: _Case) -> Fault | None:
    """A line that should be ``key: value`` and has no colon, or no space after it."""
    trouble = case.trouble
    if "could not find expected ':'" not in trouble.problem:
        return None
    number = trouble.context_line if trouble.context_line >= 0 else trouble.line
    line = case.line(number)
    column = max(trouble.context_column, 0)
    written = line[column:].strip()
    glued = re.match(r"^([\w.+\-]+):(\S.*)$", written)
    suggestion = f"{glued.group(1)}: {glued.group(2)}" if glued else ""
    return fault("E120", place=case.rest(number, column), suggestion=suggestion, key=written)


def _glued(case: _Case) -> Fault | None:
    """``key:value`` on the line before: without a space it is a text, and the next line goes on with it."""
    trouble = case.trouble
    if "mapping values are not allowed" not in trouble.problem:
        return None
    before = case.line(trouble.line - 1)
    found = re.match(r"^(\s*)([\w.+\-]+):(\S.*?)\s*$", before)
    if found is None or len(found.group(1)) != len(case.line(trouble.line)) - len(
        case.line(trouble.line).lstrip()
    ):
        return None
    column = len(found.group(1))
    suggestion = f"{found.group(2)}: {found.group(3)}"
    place = case.rest(trouble.line - 1, column)
    return fault("E120", place=place, suggestion=suggestion, key=before.strip())


def _list(case: _Case) -> Fault | None:
    trouble = case.trouble
    if "sequence entries are not allowed" not in trouble.problem:
        return None
    line = case.line(trouble.line)
    if line[: trouble.column].strip():
        return fault("E136", place=case.rest(trouble.line, trouble.column))
    return fault("E113", place=case.rest(trouble.line, trouble.column))


def _indentation(case: _Case) -> Fault | None:
    trouble = case.trouble
    words = ("expected <block end>", "mapping values are not allowed", "mapping keys are not allowed",
             "indented", "expected <document start>", "expected '<document start>'")  # fmt: skip
    if not any(word in trouble.problem for word in words):
        return None
    line = case.line(trouble.line)
    column = len(line) - len(line.lstrip(" "))
    return fault("E113", place=case.rest(trouble.line, column))


def quoted(value: str) -> str:
    """The text as it should be typed: in double quotes, or in single ones where it holds double ones."""
    inner = value[1:-1]
    if value[:1] == value[-1:] == "'" and '"' not in inner and "\\" not in inner and inner:
        value = inner
    if '"' not in value and "\\" not in value:
        return f'"{value}"'
    return "'" + value.replace("'", "''") + "'"
