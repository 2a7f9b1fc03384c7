"""Gallery pages show the spec as it is shipped, and the table that it gives."""

from __future__ import annotations

import shlex
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import impact.cli.main as command_line

from .test_reference import ROOT, module_of

gallery: ModuleType = module_of("make_gallery")
DOCS = ROOT / "docs"
LIMA = gallery.LIMA
QUICK = [name for name in gallery.CHANGES if name not in LIMA]
STALE = "run `make gallery` and commit docs/gallery"


@cache
def made(name: str) -> tuple[str, dict[str, Any]]:
    """A page and its results, run once."""
    found: tuple[str, dict[str, Any]] = gallery.study(name)
    return found


def committed(name: str) -> str:
    return (ROOT / "docs" / "gallery" / f"{name}.md").read_text(encoding="utf-8")


def test_every_shipped_spec_has_its_page() -> None:
    shipped = {file.stem for file in (ROOT / "specs").glob("*.yaml")}
    pages = {file.stem for file in (ROOT / "docs" / "gallery").glob("*.md")}
    assert shipped == set(gallery.CHANGES) == pages
    assert (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8") == gallery.index()


@pytest.mark.parametrize("name", gallery.CHANGES)
def test_page_holds_the_spec_as_shipped(name: str) -> None:
    assert f"```yaml\n{gallery.spec_of(name).rstrip()}\n```" in committed(name), STALE


@pytest.mark.parametrize("name", QUICK)
def test_page_is_that_of_a_run(name: str) -> None:
    assert committed(name) == made(name)[0], STALE


@pytest.mark.slow
@pytest.mark.parametrize("name", LIMA)
def test_page_is_that_of_a_long_run(name: str) -> None:
    assert committed(name) == made(name)[0], STALE


def test_certificate_is_that_of_the_runs() -> None:
    documents = {name: made(name)[1] for name in QUICK}
    assert (DOCS / "replications.md").read_text(encoding="utf-8") == gallery.replications(documents), STALE


@pytest.mark.slow
def test_lima_tables_are_those_of_the_runs() -> None:
    page = (DOCS / "peru.md").read_text(encoding="utf-8")
    documents = {name: made(name)[1] for name in LIMA}
    blocks = {"table": gallery.lima_table(documents), "answers": gallery.lima_answers(documents)}
    assert page == gallery.filled(page, blocks), STALE


def test_synthetic_lima_is_that_of_the_run() -> None:
    page = (DOCS / "peru.md").read_text(encoding="utf-8")
    block = gallery.comparative_table(made(gallery.COMPARATIVE)[1])
    assert page == gallery.filled(page, {"synthetic": block}), STALE


@pytest.mark.parametrize("name", [name for name, changes in gallery.CHANGES.items() if changes])
def test_changes_are_possible(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every change that a page proposes passes `check` (`--only` belongs to `run`)."""
    monkeypatch.chdir(ROOT)
    for _, options in gallery.CHANGES[name]:
        words = shlex.split(options)
        command = "run" if words[0] == "--only" else "check"
        extra = ["--dry-run", "--out", str(tmp_path)] if command == "run" else []
        with pytest.raises(SystemExit) as left:
            command_line.main([command, f"specs/{name}.yaml", *words, *extra])
        assert left.value.code == 0, options
