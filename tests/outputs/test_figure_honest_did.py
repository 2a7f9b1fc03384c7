"""Honest intervals: a panel for each restriction, the bounds of the test in order, also intervals without an end."""

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_honest_did import draw, write
from impact.schema.display import FigureBlock


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="honest_did", **fields)
    return draw("f", block, document, OutputRequest(figures={"f": block}), language=language)


def test_the_picture_is_sound(effects, sound):
    sound(drawn(effects))


def test_the_data_are_those_of_the_test(effects):
    data = drawn(effects, test="honest").data
    assert [(one["restriction"], one["m"]) for one in data] == [
        (kind, m) for kind in ("relative_magnitude", "smoothness") for m in (0.0, 0.5, 1.0)
    ]
    assert data[-1]["ci_high"] == pytest.approx(1.4)


def test_intervals_that_are_empty_or_without_an_end(effects, sound):
    rows = effects["tests"][1]["details"]["rows"]
    rows[1] |= {"ci_low": None, "ci_high": None, "empty": True}
    rows[2] |= {"ci_high": "inf"}
    sound(drawn(effects))


def test_words_in_both_languages(effects):
    assert drawn(effects).sentence == "Under relative_magnitude. Under smoothness."
    assert drawn(effects, "es").sentence == "Con relative_magnitude. Con smoothness."
    assert len(write(effects, OutputRequest(figures={"f": FigureBlock(kind="honest_did")}))) == 3


def test_without_honest_intervals(effects):
    with pytest.raises(OutputError) as error:
        drawn(effects, model="plain")
    assert error.value.faults[0].code == "E713"
