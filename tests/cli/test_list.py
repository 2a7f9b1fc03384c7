"""`impact list`: exactly what is installed."""

from __future__ import annotations

import json

import pytest

import impact.catalog as catalog
from impact.cli._installed import REGISTRIES, TOPICS


def test_every_topic_is_what_the_registries_hold(call):
    found = json.loads(call("list", "--format", "json").out)
    assert list(found) == list(TOPICS)
    for topic, registry in REGISTRIES.items():
        assert [line["keyword"] for line in found[topic]] == list(registry.names())
        assert all(line["summary"] for line in found[topic])


def test_one_topic_is_a_list(call):
    lines = json.loads(call("list", "estimators", "--format", "json").out)
    assert [line["keyword"] for line in lines] == list(catalog.ESTIMATORS.names())
    assert lines[0]["where"].startswith("impact.estimators.")


def test_text_has_one_line_a_keyword(call):
    said = call("list", "tests")
    assert len(said.out.splitlines()) == len(catalog.DIAGNOSTICS.names())
    assert said.err == ""


@pytest.mark.parametrize("topic", ["estimators", "variances", "tests", "domains"])
def test_spanish_summaries(call, topic):
    english = json.loads(call("list", topic, "--format", "json").out)
    spanish = json.loads(call("list", topic, "--format", "json", "--lang", "es").out)
    translated = [
        one for one, other in zip(english, spanish, strict=True) if one["summary"] != other["summary"]
    ]
    assert len(translated) >= len(english) * 2 // 3


def test_examples_are_the_shipped_specs(call):
    names = {line["keyword"] for line in json.loads(call("list", "examples", "--format", "json").out)}
    assert {"self_defence_laws", "employment_keepjob_lima"} <= names
    assert "lima" not in names
