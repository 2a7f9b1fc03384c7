"""The fan of a ledger: files, the same bytes again, and the numbers of the results behind the picture."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree

import pytest

import impact.catalog as catalog
from impact.core.errors import OutputError
from impact.outputs.figure_fan import draw
from impact.pipeline.study import StudyOptions, run_study
from impact.pipeline.write import output_request
from impact.schema.ledger.block import LedgerFigureBlock
from impact.schema.load import load_nodes

TEXT = """spec: 1
kind: ledger
years: 2019..2021
inputs:
  people: {path: {2019: 1000, 2021: 4000}}
  tax: {value: 3, low: 1, high: 5, title: {en: Tax a head, es: Impuesto por persona}}
  service: {value: 2, low: 1, high: 3}
  spare: {value: 2, low: 1, high: 3}
equations: {net: people * (tax - service)}
scenarios: {base: {}, more: {tax: {value: 4}}}
montecarlo: {draws: 500}
figures: {shown: {kind: FIGURE}}
seed: 1
language: [en, es]
"""
BLOCKS = {"fan": "fan, of: net, scale: 1000", "tornado": "tornado, of: mean(net)"}


@pytest.fixture(scope="module")
def ledger():
    result = run_study(
        load_nodes(TEXT.replace("FIGURE", BLOCKS["fan"]), name="x.yaml"), StudyOptions(out=None)
    )
    return result.document, output_request(result.plan, result.document)


def test_files_in_both_languages_and_the_same_bytes_from_what_is_stored(ledger):
    document, request = ledger
    write = catalog.OUTPUTS.load("fan").write
    files = write(document, request)
    assert sorted(files) == [
        "figures/shown.csv",
        *(f"figures/shown.{language}.{suffix}" for language in ("en", "es") for suffix in ("png", "svg")),
    ]
    assert write(json.loads(json.dumps(document, sort_keys=True)), request) == files
    page = ElementTree.fromstring(files["figures/shown.es.svg"])
    assert page.get("role") == "img" and page.get("aria-label")
    assert files["figures/shown.en.png"].startswith(b"\x89PNG")


def test_the_data_are_the_rows_of_the_results(ledger):
    document, request = ledger
    data = list(
        csv.DictReader(
            io.StringIO(catalog.OUTPUTS.load("fan").write(document, request)["figures/shown.csv"].decode())
        )
    )
    assert [(one["scenario"], one["year"]) for one in data] == [
        (s, str(y)) for s in ("base", "more") for y in (2019, 2020, 2021)
    ]
    row = next(row for row in document["rows"] if (row["model"], row["term"]) == ("more", "net[2020]"))
    assert float(data[4]["estimate"]) == pytest.approx(2500 * 2 / 1000)
    for key in ("ci_low", "p25", "median", "p75", "ci_high"):
        assert float(data[4][key]) == pytest.approx(row[key] / 1000, rel=1e-15)


def test_a_sentence_says_what_is_seen(ledger):
    document, request = ledger
    drawn = draw("shown", request.figures["shown"], document, request, language="es")
    assert "more: mediana" in drawn.sentence and "2021" in drawn.sentence


def test_a_line_that_is_not_there(ledger):
    document, request = ledger
    with pytest.raises(OutputError) as caught:
        draw("shown", LedgerFigureBlock(kind="fan", of="cost"), document, request, language="en")
    assert caught.value.code == "E713"
