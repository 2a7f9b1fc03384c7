"""`impact explain`: text, JSON, Markdown; a wrong topic is a wrong command line."""

from __future__ import annotations

import json
from dataclasses import replace

import impact.catalog as catalog
import impact.cli.reference.records as records


def test_a_keyword_a_key_and_a_code(call):
    said = call("explain", "ols", "models.vcov", "E102")
    assert said.status == 0
    for piece in ("y = x b", "models.vcov (key of the spec)", "E102 unknown key"):
        assert piece in said.out


def test_json_has_the_same_parts(call):
    page = json.loads(call("explain", "cluster", "--format", "json").out)
    assert (page["topic"], page["kind"]) == ("cluster", "variance")
    assert page["sections"][0]["heading"] == "What it computes"


def test_unknown_topic(call):
    said = call("explain", "olss")
    assert said.status == 2
    assert said.out == ""
    assert "did you mean 'ols'?" in said.err
    assert "no existe el tema 'olss'" in call("explain", "olss", "--lang", "es").err


def test_a_method_of_a_later_version_is_refused_by_name(call, monkeypatch):
    """All keywords of the specification are installed: one that is not stands in for those of later versions."""
    monkeypatch.setitem(records.KINDS, "estimator", replace(catalog.ESTIMATORS, known=("did_later",)))
    said = call("explain", "did_later")
    assert said.status == 2
    assert "E171" in said.err


def test_all_pages_as_markdown(call, folder):
    assert call("explain", "--all-markdown", "pages").status == 0
    assert (folder / "pages/estimator/ols.md").read_text(encoding="utf-8").startswith("# ols (estimator)")
    assert (folder / "pages/code/E102.md").is_file()
