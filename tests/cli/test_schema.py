"""`impact schema` prints or writes a schema that editors can read."""

from __future__ import annotations

import json

import jsonschema


def test_printed_and_written_are_the_same(call, folder):
    printed = call("schema")
    assert printed.status == 0
    assert call("schema", "-o", "impact-spec-1.json").out == ""
    assert (folder / "impact-spec-1.json").read_text(encoding="utf-8") == printed.out
    jsonschema.Draft202012Validator.check_schema(json.loads(printed.out))


def test_the_editor_line_is_documented_and_written(call, folder):
    line = "# yaml-language-server: $schema=impact-spec-1.json"
    assert line in call("schema", "--help").out
    call("new", "study", "--data", "data/castle.csv")
    assert (folder / "study.yaml").read_text(encoding="utf-8").startswith(line + "\n")


def test_a_folder_that_is_not_there_is_exit_7(call, folder):
    said = call("schema", "-o", "nowhere/x.json")
    assert said.status == 7
    assert "E721" in said.err
