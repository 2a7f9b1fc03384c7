"""The tornado of a ledger: files, the same bytes again, and the numbers of the results behind the picture."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree

import pytest

import impact.catalog as catalog
from impact.core.errors import OutputError
from impact.outputs.figure_tornado import draw
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
        load_nodes(TEXT.replace("FIGURE", BLOCKS["tornado"]), name="x.yaml"), StudyOptions(out=None)
    )
    return result.document, output_request(result.plan, result.document)


def test_files_in_both_languages_and_the_same_bytes_from_what_is_stored(ledger):
    document, request = ledger
    write = catalog.OUTPUTS.load("tornado").write
    files = write(document, request)
    assert sorted(files) == [
        "figures/shown.csv",
        *(f"figures/shown.{language}.{suffix}" for language in ("en", "es") for suffix in ("png", "svg")),
    ]
    assert write(json.loads(json.dumps(document, sort_keys=True)), request) == files
    page = ElementTree.fromstring(files["figures/shown.es.svg"])
    assert page.get("role") == "img" and page.get("aria-label")
    assert files["figures/shown.en.png"].startswith(b"\x89PNG")


def test_swings_are_those_of_one_input_at_a_time(ledger):
    """Mean of people 2,500: tax from 1 to 5 against a service of 2; the spare input moves nothing and is not shown."""
    document, request = ledger
    text = catalog.OUTPUTS.load("tornado").write(document, request)["figures/shown.csv"].decode()
    data = list(csv.DictReader(io.StringIO(text)))
    assert [(one["scenario"], one["input"]) for one in data] == [
        ("base", "tax"), ("base", "service"), ("more", "tax"), ("more", "service")
    ]  # fmt: skip
    assert [float(data[0][key]) for key in ("at_low", "point", "at_high")] == [-2500, 2500, 7500]
    assert float(data[0]["rank_correlation"]) > 0.8 and float(data[1]["rank_correlation"]) < -0.3


def test_a_sentence_names_the_widest_swing(ledger):
    document, request = ledger
    drawn = draw("shown", request.figures["shown"], document, request, language="en")
    assert "Tax a head" in drawn.sentence and "−2,500" in drawn.sentence


def test_an_output_that_is_not_there(ledger):
    document, request = ledger
    with pytest.raises(OutputError) as caught:
        draw("shown", LedgerFigureBlock(kind="tornado", of="sum(net)"), document, request, language="en")
    assert caught.value.code == "E713"
