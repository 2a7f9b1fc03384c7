"""What a report's manifest says: versions, checksums, defaults; the clock in its block alone, no path of a machine."""

from __future__ import annotations

import hashlib
import json

import impact.pipeline.write as write
from impact.pipeline.write import RunClock, draw, environment, failed_sentences


def test_outputs_are_listed_with_their_checksums(result):
    manifest = json.loads((result.folder / "manifest.json").read_text(encoding="utf-8"))
    for name, facts in manifest["outputs"].items():
        assert hashlib.sha256((result.folder / name).read_bytes()).hexdigest() == facts["sha256"], name
    written = {
        file.relative_to(result.folder).as_posix() for file in result.folder.rglob("*") if file.is_file()
    }
    assert written - set(manifest["outputs"]) == {"manifest.json", "run.log"}


def test_every_default_is_stated(result):
    models = json.loads((result.folder / "manifest.json").read_text(encoding="utf-8"))["options"]
    assert set(models) >= {"main", "event", "groups"}
    assert models["main"]["options"]["tolerance"] == 1e-10
    assert models["main"]["vcov_options"]["type"] == "cr1"


def test_no_path_of_this_machine(result, settled):
    for name in ("manifest.json", "results.json", "report.html", "README.md", "spec.resolved.yaml"):
        text = (result.folder / name).read_text(encoding="utf-8")
        assert str(result.folder) not in text, name
        assert f'"{settled}' not in text and f" {settled}" not in text, name


def test_a_spec_reached_through_the_home_folder_is_named_without_it(tmp_path, monkeypatch):
    (tmp_path / "users/ana/specs").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "users/ana"))
    file = str(tmp_path / "users/ana/specs/x.yaml")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert write._shown(file) == "x.yaml"
    monkeypatch.chdir(tmp_path / "users/ana/specs")
    assert write._shown(file) == "x.yaml"
    monkeypatch.chdir(tmp_path / "users/ana")
    assert write._shown(file) == write._shown("specs/x.yaml") == "specs/x.yaml"


def test_drawing_again_gives_the_same_bytes(result):
    for name, content in draw(result.plan, result.document).items():
        assert (result.folder / name).read_bytes() == content, name


def test_the_log_is_in_order():
    clock = RunClock()
    clock.note("plan", models=3)
    clock.note("model", name="main")
    assert [event["event"] for event in clock.events] == ["plan", "model"]
    assert clock.events[0]["at"] <= clock.events[1]["at"]


def test_versions():
    found = environment()
    assert {"numpy", "scipy", "pandas"} <= set(found["distributions"])
    assert found == environment()


def test_failures_in_a_sentence_each():
    models = {"a": {"status": "ok", "error": None}, "b": {"status": "failed", "error": "E501 no rows"}}
    assert list(failed_sentences({"models": models})) == ["b: E501 no rows"]
