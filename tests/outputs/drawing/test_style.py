"""Bytes of pictures, and how they enter a page."""

import re
from pathlib import Path

import matplotlib as mpl
import pytest

import impact.outputs
from impact.outputs.drawing.style import Plan, drawing, inline_svg, series_style, typeset


def test_inline_identifiers_are_unique():
    svg = b'<?xml version="1.0"?>\n<svg><g id="a"/><use xlink:href="#a"/><path clip-path="url(#p1)"/></svg>\n'
    assert inline_svg(svg, "f") == (
        '<svg><g id="f-a"/><use xlink:href="#f-a"/><path clip-path="url(#f-p1)"/></svg>'
    )


def test_minus_signs_of_sentences():
    assert typeset("from -0.061 to [-1, 14-24] x-2") == "from −0.061 to [−1, 14-24] x-2"


def plan(text: str) -> Plan:
    def paint(canvas):
        canvas.subplots().set_title(text)

    return Plan(draw=paint, size=(2.0, 2.0), columns=(), data=(), title="t", sentence=text)


def test_same_bytes_and_text_as_it_is(sound, monkeypatch):
    one = drawing("f", plan("100 $x_1$ % <b>"))
    monkeypatch.setitem(mpl.rcParams, "font.size", 30.0)
    assert drawing("f", plan("100 $x_1$ % <b>")) == one
    sound(drawing("f", plan("a sentence long enough for a reader")))


def test_a_note_stands_within_the_picture_and_its_data():
    bare = drawing("f", plan("words"))
    noted = drawing("f", plan("words"), note="made up")
    assert noted.sentence == "words made up" and b"made up" in noted.svg
    assert noted.columns == ("synthetic",)
    height = [re.search(rb'height="([0-9.]+)pt"', one.svg)[1] for one in (bare, noted)]
    assert float(height[1]) - float(height[0]) == pytest.approx(72 * 0.22, abs=0.01)


def test_every_figure_says_when_its_data_are_made_up():
    folder = Path(impact.outputs.__file__).parent
    files = [
        file
        for file in sorted(folder.glob("figure_*.py"))
        if "made_up(document, language)" not in file.read_text()
    ]
    assert files == []


def test_series_differ_by_more_than_colour():
    styles = [series_style(place) for place in range(7)]
    assert len({style["marker"] for style in styles}) == len({style["color"] for style in styles}) == 7
