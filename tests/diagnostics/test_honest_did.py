"""Honest intervals as a test of a spec: the Medicaid example, targets, defaults, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DesignError, SpecError
from impact.diagnostics.honest_did import HonestDidOptions, examine
from impact.kernels.honest.intervals import Restriction, Study, interval_at

TIMES = [-3, -2, 0, 1, 2]
PARAMS = np.array([0.05, -0.02, 0.4, 0.5, 0.7])
COVARIANCE = 0.004 * (0.5 * np.eye(5) + 0.5)


def model(event_model, **more):
    return event_model(PARAMS, COVARIANCE, TIMES, references=[-1], **more)


def ask(make, result, language="en", **options):
    return examine(make.question("honest_did", result, language=language), HonestDidOptions(**options))


def test_medicaid_as_published(medicaid_study):
    """Rambachan and Roth, documentation of HonestDiD: both restrictions, from the data to the interval."""
    tests = {
        "honest": {
            "kind": "honest_did",
            "of": "main",
            "restriction": ["relative_magnitude", "smoothness"],
            "m": [0.5, 1, 1.5, 2],
            "m_smoothness": [0, 0.01, 0.02, 0.03, 0.05],
        }
    }
    relative, smooth = medicaid_study(tests)["tests"]
    printed = [(0.0241, 0.0673), (0.0171, 0.0720), (0.00859, 0.0796), (-0.00107, 0.0883)]
    for row, ends in zip(relative["details"]["rows"], printed, strict=True):
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(ends, abs=2e-3)
    printed = [(0.0259, 0.0607), (0.0132, 0.0787), (0.00286, 0.0907), (-0.00714, 0.101), (-0.0271, 0.121)]
    for row, ends in zip(smooth["details"]["rows"], printed, strict=True):
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(ends, abs=5e-4)
        assert row["method"] == "flci"
    assert relative["statistic"] == pytest.approx(1.95, abs=0.05) and relative["verdict"] == "pass"
    assert 0.02 < smooth["statistic"] < 0.03
    assert relative["details"]["original"]["ci_low"] == pytest.approx(0.0285, abs=5e-4)


def test_rows_are_those_of_the_kernel(make, event_model):
    result = model(event_model)
    found = ask(make, result, restriction="relative_smoothness", m=(0, 1), target="average", sign="positive")
    study = Study(PARAMS, COVARIANCE, 2, np.full(3, 1 / 3))
    ends = interval_at(study, Restriction("relative_smoothness", "positive"), 0.05)
    for row, bound in zip(found[0].details["rows"], (0, 1), strict=True):
        assert (row["ci_low"], row["ci_high"]) == ends(bound)
        assert (row["m"], row["method"]) == (bound, "c_lf")
    assert found[0].details["estimate"] == pytest.approx(PARAMS[2:].mean())


@pytest.mark.parametrize(
    ("target", "weights"),
    [("first", [1, 0, 0]), ("average", [1 / 3] * 3), (1.0, [0, 1, 0]), ((0.0, 0.5, 0.5), [0, 0.5, 0.5])],
)
def test_targets(make, event_model, target, weights):
    found = ask(make, model(event_model), restriction="smoothness", m=(0.0,), target=target)[0]
    assert found.details["estimate"] == pytest.approx(PARAMS[2:] @ np.array(weights))
    error = np.sqrt(np.array(weights) @ COVARIANCE[2:, 2:] @ np.array(weights))
    assert found.details["std_error"] == pytest.approx(error)


def test_anticipation_moves_the_base_and_not_the_target(make, event_model):
    result = event_model(
        PARAMS, COVARIANCE, [-3, -1, 0, 1, 2], references=[-2], comparison={"anticipation": 1.0}
    )
    found = ask(make, result, restriction="smoothness", m=(0.0,))[0]
    assert found.details["estimate"] == PARAMS[2]


def test_default_bounds(make, event_model):
    relative, smooth = ask(make, model(event_model))
    assert [row["m"] for row in relative.details["rows"]] == [0, 0.5, 1, 1.5, 2]
    bounds = [row["m"] for row in smooth.details["rows"]]
    # the one change of slope before treatment, 0.05 − 2·(−0.02) + 0, and its one-sided interval
    error = np.sqrt(np.array([1, -2.0]) @ COVARIANCE[:2, :2] @ np.array([1, -2.0]))
    assert bounds == pytest.approx(np.linspace(0, 0.09 + 1.644854 * error, 5), rel=1e-6)
    alone = ask(make, model(event_model), restriction="smoothness", m=(0.0, 0.3))[0]
    assert [row["m"] for row in alone.details["rows"]] == [0, 0.3]


def test_methods(make, event_model):
    result = model(event_model)
    assert ask(make, result, restriction="smoothness", m=(0.1,))[0].details["method"] == "flci"
    signed = ask(make, result, restriction="smoothness", m=(0.1,), monotone="increasing")[0]
    assert signed.details["method"] == "c_f" and signed.details["monotone"] == "increasing"
    least = ask(make, result, restriction="smoothness", m=(0.1,), method="c_lf")[0]
    assert least.details["method"] == "c_lf"
    narrower = ask(make, result, restriction="smoothness", m=(0.1,), alpha=0.2)[0].details["rows"][0]
    usual = ask(make, result, restriction="smoothness", m=(0.1,))[0].details["rows"][0]
    assert narrower["ci_high"] - narrower["ci_low"] < usual["ci_high"] - usual["ci_low"]


def test_verdicts_and_sentences(make, event_model):
    found = ask(make, model(event_model), restriction="relative_magnitude")[0]
    assert found.statistic > 1 and found.verdict == "pass" and "zero stays outside" in found.sentence
    none = event_model(PARAMS / 20, COVARIANCE, TIMES, references=[-1])
    covered = ask(make, none, restriction="relative_magnitude")[0]
    assert covered.verdict == "note" and covered.statistic == 0 and "holds zero already" in covered.sentence
    always = ask(make, model(event_model), restriction="smoothness", sign="negative")[0]
    assert always.statistic is None and always.details["breakdown_unbounded"]
    spanish = ask(make, model(event_model), "es", restriction="smoothness")[0]
    assert spanish.sentence == spanish.details["sentences"]["es"] != found.details["sentences"]["en"]


def test_a_slope_before_treatment_breaks_smoothness_at_once(make, event_model):
    """A steep linear trend before: even M = 0 goes on with it, and zero comes inside."""
    result = event_model([-0.4, -0.2, 0.2, 0.4, 0.6], COVARIANCE, TIMES, references=[-1])
    found = ask(make, result, restriction="smoothness", m=(0.0,))[0]
    assert found.statistic == 0 and found.verdict == "warn" and "already at a bound of 0" in found.sentence


def code(error):
    return error.value.faults[0].code


def test_refused_designs(make, event_model):
    varying = event_model(PARAMS, COVARIANCE, [-2, -1, 0, 1, 2], comparison={"base_period": "varying"})
    with pytest.raises(DesignError) as error:
        ask(make, varying)
    assert code(error) == "E590" and "base_period: universal" in error.value.faults[0].message
    with pytest.raises(DesignError) as error:
        ask(make, event_model(PARAMS, COVARIANCE, [-4, -2, 0, 1, 2], references=[-1]))
    assert code(error) == "E591" and "-3" in error.value.faults[0].message
    short = event_model(PARAMS[1:], COVARIANCE[1:, 1:], TIMES[1:], references=[-1])
    with pytest.raises(DesignError) as error:
        ask(make, short, restriction="relative_smoothness")
    assert code(error) == "E592"
    with pytest.raises(DesignError) as error:
        ask(make, event_model(PARAMS, np.ones((5, 5)), TIMES, references=[-1]))
    assert code(error) == "E593"


def test_too_many_sides(make, event_model):
    times = [-2, *range(12)]
    result = event_model(np.ones(13), np.eye(13), times, references=[-1])
    with pytest.raises(DesignError) as error:
        ask(make, result, sign="positive", monotone="increasing", target="average", restriction="smoothness")
    assert code(error) == "E594"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"target": 7.0}, "E621"),
        ({"target": (1.0, 0.0)}, "E621"),
        ({"method": "flci"}, "E622"),
        ({"method": "flci", "restriction": "smoothness", "sign": "positive"}, "E622"),
        ({"method": "c_f", "restriction": "relative_magnitude"}, "E622"),
        ({"restriction": "relative_magnitude", "m_smoothness": (0.1,)}, "E622"),
        ({"restriction": "smoothness", "m": (0.1,), "m_smoothness": (0.1,)}, "E622"),
        ({"m": (-1.0,)}, "E622"),
    ],
)
def test_refused_options(make, event_model, options, expected):
    with pytest.raises(SpecError) as error:
        ask(make, model(event_model), **options)
    assert code(error) == expected


def test_a_term_is_refused_and_no_leads_are_said(make, event_model):
    with pytest.raises(SpecError) as error:
        ask(make, (model(event_model), "event[0]"))
    assert code(error) == "E619"
    after = event_model(PARAMS[2:], COVARIANCE[2:, 2:], [0, 1, 2], references=[-1])
    assert ask(make, after)[0].verdict == "note"
