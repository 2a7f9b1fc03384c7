"""Combinations of coefficients: covariances, residual variances and leverages of the regression that they come from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import impact.estimators.ols as ols
from impact.core.designs import Design, Factor, Sample, Term
from impact.core.estimates import Influence
from impact.estimators._combination import combined
from impact.inference.cluster import ClusterOptions
from impact.inference.cluster import infer as clustered
from impact.inference.hetero import HeteroOptions
from impact.inference.hetero import infer as robust
from impact.inference.iid import IidOptions
from impact.inference.iid import infer as iid

MATRIX = np.array(
    [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [2.0, -1.0, 3.0]]
)
TERMS = tuple(Term(f"m{j}") for j in range(6))


@pytest.fixture(params=[False, True], ids=["plain", "weighted"])
def fitted(request):
    rng = np.random.default_rng(4)
    n = 60
    x = rng.normal(size=(n, 3))
    design = Design(
        outcome="y",
        terms=tuple(Term(f"x{j}") for j in range(3)),
        y=x @ [1.0, 2.0, -1.0] + rng.normal(size=n) * (1 + np.abs(x[:, 0])),
        x=x,
        sample=Sample(np.arange(n)),
        clusters={"c": Factor("c", np.repeat(np.arange(12), 5).astype(np.int32), tuple(range(12)))},
        weights=0.5 + rng.random(n) if request.param else None,
        weight_kind="analytic" if request.param else "",
    )
    return design, ols.fit(design, ols.OlsOptions())


@pytest.mark.parametrize(
    "variance",
    [
        lambda e, d: clustered(e, d, ClusterOptions(cluster="c"), 0.95),
        lambda e, d: clustered(e, d, ClusterOptions(cluster="c", type="cr2"), 0.95),
        lambda e, d: clustered(e, d, ClusterOptions(cluster="c", type="cr3"), 0.95),
        lambda e, d: robust(e, d, HeteroOptions(type="hc1"), 0.95),
        lambda e, d: robust(e, d, HeteroOptions(type="hc2"), 0.95),
        lambda e, d: robust(e, d, HeteroOptions(type="hc3"), 0.95),
    ],
)
def test_every_variance_is_the_combination_of_that_of_the_coefficients(fitted, variance):
    design, estimate = fitted
    shown = combined(estimate, TERMS, MATRIX)
    assert shown.params == pytest.approx(MATRIX @ estimate.params)
    expected = MATRIX @ variance(estimate, design).vcov @ MATRIX.T
    assert variance(shown, design).vcov == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_equal_errors(fitted):
    design, estimate = fitted
    shown = combined(estimate, TERMS, MATRIX)
    options = IidOptions()
    expected = MATRIX @ iid(estimate, design, options, 0.95).vcov @ MATRIX.T
    assert iid(shown, design, options, 0.95).vcov == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_the_bread_is_a_generalised_inverse(fitted):
    linear = combined(fitted[1], TERMS, MATRIX).linear
    weights = np.ones(len(linear.residual)) if linear.weights is None else linear.weights
    gram = (linear.x * weights[:, None]).T @ linear.x
    assert linear.bread @ gram @ linear.bread == pytest.approx(linear.bread, abs=1e-12)


def test_influence_rows_are_combined(fitted):
    rows = np.random.default_rng(1).normal(size=(5, 3))
    bare = replace(fitted[1], linear=None, influence=Influence(rows, np.arange(5, dtype=np.int32)))
    shown = combined(bare, TERMS, MATRIX)
    assert shown.influence.rows == pytest.approx(rows @ MATRIX.T)


def test_what_cannot_be_combined(fitted):
    with pytest.raises(ValueError, match="every coefficient"):
        combined(fitted[1], TERMS[:1], MATRIX[:1])
    with pytest.raises(ValueError, match="representation"):
        combined(replace(fitted[1], linear=None), TERMS, MATRIX)
