"""requirements.txt: exact versions of what impact needs, as the project declares it."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import impact
from impact.pipeline.packaging.requirements import DIRECT, exact_versions, requirements_text

from .conftest import ROOT


def test_direct_needs_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [re.split(r"[<>=\[]", line)[0] for line in project["dependencies"]] == list(DIRECT)


def test_versions_are_those_installed_and_the_needs_of_needs_are_there():
    found = exact_versions()
    assert found.pop("impact-evaluation") == impact.__version__
    assert all(metadata.version(name) == version for name, version in found.items())
    assert {"numpy", "patsy", "pydantic-core", "lxml"} <= set(found)
    assert "pytest" not in found


def test_a_line_is_a_name_and_a_version():
    lines = requirements_text().splitlines()
    assert all(re.fullmatch(r"[a-z0-9-]+==\d[\w.]*", line) for line in lines)
    names = [line.partition("==")[0] for line in lines[1:]]
    assert names == sorted(names)
