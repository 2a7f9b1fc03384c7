"""Simulated power of a fitted model: its null, its alternative, and models that are no plain regression."""

from __future__ import annotations

import numpy as np
import pytest

import impact

ROWS = 300


@pytest.fixture(scope="module")
def ask():
    """A power test with simulation on a frame of columns; its curve."""
    random = np.random.default_rng(12)
    group = np.repeat(np.arange(60), 5)
    columns = {
        "g": group, "d": group % 2, "x": random.normal(size=ROWS), "z": random.normal(size=ROWS),
        "y": random.normal(size=ROWS) + 0.3 * random.normal(size=60)[group],
    }  # fmt: skip
    columns["m"] = columns["d"] + columns["z"]

    def make(tmp_path, model, **options):
        lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
        (tmp_path / "rows.csv").write_text("\n".join(lines))
        test = {"kind": "power", "of": "main", "simulate": 300, **options}
        spec = {"spec": 1, "seed": 2, "data": {"root": "here", "file": "rows.csv"}, "models": {"main": model},
                "tests": {"p": test}}  # fmt: skip
        document = impact.run(spec, out=None, roots={"here": tmp_path}).document
        return document["tests"][0]["details"]["curve"]

    return make


@pytest.mark.parametrize("vcov", ["hc1", {"cluster": "g"}], ids=str)
def test_null_and_large_effects(ask, tmp_path, vcov):
    """300 draws: the null rejects at 5 % within four simulation errors, ten standard errors nearly always."""
    curve = ask(tmp_path, {"formula": "y ~ d + x", "vcov": vcov}, effects=[0.0, 1.5])
    assert abs(curve[0]["simulation"] - 0.05) < 0.05
    assert curve[1]["simulation"] > 0.99


def test_absorbed_effects_and_the_formula(ask, tmp_path):
    curve = ask(tmp_path, {"formula": "y ~ x | g", "vcov": {"cluster": "g"}}, effects=[0.1, 0.2])
    for point in curve:
        assert abs(point["simulation"] - point["formula"]) < 0.12


def test_what_is_no_plain_regression_has_none(ask, tmp_path):
    curve = ask(tmp_path, {"formula": "y ~ x | m ~ z", "estimator": "iv", "vcov": "hc1"}, effects=[0.5])
    assert curve[0]["simulation"] is None
    assert curve[0]["formula"] is not None


def test_without_simulation_no_column(ask, tmp_path):
    curve = ask(tmp_path, {"formula": "y ~ d"}, effects=[0.5], simulate=0)
    assert "simulation" not in curve[0]
