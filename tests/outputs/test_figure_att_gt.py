"""Effects by cohort and period: every effect is drawn once, sorted, with its interval and its band."""

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_att_gt import draw, write
from impact.schema.display import FigureBlock


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="att_gt", **fields)
    return draw("f", block, document, OutputRequest(figures={"f": block}), language=language)


def test_the_picture_is_sound(effects, sound):
    sound(drawn(effects))


def test_the_data_are_those_of_the_results(effects):
    stored = {(r["cohort"], r["time"]): r for r in effects["rows"] if r["kind"] == "att_gt"}
    effects["rows"].reverse()
    data = drawn(effects).data
    assert [(point["cohort"], point["time"]) for point in data] == sorted(stored)
    for point in data:
        source = stored[point["cohort"], point["time"]]
        for key in ("estimate", "ci_low", "ci_high", "band_low", "band_high"):
            assert point[key] == source[key]


def test_what_is_drawn_can_be_chosen(effects):
    pictures = {drawn(effects, band=band).svg for band in ("both", "pointwise", "simultaneous")}
    assert len(pictures) == 3


def test_words_in_both_languages(effects):
    assert "4 after treatment" in drawn(effects).sentence
    assert "4 después del tratamiento" in drawn(effects, "es").sentence
    assert drawn(effects, title="Mine").title == "Mine"


def test_files(effects):
    block = FigureBlock(kind="att_gt", formats=["svg"])
    files = write(effects, OutputRequest(figures={"f": block, "g": FigureBlock(kind="coefplot")}))
    assert set(files) == {"figures/f.svg", "figures/f.csv"}


def test_models_without_such_effects(effects):
    with pytest.raises(OutputError) as error:
        drawn(effects, model="plain")
    assert error.value.faults[0].code == "E713"
