"""Coefficient plots: the main estimate, its robustness rows, subgroups."""

import csv
import io

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_coefplot import _heights, _Line, draw, write
from impact.schema.display import FigureBlock


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="coefplot", **fields)
    asked = OutputRequest(figures={"f": block}, model_order=("main", "event", "groups"))
    return draw("f", block, document, asked, language=language)


def data(document, **fields) -> list[dict[str, str]]:
    block = FigureBlock(kind="coefplot", **fields)
    files = write(document, OutputRequest(figures={"f": block}, model_order=("main",)))
    assert set(files) == {"figures/f.svg", "figures/f.png", "figures/f.csv"}
    return list(csv.DictReader(io.StringIO(files["figures/f.csv"].decode())))


@pytest.mark.parametrize(
    "fields", [{"model": "main"}, {"models": ["groups"]}, {"models": ["main", "event"], "rows": "models"}]
)
def test_the_picture_is_sound(document, sound, fields):
    sound(drawn(document, **fields))


def test_forest_holds_the_main_estimate_and_its_rows(document):
    rows = data(document, model="main")
    assert [row["row"] for row in rows] == [
        "main",
        "all_areas",
        "without_jungle",
        "placebo_2016",
        "area_trends",
    ]
    assert [row["marked"] for row in rows] == ["main", "", "", "placebo", ""]
    assert float(rows[0]["estimate"]) == -0.0149024
    assert float(rows[0]["ci_low"]) == -0.0512


def test_groups_below_the_smallest_cell_are_not_drawn(document):
    rows = data(document, models=["groups"])
    groups = [row["group"] for row in rows]
    assert "sex=women;age_group=14-24;education=university" not in groups
    assert groups[-1] == "" and rows[-1]["marked"] == "main"
    assert len(rows) == 17


@pytest.mark.parametrize(("fields", "code"), [({"models": ["broken"], "rows": "models"}, "E713")])
def test_nothing_to_draw_is_refused(document, fields, code):
    with pytest.raises(OutputError, match=code):
        drawn(document, **fields)


def test_a_row_of_one_model_stands_on_its_label():
    """Rows that both models have stand around their label; those of one model alone on it."""
    lines = [_Line("both", {}, "a"), _Line("both", {}, "b"), _Line("only", {}, "a"), _Line("other", {}, "b")]
    at = _heights(lines, {"both": 0, "only": -1, "other": -2})
    assert at == [0.25, -0.25, -1.0, -2.0]


def test_lines_of_one_label_do_not_hide_each_other():
    """Two terms or models with the same label; the ticks of a family share a line."""
    lines = [
        _Line("same", {}),
        _Line("same", {}),
        _Line("one", {}, mark="family"),
        _Line("one", {}, mark="family"),
    ]
    assert _heights(lines, {"same": 0, "one": -1}) == [0.25, -0.25, -1.0, -1.0]
