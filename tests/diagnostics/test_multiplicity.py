"""Adjusted p-values against statsmodels, and properties that must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from impact.diagnostics.multiplicity import MultiplicityOptions, adjust, examine

METHODS = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "benjamini_hochberg": "fdr_bh",
    "benjamini_yekutieli": "fdr_by",
}
p_lists = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=10, deadline=None)
@given(p_values=p_lists)
def test_against_statsmodels(method, p_values):
    found = adjust(np.array(p_values), method)
    expected = multipletests(p_values, method=METHODS[method])[1]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def bky(p_values, q):
    """Two-stage procedure by its definition: which hypotheses are rejected at level q."""

    def step_up(level, true):
        order = sorted(range(len(p_values)), key=lambda i: p_values[i])
        count = max(
            (i + 1 for i, j in enumerate(order) if p_values[j] <= level * (i + 1) / true * (1 + 1e-12)),
            default=0,
        )
        return set(order[:count])

    first = step_up(q / (1 + q), len(p_values))
    if len(first) == len(p_values):
        return first
    return step_up(q / (1 + q), len(p_values) - len(first))


def test_sharpened_q_is_the_smallest_level_of_the_grid_that_rejects():
    p_values = np.array([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216])
    found = adjust(p_values, "sharpened_q")
    for j, q in enumerate(found):
        levels = [step / 1000 for step in range(1, 1001) if j in bky(p_values.tolist(), step / 1000)]
        assert q == pytest.approx(min(levels, default=1.0))


@given(p_lists)
def test_order_does_not_matter_and_nothing_gets_smaller(p_values):
    p = np.array(p_values)
    back = np.arange(len(p))[::-1]
    for method in METHODS:
        found = adjust(p, method)
        assert np.all(found >= p - 1e-15) and np.all(found <= 1)
        np.testing.assert_allclose(adjust(p[back], method), found[back], atol=1e-15)


@pytest.mark.parametrize(
    ("kind", "column"), [("holm", "p_holm"), ("benjamini_hochberg", "p_bh"), ("sharpened_q", "q_sharpened")]
)
def test_rows_use_the_p_value_that_the_verdict_reads(make, kind, column):
    few = make.fitted(make.design(1, units=9, effect=1.0), "few")
    many = make.fitted(make.design(2, units=30, treated=15), "many", permuted=False)
    found = examine(make.question(kind, few, many), MultiplicityOptions())
    p = np.array([few.permutation.p_value[0], many.inference.p_value[0]])
    assert [f.details["p_unadjusted"] for f in found] == pytest.approx(p.tolist())
    assert [f.details["columns"][column] for f in found] == pytest.approx(adjust(p, kind).tolist())
