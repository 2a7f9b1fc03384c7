"""Effects by dose: levels and slopes, sorted by dose, with intervals and bands."""

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_dose import draw, write
from impact.schema.display import FigureBlock


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="dose", **fields)
    return draw("f", block, document, OutputRequest(figures={"f": block}), language=language)


def test_the_picture_is_sound(effects, sound):
    sound(drawn(effects))


def test_curves_are_sorted_and_those_of_the_results(effects):
    data = drawn(effects).data
    assert [(point["curve"], point["dose"], point["estimate"]) for point in data] == [
        ("dose", 0.5, 0.25), ("dose", 1.0, 1.0), ("dose", 1.5, 2.25),
        ("acrt", 0.5, 1.0), ("acrt", 1.0, 2.0), ("acrt", 1.5, 3.0),
    ]  # fmt: skip
    assert data[0]["band_low"] == 0.25 - 1


def test_what_is_drawn_can_be_chosen(effects):
    pictures = {drawn(effects, band=band).svg for band in ("both", "pointwise", "simultaneous")}
    assert len(pictures) == 3


def test_words_in_both_languages(effects):
    assert "from 0.250 to 2.250" in drawn(effects).sentence
    assert "de 0.250 a 2.250" in drawn(effects, "es").sentence
    assert len(write(effects, OutputRequest(figures={"f": FigureBlock(kind="dose")}))) == 3


def test_models_without_doses(effects):
    with pytest.raises(OutputError) as error:
        drawn(effects, model="plain")
    assert error.value.faults[0].code == "E713"
