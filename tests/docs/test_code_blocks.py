"""Every code block of the documentation runs: shell blocks as commands, Python blocks as programs, YAML as specs."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import impact.cli.main as command_line

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<body>.*?)^ *```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"^# (?P<file>[\w.]+\.yaml)\n")
LANGUAGES = ("yaml", "sh", "python", "text")
# the whole study of a page is run by tests/replication, which asks for its numbers: here its spec is checked
LONG = re.compile(r"^impact (?:run|replicate|verify) (?:.* )?(?:specs|reports)\b")


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
    """Pages written by hand, and the README; those of docs/reference and docs/gallery are made."""
    made = {"reference", "gallery"}
    return [
        ROOT / "README.md",
        *(page for page in sorted((ROOT / "docs").rglob("*.md")) if not made & set(page.parts)),
    ]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's folder: a data file of their own, and the shipped specs and data beside it."""
    shutil.copy(ROOT / "data" / "castle.csv", tmp_path / "castle.csv")
    for shelf in ("specs", "data"):
        (tmp_path / shelf).symlink_to(ROOT / shelf)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_of_a_page_run_in_order(page: Path, folder: Path) -> None:
    names = {"__name__": "__main__"}  # the Python blocks of a page are one program
    for block in blocks_of(page):
        assert block.language in LANGUAGES, f"a block of {block.language} is not tested"
        if block.language == "yaml":
            name = NAMED.match(block.body)
            file = name["file"] if name else "block.yaml"
            (folder / file).write_text(block.body, encoding="utf-8")
            impact(f"impact check {file}")
        elif (
            block.language == "sh" and page.name != "README.md"
        ):  # its two commands install: the CI runs them
            for line in lines_of(block.body):
                impact(line)
        elif block.language == "python":
            exec(compile(block.body, str(page), "exec"), names)


def lines_of(body: str) -> Iterator[str]:
    for line in body.splitlines():
        assert line.startswith("impact "), f"only commands of impact are tested: {line}"
        if LONG.match(line):
            yield from (f"impact check {word}" for word in shlex.split(line) if word.endswith(".yaml"))
        else:
            yield line


def impact(line: str) -> None:
    """One command in this process."""
    with pytest.raises(SystemExit) as left:
        command_line.main(shlex.split(line)[1:])
    assert left.value.code == 0, line
