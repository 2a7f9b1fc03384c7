"""Gallery pages show the spec as it is shipped, and the table that it gives."""

from __future__ import annotations

import shlex
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import impact.cli.main as command_line

from ..replication.enaho_persons import write_persons
from .test_reference import ROOT, module_of

gallery: ModuleType = module_of("make_gallery")
DOCS = ROOT / "docs"
LIMA = gallery.LIMA
LONG = gallery.LONG
QUICK = [name for name in gallery.CHANGES if name not in LONG]
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
@pytest.mark.parametrize("name", LONG)
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


def test_the_file_of_a_spec_without_one_is_asked_for_where_the_spec_looks() -> None:
    """The folder that a page names is the root of the spec, or of one that it extends."""
    for name, (root, where) in gallery.NOT_SHIPPED.items():
        with pytest.raises(RuntimeError, match="status 4"):
            gallery.run(name, "unused")
        looked = [gallery.spec_of(name), (ROOT / "specs/common/persons.yaml").read_text(encoding="utf-8")]
        assert f"root: {root}" in (looked[0] if "root:" in looked[0] else looked[1])
        assert f"specs/{name}.yaml --root {root}=FOLDER" in committed(name)
        assert f"not shipped: {where}." in committed(name)


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up persons in the files that the specs on persons ask for."""
    folder = tmp_path_factory.mktemp("enaho")
    write_persons(folder)
    rng = np.random.default_rng(2)
    count = 8000
    departments = rng.integers(1, 26, count)
    persons = {
        "year": rng.integers(2015, 2020, count),
        "conglome": rng.integers(100, 900, count).astype(str),
        "vivienda": rng.integers(1, 9, count).astype(str),
        "hogar": np.full(count, "11"),
        "codperso": rng.integers(1, 6, count).astype(str),
        "ubigeo": np.array([f"{code:02d}0101" for code in departments]),
        "dominio": np.where((departments == 15) & (rng.random(count) < 0.7), 8, 1),
        "estrato": rng.integers(1, 7, count),
        "p207": rng.integers(1, 3, count),
        "p208a": rng.integers(12, 75, count),
        "p301a": rng.integers(1, 12, count),
        "p507": rng.integers(1, 5, count),
        "i524a1": np.exp(rng.normal(9.0, 0.6, count)),
        "ocupinf": rng.choice([1.0, 2.0, np.nan], count),
        "ocupinf_next": rng.choice([1.0, 2.0, np.nan], count),
    }
    pd.DataFrame(persons).to_parquet(folder / "enaho_panel_2015_2020.parquet")
    return folder


@pytest.mark.parametrize("name", [name for name, changes in gallery.CHANGES.items() if changes])
def test_changes_are_possible(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, survey: Path
) -> None:
    """Every change that a page proposes passes `check` (`--only` belongs to `run`)."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("IMPACT_ROOT_ENAHO", str(survey))
    for _, options in gallery.CHANGES[name]:
        words = shlex.split(options)
        command = "run" if "--only" in words else "check"
        extra = ["--dry-run", "--out", str(tmp_path)] if command == "run" else []
        with pytest.raises(SystemExit) as left:
            command_line.main([command, f"specs/{name}.yaml", *words, *extra])
        assert left.value.code == 0, options
