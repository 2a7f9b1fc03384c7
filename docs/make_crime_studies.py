"""Fills the tables of the pages on crime, refugees, policy and the seams of the evidence from runs of their specs.

A block ``<!-- made: SPEC/WHAT -->`` holds a table of the spec by its name, ``claims`` (every claim with its state) or
``answer``. Nothing between the marks is written by hand; tests/docs/test_crime_studies.py runs the specs again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from impact.pipeline.study import StudyOptions, run_study
from impact.pipeline.write import draw
from impact.plan import make_plan

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "studies"
PAGES = ("equilibrium_crime", "refugees_and_policy", "seams_of_the_evidence")
# hundreds of sets of areas, five kinds of crime: not part of the quick tests
LONG = ("crime_police_kinds",)
_MARK = re.compile(r"<!-- made: ([a-z0-9_]+)/([A-Za-z0-9_]+) -->\n.*?<!-- end -->", re.DOTALL)
STATES = {"agrees": "agrees", "disagrees": "disagrees", "cannot_tell": "cannot tell"}


@cache
def results(spec: str) -> tuple[Mapping[str, Any], Mapping[str, bytes]]:
    """The results document of a shipped spec and its tables."""
    file = str(ROOT / "specs" / f"{spec}.yaml")
    # pages need the tables in Markdown alone
    settings = ("outputs.formats=[md]", *(("figures=null",) if make_plan(file).spec.figures else ()))
    result = run_study(file, StudyOptions(out=None, jobs=2, set_values=settings))
    return result.document, draw(result.plan, result.document)


def block(spec: str, what: str) -> str:
    """The content of one block."""
    document, files = results(spec)
    if what == "answer":
        return str(document["answer"]["sentence"]["en"])
    if what == "claims":
        return _claims(document)
    # a study in two languages has one file for each
    name = next(one for one in (f"tables/{what}.md", f"tables/{what}.en.md") if one in files)
    table = files[name].decode("utf-8")
    return table.partition("\nNotes:")[0].strip()


def _claims(document: Mapping[str, Any]) -> str:
    lines = ["| sentence | state | what stands behind it |", "| :--- | :--- | :--- |"]
    for claim in document["claims"]:
        note = (claim["note"] or {}).get("en", "")
        source = (claim["source"] or {}).get("en", "")
        behind = " ".join(words for words in (source and f"{source}.", note) if words)
        lines.append(f"| {claim['text']['en']} | {STATES[claim['state']]} | {behind} |")
    return "\n".join(lines)


def blocks_of(page: str) -> list[tuple[str, str]]:
    """Specs and tables that a page shows."""
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    return [(found[1], found[2]) for found in _MARK.finditer(text)]


def filled(text: str, make: Callable[[str, str], str]) -> str:
    """The page with its blocks put in anew: ``make(spec, what)``."""

    def put(found: re.Match[str]) -> str:
        return f"<!-- made: {found[1]}/{found[2]} -->\n\n{make(found[1], found[2])}\n\n<!-- end -->"

    return _MARK.sub(put, text)


def write_pages(pages: Iterable[str], make: Callable[[str, str], str]) -> None:
    """Write pages of the studies with their blocks put in anew."""
    for page in pages:
        file = FOLDER / f"{page}.md"
        file.write_text(filled(file.read_text(encoding="utf-8"), make), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_pages(PAGES, block)
