"""Westfall–Young: brute force over all subfamilies of permuted outcomes, and the family-wise error of simulated data.

The step-down itself is checked in tests/kernels/test_stepdown.py, the draws in tests/diagnostics/test__family.py.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import impact
from impact.core.designs import Design, Sample, Term
from impact.core.findings import ModelResult
from impact.diagnostics.romano_wolf import RomanoWolfOptions
from impact.diagnostics.romano_wolf import examine as romano_wolf
from impact.diagnostics.westfall_young import WestfallYoungOptions, examine
from impact.estimators.ols import OlsOptions, fit
from impact.inference.cluster import ClusterOptions, infer


@pytest.fixture(scope="module")
def models(make):
    return [
        make.fitted(make.design(seed, units=9, effect=e), f"m{seed}")
        for seed, e in ((1, 2.0), (2, 0.5), (3, 0.0))
    ]


@pytest.mark.parametrize("statistic", ["estimate", "t"])
def test_equal_to_closed_testing_of_p_values(make, models, statistic):
    found = examine(make.question("westfall_young", *models), WestfallYoungOptions(statistic=statistic))
    sizes = np.abs(
        np.column_stack(
            [
                getattr(m.permutation, "estimates" if statistic == "estimate" else "statistics")[:, 0]
                for m in models
            ]
        )
    )
    p = np.array([[np.mean(column >= value * (1 - 1e-10)) for value in column] for column in sizes.T]).T
    actual = models[0].permutation.actual
    expected = np.zeros(3)
    for size in (1, 2, 3):
        for family in combinations(range(3), size):
            smallest = p[:, family].min(axis=1)
            share = np.mean(smallest <= smallest[actual] + 1e-12)
            for j in family:
                expected[j] = max(expected[j], share)
    assert [finding.p_value for finding in found] == pytest.approx(expected.tolist(), abs=1e-12)
    for finding, own in zip(found, p[actual], strict=True):
        assert finding.details["p_unadjusted"] == pytest.approx(own)
        assert finding.details["columns"] == {"p_westfall_young": finding.p_value}
        assert "36 common sets" in finding.sentence


def test_the_adjusted_p_stands_in_the_rows():
    spec = {
        "spec": 1,
        "data": "shipped:castle",
        "seed": 5,
        "vcov": {"cluster": "sid"},
        "models": {name: f"l_{name} ~ post | sid + year" for name in ("homicide", "robbery")},
        "tests": {"family": {"kind": "westfall_young", "of": ["homicide", "robbery"], "reps": 199}},
    }
    document = impact.run(spec, out=None).document
    tests = {line["of"]: line["p_value"] for line in document["tests"]}
    rows = {row["model"]: row["p_westfall_young"] for row in document["rows"] if row["term"] == "post"}
    assert rows == tests and len(rows) == 2


def simulated(make, random, *, clusters=20, size=4, outcomes=4):
    """p-values of both adjustments for related outcomes without any effect of a treatment of half the clusters."""
    units = np.repeat(np.arange(clusters), size)
    on = (units % 2 == 0).astype(float)
    shock = random.normal(size=(clusters, 1)) + random.normal(size=(clusters, outcomes))
    y = shock[units] + random.normal(size=(len(units), outcomes))
    results = [_fit(make, units, on, y[:, h], f"y{h}") for h in range(outcomes)]
    question = make.question("westfall_young", *results)
    by_p = examine(question, WestfallYoungOptions(reps=499))
    by_t = romano_wolf(question, RomanoWolfOptions(reps=499))
    return [min(f.p_value for f in found) for found in (by_p, by_t)]


def _fit(make, units, on, y, name):

    design = Design(
        outcome=name,
        terms=(Term("on"), Term("Intercept")),
        y=y,
        x=np.column_stack([on, np.ones(len(y))]),
        sample=Sample(np.arange(len(y))),
        clusters={"unit": make.factor("unit", units)},
        focus=(0,),
        intercept=True,
        seed=1,
    )
    estimate = fit(design, OlsOptions())
    return ModelResult(
        name, None, estimate, infer(estimate, design, ClusterOptions(cluster="unit"), 0.95), design
    )


@pytest.mark.slow
def test_family_wise_error_without_any_effect(make):
    """400 families of four related outcomes and 20 clusters: any rejection at 10 % in a share of 10 %, within three
    simulation errors."""
    random = np.random.default_rng(12)
    smallest = np.array([simulated(make, random) for _ in range(400)])
    share = np.mean(smallest <= 0.10, axis=0)
    assert np.all(np.abs(share - 0.10) < 3 * np.sqrt(0.09 / 400)), share
