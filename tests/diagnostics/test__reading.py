"""What is read of an estimate: the same from a row of the document and from the fitted model."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from impact.diagnostics._reading import (
    finite,
    is_few_treated,
    read_result,
    read_row,
    upper_quantile,
    upper_tail,
)


def test_few_treated_clusters_read_the_permutation(make):
    result = make.fitted(make.design(units=12, treated=2))
    reading = read_result(result, 0)
    assert reading.basis == "permutation" and is_few_treated(result, 0)
    assert reading.p_values == {
        "permutation": float(result.permutation.p_value[0]),
        "permutation_t": float(result.permutation.p_value_t[0]),
    }
    assert (reading.ci_low, reading.mde80) == (result.permutation.ci_low[0], result.permutation.mde80[0])
    assert reading.p_clustered == result.inference.p_value[0]


def test_many_treated_clusters_keep_their_interval_and_need_both_permutation_p_values(make):
    result = make.fitted(make.design(units=14, treated=2))
    many = replace(result, inference=replace(result.inference, n_treated_clusters=12))
    reading = read_result(many, 0)
    assert reading.basis == "asymptotic" and set(reading.p_values) == {"permutation", "permutation_t"}
    assert reading.ci_low == result.inference.ci_low[0]
    assert reading.mde80 == pytest.approx(2.8 * result.inference.std_error[0])


def test_control_terms_are_not_treatment_terms(make):
    result = make.fitted(make.design(), permuted=False)
    other = replace(result, estimate=replace(result.estimate, focus=(5,)))
    assert not is_few_treated(other, 0)
    assert read_result(other, 0).basis == "asymptotic"


def test_row_and_model_agree_on_the_jackknife(make):
    result = make.fitted(make.design(units=20, treated=3), permuted=False)
    error = result.inference.extra["std_error_cr3"][0]
    row = {"estimate": result.estimate.params[0], "primary": "cr3", "std_error_cr3": error,
           "p_cr3": result.inference.extra["p_cr3"][0]}  # fmt: skip
    one, two = read_result(result, 0), read_row(row)
    assert one.p_values["cr3"] == pytest.approx(two.p_values["cr3"], rel=1e-9)
    assert one.mde80 == pytest.approx(two.mde80)
    assert one.ci_low == pytest.approx(result.inference.extra["ci_low_cr3"][0], rel=1e-9)


def test_numbers():
    assert finite("inf") is None and finite(math.nan) is None and finite(True) is None and finite("1") is None
    assert finite(np.float64(2)) == 2.0 and finite(np.int32(3)) == 3.0 and finite({}) is None
    assert upper_quantile(math.inf, 0.025) == pytest.approx(1.959963985)
    assert upper_tail(math.inf, 1.959963985) == pytest.approx(0.025)
