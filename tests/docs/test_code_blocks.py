"""Every code block of the documentation runs: shell blocks as commands, Python blocks as programs, YAML as specs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<body>.*?)^ *```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"^# (?P<file>[\w.]+\.yaml)\n")


@dataclass(frozen=True)
class Block:
    language: str
    body: str


def blocks_of(page: Path) -> list[Block]:
    found = []
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        indent = len(match["indent"])
        body = "\n".join(line[indent:] for line in match["body"].splitlines()) + "\n"
        found.append(Block(match["language"], body))
    return found


def pages() -> list[Path]:
    return [page for page in sorted((ROOT / "docs").rglob("*.md")) if "reference" not in page.parts]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_of_a_page_run_in_order(page: Path, tmp_path: Path) -> None:
    for name in ("castle.csv",):
        shutil.copy(ROOT / "data" / name, tmp_path / name)
    for block in blocks_of(page):
        if block.language == "yaml":
            name = NAMED.match(block.body)
            (tmp_path / (name["file"] if name else "block.yaml")).write_text(block.body, encoding="utf-8")
            run(f"impact check {name['file'] if name else 'block.yaml'}", tmp_path)
        elif block.language == "sh":
            for line in block.body.splitlines():
                run(line, tmp_path)
        elif block.language == "python":
            done = subprocess.run([sys.executable, "-c", block.body], cwd=tmp_path, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr


def run(line: str, folder: Path) -> None:
    """One line of a shell block, with the interpreter of the tests."""
    command = line.replace("impact ", f"{sys.executable} -m impact ", 1) if line.startswith("impact ") else line
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
