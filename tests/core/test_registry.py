"""Registries: files are keywords, read without importing; wrong names are refused by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

import impact.core.registry as registry_module
from impact.core.errors import Place, SpecError
from impact.core.registry import Registry

SOURCE = '''"""A thing."""
from impact.core.registered import Output

OUTPUT = Output(summary="Writes {name}", suffix=".x", write=print{more})
'''


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """Two files and a private one, in a folder of their own."""
    folder = tmp_path / "made_things"
    folder.mkdir()
    (folder / "plain.py").write_text(SOURCE.format(name="plain", more=""))
    (folder / "several.py").write_text(SOURCE.format(name="several", more=', keywords=("one", "two")'))
    (folder / "_shared.py").write_text(SOURCE.format(name="shared", more=""))
    (folder / "without.py").write_text("X = 1\n")
    (folder / "__init__.py").write_text("")
    monkeypatch.setattr(registry_module, "_ROOT", tmp_path)
    registry_module._scan.cache_clear()
    yield Registry(kind="thing", package="impact.made_things", attribute="OUTPUT", known=("later",))
    registry_module._scan.cache_clear()


def test_files_are_keywords(registry):
    entries = registry.entries()
    assert list(entries) == ["one", "plain", "two"] == list(registry.names())
    assert (entries["one"].module, entries["two"].summary) == ("impact.made_things.several", "Writes several")


@pytest.mark.parametrize(
    ("name", "code", "hint"), [("plian", "E170", "plain"), ("zzz", "E170", ""), ("later", "E171", "")]
)
def test_a_wrong_name(registry, name, code, hint):
    place = Place("a.yaml", 2)
    with pytest.raises(SpecError) as caught:
        registry.load(name, place=place)
    assert (caught.value.code, caught.value.suggestion, caught.value.where) == (code, hint, place)
    assert name in caught.value.faults[0].message


def test_names_are_listed_without_importing():
    code = (
        "import sys, impact.catalog as c\n"
        "found = [r.entries() for r in (c.ESTIMATORS, c.VARIANCES, c.DIAGNOSTICS, c.DOMAINS, c.READERS, c.OUTPUTS)]\n"
        "assert all(found) and all(entry.summary for one in found for entry in one.values())\n"
        "assert 'numpy' not in sys.modules and 'pydantic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_other_distributions_may_add_keywords(registry, tmp_path, monkeypatch):
    info = tmp_path / "site" / "added-1.0.dist-info"
    info.mkdir(parents=True)
    points = "[console_scripts]\nx = a.b:c\n\n[impact.made_things]\nextra = added.thing:OUTPUT\nplain = added.plain\n"
    (info / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(tmp_path / "site")
    registry_module._entry_points.cache_clear()
    try:
        entries = registry.entries()
    finally:
        registry_module._entry_points.cache_clear()
    assert entries["extra"].module == "added.thing"
    assert entries["plain"].module == "impact.made_things.plain"
    assert "x" not in entries
