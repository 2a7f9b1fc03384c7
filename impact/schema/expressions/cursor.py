"""A cursor over tokens with the limits of both languages: number of nodes and depth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from impact.core.errors import SpecError
from impact.core.texts import text
from impact.schema.expressions.tokens import DEEPEST, MOST_NODES, Source, Token, shown

_CLOSING = {"(": ")", "[": "]", "{": "}", "[[": "]]"}


@dataclass(slots=True)
class Cursor:
    """Where the reading stands. The only state of a parser."""

    source: Source
    tokens: tuple[Token, ...]
    position: int = 0
    nodes: int = 0
    depth: int = 0

    @property
    def token(self) -> Token:
        """The token to read next."""
        return self.tokens[self.position]

    @property
    def following(self) -> Token:
        """The token after the next one."""
        return self.tokens[min(self.position + 1, len(self.tokens) - 1)]

    @property
    def end(self) -> int:
        """Offset where the token read last ends."""
        return self.tokens[self.position - 1].end if self.position else 0

    def at(self, *operators: str) -> bool:
        """Whether the next token is one of these operators."""
        return self.token.kind == "operator" and self.token.text in operators

    def at_word(self, *words: str) -> bool:
        """Whether the next token is one of these words, not in backticks."""
        return self.token.kind == "name" and self.token.text in words

    def take(self) -> Token:
        """The next token; the cursor moves on."""
        token = self.token
        if token.kind != "end":
            self.position += 1
        return token

    def accept(self, *operators: str) -> Token | None:
        """The next token if it is one of these operators."""
        return self.take() if self.at(*operators) else None

    def close(self, opening: Token) -> Token:
        """The bracket that closes an opening one.

        Raises:
            SpecError: something else stands there; at the end of the text the opening bracket is shown.
        """
        wanted = _CLOSING[opening.text]
        if self.at(wanted):
            return self.take()
        if self.token.kind == "end":
            raise self.source.error("unclosed", opening.start, opening.end, values={"opening": opening.text})
        raise self.unexpected(text("language.or", first="','", second=f"'{wanted}'"))

    def unexpected(self, expected: str) -> SpecError:
        """The error for a token that does not fit here."""
        token = self.token
        values = {"expected": expected, "found": shown(token)}
        return self.source.error("syntax", token.start, max(token.end, token.start + 1), values=values)

    def count(self) -> None:
        """Count one node.

        Raises:
            SpecError: there are too many.
        """
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise self.source.limit("nodes", MOST_NODES, self.token.start, self.token.end)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level down.

        Raises:
            SpecError: the nesting is too deep.
        """
        self.depth += 1
        if self.depth > DEEPEST + 1:
            raise self.source.limit("depth", DEEPEST, self.token.start, self.token.end)
        yield
        self.depth -= 1
