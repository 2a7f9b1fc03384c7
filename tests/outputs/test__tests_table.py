"""Tables of tests."""

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.grids.layout import table_grid
from impact.schema.display import TableBlock


def grid(document, language="en", **fields):
    return table_grid("t", TableBlock(rows="tests", **fields), document, OutputRequest(), language=language)


def test_statistic_interval_and_sentence(listed):
    found = grid(listed)
    assert [cell.text for cell in found.rows[1].cells] == [
        "ratio", "0.163", "[0.120, 0.216]", "<0.001", "The ratio is 0.163.",
    ]  # fmt: skip
    assert grid(listed, "es").rows[1].cells[4].text == "La razón es 0.163."


def test_chosen_tests(listed):
    second = dict(listed["tests"][0], test="other")
    listed["tests"].append(second)
    assert [row.cells[0].text for row in grid(listed, terms=["other", "ratio"]).rows[1:]] == [
        "other",
        "ratio",
    ]


def test_tests_that_are_not_there(listed):
    with pytest.raises(OutputError) as error:
        grid(listed, terms=["ration"])
    assert (error.value.faults[0].code, error.value.faults[0].suggestion) == ("E733", "ratio")
    listed["tests"] = []
    with pytest.raises(OutputError) as error:
        grid(listed)
    assert error.value.faults[0].code == "E713"
