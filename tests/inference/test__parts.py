"""Inference of separate regressions on the same rows as one record."""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators.ols as ols
from impact.core.designs import Design, Factor, Sample, Term
from impact.inference._parts import joined
from impact.inference.cluster import ClusterOptions, infer


@pytest.fixture
def regressions():
    """Two regressions of y: on x0 and x1, and on x2 alone."""
    rng = np.random.default_rng(2)
    n = 80
    x = rng.normal(size=(n, 3))
    y = x @ [1.0, 0.5, -1.0] + rng.normal(size=n)
    clusters = {"c": Factor("c", np.repeat(np.arange(16), 5).astype(np.int32), tuple(range(16)))}

    def one(columns):
        design = Design(
            "y", tuple(Term(f"x{j}") for j in columns), y, np.ascontiguousarray(x[:, columns]),
            Sample(np.arange(n)), clusters=clusters,
        )  # fmt: skip
        return design, ols.fit(design, ols.OlsOptions())

    return one([0, 1]), one([2])


def test_blocks_are_those_of_the_parts_and_the_rest_that_of_the_scores(regressions):
    """CR0: the joint covariance is that of stacked influence rows summed by cluster."""
    options = ClusterOptions(cluster="c", type="cr0")
    parts = [(estimate, infer(estimate, design, options, 0.95)) for design, estimate in regressions]
    design = regressions[0][0]
    found = joined(parts, design)
    rows = np.hstack([(e.linear.x * e.linear.residual[:, None]) @ e.linear.bread for _, e in regressions])
    sums = np.zeros((16, 3))
    np.add.at(sums, design.clusters["c"].codes, rows)
    assert found.vcov == pytest.approx(sums.T @ sums, rel=1e-10)
    assert found.std_error == pytest.approx(np.sqrt(np.diag(found.vcov)))
    assert found.ci_low.shape == (3,)
    assert len(found.variance["parts"]) == 2
    assert len({(n.code, n.message) for n in found.notices}) == len(found.notices)


@pytest.mark.parametrize("kind", ["cr1", "cr2", "cr3"])
def test_the_joint_covariance_is_one(regressions, kind):
    options = ClusterOptions(cluster="c", type=kind)
    parts = [(estimate, infer(estimate, design, options, 0.95)) for design, estimate in regressions]
    found = joined(parts, regressions[0][0])
    assert np.linalg.eigvalsh(found.vcov)[0] > -1e-12
    assert found.vcov[:2, :2] == pytest.approx(parts[0][1].vcov)
    assert found.vcov[2, 2] == pytest.approx(parts[1][1].vcov[0, 0])
    assert found.extra.keys() == parts[0][1].extra.keys()
