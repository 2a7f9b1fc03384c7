from __future__ import annotations

import pytest

from impact.core.errors import Place, SpecError
from impact.schema.expressions.parse import EXPRESSIONS
from impact.schema.expressions.tokens import Source, read_tokens, spell_name, spell_number, spell_text


def tokens(text: str) -> list[tuple[str, object]]:
    source = Source(text, None, EXPRESSIONS)
    return [(token.kind, token.value) for token in read_tokens(source)[:-1]]


def test_kinds_and_values() -> None:
    assert tokens('`año x` >= 1.5e3 and f("a\\"b", .5)') == [
        ("quoted", "año x"),
        ("operator", ">="),
        ("number", 1500.0),
        ("name", "and"),
        ("name", "f"),
        ("operator", "("),
        ("text", 'a"b'),
        ("operator", ","),
        ("number", 0.5),
        ("operator", ")"),
    ]


def test_offsets_cover_the_text() -> None:
    text = 'lpad(x,  6, "0") // `b c`'
    for token in read_tokens(Source(text, None, EXPRESSIONS))[:-1]:
        assert text[token.start : token.end].strip('`"') == str(token.text).strip('`"')


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("1_000", "E419", 1),
        ("x + 0x10", "E419", 5),
        ("1.2.3", "E419", 1),
        ("9007199254740993", "E409", 1),
        ("1e999", "E409", 1),
        ('a == "b', "E418", 6),
        ("`b", "E418", 1),
        ("a\u200b", "E404", 2),
        ('"a\u202eb"', "E404", 3),
        ("x\x00", "E404", 2),
        ("x ≤ 3", "E404", 3),
        ("año", "E404", 1),
        ("\u0441lass", "E404", 1),  # a Cyrillic letter that looks like c
        ("__class__", "E404", 1),
        ('"' + "x" * 1001 + '"', "E408", 1),
        ("x" * 2001, "E408", 1),
    ],
)
def test_what_is_refused_and_where(text: str, code: str, column: int) -> None:
    with pytest.raises(SpecError) as caught:
        read_tokens(Source(text, Place("s.yaml", 3, 1), EXPRESSIONS))
    assert caught.value.code == code
    assert caught.value.where.column == column


def test_look_alikes_suggest_the_plain_sign() -> None:
    with pytest.raises(SpecError) as caught:
        read_tokens(Source("a − b", None, EXPRESSIONS))
    assert caught.value.suggestion == "-"


def test_limits_are_exact() -> None:
    assert len(tokens("x" * 2000)) == 1
    assert len(tokens('"' + "x" * 1000 + '"')) == 1
    assert tokens("9007199254740992") == [("number", 2.0**53)]


def test_spellings_read_back() -> None:
    for name in ("a", "año x", "1", "__x", "a.b"):
        assert tokens(spell_name(name))[0][1] == name
    for value in (1.0, 0.1, 1e300, 12345.678):
        assert tokens(spell_number(value)) == [("number", value)]
    assert tokens(spell_text('a"\\b')) == [("text", 'a"\\b')]
