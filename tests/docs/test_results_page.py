"""docs/results.md names every field that a run writes, and no field that the package does not know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import impact.cli.main as command_line

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
NAMES = set(re.findall(r"`([a-z][a-z0-9_]*)`", PAGE))
# collections whose keys are names of the user's, of files or of packages
FREE = {
    "labels",
    "details",
    "factors",
    "absorbed",
    "dropped_terms",
    "n_clusters",
    "g",
    "groups",
    "cell",
    "missing",
}
FREE |= {
    "published_summary",
    "options",
    "outputs",
    "environment",
    "files",
    "explanations",
    "extra",
    "weights",
}
FREE |= {"values", "digits"}
# of a ledger: what scenarios change and what lines depend on, by name
FREE |= {"changes", "touches", "order"}
NAMED = {"data", "samples", "models", "listings", "geometries", "inputs", "equations", "scenarios"}
LANGUAGES = {"en", "es"}
SPECS = (
    "replication_c3_guns",
    "theft_and_population",
    "replication_f3_public_capital",
    "refugees_applications",
    "fiscal_growth_consumption",
)
FEW = """
spec: 1
data: shipped:castle
domain: crime
design: {unit: sid, time: year, treated: 'sid == 1', from: 2006}
permute: {unit: sid, sets: same_size}
seed: 1
vcov: {cluster: sid}
models: {main: l_homicide ~ exposed | sid + year}
tests: {bound: {kind: equivalence, of: main, bound: 0.1, reason: "an example"}}
claims: {lower: {text: lower, evidence: cited, source: nobody, test: main.exposed.estimate < 0}}
"""


def fields(value: Any, *, named: bool = False) -> Iterator[str]:
    """Names of the fields of a document, without those that a user chooses."""
    if isinstance(value, list):
        for inner in value:
            yield from fields(inner)
    elif isinstance(value, dict) and set(value) - LANGUAGES:
        for key, inner in value.items():
            if not named:
                yield key
            if key not in FREE or named:
                yield from fields(inner, named=key in NAMED and not named)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    out = tmp_path_factory.mktemp("reports")
    few = out / "few_treated.yaml"
    few.write_text(FEW, encoding="utf-8")
    files = [*(ROOT / "specs" / f"{name}.yaml" for name in SPECS), few]
    with pytest.raises(SystemExit) as left:
        command_line.main(["-q", "run", *map(str, files), "--out", str(out)])
    assert left.value.code == 0
    return [out / file.stem for file in files]


@pytest.mark.parametrize("file", ["results.json", "manifest.json"])
def test_every_field_is_on_the_page(folders: list[Path], file: str) -> None:
    written: set[str] = set()
    for folder in folders:
        written |= set(fields(json.loads((folder / file).read_text(encoding="utf-8"))))
    assert len(written) > 20
    assert written - NAMES == set()


def test_every_name_on_the_page_is_written_somewhere() -> None:
    source = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "impact").rglob("*.py"))
    assert {name for name in NAMES if not re.search(rf"\b{name}\b", source)} == set()


def test_every_file_of_a_folder_is_on_the_page(folders: list[Path]) -> None:
    for folder in folders:
        for file in folder.iterdir():
            assert file.name in PAGE or file.is_dir(), file.name
