"""Bytes of pictures, and how they enter a page."""

import matplotlib as mpl

from impact.outputs._figure_style import Plan, drawing, inline_svg, series_style, typeset


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


def test_series_differ_by_more_than_colour():
    styles = [series_style(place) for place in range(7)]
    assert len({style["marker"] for style in styles}) == len({style["color"] for style in styles}) == 7
