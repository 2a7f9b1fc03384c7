"""Candidates of a permutation by unit: they reach the sets."""

import json
from pathlib import Path

import numpy as np
import pytest

import impact as im


def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **permute: str) -> dict:
    rng = np.random.default_rng(2)
    lines = ["unit,year,y,region"]
    lines += [
        f"u{i:02d},{t},{rng.normal():.4f},{'ns'[i % 2]}" for i in range(1, 13) for t in range(2014, 2020)
    ]
    (tmp_path / "p.csv").write_text("\n".join(lines) + "\n")
    monkeypatch.chdir(tmp_path)
    spec = {
        "spec": 1, "study": "s", "data": "p.csv", "permute": {"unit": "unit", **permute},
        "design": {"unit": "unit", "time": "year", "treated": 'unit in ["u01", "u02"]', "from": 2017},
        "models": {"main": "y ~ exposed | unit + year"},
    }  # fmt: skip
    document = im.run(spec, out=None).document
    return json.loads(json.dumps(document["models"]["main"]["extra"]["permutation"]))


def test_all_pairs(tmp_path, monkeypatch):
    assert sets(tmp_path, monkeypatch)["n_sets"] == 66


def test_among(tmp_path, monkeypatch):
    assert sets(tmp_path, monkeypatch, among='unit < "u07"')["n_sets"] == 15


def test_within(tmp_path, monkeypatch):
    assert sets(tmp_path, monkeypatch, within="region")["n_sets"] == 36
