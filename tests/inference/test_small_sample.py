"""What each convention counts."""

from __future__ import annotations

import dataclasses

import pytest

from impact.inference._small_sample import SmallSample, convention, counted_parameters


@pytest.mark.parametrize(
    ("ssc", "clusters", "expected"),
    [
        (None, (), 69),
        (None, ("i",), 10),
        (None, ("c",), 10),
        (None, ("t",), 62),
        (None, ("c", "t"), 3),
        ("reghdfe", ("i",), 10),
        ("stata", ("i",), 69),
        ("statsmodels", ("i",), 69),
        ("none", ("i",), 2),
        (SmallSample(k="full"), ("i",), 69),
    ],
)
def test_counted_parameters(two_way, ssc, clusters, expected):
    factors = [two_way.design.clusters[name] for name in clusters]
    found = counted_parameters(two_way.estimate, two_way.estimate.linear, convention(ssc), factors)
    assert found == expected


def test_never_below_the_regressors_and_one(two_way):
    few = dataclasses.replace(two_way.estimate, df_absorbed=1)
    factors = [two_way.design.clusters["i"], two_way.design.clusters["t"]]
    assert counted_parameters(few, few.linear, convention(None), factors) == 3


def test_without_effects_the_regressors_count(pooled):
    for ssc in (None, "stata", "none"):
        assert counted_parameters(pooled.estimate, pooled.estimate.linear, convention(ssc)) == 4
