"""Runs a replication spec through the street and hands back its results document."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import impact.data.paths as data_paths
import impact.pipeline.document as document
import impact.pipeline.street as street
import impact.plan as plan

ROOT = Path(__file__).parents[2]
PLACES = (ROOT / "data", ROOT.parent / "shared" / "data")


class Result:
    """The document of one run with short ways to its numbers."""

    def __init__(self, found: dict) -> None:
        self.document = found
        self.rows = {(row["model"], row["term"]): row for row in found["rows"]}

    def pair(self, model: str, term: str) -> tuple[float, float]:
        """Estimate and standard error."""
        row = self.rows[model, term]
        return row["estimate"], row["std_error"]

    def cells(self, table: str) -> list[dict]:
        """Comparisons with a published table."""
        return [cell for cell in self.document["published"] if cell["table"] == table]


@cache
def _run(name: str, folder: Path | None) -> Result:
    roots = None if folder is None else {"replication": folder}
    made = plan.make_plan(ROOT / "specs" / f"{name}.yaml", roots=roots)
    found = document.build_document(street.run_plan(made))
    failed = {key: facts["error"] for key, facts in found["models"].items() if facts["status"] != "ok"}
    assert not failed
    return Result(found)


def _folder_of(file: str) -> Path:
    folders = [*data_paths.collect_roots(ROOT / "specs").values(), *PLACES]
    for folder in folders:
        if (folder / file).is_file():
            return folder
    pytest.skip(f"{file} does not come with the project; put it into data/ to run this test")


@pytest.fixture(scope="session")
def replicate() -> Callable[..., Result]:
    """``replicate(NAME)`` runs specs/NAME.yaml; with ``needs=FILE`` only where that file is present."""

    def run(name: str, needs: str | None = None) -> Result:
        return _run(name, None if needs is None else _folder_of(needs))

    return run


@pytest.fixture(scope="session")
def all_equal() -> Callable[[Result, str], None]:
    """Asserts that every printed number of a table is met."""

    def check(result: Result, table: str) -> None:
        cells = result.cells(table)
        assert any(cell["verdict"] != "not_available" for cell in cells)
        wrong = [cell for cell in cells if cell["verdict"] not in ("equal", "rounds_equal", "not_available")]
        assert not wrong, [
            (cell["model"], cell["term"], cell["stat"], cell["printed"], cell["ours"]) for cell in wrong
        ]

    return check
