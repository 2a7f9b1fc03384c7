"""Trends: what is drawn is what the listing holds; groups told apart by colour, marker and line."""

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_trends import MOST_GROUPS, STYLES, draw, write
from impact.schema.display import FigureBlock


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="trends", listing="paths", **fields)
    return draw("f", block, document, OutputRequest(figures={"f": block}), language=language)


def test_the_picture_is_sound_and_stable(listed, sound):
    first = drawn(listed, start=2017)
    sound(first)
    assert (first.svg, first.png) == (drawn(listed, start=2017).svg, drawn(listed, start=2017).png)
    assert first.svg != drawn(listed).svg


def test_the_data_are_those_of_the_listing(listed):
    assert [tuple(row.values()) for row in drawn(listed).data] == [
        ("capital", 2016, 10.0, 8.0, 12.0),
        ("capital", 2017, 11.5, 9.0, 14.0),
        ("rest", 2016, 7.0, 6.0, 8.0),
        ("rest", 2017, None, None, None),
    ]


def test_words(listed):
    assert "Lima 2016 10.000, 2017 11.500; Rest 2016 7.000" in drawn(listed).sentence
    assert drawn(listed, "es").title == "value en el tiempo"


def test_rows_out_of_order_are_sorted_by_time(listed):
    listed["listings"]["paths"]["rows"].reverse()
    assert [row["time"] for row in drawn(listed).data if row["group"] == "capital"] == [2016, 2017]


def test_one_group_without_a_name_and_one_point(listed, sound):
    paths = listed["listings"]["paths"]
    paths["rows"] = paths["rows"][:1]
    paths["by"] = ["time"]
    del paths["rows"][0]["values"]["group"]
    sound(drawn(listed))


@pytest.mark.parametrize("change", ["twice", "twice missing", "no time", "text", "many"])
def test_what_cannot_be_drawn(listed, change):
    rows = listed["listings"]["paths"]["rows"]
    if change == "twice":
        rows[1]["values"]["time"] = 2016
    elif change == "twice missing":
        rows[1]["values"] |= {"time": 2016, "value": None, "low": None, "high": None}
    elif change == "no time":
        rows[1]["values"]["time"] = None
    elif change == "text":
        rows[1]["values"]["value"] = "much"
    else:
        first = rows[0]["values"]
        rows[:] = [dict(rows[0], values=dict(first, group=f"g{n}")) for n in range(MOST_GROUPS + 1)]
    with pytest.raises(OutputError) as error:
        drawn(listed)
    assert error.value.faults[0].code == "E734"


def test_lines_differ_without_colour():
    assert len(set(map(str, STYLES))) == 4


def test_lines_join_only_within_a_segment(listed, sound):
    joined = drawn(listed)
    paths = listed["listings"]["paths"]
    paths["columns"].append("segment")
    for row in paths["rows"]:
        row["values"]["segment"] = "old" if row["values"]["time"] == 2016 else "new"
    apart = drawn(listed)
    sound(apart)
    assert apart.data == joined.data
    assert apart.svg != joined.svg


def test_files(listed):
    files = write(listed, OutputRequest(figures={"f": FigureBlock(kind="trends", listing="paths")}))
    assert sorted(files) == ["figures/f.csv", "figures/f.png", "figures/f.svg"]
