"""`impact package` and `impact check --package`: what is said, in both languages and as JSON, and the exit status."""

from __future__ import annotations

import json

import pytest

SPEC = "spec: 1\ndata: {file: data/castle.csv, source: A, licence: B, access: ACCESS}\nmodel: l_homicide ~ post\n"


@pytest.fixture
def packaged(call, folder):
    """A package of one small study."""
    (folder / "impact.toml").write_text("")
    (folder / "a.yaml").write_text(SPEC.replace("ACCESS", "public"))
    assert call("run", "a.yaml").status == 0
    said = call("package", "a", "--zip")
    assert said.status == 0, said.err
    assert "package: " in said.out
    assert (folder / "package.zip").is_file()
    return folder / "package"


def test_flags_in_both_languages_and_as_json(call, packaged):
    said = call("check", "--package", packaged)
    assert said.status == 0
    assert "F7  warn  manuscript in step" in said.out
    assert "0 fail" in said.out
    said = call("check", "--package", packaged, "--lang", "es")
    assert "F7  aviso  manuscrito al día" in said.out
    (packaged / "mine.txt").write_text("mine")
    said = call("check", "--package", packaged)
    assert said.status == 6
    assert "mine.txt: not in the manifest of the package" in said.out
    assert "E687" in said.err
    assert "F11" in said.err
    said = call("check", "--package", packaged, "--format", "json")
    assert said.status == 6
    record = json.loads(said.out)
    assert record["schema"] == "impact-package-check-1"
    assert [one["flag"] for one in record["flags"]] == [f"F{number}" for number in range(1, 15)]
    (stray,) = [one for one in record["flags"] if one["state"] == "fail"]
    assert stray["found"] == [
        {"state": "fail", "kind": "stray", "file": "mine.txt", "line": None,
         "message": "not in the manifest of the package"},
    ]  # fmt: skip
    assert call("check", "--package", packaged, "a.yaml").status == 2
    assert call("check", "--package", packaged.parent).status == 4
    assert call("check").status == 2
    record = json.loads(call("package", "a", "--out", "two", "--format", "json").out)
    assert record["studies"] == ["a"]
    assert record["archive"] is None
    assert record["left_out"] == []


def test_restricted_data_are_told(call, folder):
    (folder / "impact.toml").write_text("")
    (folder / "a.yaml").write_text(SPEC.replace("ACCESS", '"restricted: ask the office"'))
    assert call("run", "a.yaml").status == 0
    said = call("package", "a")
    assert said.status == 0
    assert "W646 a: castle.csv stays out of the package" in said.err
    assert not (folder / "package/data").exists()
    said = call("package", "a", "--out", "paquete", "--lang", "es")
    assert "W646 a: castle.csv queda fuera del paquete" in said.err
    assert "## Disponibilidad y procedencia de los datos" in (folder / "paquete/README.md").read_text()
    said = call("package", "a", "--no-restricted", "--out", "other")
    assert said.status == 4
    assert "E634" in said.err


def test_mistakes(call, folder):
    assert call("package").status == 2
    said = call("package", "nothing")
    assert said.status == 4
    assert "E263" in said.err
    assert call("package", "nothing", "--lang", "es").status == 4
