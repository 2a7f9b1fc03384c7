"""The curve drawn: its data are the specifications by estimate, its words are in both languages."""

from __future__ import annotations

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_spec_curve import draw, write
from impact.schema.display import FigureBlock

DIMENSIONS = [{"dimension": "outcome", "choices": ["y", "z"]}, {"dimension": "fe", "choices": ["id", "none"]}]
CHOICES = [("y", "id"), ("z", "id"), ("y", "none"), ("z", "none")]


@pytest.fixture
def document():
    rows = [
        {
            "specification": k + 1, "choices": {"outcome": y, "fe": fe}, "estimate": estimate, "std_error": 0.1,
            "p_value": p, "ci_low": estimate - 0.2, "ci_high": estimate + 0.2, "n_obs": 90, "preferred": k == 0,
            "error": None,
        }
        for k, ((y, fe), estimate, p) in enumerate(zip(CHOICES, (0.2, 0.5, -0.1, 0.3), (0.04, 0.01, 0.5, 0.1),
                                                      strict=True))
    ]  # fmt: skip
    rows[2] |= {"ci_low": None, "ci_high": None}
    summary = {"run": 4, "median": 0.25, "lowest": -0.1, "highest": 0.5, "significant": 0.5, "p_median": 0.02}
    curve = {"of": "main", "term": "m", "dimensions": DIMENSIONS,
             "summary": summary, "rows": rows}  # fmt: skip
    return {"models": {}, "rows": [], "labels": {}, "alpha": 0.05, "speccurve": curve}


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="spec_curve", **fields)
    return draw("f", block, document, OutputRequest(figures={"f": block}), language=language)


def test_the_picture_is_sound(document, sound):
    sound(drawn(document))


def test_the_data_are_the_specifications_by_estimate(document):
    data = drawn(document).data
    assert [
        (one["rank"], one["specification"], one["outcome"], one["fe"], one["estimate"]) for one in data
    ] == [
        (1, 3, "y", "none", -0.1),
        (2, 1, "y", "id", 0.2),
        (3, 4, "z", "none", 0.3),
        (4, 2, "z", "id", 0.5),
    ]


def test_every_choice_has_a_line(document):
    labels = drawn(document).svg.decode()
    assert labels.count("<g ") > 10
    wide = drawn({**document, "speccurve": {**document["speccurve"], "dimensions": DIMENSIONS[:1]}})
    assert len(wide.svg) < len(drawn(document).svg)


def test_words_in_both_languages(document):
    assert "50 % are different from zero" in drawn(document).sentence
    assert "p of the median over the curve: 0.020" in drawn(document).sentence
    assert "el 50 % son distintas" in drawn(document, "es").sentence
    document["speccurve"]["summary"]["p_median"] = None
    assert "not asked for" in drawn(document).sentence
    assert len(write(document, OutputRequest(figures={"f": FigureBlock(kind="spec_curve")}))) == 3


def test_without_a_curve(document):
    del document["speccurve"]
    with pytest.raises(OutputError) as error:
        drawn(document)
    assert error.value.faults[0].code == "E713"
