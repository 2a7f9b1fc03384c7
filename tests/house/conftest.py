"""The source tree, read once: every module of the package with its syntax tree."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Module:
    path: Path  # relative to the root of the project
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    """Every module of the package."""
    return [_read(file) for file in sorted((ROOT / "impact").rglob("*.py"))]


@pytest.fixture(scope="session")
def test_modules() -> list[Module]:
    """Every module of the tests."""
    return [_read(file) for file in sorted((ROOT / "tests").rglob("*.py"))]


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Files under version control; skipped where the tree is no checkout."""
    found = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if found.returncode:
        pytest.skip("not a checkout")
    return [
        Path(name) for name in found.stdout.decode("utf-8").split("\0") if name and (ROOT / name).is_file()
    ]


def _read(file: Path) -> Module:
    text = file.read_text(encoding="utf-8")
    return Module(file.relative_to(ROOT), text, ast.parse(text))
