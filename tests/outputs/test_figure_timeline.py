"""Timelines: dates where they are known to be, the index by hand, lanes without overlaps, the same bytes twice."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_timeline import draw, lanes, write
from impact.schema.display import FigureBlock


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="timeline", listing="calendar", **fields)
    return draw("f", block, document, OutputRequest(figures={"f": block}), language=language)


def test_the_picture_is_sound_and_stable(listed, sound):
    first = drawn(listed)
    sound(first)
    assert (first.svg, first.png) == (drawn(listed).svg, drawn(listed).png)


def test_acts_stand_in_the_order_of_what_is_known_of_their_dates(listed):
    data = {row["label"]: row for row in drawn(listed).data}
    assert list(data) == ["Permit", "Second permit", "Change", "Cut-off", "Schools"]
    assert [row["index"] for row in data.values()] == [1, 2, 1, 0, 1]
    assert [row["step"] for row in data.values()] == [1, 1, -1, -1, 1]
    day = 230 - 1
    assert date(2018, 8, 18).timetuple().tm_yday == day + 1
    assert (
        data["Cut-off"]["first_day"]
        == data["Cut-off"]["last_day"]
        == pytest.approx(2018 + day / 365, abs=1e-6)
    )
    assert data["Second permit"]["first_day"] == pytest.approx(2017 + 181 / 365, abs=1e-6)
    assert data["Second permit"]["last_day"] == pytest.approx(2017 + 211 / 365, abs=1e-6)
    assert (data["Schools"]["first_day"], data["Schools"]["date"]) == (2019, "2019")
    # the middle of a year is known to about its middle half
    assert data["Change"]["place"] == pytest.approx(2018.5, abs=0.01)


def test_the_csv_and_both_languages(listed):
    assert "3 openings and 2 tightenings between 2017-01 and 2019" in drawn(listed).sentence
    assert "is highest in 2017-07 (2) and ends at 1" in drawn(listed).sentence
    assert "3 aperturas y 2 restricciones" in drawn(listed, "es").sentence
    block = FigureBlock(kind="timeline", listing="calendar")
    files = write(listed, OutputRequest(figures={"f": block}, languages=("en", "es")))
    assert sorted(files) == [
        "figures/f.csv",
        *(f"figures/f.{la}.{s}" for la in ("en", "es") for s in ("png", "svg")),
    ]
    assert files["figures/f.csv"].startswith(b"label,direction,date,first_day,last_day,place,step,index\n")


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("date", "soon", "'soon'"), ("date", "2018-13", "'2018-13'"), ("date", "2018-02-30", "'2018-02-30'"),
        ("date", None, "'None'"), ("direction", "closing", "'closing'"), ("direction", None, "'None'"),
        ("date", "0000", "'0000'"),
    ],
)  # fmt: skip
def test_what_has_no_place(listed, field, value, shown):
    listed["listings"]["calendar"]["rows"][0]["values"][field] = value
    with pytest.raises(OutputError) as error:
        drawn(listed)
    (found,) = error.value.faults
    assert found.code == "E734"
    assert shown in found.message


def test_one_act_and_acts_of_one_day(listed, sound):
    rows = listed["listings"]["calendar"]["rows"]
    rows[1]["values"]["date"] = rows[0]["values"]["date"]
    sound(drawn(listed))
    del rows[1:]
    sound(drawn(listed))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.1, 4)), max_size=30))
def test_no_two_stretches_of_a_lane_overlap(stretches):
    places = sorted((left, left + width) for left, width in stretches)
    found = lanes(places)
    for one, (left, _) in enumerate(places):
        for other in range(one):
            assert found[one] != found[other] or places[other][1] <= left
    # no lane is opened while a lower one is free
    for one, (left, _) in enumerate(places):
        for lane in range(found[one]):
            assert any(found[k] == lane and places[k][1] > left for k in range(one))
