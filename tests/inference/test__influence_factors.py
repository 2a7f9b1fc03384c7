"""Sums of influence rows by cluster, and the factors of regressions that come as influence rows."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.designs import Factor, Term
from impact.core.estimates import Estimate, Influence
from impact.inference._influence_factors import (
    cluster_sums,
    clustered,
    group_counts,
    influence_convention,
    observations_factors,
)
from impact.inference._small_sample import convention

ROWS = np.arange(12.0).reshape(6, 2)
FACTOR = Factor("c", np.array([2, 0, 2, 1, 0, 2], dtype=np.int32), (0, 1, 2))


def estimate_of(**more):
    influence = Influence(ROWS, np.arange(6), **more)
    terms = (Term("a"), Term("b"))
    return Estimate("x", terms, np.zeros(2), n_obs=6.0, df_model=2, df_resid=4.0, influence=influence)


def test_sums_by_cluster():
    assert cluster_sums(ROWS, FACTOR.codes).tolist() == [[10.0, 12.0], [6.0, 7.0], [14.0, 17.0]]
    assert cluster_sums(ROWS, np.arange(6)) is ROWS


def test_factors_count_what_each_term_s_regression_has():
    present = np.array([[True, True]] * 5 + [[True, False]])
    estimate = estimate_of(
        n_obs=np.array([6.0, 5.0]), regressors=np.array([1.0, 2.0]), present=present, ssc="fixest"
    )
    influence = estimate.influence
    rule = influence_convention(influence, None)
    assert rule.preset == "fixest"
    assert observations_factors(estimate, influence, rule, (FACTOR,)) == pytest.approx([5 / 5, 4 / 3])
    assert group_counts(influence, FACTOR).tolist() == [3.0, 3.0]
    sums = cluster_sums(ROWS, FACTOR.codes) * np.sqrt([5 / 5, 4 / 3]) * np.sqrt(3 / 2)
    assert clustered(estimate, influence, rule, FACTOR, (FACTOR,)) == pytest.approx(sums.T @ sums)


def test_without_a_convention_there_is_no_factor():
    estimate = estimate_of()
    rule = influence_convention(estimate.influence, None)
    assert rule == convention("none")
    assert observations_factors(estimate, estimate.influence, rule, ()).tolist() == [1.0, 1.0]


def test_products_that_are_known_stand_in_for_rows_that_are_clusters_of_their_own():
    """A coarser cluster, or rows in another order, must still sum the rows."""
    known = np.array([[5.0, 1.0], [1.0, 7.0]])
    alone = Factor("i", np.arange(6, dtype=np.int32), tuple(range(6)))
    mixed = Factor("m", np.arange(6, dtype=np.int32)[::-1].copy(), tuple(range(6)))
    estimate = estimate_of(gram=known)
    rule = convention("none")
    assert clustered(estimate, estimate.influence, rule, alone, (alone,)).tolist() == known.tolist()
    assert clustered(estimate, estimate.influence, rule, mixed, (mixed,)) == pytest.approx(ROWS.T @ ROWS)
    sums = cluster_sums(ROWS, FACTOR.codes)
    assert clustered(estimate, estimate.influence, rule, FACTOR, (FACTOR,)) == pytest.approx(sums.T @ sums)
