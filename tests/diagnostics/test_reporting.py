"""Reporting bounds: the identity by hand, and a simulation in which reporting alone moves recorded crime."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

import impact
from impact.core.errors import SpecError
from impact.diagnostics.reporting import hiding_rates, measured_shift


def test_rates_that_hide_the_bound():
    low, high = hiding_rates(0.139, 0.02)
    assert math.log(low / 0.139) == pytest.approx(-0.02)
    assert math.log(high / 0.139) == pytest.approx(0.02)


def test_the_measured_change_in_peru():
    """13.9 per cent of victims reported in 2017, 15.5 in 2021: ln(15.5 / 13.9) = 0.109."""
    assert measured_shift(0.139, 0.155, 1.0) == pytest.approx(0.10895, abs=1e-5)
    assert measured_shift(0.139, 0.155, 5.0) == pytest.approx(0.10895 / 5, abs=1e-5)


@pytest.fixture(scope="module")
def recorded():
    """No effect of m on crimes; the reporting rate rises from 0.10 by 3 per cent for each unit of m."""
    rng = np.random.default_rng(8)
    m = rng.uniform(0, 5, 4000)
    crimes = rng.poisson(400, 4000)
    return pd.DataFrame({"m": m, "n": rng.binomial(crimes, 0.10 * np.exp(0.03 * m))})


def ask(data, tmp_path, model=None, **options):
    data.to_csv(tmp_path / "x.csv", index=False)
    spec = {
        "spec": 1, "data": "x.csv", "model": model or {"formula": "n ~ m", "estimator": "ppml"},
        "tests": {"r": {"kind": "reporting", "of": "model.m", "bound": 0.02, "rate": 0.10, **options}},
    }  # fmt: skip
    path = tmp_path / "s.yaml"
    path.write_text(json.dumps(spec), encoding="utf-8")
    document = impact.run(path, out=None).document
    return document["rows"][1], document["tests"][0]


def test_reporting_alone_moves_recorded_crime_and_is_taken_out(recorded, tmp_path):
    row, found = ask(recorded, tmp_path, rate_after=0.10 * math.exp(0.15), change=5)
    assert row["estimate"] == pytest.approx(0.03, abs=0.005)
    assert found["details"]["shift_per_unit"] == pytest.approx(0.03)
    assert found["details"]["net"] == pytest.approx(row["estimate"] - 0.03)
    assert found["verdict"] == "warn"  # a change of reporting of 3 per cent is above the bound of 2
    assert found["statistic"] == pytest.approx(row["estimate"] - 0.02)


def test_a_small_measured_change_does_not_warn(recorded, tmp_path):
    _, found = ask(recorded, tmp_path, rate_after=0.101, change=5)
    assert found["verdict"] == "note"
    assert "reported" in found["sentence"]


def test_least_squares_on_logs_must_be_said(recorded, tmp_path):
    model = "ln ~ m"
    data = recorded.assign(ln=np.log(recorded.n))
    with_logs = ask(data, tmp_path, model, outcome="log")[1]
    assert with_logs["details"]["estimate"] == pytest.approx(0.03, abs=0.005)
    with pytest.raises(SpecError) as caught:
        ask(data, tmp_path, model)
    assert caught.value.faults[0].code == "E292"


@pytest.mark.parametrize("options", [{"rate_after": 0.2}, {"change": 2}])
def test_half_of_a_measured_change(recorded, tmp_path, options):
    with pytest.raises(SpecError) as caught:
        ask(recorded, tmp_path, **options)
    assert "belong together" in caught.value.faults[0].message


@pytest.mark.parametrize("options", [{"rate": 1.2}, {"bound": 0}, {"rate_after": 0, "change": 1}])
def test_rates_outside_of_0_and_1(recorded, tmp_path, options):
    with pytest.raises(SpecError):
        ask(recorded, tmp_path, **options)
