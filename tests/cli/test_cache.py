"""`impact cache` and the options of `impact run` about it."""

from __future__ import annotations

import json

import pytest

SPEC = """
spec: 1
data: castle.csv
models:
  one: {formula: "l_homicide ~ cdl | sid + year", vcov: {cluster: sid}}
  two: {formula: "l_homicide ~ cdl + unemployrt | sid + year", vcov: {cluster: sid}}
"""


@pytest.fixture
def study(folder, monkeypatch):
    monkeypatch.delenv("IMPACT_CACHE_DIR")
    (folder / "s.yaml").write_text(SPEC.replace("castle.csv", "data/castle.csv"), encoding="utf-8")
    return folder


def test_runs_say_what_was_cached(study, call):
    first = call("run", "s.yaml")
    assert first.status == 0, first.err
    assert "cached" not in first.out
    second = call("run", "s.yaml")
    assert "(0 run, 2 cached)" in second.out
    shown = [[line for line in said.out.splitlines() if "done in" not in line] for said in (first, second)]
    assert shown[0] == shown[1]
    assert "(0 estimados, 2 del caché)" in call("run", "s.yaml", "--lang", "es").out
    for option in ("--no-cache", "--refresh"):
        assert "cached" not in call("run", "s.yaml", option).out
    assert (study / ".impact/cache/.gitignore").is_file()


def test_without_a_cache_nothing_is_stored(study, call):
    call("run", "s.yaml", "--no-cache")
    assert not (study / ".impact").exists()
    assert call("run", "s.yaml", "--no-cache", "--refresh").status == 2


def test_twice_compares_with_a_run_without_the_cache(study, call):
    call("run", "s.yaml")
    said = call("run", "s.yaml", "--twice")
    assert said.status == 0
    assert "byte-identical" in said.out


def test_entries_are_listed_checked_and_removed(study, call):
    call("run", "s.yaml")
    listed = call("cache")
    assert listed.out.count("model ") == 2
    assert "entries" in listed.out
    records = json.loads(call("cache", "ls", "--format", "json").out)
    assert {record["what"] for record in records["entries"]} >= {"model one", "model two"}
    assert call("cache", "verify").out.strip() == f"{len(records['entries'])} entries, all sound"
    file = next((study / ".impact/cache/results").rglob("*.entry"))
    file.write_bytes(file.read_bytes()[:-1])
    bad = call("cache", "verify")
    assert bad.status == 7
    assert "E707" in bad.err
    assert file.name[:12] in bad.err
    assert json.loads(call("cache", "verify", "--format", "json").out)["damaged"] == [file.name[:12]]
    run = call("run", "s.yaml")
    assert run.status == 0
    assert "W701" in run.err
    assert call("cache", "verify").status == 0
    assert "entries removed" in call("cache", "clear").out
    assert "0 entradas" in call("cache", "ls", "--lang", "es").out


def test_the_path_is_where_the_variable_says(study, call, monkeypatch, tmp_path):
    assert call("cache", "path").out.strip() == ".impact/cache"
    monkeypatch.setenv("IMPACT_CACHE_DIR", str(tmp_path / "other"))
    assert call("cache", "path").out.strip() == str(tmp_path / "other")
    call("run", "s.yaml")
    assert (tmp_path / "other/results").is_dir()
    assert not (study / ".impact").exists()


def test_a_wrong_action_is_refused(study, call):
    said = call("cache", "clean")
    assert said.status == 2
    assert "clear" in said.err


def test_a_dry_run_tells_cached_from_run(study, call):
    assert "one  run " in call("run", "s.yaml", "-n").out
    assert not (study / ".impact").exists()
    call("run", "s.yaml")
    said = call("run", "s.yaml", "--dry-run").out
    assert "one  cached" in said
    assert "two  cached" in said
    assert "last time" in said
    assert "two  run " in call("run", "s.yaml", "-n", "--set", "models.two.vcov=hc1").out
    assert "one  run " in call("run", "s.yaml", "-n", "--no-cache").out
