"""Which rows and columns of a listing a figure reads."""

import pytest

from impact.core.errors import OutputError
from impact.outputs._listed import listed_for, listing_of, numbers, roles_of
from impact.schema.display import FigureBlock


def block(**fields):
    return FigureBlock(**fields)


def test_a_column_of_the_role_s_name_needs_no_entry(listed):
    found = listed_for("f", block(kind="trends", listing="paths"), listed, "en")
    assert found.roles == {"time": "time", "value": "value", "group": "group", "low": "low", "high": "high"}
    assert numbers("f", found, "value") == [10.0, 11.5, 7.0, None]


def test_the_total_and_hidden_rows_are_not_drawn(listed):
    listed["listings"]["counts"]["rows"][0]["is_hidden"] = True
    chosen = block(kind="trends", listing="counts", columns={"time": "year", "value": "count"})
    assert [row["year"] for row in listed_for("f", chosen, listed, "en").rows] == [2016]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "trends"}, "E732"),
        ({"kind": "trends", "listing": "path"}, "E732"),
        ({"kind": "trends", "listing": "counts"}, "E733"),
        ({"kind": "trends", "listing": "paths", "columns": {"colour": "group"}}, "E733"),
        ({"kind": "trends", "listing": "paths", "columns": {"value": "worth"}}, "E733"),
    ],
)
def test_what_is_not_there(listed, fields, code):
    with pytest.raises(OutputError) as error:
        listed_for("f", block(**fields), listed, "en")
    assert error.value.faults[0].code == code


def test_nearest_names(listed):
    with pytest.raises(OutputError) as error:
        listing_of("f", "path", listed)
    assert error.value.faults[0].suggestion == "paths"
    with pytest.raises(OutputError) as error:
        roles_of("f", block(kind="timeline", columns={"dates": "date"}), ["date"])
    assert error.value.faults[0].suggestion == "date"


def test_text_where_a_number_is_due(listed):
    chosen = listed_for("f", block(kind="trends", listing="paths", columns={"value": "group"}), listed, "en")
    with pytest.raises(OutputError) as error:
        numbers("f", chosen, "value")
    assert error.value.faults[0].code == "E734"


def test_no_rows(listed):
    listed["listings"]["paths"]["rows"] = []
    with pytest.raises(OutputError) as error:
        listed_for("f", block(kind="trends", listing="paths"), listed, "en")
    assert error.value.faults[0].code == "E713"
