"""Event studies: the plotted data are the results' own, the reference stands at zero."""

import csv
import io
import xml.etree.ElementTree as ElementTree

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.figure_event_study import draw, write
from impact.schema.display import FigureBlock, OutputsBlock


def drawn(document, language="en", **fields):
    block = FigureBlock(kind="event_study", **fields)
    asked = OutputRequest(figures={"f": block}, model_order=("main", "event", "groups"))
    return draw("f", block, document, asked, language=language)


def data(document, **fields) -> list[dict[str, str]]:
    block = FigureBlock(kind="event_study", **fields)
    files = write(document, OutputRequest(figures={"f": block}, model_order=("main",)))
    assert set(files) == {"figures/f.svg", "figures/f.png", "figures/f.csv"}
    return list(csv.DictReader(io.StringIO(files["figures/f.csv"].decode())))


@pytest.mark.parametrize("fields", [{"model": "event"}])
def test_the_picture_is_sound(document, sound, fields):
    sound(drawn(document, **fields))


def test_event_study_data(document):
    rows = data(document, model="event")
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
    rows = data(document, model="event")
    assert [float(row["time"]) for row in rows] == [-2, -1, 0, 1]
    assert rows[1]["reference"] == "true"


def test_several_models_are_dodged_and_named(document):
    document["models"]["other"] = {**document["models"]["event"], "base": "other"}
    document["rows"] += [{**row, "model": "other"} for row in document["rows"] if row["model"] == "event"]
    one = drawn(document, models=["event", "other"])
    other = drawn(document, models=["event", "other"], dodge=False)
    assert one.svg != other.svg
    assert {row["model"] for row in one.data} == {"event", "other"}
    assert one.sentence == drawn(document, models=["event"]).sentence


def test_facets_by_matrix_label(document):
    event = document["models"].pop("event")
    rows = [row for row in document["rows"] if row["model"] == "event"]
    for who in ("women", "men"):
        document["models"][f"event[who={who}]"] = {**event, "base": "event", "cell": {"who": who}}
        document["rows"] += [{**row, "model": f"event[who={who}]"} for row in rows]
    picture = drawn(document, models="event", facet="who")
    assert b"<svg" in picture.svg
    assert {row["model"] for row in picture.data} == {"event[who=women]", "event[who=men]"}


def test_formats_and_languages(document):
    block = FigureBlock(kind="event_study", model="event", formats=["svg"])
    asked = OutputRequest(figures={"f": block}, languages=("en", "es"), outputs=OutputsBlock(figures=["png"]))
    files = write(document, asked)
    assert set(files) == {"figures/f.en.svg", "figures/f.es.svg", "figures/f.csv"}


def test_hostile_labels_are_text(document):
    document["labels"]["kept"] = {"en": "<script>x</script> $\\frac{1}{0}$ \x07", "es": "a"}
    picture = drawn(document, model="event")
    assert b"<script" not in picture.svg
    ElementTree.fromstring(picture.svg)


@pytest.mark.parametrize(("fields", "code"), [({"model": "main"}, "E713"), ({"model": "evnt"}, "E710")])
def test_nothing_to_draw_is_refused(document, fields, code):
    with pytest.raises(OutputError, match=code):
        drawn(document, **fields)
