"""Omitted variables drawn: the marks are those of the test, also where no line crosses the plane."""

import pytest
from matplotlib.figure import Figure

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_sensitivity import _benchmarks, _limit, draw, write
from impact.schema.display import FigureBlock


def row(benchmark, multiple, treatment, outcome, adjusted):
    return {
        "benchmark": benchmark, "multiple": multiple, "r2_treatment": treatment, "r2_outcome": outcome,
        "capped": False, "adjusted": adjusted, "std_error": 0.02, "statistic": 1.0, "ci_low": 0.01, "ci_high": 0.1,
    }  # fmt: skip


@pytest.fixture
def weighed(document):
    """The Darfur example as a test of the model `main`."""
    details = {
        "estimate": 0.0973, "std_error": 0.02326, "robustness_value": 0.139, "robustness_value_alpha": 0.076,
        "q": 1.0, "alpha": 0.05, "target": 0.0, "critical": 1.963,
        "rows": [row("female", 1.0, 0.0092, 0.1246, 0.0752), row("age", 1.0, 0.003, 0.001, 0.096),
                 row("age", 9.0, None, None, None)],
        "sentences": {"en": "An omitted variable would have to explain 13.9 %.", "es": "Tendría que explicar 13.9 %."},
    }  # fmt: skip
    found = {
        "test": "omitted",
        "kind": "sensemakr",
        "of": "main",
        "term": "exposed",
        "df": 783.0,
        "details": details,
    }
    document["tests"] = [*document["tests"], found]
    return document


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="sensitivity", **fields)
    return draw("f", block, document, OutputRequest(figures={"f": block}), language=language)


def test_the_picture_is_sound(weighed, sound):
    sound(drawn(weighed))


def test_the_data_are_the_marks(weighed):
    """A strength that no column can have is no mark."""
    data = drawn(weighed, test="omitted", term="exposed").data
    assert [(one["benchmark"], one["multiple"], one["r2_outcome"]) for one in data] == [
        ("female", 1.0, 0.1246),
        ("age", 1.0, 0.001),
    ]
    assert {(one["of"], one["term"]) for one in data} == {("main", "exposed")}


@pytest.mark.parametrize("change", [{"estimate": -0.0973}, {"estimate": 0.01, "robustness_value": 0.015}])
def test_other_signs_and_estimates_that_are_told_from_nothing(weighed, sound, change):
    weighed["tests"][-1]["details"] |= change
    sound(drawn(weighed))


def test_words_in_both_languages(weighed):
    assert drawn(weighed, "es").sentence == "Tendría que explicar 13.9 %."
    assert len(write(weighed, OutputRequest(figures={"f": FigureBlock(kind="sensitivity")}))) == 3


@pytest.mark.parametrize("fields", [{"test": "other"}, {"term": "z"}, {"model": "event"}])
def test_without_such_a_test(weighed, fields):
    with pytest.raises(OutputError) as error:
        drawn(weighed, **fields)
    assert error.value.faults[0].code == "E713"


def test_marks_at_the_edge_are_whole(weighed, sound):
    """A benchmark that explains nothing of one side, or nearly all: inside the plane, and not cut by its frame."""
    rows = [row("age", 1.0, 0.0, 0.0, 0.09), row("female", 1.0, 0.0, 0.98, 0.09)]
    axes = Figure().subplots()
    _benchmarks(axes, rows)
    assert len(axes.lines) == 2 and not any(line.get_clip_on() for line in axes.lines)
    assert 0.98 < _limit(0.1, [0.0, 0.98]) < 1.0 and _limit(0.1, [0.0, 1.0]) < 1.0
    weighed["tests"][-1]["details"]["rows"] = rows
    sound(drawn(weighed))
