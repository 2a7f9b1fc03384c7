"""Spec text to a tree: YAML 1.2 without its surprises, every key and value with its place.

Only the event stream of the YAML parser is used; scalars are read by our own rules (see ``scalars``).
Anchors and aliases work; tags, merge keys (``<<``) and several documents are refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from impact.core.errors import Fault, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.nodes import MAX_DEPTH, Entry, Key, Node, count, join_path
from impact.schema.scalars import Refused, read_plain
from impact.schema.source_text import Text, read_text
from impact.schema.yaml_faults import LastScalar, flow_value, quoted, rewrite

MAX_NODES = 10_000
MAX_ALIAS_NODES = 1_000
MAX_FAULTS = 50
NUMBER_KEYS_UNDER = ("path", "low", "high", "labels", "recode", "stock")
_STYLES = {"'": "single", '"': "double", "|": "block", ">": "block"}
# the parser is known to fail in these ways on odd text; each is a fault of the spec, not of the program
_PARSER_ERRORS = (YAMLError, ValueError, IndexError, KeyError, AttributeError, AssertionError, TypeError,
                  RecursionError, OverflowError, NotImplementedError)  # fmt: skip


def load_nodes(source: Path | str | bytes, *, name: str | None = None) -> Node:
    """The tree of a spec.

    Arguments:
        source: a path (read), or the text or bytes themselves.
        name: what messages call the file; the path as given when absent.

    Raises:
        SpecError: with every fault of the text (E100 to E139), each at its place.
    """
    return compose(read_text(source, name=name))


def compose(source: Text) -> Node:
    """The tree of a text that was read; raises as ``load_nodes``."""
    composer = _Composer(source.file, source.text)
    try:
        for event in _events(source.text):
            composer.take(event)
    except SpecError:
        raise
    except _PARSER_ERRORS as error:
        if composer.faults:  # what was found before the parser lost its way is the likelier cause
            raise SpecError(*composer.faults) from None
        raise SpecError(rewrite(error, source.text, file=source.file, last=composer.last)) from None
    if composer.faults:
        raise SpecError(*composer.faults)
    if composer.root is None or composer.root.is_null:
        raise SpecError(fault("E130", place=Place(source.file, 1, 1, 2)))
    if composer.root.kind != "map":
        raise SpecError(fault("E131", place=composer.root.place))
    return composer.root


def load_value(text: str, *, name: str, path: str = "") -> Node:
    """The tree of a single value (``--set`` on the command line); raises as ``load_nodes``."""
    read = read_text(text, name=name)
    composer = _Composer(read.file, read.text, base_path=path)
    try:
        for event in _events(read.text):
            composer.take(event)
    except SpecError:
        raise
    except _PARSER_ERRORS as error:
        raise SpecError(rewrite(error, read.text, file=read.file, last=composer.last)) from None
    if composer.faults:
        raise SpecError(*composer.faults)
    return composer.root or Node("scalar", Place(name, path=path))


def _events(text: str) -> Iterator[Any]:
    return iter(YAML(typ="safe", pure=True).parse(text))


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is still being read."""

    kind: str
    place: Place
    flow: bool
    anchor: str | None
    entries: list[Entry] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    seen: dict[str, Place] = field(default_factory=dict)
    key: tuple[Key, Place] | None = None
    open_brackets: int = 0


@dataclass(slots=True)
class _Composer:
    """Takes parser events one by one and builds the tree."""

    file: str
    text: str
    base_path: str = ""
    root: Node | None = None
    faults: list[Fault] = field(default_factory=list)
    last: LastScalar | None = None
    stack: list[_Frame] = field(default_factory=list)
    anchors: dict[str, Node | None] = field(default_factory=dict)
    documents: int = 0
    nodes: int = 0
    alias_nodes: int = 0
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines = self.text.split("\n")

    def take(self, event: Any) -> None:
        """One event of the parser."""
        takers = {
            "DocumentStartEvent": self._document, "ScalarEvent": self._scalar, "AliasEvent": self._alias,
            "MappingStartEvent": self._open, "SequenceStartEvent": self._open,
            "MappingEndEvent": self._close, "SequenceEndEvent": self._close,
        }  # fmt: skip
        taker = takers.get(type(event).__name__)
        if taker is not None:
            taker(event)
        if len(self.faults) >= MAX_FAULTS:
            raise SpecError(*self.faults[:MAX_FAULTS])

    def _document(self, event: Any) -> None:
        self.documents += 1
        place = self._place(event)
        if self.documents > 1:
            raise SpecError(fault("E121", place=replace(place, end_column=place.column + 3)))
        if getattr(event, "version", None) not in (None, (1, 2)) or getattr(event, "tags", None):
            raise SpecError(fault("E137", place=Place(self.file, 1, 1, len(self.lines[0]) + 1)))

    def _place(self, event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        same_line = end is not None and end.line == start.line
        end_column = end.column if same_line else len(self.lines[start.line].rstrip())
        path = self._path()
        return Place(self.file, start.line + 1, start.column + 1, max(end_column, start.column + 1) + 1, path)

    def _path(self) -> str:
        if not self.stack:
            return self.base_path
        frame = self.stack[-1]
        if frame.kind == "list":
            return f"{frame.place.path}[{len(frame.items)}]"
        return join_path(frame.place.path, frame.key[0]) if frame.key else frame.place.path

    def _count(self, place: Place, amount: int = 1) -> None:
        self.nodes += amount
        if self.nodes > MAX_NODES:
            raise SpecError(fault("E138", place=place, limit=MAX_NODES))

    def _expects_key(self) -> bool:
        return bool(self.stack) and self.stack[-1].kind == "map" and self.stack[-1].key is None

    def _properties(self, event: Any, place: Place) -> None:
        """Tags are refused; an anchor is announced so that a value that holds itself is found."""
        tag = getattr(event, "ctag", None)
        if tag is not None:
            start = event.start_mark.column
            written = self.lines[event.start_mark.line][start:].split(" ")[0]
            self.faults.append(fault("E122", place=place, tag=written))
        if event.anchor is not None:
            self.anchors[str(event.anchor)] = None

    def _scalar(self, event: Any) -> None:
        place = self._place(event)
        self._count(place)
        self._properties(event, place)
        plain = not event.style
        if event.value or not plain:
            self.last = LastScalar(event.value, not plain, event.start_mark.line, event.start_mark.column,
                                   event.end_mark.line, event.end_mark.column)  # fmt: skip
        if self._expects_key():
            self._key(event, place, plain=plain)
            return
        if plain and not event.value and self.stack and self.stack[-1].key:
            line, column = self._after_key(self.stack[-1])
            place = replace(place, line=line + 1, column=column + 1, end_column=column + 2)
        if plain:
            self._check_plain(event, place)
        self._add(self._scalar_node(event, place, plain=plain), event.anchor)

    def _scalar_node(self, event: Any, place: Place, *, plain: bool) -> Node:
        written = str(event.value)
        if plain:
            value = read_plain(written)
            if isinstance(value, Refused):
                shown = written if len(written) <= 40 else written[:37] + "..."
                self.faults.append(fault(value.code, place=place, value=shown))
                value = written
            raw = self._source(event) if event.end_mark.line > event.start_mark.line else ""
            return Node("scalar", place, value=value, written=written, raw=raw)
        style = _STYLES.get(event.style, "double")
        raw = ""
        if style == "block":
            written = written.rstrip("\n")
        else:
            raw = self._source(event)
            raw = raw if len(raw) - 2 != len(written) or "\n" in raw else ""
        return Node("scalar", place, value=written, written=written, style=style, raw=raw)

    def _source(self, event: Any) -> str:
        return self.text[event.start_mark.index : event.end_mark.index]

    def _check_plain(self, event: Any, place: Place) -> None:
        """Traps of unquoted text: cut by a comma, or shortened by what YAML takes for a comment."""
        written, end = str(event.value), event.end_mark
        frame = self.stack[-1] if self.stack else None
        if frame is not None and self._is_rest(frame, written):
            return
        if frame and frame.flow and written.count("(") != written.count(")"):
            frame.open_brackets = max(written.count("(") - written.count(")"), 0)
            whole = flow_value(self.lines[event.start_mark.line], event.start_mark.column)
            wide = replace(place, end_column=place.column + len(whole))
            self.faults.append(fault("E119", place=wide, value=quoted(whole)))
            return
        if "\n" in self._source(event):
            self._check_lines(event, place)
        line, column = (end.line, end.column) if written else self._after_key(frame)
        comment = re.match(r"\s*#(?=[^\s#!\-=*])", self.lines[line][column:])
        if comment and (not written or isinstance(read_plain(written), str)):
            self._comment(place, line, column + comment.end() - 1)

    def _is_rest(self, frame: _Frame, written: str) -> bool:
        """Whether this is the rest of a text that a comma cut apart (reported where it starts)."""
        if frame.open_brackets == 0:
            return False
        frame.open_brackets = max(frame.open_brackets + written.count("(") - written.count(")"), 0)
        return True

    def _check_lines(self, event: Any, place: Place) -> None:
        """A text of several lines must not take in what looks like an item of a list."""
        for number in range(event.start_mark.line + 1, event.end_mark.line + 1):
            text = self.lines[number].rstrip()
            column = len(text) - len(text.lstrip())
            if text.startswith("- ", column):
                at = Place(self.file, number + 1, column + 1, len(text) + 1, place.path)
                self.faults.append(fault("E113", place=at))
                return

    def _after_key(self, frame: _Frame | None) -> tuple[int, int]:
        """Where the value of the current key would start: after its colon."""
        if frame is None or frame.key is None:
            return 0, len(self.lines[0])
        place = frame.key[1]
        line = self.lines[place.line - 1]
        colon = line.find(":", place.end_column - 1)
        return place.line - 1, colon + 1 if colon >= 0 else len(line)

    def _comment(self, place: Place, line: int, column: int) -> None:
        text = self.lines[line].rstrip()
        at = Place(self.file, line + 1, column + 1, len(text) + 1, place.path)
        self.faults.append(fault("E114", place=at, comment=text[column:]))

    def _key(self, event: Any, place: Place, *, plain: bool) -> None:
        frame = self.stack[-1]
        written = str(event.value)
        key: Key = written
        if frame.flow and self._is_rest(frame, written):
            frame.key = (key, place)
            return
        if plain and written == "<<":
            self.faults.append(fault("E123", place=place))
        elif plain:
            key = self._plain_key(written, frame, place)
        if "\xa0" in written or any(unicodedata.category(c) == "Cf" for c in written):
            shown = written.encode("unicode_escape").decode("ascii")
            self.faults.append(fault("E139", place=place, key=shown))
        self._no_colon(event, frame, place)
        same = unicodedata.normalize("NFC", written)
        if same in frame.seen:
            first = frame.seen[same]
            self.faults.append(fault("E107", place=place, key=written, line=first.line))
        frame.seen.setdefault(same, place)
        frame.key = (key, replace(place, path=join_path(frame.place.path, key)))

    def _plain_key(self, written: str, frame: _Frame, place: Place) -> Key:
        value = read_plain(written)
        if isinstance(value, str):
            return written
        path = frame.place.path.split(".")
        if (
            isinstance(value, int)
            and not isinstance(value, bool)
            and any(part in NUMBER_KEYS_UNDER for part in path)
        ):
            return value
        shown = written or "(empty)"
        self.faults.append(fault("E117", place=place, key=shown, value=quoted(written)))
        return written

    def _no_colon(self, event: Any, frame: _Frame, place: Place) -> None:
        """``{a, b: 1}``: inside braces YAML takes a text without colon for a key without value."""
        if not frame.flow:
            return
        rest = self.text[event.end_mark.index :].lstrip()
        if rest[:1] not in (",", "}"):
            return
        written = str(event.value)
        before = frame.entries[-1].node if frame.entries else None
        if before is not None and before.text is not None and before.style == "plain":
            start = before.place
            line = self.lines[start.line - 1] if start.line == place.line else ""
            whole = line[start.column - 1 : place.end_column - 1] or before.written
            wide = replace(start, end_column=start.column + len(whole))
            self.faults.append(fault("E119", place=wide, value=quoted(whole)))
        else:
            self.faults.append(fault("E120", place=place, key=written))

    def _alias(self, event: Any) -> None:
        place, name = self._place(event), str(event.anchor)
        if name not in self.anchors:
            close = nearest(name, self.anchors)
            text = self.lines[event.start_mark.line][event.start_mark.column :].strip()
            if close:
                raise SpecError(fault("E125", place=place, suggestion=f"*{close}", name=name))
            raise SpecError(fault("E112", place=place, sign="*", value=quoted(text)))
        target = self.anchors[name]
        if target is None:
            raise SpecError(fault("E126", place=place, name=name))
        if self._expects_key():
            raise SpecError(fault("E118", place=place))
        self.alias_nodes += count(target)
        if self.alias_nodes > MAX_ALIAS_NODES:
            raise SpecError(fault("E124", place=place, limit=MAX_ALIAS_NODES))
        origin = f"from {target.place.file}:{target.place.line}:{target.place.column}"
        self._add(replace(target, place=replace(place, note=origin)), None)

    def _open(self, event: Any) -> None:
        kind = "map" if type(event).__name__ == "MappingStartEvent" else "list"
        place = self._place(event)
        self._count(place)
        if self._expects_key():
            raise SpecError(fault("E118", place=place))
        self._properties(event, place)
        if len(self.stack) >= MAX_DEPTH:
            raise SpecError(fault("E127", place=place, limit=MAX_DEPTH))
        flow = bool(event.flow_style)
        if not flow:
            place = replace(place, end_column=len(self.lines[place.line - 1].rstrip()) + 1)
        self.stack.append(_Frame(kind, place, flow, event.anchor and str(event.anchor)))

    def _close(self, _event: Any) -> None:
        frame = self.stack.pop()
        if frame.kind == "map":
            node = Node("map", frame.place, entries=tuple(frame.entries))
        else:
            node = Node("list", frame.place, items=tuple(frame.items))
        self._add(node, frame.anchor)

    def _add(self, node: Node, anchor: object) -> None:
        if anchor is not None:
            self.anchors[str(anchor)] = node
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if frame.kind == "list":
            frame.items.append(node)
        elif frame.key is not None:
            frame.entries.append(Entry(*frame.key, node))
            frame.key = None
