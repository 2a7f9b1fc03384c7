"""The reference pages say what the records say: they are made from them, and the committed ones are the made ones."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

import impact.catalog as catalog
from impact.cli._pages import topics
from impact.core.texts import catalogue

ROOT = Path(__file__).resolve().parents[2]
STALE = "differs from what the records say: run `make docs` and commit docs/reference"


def module_of(name: str) -> ModuleType:
    """A program of docs/, which is no package."""
    made = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert made is not None and made.loader is not None
    module = importlib.util.module_from_spec(made)
    made.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    made: dict[str, str] = module_of("make_reference").reference_pages()
    return made


def test_committed_pages_are_those_that_are_made(pages: dict[str, str]) -> None:
    committed = {file.name: file.read_text("utf-8") for file in (ROOT / "docs/reference").glob("*.md")}
    assert set(committed) == set(pages)
    for name, content in pages.items():
        assert committed[name] == content, f"docs/reference/{name} {STALE}"


def test_every_record_code_and_key_has_a_place(pages: dict[str, str]) -> None:
    everything = "\n".join(pages.values()).replace("\\_", "_")
    for registry in (
        catalog.ESTIMATORS,
        catalog.VARIANCES,
        catalog.DIAGNOSTICS,
        catalog.OUTPUTS,
        catalog.READERS,
    ):
        for keyword in registry.names():
            assert keyword in everything, keyword
    codes = {key for key, value in catalogue("en").items() if isinstance(value, dict)}
    assert {code for code in codes if f"### {code} " not in pages["codes.md"]} == set()
    top = {
        topic for topic in topics() if f"## {topic} (key of the spec)" in pages["spec.md"].replace("\\_", "_")
    }
    assert {
        "data",
        "models",
        "vcov",
        "tests",
        "published",
        "claims",
        "robustness",
        "permute",
        "outcomes",
    } <= top


def test_a_changed_default_changes_the_page(pages: dict[str, str]) -> None:
    """The page holds the default itself, so that a stale page cannot pass."""
    options = catalog.DIAGNOSTICS.load("equivalence").options  # type: ignore[attr-defined]
    row = next(line for line in pages["tests.md"].splitlines() if line.startswith("| alpha | "))
    assert row.split(" | ")[1] == str(options.model_fields["alpha"].default)
