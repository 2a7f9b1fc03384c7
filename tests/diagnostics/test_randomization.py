from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from impact.core.errors import SpecError
from impact.diagnostics.randomization import RandomizationOptions, examine
from impact.estimators.ols import OlsOptions, fit


def test_share_of_sets_by_refitting(make):
    design = make.design(units=8, treated=2, effect=0.8)
    result = make.fitted(design)
    found = examine(make.question("randomization", result), RandomizationOptions())[0]
    estimates = []
    for pair in combinations(range(8), 2):
        on = np.isin(design.treatment.unit.codes, pair).astype(float)
        x = (on * design.treatment.profile[:, 0])[:, None]
        estimates.append(fit(replace(design, x=x), OlsOptions()).params[0])
    p = np.mean(np.abs(estimates) >= abs(result.estimate.params[0]) * (1 - 1e-10))
    assert found.p_value == pytest.approx(p, abs=1e-12)
    assert found.statistic == result.estimate.params[0]
    assert found.details["n_sets"] == 28 and found.details["smallest_p"] == pytest.approx(1 / 28)
    assert f"{round(p * 28)} of 28 sets" in found.sentence
    assert found.ci_low <= found.statistic <= found.ci_high


def test_statistic_chooses_the_p_value_that_stands_first(make):
    result = make.fitted(make.design(units=9, effect=1.0))
    by_t = examine(make.question("randomization", result), RandomizationOptions(statistic="t"))[0]
    assert by_t.p_value == float(result.permutation.p_value_t[0])
    by_size = examine(make.question("randomization", result), RandomizationOptions(statistic="size"))[0]
    assert by_size.p_value is None  # the size adjustment was not asked for


def test_needs_permutations(make):
    with pytest.raises(SpecError) as caught:
        examine(
            make.question("randomization", make.fitted(make.design(), permuted=False)), RandomizationOptions()
        )
    assert caught.value.code == "E613"
