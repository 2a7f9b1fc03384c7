"""The notebook is what its cells give: they are run again and compared."""

from __future__ import annotations

import base64
import json
from types import ModuleType
from typing import Any

import pytest

from .test_reference import ROOT, module_of

made: ModuleType = module_of("make_notebook")
DOCS = ROOT / "docs"
STALE = "run `python docs/make_notebook.py` and commit docs/notebook.*"


@pytest.fixture(scope="module")
def outputs() -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = made.run_cells()
    return found


def without_pictures(notebook: dict[str, Any]) -> dict[str, Any]:
    """Pictures are compared as pictures: their bytes are those of a version of matplotlib."""
    copy: dict[str, Any] = json.loads(json.dumps(notebook))
    for cell in copy["cells"]:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("image/png", None)
    return copy


def test_the_notebook_is_what_its_cells_give(outputs: list[list[dict[str, Any]]]) -> None:
    stored = json.loads((DOCS / "notebook.ipynb").read_text(encoding="utf-8"))
    assert without_pictures(stored) == without_pictures(made.notebook(outputs)), STALE
    assert (DOCS / "notebook.md").read_text(encoding="utf-8") == made.page(outputs), STALE


def test_the_notebook_is_one() -> None:
    """What nbformat 4.5 asks for: identifiers, kinds of cells, outputs of code alone."""
    stored = json.loads((DOCS / "notebook.ipynb").read_text(encoding="utf-8"))
    assert (stored["nbformat"], stored["nbformat_minor"]) == (4, 5)
    assert stored["metadata"]["kernelspec"]["name"] == "python3"
    names = [cell["id"] for cell in stored["cells"]]
    assert len(set(names)) == len(names)
    for cell in stored["cells"]:
        wanted = {"cell_type", "id", "metadata", "source"}
        wanted |= {"outputs", "execution_count"} if cell["cell_type"] == "code" else set()
        assert set(cell) == wanted
        assert all(isinstance(line, str) for line in cell["source"])
    counts = [cell["execution_count"] for cell in stored["cells"] if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(made.CELLS) + 1))


def test_its_pictures_are_those_of_the_page() -> None:
    stored = json.loads((DOCS / "notebook.ipynb").read_text(encoding="utf-8"))
    pictures = [
        (cell["execution_count"], output["data"]["image/png"])
        for cell in stored["cells"]
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    assert pictures
    for number, picture in pictures:
        file = DOCS / made.IMAGE.format(number=number)
        assert base64.b64decode(picture) == file.read_bytes()
        assert file.read_bytes()[:4] == b"\x89PNG"
