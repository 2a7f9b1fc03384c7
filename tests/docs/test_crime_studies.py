"""Pages on crime, refugees, policy and the seams of the evidence hold the numbers of a run of their specs."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from .test_reference import module_of

studies: ModuleType = module_of("make_crime_studies")
STALE = "run docs/make_crime_studies.py and commit docs/studies"
BLOCKS = [(page, spec, what) for page in studies.PAGES for spec, what in studies.blocks_of(page)]
QUICK = [one for one in BLOCKS if one[1] not in studies.LONG]


def shown(page: str, spec: str, what: str) -> str:
    text = (studies.FOLDER / f"{page}.md").read_text(encoding="utf-8")
    start = f"<!-- made: {spec}/{what} -->"
    return text.partition(start)[2].partition("<!-- end -->")[0].strip()


@pytest.mark.parametrize(("page", "spec", "what"), QUICK)
def test_a_block_is_that_of_a_run(page: str, spec: str, what: str) -> None:
    assert shown(page, spec, what) == studies.block(spec, what), STALE


@pytest.mark.slow
@pytest.mark.parametrize(("page", "spec", "what"), [one for one in BLOCKS if one not in QUICK])
def test_a_block_is_that_of_a_long_run(page: str, spec: str, what: str) -> None:
    assert shown(page, spec, what) == studies.block(spec, what), STALE


@pytest.mark.parametrize("page", studies.PAGES)
def test_every_page_has_its_parts(page: str) -> None:
    text = (studies.FOLDER / f"{page}.md").read_text(encoding="utf-8")
    assert "## Resumen en español" in text
    assert text.count("<!-- made: ") == text.count("<!-- end -->") == len(studies.blocks_of(page))
    named = set(re.findall(r"specs/([a-z0-9_]+)\.yaml", text))
    assert all((studies.ROOT / "specs" / f"{name}.yaml").is_file() for name in named)


def test_the_printed_table_of_applications_stands_on_the_page() -> None:
    """Totals and the ratio of both as computed from Table 2 of the paper: 4,959 of 537,087 are 0.92 per cent."""
    table = shown("refugees_and_policy", "refugees_applications", "table2")
    assert "537,087" in table
    assert "4,959" in table
    assert f"{100 * 4959 / 537087:.2f}" in table
