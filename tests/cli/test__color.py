"""Colour: who decides, and that the words stay."""

from __future__ import annotations

import io
import re

import pytest

from impact.cli._color import painted, wants_color


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("choice", "variable", "stream", "wanted"),
    [
        ("always", "1", io.StringIO(), True),
        ("never", "", Terminal(), False),
        ("auto", "", Terminal(), True),
        ("auto", "1", Terminal(), False),
        ("auto", "", io.StringIO(), False),
        ("", "", Terminal(), True),
    ],
)
def test_option_then_variable_then_terminal(monkeypatch, choice, variable, stream, wanted):
    monkeypatch.setenv("NO_COLOR", variable)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_color(choice, stream) is wanted


def test_colour_adds_nothing_but_colour():
    message = "x.yaml:1:2: error[E102] no\n   1 | tiem: 3\n     | ^^^^ did you mean 'time'?\n  help: keys"
    shown = painted(message)
    assert shown != message
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == message
