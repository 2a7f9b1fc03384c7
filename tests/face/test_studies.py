"""`run` and `check` as functions: a dict, a file and the command give the same."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import impact

SPEC = {
    "spec": 1,
    "study": "face",
    "data": {"root": "here", "file": "panel.csv"},
    "models": {"m": {"formula": "y ~ D + z | i + t", "vcov": {"cluster": "i"}}},
}


@pytest.fixture(scope="module")
def folder(test_panel, tmp_path_factory):
    place = tmp_path_factory.mktemp("face")
    pd.DataFrame(test_panel).to_csv(place / "panel.csv", index=False)
    return place


def test_a_file_is_the_same_as_its_content(folder, tmp_path):
    spec = tmp_path / "face.yaml"
    spec.write_text(json.dumps(SPEC))
    one = impact.run(str(spec), out=None, roots={"here": folder})
    other = impact.run(SPEC, out=None, roots={"here": folder})
    assert one.document["rows"] == other.document["rows"]
    assert one.tidy().shape[0] == 2


def test_a_run_writes_its_report(folder, tmp_path):
    study = impact.run(SPEC, out=tmp_path, roots={"here": folder})
    assert study.path == tmp_path / "face"
    stored = json.loads((study.path / "results.json").read_text(encoding="utf-8"))
    assert stored["rows"] == study.document["rows"]


def test_check_never_raises_for_a_mistake():
    wrong = {**SPEC, "models": {"m": {"formula": "y ~ D ~ z"}}}
    assert impact.check(wrong) != []
    assert [fault.code for fault in impact.check({"spec": 1, "modles": {}})][:1] == ["E102"]


def test_public_names():
    assert set(impact.__all__) <= set(dir(impact))
    assert len(impact.__all__) <= 24
    for name in impact.__all__:
        assert getattr(impact, name)
