"""Who is treated when: a cell is treated from its cohort's first period on, and never for the never treated."""

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_cohorts import draw, write
from impact.schema.display import FigureBlock


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="cohorts", **fields)
    return draw("f", block, document, OutputRequest(figures={"f": block}), language=language)


def test_the_picture_is_sound(effects, sound):
    sound(drawn(effects, model="did"))


def test_treated_cells(effects):
    data = drawn(effects).data
    assert len(data) == 3 * 4
    treated = {(point["cohort"], point["time"]) for point in data if point["treated"]}
    assert treated == {(2.0, 2.0), (2.0, 3.0), (2.0, 4.0), (4.0, 4.0)}
    assert {point["units"] for point in data if point["cohort"] is None} == {16}


def test_without_never_treated_there_is_no_such_row(effects):
    effects["models"]["did"]["extra"]["adoption"] = {
        **effects["models"]["did"]["extra"]["adoption"],
        "never": 0,
    }
    assert all(point["cohort"] is not None for point in drawn(effects).data)


def test_words_in_both_languages(effects):
    assert "2 (5), 4 (9)" in drawn(effects).sentence
    assert drawn(effects, "es").title == "Quién es tratado y cuándo"
    assert set(write(effects, OutputRequest(figures={"f": FigureBlock(kind="cohorts")}))) == {
        "figures/f.svg", "figures/f.png", "figures/f.csv",
    }  # fmt: skip


def test_models_without_a_design(effects):
    with pytest.raises(OutputError) as error:
        drawn(effects, model="plain")
    assert error.value.faults[0].code == "E713"
