"""The installed command and `python -m impact` are the same: one version, one help, one exit status."""

from __future__ import annotations

import subprocess
import sys

import pytest

import impact


def call(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "impact", *arguments], capture_output=True, text=True, check=False
    )


def test_help_and_version():
    shown = call("--help")
    assert shown.returncode == 0
    assert all(name in shown.stdout for name in ("run", "check", "replicate", "verify"))
    assert impact.__version__ in call("version").stdout


@pytest.mark.parametrize(
    ("arguments", "status"), [(["rnu"], 2), (["check", "absent.yaml"], 3), (["run", "--jobs", "0", "x"], 2)]
)
def test_mistakes_have_their_status(arguments, status):
    done = call(*arguments)
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
