"""The pages on the labour studies print the numbers of runs; their sources are kept apart from ours."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from impact.pipeline.study import StudyOptions, run_study

from .test_reference import ROOT, module_of

studies: ModuleType = module_of("make_labour_studies")
STALE = "run docs/make_labour_studies.py and commit docs/studies"
PERSONS = "enaho_panel_2015_2020.parquet"
FOLDER = next((f for f in (ROOT.parent / "shared" / "data", ROOT / "data") if (f / PERSONS).is_file()), None)


@cache
def document_of(name: str) -> dict[str, Any]:
    roots = {"enaho": str(FOLDER)} if FOLDER is not None else {}
    options = StudyOptions(out=None, jobs=2, roots=roots)
    return run_study(str(ROOT / "specs" / f"{name}.yaml"), options).document


def page_of(name: str) -> str:
    file: Path = studies.FOLDER / f"{name}.md"
    return file.read_text(encoding="utf-8")


def is_filled(name: str, blocks: dict[str, str]) -> None:
    page = page_of(name)
    assert page == studies.filled(page, blocks), STALE


def test_sister_studies_are_those_of_the_runs() -> None:
    is_filled("sister_studies", studies.sister_studies(document_of))


@pytest.mark.slow
def test_asencios_and_castellares_is_that_of_the_runs() -> None:
    is_filled("asencios_castellares", studies.asencios(document_of))


@pytest.mark.slow
def test_three_cities_is_that_of_the_runs() -> None:
    is_filled("three_cities", studies.three_cities(document_of))


@pytest.mark.slow
@pytest.mark.skipif(FOLDER is None, reason="the persons of the panel are not on this machine")
def test_blocks_on_persons_are_those_of_the_runs() -> None:
    is_filled("three_cities", studies.three_cities_persons(document_of))
    is_filled("sister_studies", studies.sister_studies_persons(document_of))


def test_every_block_of_a_page_is_made() -> None:
    """No made block without a function that fills it, and none left empty."""
    made = {
        "asencios_castellares": 9,
        "three_cities": 6,
        "sister_studies": 6,
    }
    for name, count in made.items():
        page = page_of(name)
        assert page.count("<!-- made: ") == page.count("<!-- end -->") == count
        for part in page.split("<!-- made: ")[1:]:
            assert len(part.partition("<!-- end -->")[0].splitlines()) > 3, f"{name}: an empty block"


@pytest.mark.parametrize("name", studies.PAGES)
def test_a_page_says_what_a_study_page_must(name: str) -> None:
    page = page_of(name)
    for words in (
        "Resumen en español",
        "how sure" if name != "sister_studies" else "read in abstracts",
        "## Our equation",
        "## Our table",
        "## Limits",
        "nationality is not observed",
        "## On own files",
        "impact run specs/",
    ):
        assert words in page, words


def test_an_unknown_block_is_refused() -> None:
    with pytest.raises(ValueError, match="no block x"):
        studies.filled("a page", {"x": "y"})
