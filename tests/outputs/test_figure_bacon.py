"""The decomposition: every comparison is a point, forbidden ones are told apart, the coefficient is a line."""

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_bacon import draw, write
from impact.schema.display import FigureBlock


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="bacon", **fields)
    return draw("f", block, document, OutputRequest(figures={"f": block}), language=language)


def test_the_picture_is_sound(effects, sound):
    sound(drawn(effects))


def test_the_data_are_the_comparisons(effects):
    data = drawn(effects, test="bacon").data
    assert [(one["type"], one["weight"], one["estimate"]) for one in data] == [
        ("Treated vs Untreated", 0.5, 1.0), ("Earlier vs Later", 0.2, 0.5), ("Later vs Earlier", 0.3, -0.2),
    ]  # fmt: skip
    weighted = sum(one["weight"] * one["estimate"] for one in data)
    assert weighted == pytest.approx(effects["tests"][0]["details"]["coefficient"])


def test_words_in_both_languages(effects):
    assert "30.0 % of the weight is on units that are treated already" in drawn(effects).sentence
    assert "30.0 % del peso" in drawn(effects, "es").sentence
    assert len(write(effects, OutputRequest(figures={"f": FigureBlock(kind="bacon")}))) == 3


@pytest.mark.parametrize("fields", [{"test": "other"}, {"model": "plain"}])
def test_without_a_decomposition(effects, fields):
    with pytest.raises(OutputError) as error:
        drawn(effects, **fields)
    assert error.value.faults[0].code == "E713"
