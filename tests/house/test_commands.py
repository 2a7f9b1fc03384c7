"""The two commands of the README, `make`, and the run on a clean clone say the same."""

from __future__ import annotations

import re
import shlex
import tomllib

import pytest


def blocks(root):
    return re.findall(r"^```sh\s*\n(.*?)^```", (root / "README.md").read_text(encoding="utf-8"), re.M | re.S)


def test_the_first_two_blocks_are_one_command_each(root):
    run, test = (block.strip() for block in blocks(root)[:2])
    assert "\n" not in run
    assert "\n" not in test
    assert run.startswith("python3 -m venv .venv && ")
    assert run.endswith(".venv/bin/impact run specs/employment_keepjob_lima.yaml")
    assert test.endswith(".venv/bin/python -m pytest")
    for command in (run, test):
        assert "-c constraints.txt" in command
        assert "make" not in shlex.split(command)
    assert (root / "specs/employment_keepjob_lima.yaml").is_file()


def test_make_targets_are_one_line_each(root):
    lines = (root / "Makefile").read_text(encoding="utf-8").splitlines()
    targets = {line.partition(":")[0] for line in lines if re.match(r"[a-z]+:", line)}
    assert targets >= {"check", "lint", "floors", "test", "reference", "slow", "docs", "bench"}
    assert not any(line.startswith("\t") for line in lines)


def test_the_clean_run_ends_with_the_tests(root):
    lines = [line for line in (root / ".ci/run").read_text(encoding="utf-8").splitlines() if line.strip()]
    assert lines[-2:] == ['bash -c "$(command_of 2)" || failed=1', "exit $failed"]
    assert 'bash -c "$(command_of 1)"' in lines
    assert "make -s lint floors || failed=1" in lines


def test_constraints_pin_every_dependency(root):
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert all(re.fullmatch(r"\d[\w.+]*", version) for version in pins.values())
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.split(r"[<>=!~\[ ]", one)[0].lower().replace("_", "-").replace(".", "-") for one in wanted}
    assert names - set(pins) == set()


@pytest.mark.parametrize("file", ["pyproject.toml", "CITATION.cff", "CHANGELOG.md"])
def test_one_version_everywhere(root, file):
    from impact import __version__

    assert __version__ in (root / file).read_text(encoding="utf-8")
