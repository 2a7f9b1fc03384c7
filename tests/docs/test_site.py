"""The site: every page is in the navigation, links lead somewhere, nothing is fetched from elsewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
SETTINGS = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
PAGES = sorted(DOCS.rglob("*.md"))
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_every_page_is_in_the_navigation() -> None:
    listed = re.findall(r"([\w/]+\.md)$", SETTINGS, re.MULTILINE)
    assert sorted(listed) == sorted(str(page.relative_to(DOCS)) for page in PAGES)


def test_nothing_is_fetched() -> None:
    assert "font: false" in SETTINGS
    assert "http" not in re.sub(r"#.*", "", SETTINGS)


@pytest.mark.parametrize("page", [*PAGES, DOCS.parent / "README.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        assert not target.startswith("http"), target
        file = page.parent / target.partition("#")[0]
        assert file.exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_one_title(page: Path) -> None:
    lines = CODE.sub("", page.read_text(encoding="utf-8")).splitlines()
    assert sum(line.startswith("# ") for line in lines) == 1


def test_dependencies_are_those_of_the_package() -> None:
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=!~ ]", one)[0] for one in project["dependencies"]}
    rows = re.findall(
        r"^\| ([\w., -]+) \| ", (DOCS / "dependencies.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {name for row in rows[1:] for name in row.split(", ")} == declared
