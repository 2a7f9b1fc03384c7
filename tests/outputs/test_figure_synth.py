"""Synthetic controls: the plotted paths, gaps, placebos and weights are the results' own."""

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_synth import draw, write
from impact.schema.display import FigureBlock


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="synth", **fields)
    return draw("f", block, document, OutputRequest(figures={"f": block}), language=language)


def test_the_picture_is_sound(effects, sound):
    sound(drawn(effects))


def test_the_data_are_those_of_the_results(effects):
    data = drawn(effects).data
    series: dict = {}
    for one in data:
        series.setdefault((one["series"], one["unit"]), []).append(one["value"])
    assert series["treated", None] == [1.0, 2.0, 4.0]
    assert series["synthetic", None] == [1.0, 2.0, 3.0]
    assert series["gap", None] == [0.0, 0.0, 1.0]
    assert series["placebo", "b"] == [0.0, 0.1, -0.2]
    assert series["weight", "a"] == [0.75]


@pytest.mark.parametrize("show", [["paths"], ["gaps"], ["weights"], ["paths", "gaps"]])
def test_panels_can_be_chosen(effects, sound, show):
    picture = drawn(effects, show=show)
    sound(picture)
    assert picture.svg != drawn(effects).svg


def test_without_placebos_only_the_actual_gap_is_drawn(effects, sound):
    del effects["models"]["did"]["extra"]["placebos"]
    sound(drawn(effects))


def test_words_in_both_languages(effects):
    assert "is 1.000; largest weights: a 0.750, b 0.250" in drawn(effects).sentence
    assert "mayores pesos: a 0.750, b 0.250" in drawn(effects, "es").sentence
    assert len(write(effects, OutputRequest(figures={"f": FigureBlock(kind="synth")}))) == 3


def test_models_without_a_synthetic_control(effects):
    with pytest.raises(OutputError) as error:
        drawn(effects, model="plain")
    assert error.value.faults[0].code == "E713"
