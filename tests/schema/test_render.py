"""The shape of messages."""

import json

import pytest

from impact.core.errors import Fault, Place
from impact.schema.render import MAX_LINES, distinct, fault_as_dict, render_fault, render_faults
from impact.schema.source_text import Source

SOURCE = "\n" * 12 + "    tiem: year\n"
FAULT = Fault(
    "E102",
    "unknown key 'tiem' in models.cs",
    place=Place("specs/x.yaml", 13, 5, 9, path="models.cs.tiem"),
    suggestion="time",
    help="keys of models.cs are: outcome, unit, time",
)


def test_the_shape_of_a_message():
    assert render_fault(FAULT, [Source("specs/x.yaml", SOURCE, "")]) == (
        "specs/x.yaml:13:5: error[E102] unknown key 'tiem' in models.cs\n"
        "  13 |     tiem: year\n"
        "     |     ^^^^ did you mean 'time'?\n"
        "  help: keys of models.cs are: outcome, unit, time"
    )


def test_in_spanish():
    shown = render_fault(FAULT, {"specs/x.yaml": SOURCE}, language="es")
    assert "¿quiso decir 'time'?" in shown and "  ayuda: " in shown


def test_without_a_source_or_a_place():
    assert render_fault(FAULT).split("\n")[1] == "  did you mean 'time'?"
    assert render_fault(Fault("W101", "old", severity="warning")) == "warning[W101] old"
    assert render_fault(Fault("E145", "no", place=Place("--set a=1"))) == "--set a=1: error[E145] no"


def test_notes_say_where_a_value_came_from():
    place = Place("x.yaml", 1, 1, 2, note="from common/labour.yaml:7:3, with y=hours")
    assert render_fault(Fault("E301", "no", place=place)).endswith(
        "  note: from common/labour.yaml:7:3, with y=hours"
    )


def test_a_folded_text_is_shown_joined():
    place = Place("x.yaml", 2, 8, 9)
    found = Fault("E301", "no function", place=place, suggestion="log", details=("y ~ lgo(x)", "    ^^^"))
    assert render_fault(found, {"x.yaml": "spec: 1\nmodel: >\n  y ~\n  lgo(x)\n"}).split("\n")[1:] == [
        "   2 | model: >",
        "     | y ~ lgo(x)",
        "     |     ^^^ did you mean 'log'?",
    ]


@pytest.mark.parametrize(
    "line, column, end, carets",
    [
        ("a: b", 4, 5, "   ^"),
        ("日本: x", 5, 6, "      ^"),  # wide characters take two cells
        ("e\u0301: x", 5, 6, "   ^"),  # a combining accent takes none
        ("\ta: x", 2, 3, " ^"),
        ("a\x1bb: x", 4, 5, "      ^"),  # shown as \x1b
        ("ab", 9, 10, "  ^"),
        ("ab", 1, 99, "^^"),
    ],
)
def test_carets_stand_under_their_characters(line, column, end, carets):
    found = Fault("E104", "no", place=Place("x.yaml", 1, column, end))
    assert render_fault(found, {"x.yaml": line}).split("\n")[2] == "     | " + carets


def test_control_characters_and_escapes_never_reach_the_terminal():
    evil = "\x1b[31m\u202e\x07\r\x85"
    place = Place(f"x{evil}.yaml", 1, 1, 2, note=evil)
    found = Fault("E104", evil, place=place, suggestion=evil, help=evil, details=(evil,))
    shown = render_fault(found, {place.file: evil})
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert "\\x1b[31m" in shown


def test_long_messages_stay_short():
    found = Fault("E104", "m" * 5000, place=Place("x.yaml", 1, 5001, 5003), help=", ".join(["key"] * 900),
                  details=tuple("abcdefghijklmnopq"))  # fmt: skip
    lines = render_fault(found, {"x.yaml": "x" * 5000 + "ab" + "y" * 5000}).split("\n")
    assert len(lines) == MAX_LINES and all(len(line) < 700 for line in lines)
    start = lines[2].index("^")
    assert lines[1][start : start + 2] == "ab"


def test_the_same_fault_reached_twice_is_shown_once():
    again = Fault("E102", "unknown key 'tiem' in models.b", place=FAULT.place)
    other = Fault("E102", "unknown key", place=Place("specs/x.yaml", 14, 5, 9))
    beside = Fault("E102", FAULT.message, place=Place("specs/x.yaml", 13, 7, 9))
    assert distinct([FAULT, again, other, beside]) == (FAULT, other)
    assert render_faults([FAULT, again]) == render_fault(FAULT)


def test_as_a_record():
    record = fault_as_dict(FAULT)
    assert json.loads(json.dumps(record)) == record
    assert list(record)[:9] == [
        "code", "severity", "file", "line", "column", "end_column", "path", "message", "suggestion",
    ]  # fmt: skip
    assert (record["line"], record["column"], record["end_column"], record["suggestion"]) == (
        13,
        5,
        9,
        "time",
    )
    empty = fault_as_dict(Fault("E104", "no"))
    assert empty["file"] is None and empty["line"] is None and empty["suggestion"] is None
