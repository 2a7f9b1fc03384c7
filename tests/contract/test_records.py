"""Every record of every registry: a summary, a docstring with the model and its source, described options."""

from __future__ import annotations

import ast
import importlib
import re

import pytest

import impact.catalog as catalog
from impact.core.registered import Diagnostic, Domain, Estimator, Output, Reader, Survey, Variance
from impact.core.texts import LANGUAGES, catalogue
from impact.schema.model import OutcomeBlock
from impact.schema.shipped import shipped_names

REGISTRIES = {
    "estimator": (catalog.ESTIMATORS, Estimator),
    "variance": (catalog.VARIANCES, Variance),
    "test": (catalog.DIAGNOSTICS, Diagnostic),
    "domain": (catalog.DOMAINS, Domain),
    "format": (catalog.READERS, Reader),
    "output": (catalog.OUTPUTS, Output),
    "source": (catalog.SURVEYS, Survey),
}
ALL = [(kind, keyword) for kind, (registry, _) in REGISTRIES.items() for keyword in registry.names()]
STATISTICAL = [pair for pair in ALL if pair[0] in ("estimator", "variance", "test")]
SOURCE = re.compile(r"[A-ZÁÉ][A-Za-zé\-]+[^.\n]{0,60}?\(?(?:1[89]|20)\d\d\)?")


def record_of(kind, keyword):
    return REGISTRIES[kind][0].load(keyword)


def docstring_of(kind, keyword):
    module = importlib.import_module(REGISTRIES[kind][0].entries()[keyword].module)
    return module, (module.__doc__ or "").strip()


def test_registries_hold_something():
    assert {kind for kind, _ in ALL} == set(REGISTRIES)


@pytest.mark.parametrize(("kind", "keyword"), ALL)
def test_the_record_and_its_summary(kind, keyword):
    record = record_of(kind, keyword)
    assert isinstance(record, REGISTRIES[kind][1])
    assert 0 < len(record.summary) <= 80
    assert not record.summary.endswith(".")
    assert record.summary == REGISTRIES[kind][0].entries()[keyword].summary


@pytest.mark.parametrize(("kind", "keyword"), STATISTICAL)
def test_the_docstring_names_its_source(kind, keyword):
    _, text = docstring_of(kind, keyword)
    references = " ".join(record_of(kind, keyword).references)
    assert SOURCE.search(text) or SOURCE.search(references), text[:300]


@pytest.mark.parametrize("keyword", catalog.ESTIMATORS.names())
def test_an_estimator_states_model_and_assumptions(keyword):
    _, text = docstring_of("estimator", keyword)
    assert re.search(r"^    \S.* = ", text, re.M), "the model in symbols, on an indented line"
    assert record_of("estimator", keyword).references


@pytest.mark.parametrize(("kind", "keyword"), STATISTICAL)
def test_options_have_defaults_or_say_that_they_are_needed(kind, keyword):
    options = record_of(kind, keyword).options
    assert options.model_config["extra"] == "forbid"
    assert options.model_config["frozen"]
    for name, field in options.model_fields.items():
        assert len(field.description or "") >= 8, name


@pytest.mark.parametrize(("kind", "keyword"), ALL)
def test_the_file_ends_with_its_record(kind, keyword):
    module, _ = docstring_of(kind, keyword)
    with open(module.__file__, encoding="utf-8") as file:
        last = ast.parse(file.read()).body[-1]
    assert isinstance(last, ast.Assign)
    assert ast.unparse(last.targets[0]) == REGISTRIES[kind][0].attribute


@pytest.mark.parametrize("keyword", catalog.DOMAINS.names())
def test_a_domain(keyword):
    """Outcomes are sums that a spec could state; labels speak every language; an example is shipped."""
    domain = record_of("domain", keyword)
    for name, outcome in domain.outcomes.items():
        OutcomeBlock(**outcome)
        assert name in domain.labels
    for name, label in domain.labels.items():
        assert set(label) == set(LANGUAGES), name
    for note in domain.notes:
        assert note in catalogue("en"), note


@pytest.mark.parametrize("keyword", [name for name in catalog.DOMAINS.names() if name != "fiscal"])
def test_a_domain_has_an_example(keyword):
    assert [name for name in shipped_names("specs") if name.startswith(keyword)]
