"""Power of the test before treatment as a test of a spec: He and Wang's numbers, varying bases, sentences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from impact.core.errors import DesignError, SpecError
from impact.diagnostics.pretrend_power import PretrendPowerOptions, examine, leads_of
from tests.kernels.honest.test_pretest import BETA, he_wang

TIMES = [-4, -3, -2, 0, 1, 2, 3]


@pytest.fixture
def he_wang_model(event_model):
    return event_model(BETA, he_wang().covariance, TIMES, references=[-1])


def ask(make, result, language="en", **options):
    return examine(
        make.question("pretrend_power", result, language=language), PretrendPowerOptions(**options)
    )


def test_numbers_of_the_package(make, he_wang_model):
    """Documentation of pretrends (R), He and Wang: slope with a power of one half, and means after passing."""
    found = ask(make, he_wang_model)[0]
    half = found.details["slopes"][0]
    assert half["power"] == 0.5 and half["slope"] == pytest.approx(0.06991527, rel=5e-4)
    after = {row["event_time"]: row["after_passing"] for row in half["rows"]}
    assert after[0] == pytest.approx(0.09017188, abs=5e-5) and after[3] == pytest.approx(0.29190725, abs=2e-4)
    assert half["likelihood_ratio"] == pytest.approx(0.8589346, rel=1e-3)
    assert found.statistic == found.details["slopes"][1]["slope"] > half["slope"]
    assert found.details["size"] == pytest.approx(1 - 0.8817, abs=0.02)


def test_a_slope_of_ones_own(make, he_wang_model):
    blocks = ask(make, he_wang_model, slope=-0.06991527)[0].details["slopes"]
    assert blocks[2]["power"] == pytest.approx(0.4997363, abs=2e-4)
    mirrored = [row["after_passing"] for row in blocks[2]["rows"]]
    straight = ask(make, he_wang_model, slope=0.06991527)[0].details["slopes"][2]
    assert mirrored == pytest.approx([-row["after_passing"] for row in straight["rows"]], abs=1e-9)


def test_joint_differs_and_is_said(make, he_wang_model):
    individual, joint = (ask(make, he_wang_model, test=test)[0] for test in ("individual", "joint"))
    assert joint.details["slopes"][0]["slope"] != pytest.approx(
        individual.details["slopes"][0]["slope"], rel=1e-3
    )
    assert "joint test" in joint.sentence and "significant row" in individual.sentence
    assert joint.details["size"] == pytest.approx(0.05)


def test_bias_beyond_half_of_the_effect_is_a_warning(make, event_model):
    covariance = he_wang().covariance
    assert ask(make, event_model(BETA, covariance, TIMES, references=[-1]))[0].verdict == "warn"
    strong = np.where(np.array(TIMES) >= 0, 1.0, BETA)
    assert ask(make, event_model(strong, covariance, TIMES, references=[-1]))[0].verdict == "note"


def test_varying_bases_load_one_step_each(make, event_model):
    """Rows before treatment are changes of one period: a trend of s moves each by s, whatever its distance."""
    covariance = np.diag([0.01, 0.01, 0.01, 0.01])
    result = event_model([0, 0, 0, 1.0], covariance, [-3, -2, -1, 0], comparison={"base_period": "varying"})
    leads = leads_of(result)
    assert leads.direction.tolist() == [1, 1, 1, 1] and leads.before == 3
    slope = ask(make, result, power=(0.5,))[0].details["slopes"][0]["slope"]
    one = stats.norm.cdf(1.959964 - slope / 0.1) - stats.norm.cdf(-1.959964 - slope / 0.1)
    assert one**3 == pytest.approx(0.5, abs=1e-6)


def test_refusals(make, he_wang_model, event_model):
    with pytest.raises(SpecError) as error:
        ask(make, he_wang_model, power=(0.01,))
    assert error.value.faults[0].code == "E622"
    flat = event_model(np.ones(4), np.ones((4, 4)), [-3, -2, 0, 1], references=[-1])
    with pytest.raises(DesignError) as broken:
        ask(make, flat)
    assert broken.value.faults[0].code == "E593"
    varying = event_model(np.ones(3), np.ones((3, 3)), [-2, -1, 0], comparison={"base_period": "varying"})
    with pytest.raises(DesignError):
        ask(make, varying)
    after = event_model(np.ones(2), np.eye(2), [0, 1], references=[-1])
    assert ask(make, after)[0].verdict == "note"


def test_spanish(make, he_wang_model):
    found = ask(make, he_wang_model, "es")[0]
    assert found.sentence == found.details["sentences"]["es"] != found.details["sentences"]["en"]
