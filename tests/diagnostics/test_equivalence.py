"""Two one-sided tests: closed form, refits of every set, event studies, joint verdicts."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from impact.core.errors import SpecError
from impact.diagnostics.equivalence import EquivalenceOptions, examine
from impact.estimators.ols import OlsOptions, fit
from impact.kernels.permutation import interval


def options(bound, **more):
    return EquivalenceOptions(bound=bound, reason="smaller than a year's usual change", **more)


def test_many_treated_clusters_use_the_t_law(make):
    result = make.fitted(make.design(units=30, treated=15, noise=0.5), permuted=False)
    found = examine(make.question("equivalence", result), options(0.4))[0]
    b, se, df = result.estimate.params[0], result.inference.std_error[0], result.inference.df[0]
    p_low, p_high = stats.t.sf((b + 0.4) / se, df), stats.t.cdf((b - 0.4) / se, df)
    assert found.p_value == pytest.approx(max(p_low, p_high), rel=1e-9)
    assert (found.details["p_low"], found.details["p_high"]) == pytest.approx((p_low, p_high), rel=1e-9)
    assert found.ci_high == pytest.approx(b + stats.t.ppf(0.95, df) * se, rel=1e-9)
    within = found.ci_low > -0.4 and found.ci_high < 0.4
    assert (found.verdict == "pass") == within == (found.p_value < 0.05)
    assert found.details["basis"] == "asymptotic" and found.details["level"] == pytest.approx(0.9)
    assert found.details["columns"] == {"equivalence_p": found.p_value, "bound": 0.4}


@pytest.mark.parametrize("bound", [0.3, 2.0, 6.0])
def test_few_treated_clusters_refit_every_set_on_the_shifted_outcome(make, bound):
    design = make.design(units=9, treated=2, effect=0.3)
    result = make.fitted(design)
    found = examine(make.question("equivalence", result), options(bound))[0]
    code = {label: c for c, label in enumerate(design.treatment.unit.labels)}
    p_values = []
    for side in (-1.0, 1.0):
        shifted = replace(design, y=design.y - side * bound * design.x[:, 0])
        estimates = []
        for pair in combinations([f"u{u}" for u in range(9)], 2):
            on = np.isin(design.treatment.unit.codes, [code[label] for label in pair]).astype(float)
            x = (on * design.treatment.profile[:, 0])[:, None]
            estimates.append(fit(replace(shifted, x=x), OlsOptions()).params[0])
        real = fit(shifted, OlsOptions()).params[0]
        p_values.append(np.mean(-side * np.array(estimates) >= -side * real - 1e-9))
    assert found.details["basis"] == "permutation"
    assert (found.details["p_low"], found.details["p_high"]) == pytest.approx(tuple(p_values), abs=1e-12)
    assert found.p_value == pytest.approx(max(p_values), abs=1e-12)
    assert found.details["level"] == pytest.approx(0.9)
    assert (found.ci_low, found.ci_high) == interval(result.permutation, 0, 0.9)
    narrower = found.ci_low >= result.permutation.ci_low[0] and found.ci_high <= result.permutation.ci_high[0]
    assert narrower


def test_few_treated_clusters_never_use_the_clustered_error(make):
    result = make.fitted(make.design(units=20, treated=3), permuted=False)
    found = examine(make.question("equivalence", result), options(1.0))[0]
    b, se3 = result.estimate.params[0], result.inference.extra["std_error_cr3"][0]
    assert found.details["basis"] == "cr3"
    assert found.p_value == pytest.approx(
        max(stats.t.sf((b + 1) / se3, 19), stats.t.cdf((b - 1) / se3, 19)), rel=1e-9
    )
    inference = replace(result.inference, extra={})
    nothing = examine(make.question("equivalence", replace(result, inference=inference)), options(1.0))[0]
    assert nothing.p_value is None and nothing.verdict == "note"


def test_beyond_the_bound_fails(make):
    result = make.fitted(make.design(units=40, treated=20, effect=8.0, noise=0.2), permuted=False)
    found = examine(make.question("equivalence", result), options(0.5))[0]
    assert found.verdict == "fail" and "beyond" in found.sentence


def test_event_studies_are_judged_by_the_largest_lead(make):
    result = make.fitted(make.design(units=40, treated=20, noise=0.3, event=True), permuted=False)
    found = examine(make.question("equivalence", result), options(0.6))
    assert len(found) == 1
    leads = result.estimate.params[:2]
    assert found[0].statistic == pytest.approx(leads[np.argmax(np.abs(leads))])
    alone = [
        examine(make.question("equivalence", (result, f"time={t}:treated")), options(0.6))[0].p_value
        for t in (0, 1)
    ]
    assert found[0].p_value == pytest.approx(max(alone))
    assert found[0].details["p_values"].keys() == {"time=0:treated", "time=1:treated"}


def test_joint_verdict_needs_all(make):
    small = make.fitted(make.design(1, units=40, treated=20, noise=0.1), "small", permuted=False)
    large = make.fitted(make.design(2, units=40, treated=20, noise=0.1, effect=3.0), "large", permuted=False)
    both = examine(make.question("equivalence", small, large), options(0.5, joint="all"))
    assert [finding.verdict for finding in both] == ["pass", "fail", "note"]
    assert both[2].p_value == max(both[0].p_value, both[1].p_value)
    one = examine(make.question("equivalence", small), options(0.5, joint="all"))
    assert one[-1].verdict == "pass" and one[-1].details["joint"]


def test_sentences_in_both_languages_and_failed_models(make):
    result = make.fitted(make.design())
    failed = replace(result, name="broken", estimate=None, inference=None)
    found = examine(make.question("equivalence", result, failed, language="es"), options(1.0))
    assert found[0].sentence == found[0].details["sentences"]["es"] != found[0].details["sentences"]["en"]
    assert found[1].verdict == "note" and found[1].of == "broken"


def test_faults(make):
    for wrong in (
        {"bound": 0.1},
        {"bound": 0.1, "reason": ""},
        {"bound": -1, "reason": "x"},
        {"reason": "x"},
    ):
        with pytest.raises(ValidationError):
            EquivalenceOptions(**wrong)
    with pytest.raises(SpecError) as caught:
        examine(make.question("equivalence", (make.fitted(make.design()), "exposd")), options(1.0))
    assert caught.value.code == "E606" and caught.value.suggestion == "exposed"
