"""Fixtures for every folder: the test panel."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest


def _load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def test_panel() -> dict[str, np.ndarray]:
    """Columns of the 480-row panel by name; the known sums are checked when it is made."""
    module = _load(Path(__file__).parent / "panel.py")
    panel = module.make_panel()
    for name, total in module.SUMS.items():
        assert abs(panel[name].sum() - total) < 5e-9
    assert (panel["cnt"] == 0).sum() == 142
    return panel
