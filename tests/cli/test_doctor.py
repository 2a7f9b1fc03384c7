"""`impact doctor` tells what is there, and fails where nothing could be written."""

import importlib.util
import json
import os

import pytest


def test_facts_are_those_of_this_machine(call):
    said = call("doctor", "--format", "json")
    found = json.loads(said.out)
    assert said.status == 0 and all(found["checks"].values())
    assert found["extras"]["polars"] is (importlib.util.find_spec("polars") is not None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_a_folder_that_cannot_be_written(call, tmp_path):
    tmp_path.chmod(0o500)
    assert call("doctor", "--out", tmp_path / "reports").status == 1


def test_a_file_where_the_folder_should_be(call, tmp_path):
    (tmp_path / "reports").write_text("")
    said = call("doctor", "--out", tmp_path / "reports")
    assert said.status == 1 and "FAULT" in said.out


def test_spanish(call):
    assert "procesadores" in call("doctor", "--lang", "es").out
