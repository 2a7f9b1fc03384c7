"""Pages of records: docstring, options, references, and an example that runs through the checker."""

from __future__ import annotations

import pytest

import impact.catalog as catalog
from impact.cli.reference.records import KINDS, record_page
from impact.core.texts import area
from impact.pipeline.check import check_spec

ALL = [(kind, keyword) for kind, registry in KINDS.items() for keyword in registry.names()]
EXAMPLES = {key: value for key, value in area("any", "examples").items() if key.startswith("examples.")}


def headings(page):
    return [section.heading for section in page.sections]


@pytest.mark.parametrize(("kind", "keyword"), ALL)
def test_every_record_says_what_it_computes_and_takes(kind, keyword):
    page = record_page(kind, keyword, "en")
    record = KINDS[kind].load(keyword)
    assert page.summary == record.summary
    if kind == "domain":
        return
    assert "What it computes" in headings(page)
    (options,) = [section for section in page.sections if section.heading == "Options"]
    rows = {row[0]: row for row in options.table[1:]}
    assert set(rows) == set(record.options.model_fields)
    for name, field in record.options.model_fields.items():
        assert rows[name][-1] == field.description
        assert (rows[name][1] == "required") is field.is_required()


def test_the_page_of_ols_is_complete():
    page = record_page("estimator", "ols", "en")
    assert headings(page) == [
        "What it computes", "Options", "When not to use it", "References", "The shortest spec", "The same elsewhere",
    ]  # fmt: skip
    assert any("reghdfe y x, absorb(id t) vce(cluster id)" in row for row in page.sections[-1].table)


def test_pages_in_spanish():
    page = record_page("estimator", "ols", "es")
    assert page.summary.startswith("Mínimos cuadrados")
    assert "Cuándo no usarlo" in headings(page)


@pytest.mark.parametrize("key", EXAMPLES)
def test_every_example_is_a_spec_without_fault(key, tmp_path):
    file = tmp_path / "example.yaml"
    file.write_text(EXAMPLES[key], encoding="utf-8")
    faults, status = check_spec(str(file), depth="headers")
    assert [f"{item.code} {item.message}" for item in faults] == []
    assert status == 0


def test_examples_use_what_they_are_about():
    for key, spec in EXAMPLES.items():
        _, kind, keyword = key.split(".")
        if kind != "estimator":
            assert keyword in spec, key


def test_texts_are_about_records_that_exist():
    registries = {"estimator": catalog.ESTIMATORS, "variance": catalog.VARIANCES, "domain": catalog.DOMAINS}
    registries |= {"diagnostic": catalog.DIAGNOSTICS, "survey": catalog.SURVEYS}
    for key, value in area("en", "records").items():
        _, kind, keyword, part = key.split(".")
        assert keyword in registries[kind].names(), key
        if part == "summary":
            assert value == registries[kind].entries()[keyword].summary
