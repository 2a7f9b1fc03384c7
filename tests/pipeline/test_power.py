"""Power of a spec's models: their own errors in the formula, simulated rejections near it, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

import impact
from impact.core.errors import SpecError
from impact.diagnostics.power import PowerOptions
from impact.kernels.power import Trial, detectable, power_at
from impact.pipeline.power import power_of_spec, power_of_trial, trial_for

SPEC = """
spec: 1
seed: 1
data: {file: rows.csv}
vcov: {cluster: g}
models:
  main: {formula: "y ~ d + x"}
  other: {formula: "y ~ d", vcov: hc1}
robustness: {of: main, rows: {late: {filter+: "x > 0"}}}
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    """40 groups of 10, half of them treated, normal errors."""
    random = np.random.default_rng(6)
    group = np.repeat(np.arange(40), 10)
    d, x = (group < 20) * 1, random.normal(size=400).round(5)
    y = (0.5 * x + random.normal(size=40)[group] * 0.4 + random.normal(size=400)).round(5)
    folder = tmp_path_factory.mktemp("power")
    rows = "\n".join(f"{a},{b},{c},{e}" for a, b, c, e in zip(y, d, x, group, strict=True))
    (folder / "rows.csv").write_text(f"y,d,x,g\n{rows}\n")
    (folder / "power.yaml").write_text(SPEC)
    return folder / "power.yaml"


def test_every_model_without_its_robustness_rows(spec):
    found = power_of_spec(spec, PowerOptions(), model=None)
    assert [(one.of, one.term) for one in found] == [("main", "d"), ("other", "d")]


def test_the_error_is_the_models_own(spec):
    (found,) = power_of_spec(spec, PowerOptions(power=0.9, effects=(0.2, 0.6)), model="main")
    document = impact.run(spec, out=None).document
    row = next(r for r in document["rows"] if (r["model"], r["term"]) == ("main", "d"))
    df, error = row["df"], row["std_error"]
    assert df == 39
    assert found.detectable == pytest.approx(detectable(df, error, power=0.9, alpha=0.05))
    assert [point["formula"] for point in found.curve] == pytest.approx(
        [power_at(effect, df, error, alpha=0.05) for effect in (0.2, 0.6)]
    )
    assert "90 %" in found.sentences["en"]
    assert "90 %" in found.sentences["es"]


def test_simulated_rejections_are_near_the_formula(spec):
    """Signs of cluster residuals: with 40 equal clusters the test is close to its formula."""
    options = PowerOptions(effects=(0.0, 0.5), simulate=400)
    (found,) = power_of_spec(spec, options, model="main", set_values=("seed=4",))
    for point in found.curve:
        wanted = point["formula"]
        assert abs(point["simulation"] - wanted) < 4 * math.sqrt(wanted * (1 - wanted) / 400) + 0.04
    (again,) = power_of_spec(spec, options, model="main", set_values=("seed=4",))
    assert [p["simulation"] for p in again.curve] == [p["simulation"] for p in found.curve]
    (other,) = power_of_spec(spec, options, model="main", set_values=("seed=5",))
    assert [p["simulation"] for p in other.curve] != [p["simulation"] for p in found.curve]


def test_an_unknown_model(spec):
    with pytest.raises(SpecError) as caught:
        power_of_spec(spec, PowerOptions(), model="mian")
    assert (caught.value.faults[0].code, caught.value.faults[0].suggestion) == ("E195", "main")


def test_a_trial():
    trial = Trial(400, clusters=20, icc=0.05)
    found = power_of_trial(trial, 0.3, PowerOptions(simulate=500), seed=2)
    assert found.detectable == pytest.approx(detectable(18, trial.std_error, power=0.8, alpha=0.05))
    effects = [point["effect"] for point in found.curve]
    assert effects == sorted(effects)
    assert 0.3 in effects
    assert len(effects) == 10
    assert all(abs(point["simulation"] - point["noncentral_t"]) < 0.1 for point in found.curve)


def test_rows_are_found_or_refused():
    assert trial_for(Trial(0), 0.5, PowerOptions()).n == 128
    with pytest.raises(SpecError, match="no number of rows") as caught:
        trial_for(Trial(0, clusters=10, icc=0.3), 0.1, PowerOptions())
    assert caught.value.faults[0].code == "E195"
