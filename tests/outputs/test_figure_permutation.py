"""Permutation histograms."""

import csv
import io

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_permutation import draw, write
from impact.schema.display import FigureBlock


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="permutation", **fields)
    asked = OutputRequest(figures={"f": block}, model_order=("main", "event", "groups"))
    return draw("f", block, document, asked, language=language)


def data(document, **fields) -> list[dict[str, str]]:
    block = FigureBlock(kind="permutation", **fields)
    files = write(document, OutputRequest(figures={"f": block}, model_order=("main",)))
    assert set(files) == {"figures/f.svg", "figures/f.png", "figures/f.csv"}
    return list(csv.DictReader(io.StringIO(files["figures/f.csv"].decode())))


@pytest.mark.parametrize("fields", [{"model": "main"}])
def test_the_picture_is_sound(document, sound, fields):
    sound(drawn(document, **fields))


def test_permutation_data_are_all_sets(document):
    rows = data(document, model="main")
    stored = document["models"]["main"]["extra"]["permutation"]["estimates"]["exposed"]
    assert [float(row["estimate"]) for row in rows] == stored


@pytest.mark.parametrize(("fields", "code"), [({"model": "broken"}, "E713")])
def test_nothing_to_draw_is_refused(document, fields, code):
    with pytest.raises(OutputError, match=code):
        drawn(document, **fields)
