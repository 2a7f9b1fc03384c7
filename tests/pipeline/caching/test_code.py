"""The code that numbers depend on: any change of it makes another version."""

from __future__ import annotations

import pytest

import impact.pipeline.caching.code as code


@pytest.fixture
def package(tmp_path):
    for name in ("kernels/solve.py", "cli/run.py", "core/texts/en/a.toml", "data.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    return tmp_path


def test_the_same_code_has_the_same_version(package):
    assert code.code_version(package) == code.code_version(package)
    assert code.code_version() == code.code_version()


@pytest.mark.parametrize("name", ["kernels/solve.py", "core/texts/en/a.toml", "kernels/new.py"])
def test_changed_or_added_code_is_another_version(package, name):
    before = code.code_version(package)
    (package / name).write_text("x = 2\n")
    assert code.code_version(package) != before


@pytest.mark.parametrize("name", ["cli/run.py", "data.csv"])
def test_what_only_shows_results_does_not_count(package, name):
    before = code.code_version(package)
    (package / name).write_text("x = 2\n")
    assert code.code_version(package) == before


@pytest.mark.parametrize("name", code.PACKAGES)
def test_another_version_of_a_package_counts(package, monkeypatch, name):
    before = code.code_version(package)
    installed = code.metadata.version

    def version(asked):
        return "0.0" if asked == name else installed(asked)

    monkeypatch.setattr(code.metadata, "version", version)
    assert code.code_version(package) != before
