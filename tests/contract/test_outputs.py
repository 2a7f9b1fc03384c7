"""Asked of every output: files from the document alone, the same bytes every time, readable as what they are."""

from __future__ import annotations

import copy
import importlib.util
import io
import json
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pytest

import impact.catalog as catalog
from impact.outputs._request import OutputRequest
from impact.schema.display import FigureBlock

# figures of ledgers show what no model has: their own tests ask the same of them
LEDGER = ("fan", "tornado")
NAMES = tuple(name for name in catalog.OUTPUTS.names() if name not in LEDGER)
KINDS = (
    "event_study",
    "coefplot",
    "permutation",
    "equivalence_plot",
    "att_gt",
    "cohorts",
    "dose",
    "bacon",
    "honest_did",
    "synth",
    "sensitivity",
    "spec_curve",
    "power",
)
# which model of the canonical study a kind of figure shows; main where none is named
SHOWN = {
    "event_study": "event",
    "att_gt": "effects",
    "cohorts": "effects",
    "dose": "effects",
    "bacon": "two_way",
    "honest_did": "effects",
    "synth": "synthetic",
}


@pytest.fixture(scope="module")
def listed():
    """The three figures of listings, with the listings they read."""
    spec = importlib.util.spec_from_file_location(
        "listed", Path(__file__).parents[1] / "outputs/listed_document.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    areas = {"area": "code", "value": "rate", "label": "iso", "row": "r", "column": "c"}
    blocks = {
        "timeline": FigureBlock(kind="timeline", listing="calendar"),
        "trends": FigureBlock(kind="trends", listing="paths"),
        "tile_map": FigureBlock(kind="tile_map", listing="areas", columns=areas),
    }
    return blocks, module.build()["listings"]


@pytest.fixture(scope="module")
def document(study, listed):
    tests = {
        "bound": {"kind": "equivalence", "of": "main", "bound": 0.5, "reason": "half a unit"},
        "omitted": {"kind": "sensemakr", "of": "main", "benchmarks": "z"},
        "found": {"kind": "power", "of": "main"},
    }
    models = {
        "main": {"formula": "y ~ exposed + z | i + t"},
        "event": {"formula": "y ~ i(t, treated, ref=4) | i + t"},
        "effects": {"estimator": "did_sa", "outcome": "y", "design": {"unit": "i"}, "permute": None},
        "synthetic": {
            "estimator": "synth",
            "outcome": "y",
            "design": {"unit": "i", "treated": "i <= 2", "from": 7},
            "permute": None,
            "vcov": None,
        },
        "two_way": {"estimator": "did_twfe", "outcome": "y", "design": {"unit": "i"}, "permute": None},
    }
    curve = {"base": "main", "target": "z", "vary": {"outcome": ["y", "yiv"], "fe": ["i + t", "t"]}}
    found = study(tests=tests, models=models, speccurve=curve)
    one = next(row for row in found["rows"] if row["model"] == "effects")
    doses = [{**one, "term": f"dose[{dose}]", "kind": "dose"} for dose in (0.5, 1, 2)]
    return {**found, "rows": [*found["rows"], *doses], "listings": listed[1]}


@pytest.fixture(scope="module")
def request_for(document, listed):
    order = tuple(document["models"])

    def make(keyword):
        models = [SHOWN.get(keyword, "main")]
        blocks = {"shown": FigureBlock(kind=keyword, models=models)} if keyword in KINDS else {}
        if keyword in listed[0]:
            blocks = {"shown": listed[0][keyword]}
        if keyword == "equivalence_plot":
            blocks = {"shown": FigureBlock(kind=keyword, test="bound")}
        return OutputRequest(figures=blocks, languages=("en", "es"), model_order=order, spec_name="x.yaml")

    return make


@pytest.fixture(scope="module")
def written(document, request_for):
    known = {}

    def write(keyword):
        if keyword not in known:
            known[keyword] = catalog.OUTPUTS.load(keyword).write(document, request_for(keyword))
        return known[keyword]

    return write


@pytest.mark.parametrize("keyword", NAMES)
def test_files_and_bytes(written, keyword):
    files = written(keyword)
    assert files
    suffix = catalog.OUTPUTS.load(keyword).suffix
    assert any(name.endswith(f".{suffix}") for name in files)
    for name, content in files.items():
        assert isinstance(content, bytes)
        assert content
        assert not name.startswith(("/", "."))
        assert ".." not in name.split("/")


@pytest.mark.parametrize("keyword", NAMES)
def test_the_same_bytes_again_and_nothing_changed(written, document, request_for, keyword):
    before = copy.deepcopy(document)
    again = catalog.OUTPUTS.load(keyword).write(document, request_for(keyword))
    assert again == written(keyword)
    assert document == before


@pytest.mark.parametrize("keyword", NAMES)
def test_drawn_from_what_is_stored(written, document, request_for, keyword):
    """The document read back from results.json gives the same bytes."""
    stored = json.loads(json.dumps(document, sort_keys=True))
    assert catalog.OUTPUTS.load(keyword).write(stored, request_for(keyword)) == written(keyword)


@pytest.mark.parametrize("keyword", NAMES)
def test_files_are_what_they_claim(written, keyword):
    for name, content in written(keyword).items():
        if name.endswith(".json"):
            json.loads(content)
        elif name.endswith(".svg"):
            ElementTree.fromstring(content)
        elif name.endswith(".png"):
            assert content.startswith(b"\x89PNG")
        elif name.endswith((".docx", ".xlsx")):
            assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
        else:
            text = content.decode("utf-8")
            assert text.endswith("\n"), name
            assert "nan" not in text.lower().split(), name
