"""Figures: the plotted data are the results' own, the pictures are sound and speak in words too."""

import csv
import importlib
import io
import re
from xml.etree import ElementTree

import pytest

from impact.core.errors import OutputError
from impact.outputs._figure_style import inline_svg, typeset
from impact.outputs._request import OutputRequest
from impact.schema.display import FigureBlock, OutputsBlock


def module(kind):
    return importlib.import_module(f"impact.outputs.figure_{kind}")


def drawn(document, language="en", **fields):
    block = FigureBlock(**fields)
    asked = OutputRequest(figures={"f": block}, model_order=("main", "event", "groups"))
    return module(block.kind).draw("f", block, document, asked, language=language)


def data(document, **fields) -> list[dict[str, str]]:
    block = FigureBlock(**fields)
    files = module(block.kind).write(document, OutputRequest(figures={"f": block}, model_order=("main",)))
    assert set(files) == {"figures/f.svg", "figures/f.png", "figures/f.csv"}
    return list(csv.DictReader(io.StringIO(files["figures/f.csv"].decode())))


FIGURES = [
    {"kind": "event_study", "model": "event"},
    {"kind": "coefplot", "model": "main"},
    {"kind": "coefplot", "models": ["groups"]},
    {"kind": "coefplot", "models": ["main", "event"], "rows": "models"},
    {"kind": "permutation", "model": "main"},
    {"kind": "equivalence_plot", "test": "bound"},
]


@pytest.mark.parametrize("fields", FIGURES, ids=lambda fields: "-".join(map(str, fields.values())))
def test_pictures_are_sound(document, fields):
    picture = drawn(document, **fields)
    root = ElementTree.fromstring(picture.svg)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == picture.sentence
    assert len(picture.sentence) > 20
    text = picture.svg.decode()
    assert "<script" not in text and "metadata" not in text
    assert not re.search(r"20[23]\d-\d\d-\d\d", text)
    outside = set(re.findall(r"https?://[^\"\s<]+", text))
    assert outside <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert picture.png.startswith(b"\x89PNG") and b"tEXt" not in picture.png[:200]
    assert "<!--" not in text


def test_event_study_data(document):
    rows = data(document, kind="event_study", model="event")
    assert [float(row["time"]) for row in rows] == [2015, 2016, 2017, 2018]
    assert [row["reference"] for row in rows] == ["false", "true", "false", "false"]
    stored = {row["time"]: row for row in document["rows"] if row["kind"] == "event"}
    for row in rows:
        if row["reference"] == "false":
            source = stored[int(float(row["time"]))]
            assert float(row["estimate"]) == source["estimate"]
            assert float(row["ci_low"]) == source["primary_ci_low"]
            assert float(row["band_high"]) == source["band_high"]
            assert row["interval"] == "permutation"
        else:
            assert row["estimate"] == "0.0" and row["ci_low"] == ""


def test_event_time_has_its_reference_at_minus_one(document):
    for row in document["rows"]:
        if row["kind"] == "event":
            row["event_time"] = row["time"] - 2017
    rows = data(document, kind="event_study", model="event")
    assert [float(row["time"]) for row in rows] == [-2, -1, 0, 1]
    assert rows[1]["reference"] == "true"


def test_several_models_are_dodged_and_named(document):
    document["models"]["other"] = {**document["models"]["event"], "base": "other"}
    document["rows"] += [{**row, "model": "other"} for row in document["rows"] if row["model"] == "event"]
    one = drawn(document, kind="event_study", models=["event", "other"])
    other = drawn(document, kind="event_study", models=["event", "other"], dodge=False)
    assert one.svg != other.svg
    assert {row["model"] for row in one.data} == {"event", "other"}
    assert one.sentence == drawn(document, kind="event_study", models=["event"]).sentence


def test_facets_by_matrix_label(document):
    event = document["models"].pop("event")
    rows = [row for row in document["rows"] if row["model"] == "event"]
    for who in ("women", "men"):
        document["models"][f"event[who={who}]"] = {**event, "base": "event", "cell": {"who": who}}
        document["rows"] += [{**row, "model": f"event[who={who}]"} for row in rows]
    picture = drawn(document, kind="event_study", models="event", facet="who")
    assert b"<svg" in picture.svg
    assert {row["model"] for row in picture.data} == {"event[who=women]", "event[who=men]"}


def test_forest_holds_the_main_estimate_and_its_rows(document):
    rows = data(document, kind="coefplot", model="main")
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
    rows = data(document, kind="coefplot", models=["groups"])
    groups = [row["group"] for row in rows]
    assert "sex=women;age_group=14-24;education=university" not in groups
    assert groups[-1] == "" and rows[-1]["marked"] == "main"
    assert len(rows) == 17


def test_permutation_data_are_all_sets(document):
    rows = data(document, kind="permutation", model="main")
    stored = document["models"]["main"]["extra"]["permutation"]["estimates"]["exposed"]
    assert [float(row["estimate"]) for row in rows] == stored


def test_equivalence_data(document):
    rows = data(document, kind="equivalence_plot")
    assert [(row["bound"], row["ci_low"], row["verdict"]) for row in rows] == [
        ("0.02", "-0.0451", "inconclusive")
    ]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "event_study", "model": "main"}, "E713"),
        ({"kind": "event_study", "model": "evnt"}, "E710"),
        ({"kind": "permutation", "model": "broken"}, "E713"),
        ({"kind": "equivalence_plot", "test": "other"}, "E713"),
        ({"kind": "coefplot", "models": ["broken"], "rows": "models"}, "E713"),
    ],
)
def test_nothing_to_draw_is_refused(document, fields, code):
    with pytest.raises(OutputError, match=code):
        drawn(document, **fields)


def test_formats_and_languages(document):
    block = FigureBlock(kind="event_study", model="event", formats=["svg"])
    asked = OutputRequest(figures={"f": block}, languages=("en", "es"), outputs=OutputsBlock(figures=["png"]))
    files = module("event_study").write(document, asked)
    assert set(files) == {"figures/f.en.svg", "figures/f.es.svg", "figures/f.csv"}


def test_hostile_labels_are_text(document):
    document["labels"]["kept"] = {"en": "<script>x</script> $\\frac{1}{0}$ \x07", "es": "a"}
    picture = drawn(document, kind="event_study", model="event")
    assert b"<script" not in picture.svg
    ElementTree.fromstring(picture.svg)


def test_inline_identifiers_are_unique():
    svg = b'<?xml version="1.0"?>\n<svg><g id="a"/><use xlink:href="#a"/><path clip-path="url(#p1)"/></svg>\n'
    assert inline_svg(svg, "f") == (
        '<svg><g id="f-a"/><use xlink:href="#f-a"/><path clip-path="url(#f-p1)"/></svg>'
    )


def test_minus_signs_of_sentences():
    assert typeset("from -0.061 to [-1, 14-24] x-2") == "from −0.061 to [−1, 14-24] x-2"
