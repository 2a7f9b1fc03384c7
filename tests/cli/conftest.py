"""The command line called in this process (fast) and as a program of its own (start-up, streams, exit status)."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Said:
    """What a call said and left."""

    status: int
    out: str
    err: str


@pytest.fixture
def call(capsys, monkeypatch):
    """Call the command line in this process."""
    import impact.cli.main as command_line

    monkeypatch.delenv("NO_COLOR", raising=False)

    def run(*arguments) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as leave:
            command_line.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(int(leave.value.code or 0), said.out, said.err)

    return run


@pytest.fixture(scope="session")
def program():
    """Call the command line as a program."""

    def run(*arguments, cwd=ROOT, **changes) -> Said:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **changes}
        done = subprocess.run(
            [sys.executable, "-m", "impact", *map(str, arguments)],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, with the castle data in data/."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/castle.csv").write_bytes((ROOT / "data/castle.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path
