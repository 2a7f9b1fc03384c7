"""Tables of listings: digits, labels, the total, chosen rows and columns."""

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs._tables import table_blocks
from impact.outputs.grids.layout import table_grid
from impact.schema.display import TableBlock


def grid(document, language="en", **fields):
    return table_grid("t", TableBlock(**fields), document, OutputRequest(), language=language)


def texts(found):
    return [[cell.text for cell in row.cells] for row in found.rows]


def test_whole_columns_have_no_decimals_and_names_no_separator(listed):
    found = grid(listed, listing="counts")
    assert found.title == "Counts"
    assert texts(found) == [
        ["year", "Count", "share"],
        ["2015", "435", "46.0"],
        ["2016", "14,406", ""],
        ["In all", "14,841", "3.4"],
    ]
    assert found.rows[3].rule
    assert found.align == ("l", "r", "r")
    assert found.notes[0] == "A note."


def test_numbers_behind_the_text_are_unrounded(listed):
    assert grid(listed, listing="counts").rows[1].cells[2].number == 45.977


def test_the_other_language(listed):
    found = grid(
        listed, "es", listing="counts", columns={"year": {"en": "Y", "es": "A"}, "count": {"es": "C"}}
    )
    assert texts(found)[0] == ["A", "C"]
    assert texts(found)[-1][0] == "En total"


def test_rows_by_their_key_in_the_order_asked_for(listed):
    found = grid(listed, listing="counts", columns=["year", "count"], terms=["2016", "2015"])
    assert [row[0] for row in texts(found)[1:]] == ["2016", "2015"]


def test_labels_of_values(listed):
    assert texts(grid(listed, listing="paths", columns=["group", "time", "value"]))[1] == [
        "Lima",
        "2016",
        "10.000",
    ]


def test_hidden_rows_show_a_dash(listed):
    row = listed["listings"]["counts"]["rows"][0]
    row["is_hidden"], row["values"]["count"] = True, None
    assert texts(grid(listed, listing="counts"))[1][1] == "–"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"listing": "count"}, "E732"),
        ({"rows": "listing"}, "E732"),
        ({"listing": "counts", "columns": ["counts"]}, "E733"),
        ({"listing": "counts", "terms": ["2014"]}, "E733"),
    ],
)
def test_what_is_not_there(listed, fields, code):
    with pytest.raises(OutputError) as error:
        grid(listed, **fields)
    assert error.value.faults[0].code == code


def test_every_listing_has_a_table_where_the_spec_asks_for_none(listed):
    assert list(table_blocks(listed, OutputRequest())) == ["areas", "calendar", "counts", "paths"]
