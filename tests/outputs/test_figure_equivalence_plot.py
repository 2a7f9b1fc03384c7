"""Equivalence plots."""

import csv
import io

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_equivalence_plot import draw, write
from impact.schema.display import FigureBlock


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="equivalence_plot", **fields)
    asked = OutputRequest(figures={"f": block}, model_order=("main", "event", "groups"))
    return draw("f", block, document, asked, language=language)


def data(document, **fields) -> list[dict[str, str]]:
    block = FigureBlock(kind="equivalence_plot", **fields)
    files = write(document, OutputRequest(figures={"f": block}, model_order=("main",)))
    assert set(files) == {"figures/f.svg", "figures/f.png", "figures/f.csv"}
    return list(csv.DictReader(io.StringIO(files["figures/f.csv"].decode())))


@pytest.mark.parametrize("fields", [{"test": "bound"}])
def test_the_picture_is_sound(document, sound, fields):
    sound(drawn(document, **fields))


def test_equivalence_data(document):
    rows = data(document)
    assert [(row["bound"], row["ci_low"], row["verdict"]) for row in rows] == [
        ("0.02", "-0.0451", "inconclusive")
    ]


@pytest.mark.parametrize(("fields", "code"), [({"test": "other"}, "E713")])
def test_nothing_to_draw_is_refused(document, fields, code):
    with pytest.raises(OutputError, match=code):
        drawn(document, **fields)
