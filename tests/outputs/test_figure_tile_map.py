"""Maps: values and places are the listing's, darker is more, outlines replace tiles where they are given."""

import itertools

import matplotlib.colors as colors
import pytest

import impact.outputs.figure_tile_map as figure
from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_tile_map import draw, write
from impact.schema.display import FigureBlock

ROLES = {"area": "code", "value": "rate", "label": "iso", "row": "r", "column": "c"}
SQUARE = [[-77.0, -12.0], [-76.0, -12.0], [-76.0, -11.0], [-77.0, -11.0]]
HOLE = [[-76.6, -11.6], [-76.4, -11.6], [-76.4, -11.4]]


def drawn(document, language="en", **fields):
    block = FigureBlock(**({"kind": "tile_map", "listing": "areas", "columns": ROLES} | fields))
    return draw("f", block, document, OutputRequest(figures={"f": block}), language=language)


def test_the_picture_is_sound_and_stable(listed, sound):
    first = drawn(listed)
    sound(first)
    assert (first.svg, first.png) == (drawn(listed).svg, drawn(listed).png)


def test_the_data_are_those_of_the_listing(listed):
    assert [tuple(row.values())[1:] for row in drawn(listed).data] == [
        ("15", "LIM", 5, 2, 522.4),
        ("07", "CAL", 5, 1, 663.0),
        ("24", "TUM", 1, 1, None),
    ]
    assert "lowest 522.400 (LIM), highest 663.000 (CAL); 1 areas without a value" in drawn(listed).sentence
    assert "1 áreas sin valor" in drawn(listed, "es").sentence


def test_outlines_with_holes_take_the_place_of_tiles(listed, sound):
    listed["geometries"] = {"f": {"15": [[SQUARE, HOLE]], "07": [[SQUARE]]}}
    columns = {role: name for role, name in ROLES.items() if role not in ("row", "column")}
    picture = drawn(listed, columns=columns)
    sound(picture)
    assert picture.svg != drawn({**listed, "geometries": {}}).svg


def test_several_panels(listed, sound):
    areas = listed["listings"]["areas"]
    for row in areas["rows"]:
        row["values"]["year"] = 2018
    later = [dict(row, values=dict(row["values"], year=2024)) for row in areas["rows"]]
    areas["rows"] += later
    areas["columns"].append("year")
    picture = drawn(listed, columns={**ROLES, "panel": "year"})
    sound(picture)
    assert {row["panel"] for row in picture.data} == {"2018", "2024"}


def test_two_areas_on_one_tile(listed):
    listed["listings"]["areas"]["rows"][1]["values"]["c"] = 2
    with pytest.raises(OutputError) as error:
        drawn(listed)
    assert "15 / 07" in error.value.faults[0].message


@pytest.mark.parametrize("place", [None, 1.5, "left"])
def test_a_tile_without_a_place(listed, place):
    listed["listings"]["areas"]["rows"][0]["values"]["r"] = place
    with pytest.raises(OutputError) as error:
        drawn(listed)
    assert error.value.faults[0].code == "E734"


def test_no_value_at_all_and_columns_of_places_that_are_not_there(listed):
    with pytest.raises(OutputError) as error:
        drawn(listed, columns={key: ROLES[key] for key in ("area", "value")})
    assert error.value.faults[0].code == "E734"
    for row in listed["listings"]["areas"]["rows"]:
        row["values"]["rate"] = None
    with pytest.raises(OutputError) as error:
        drawn(listed)
    assert error.value.faults[0].code == "E734"


def test_one_value_alone(listed, sound):
    del listed["listings"]["areas"]["rows"][1:]
    sound(drawn(listed))


def test_shades_darken_in_grey():
    """Relative luminance (Rec. 709) falls all along the scale, so that order survives a black-and-white copy."""
    greys = []
    for step in range(0, 101, 5):
        red, green, blue = colors.to_rgb(figure._SHADES(step / 100))
        greys.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    assert all(a > b for a, b in itertools.pairwise(greys))


def test_the_centre_of_an_outline():
    """The centroid of an L of three unit squares: (5/6, 5/6)."""
    shape = [[0, 0], [2, 0], [2, 1], [1, 1], [1, 2], [0, 2]]
    assert figure._middle([[shape]]) == (pytest.approx(5 / 6), pytest.approx(5 / 6))


def test_files(listed):
    block = FigureBlock(kind="tile_map", listing="areas", columns=ROLES)
    assert sorted(write(listed, OutputRequest(figures={"f": block}))) == [
        "figures/f.csv",
        "figures/f.png",
        "figures/f.svg",
    ]
