"""Romano–Wolf by permutation: brute force over all sets and all subsets of outcomes."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from impact.core.errors import DesignError, SpecError
from impact.diagnostics.romano_wolf import RomanoWolfOptions, examine


def brute_force(columns, actual):
    """Closed testing: the adjusted p of j is the largest p over all families that hold j."""
    table = np.column_stack(columns)
    count = table.shape[1]
    adjusted = np.zeros(count)
    for size in range(1, count + 1):
        for family in combinations(range(count), size):
            largest = table[:, family].max(axis=1)
            p = np.mean(largest >= table[actual, list(family)].max() * (1 - 1e-10))
            for j in family:
                adjusted[j] = max(adjusted[j], p)
    return adjusted


@pytest.mark.parametrize("statistic", ["estimate", "t"])
def test_equal_to_closed_testing(make, statistic):
    models = [
        make.fitted(make.design(seed, units=9, effect=e), f"m{seed}")
        for seed, e in ((1, 2.0), (2, 0.5), (3, 0.0))
    ]
    found = examine(make.question("romano_wolf", *models), RomanoWolfOptions(statistic=statistic))
    columns = []
    for model in models:
        values = (
            model.permutation.estimates[:, 0]
            if statistic == "estimate"
            else model.permutation.statistics[:, 0]
        )
        values = np.abs(values)
        columns.append(values / np.sqrt(np.mean(values**2)) if statistic == "estimate" else values)
    expected = brute_force(columns, models[0].permutation.actual)
    assert [finding.p_value for finding in found] == pytest.approx(expected.tolist(), abs=1e-12)
    for finding in found:
        assert finding.p_value >= finding.details["p_unadjusted"]
        assert finding.details["columns"] == {"p_romano_wolf": finding.p_value}
        assert finding.details["n_sets"] == 36 and finding.details["n_family"] == 3


def test_one_outcome_is_not_adjusted(make):
    model = make.fitted(make.design(5, units=9, effect=1.0))
    found = examine(make.question("romano_wolf", model), RomanoWolfOptions())[0]
    assert found.p_value == pytest.approx(float(model.permutation.p_value[0]))
    assert found.details["p_unadjusted"] == pytest.approx(found.p_value)


def test_outcomes_in_other_units_and_orders_give_the_same(make):
    a, b = make.design(1, units=9, effect=2.0), make.design(2, units=9)
    models = [make.fitted(a, "a"), make.fitted(b, "b")]
    scaled = [make.fitted(replace(b, y=1000 * b.y), "b"), make.fitted(a, "a")]
    first = examine(make.question("romano_wolf", *models), RomanoWolfOptions())
    second = examine(make.question("romano_wolf", *scaled), RomanoWolfOptions())
    assert [f.p_value for f in first] == pytest.approx([f.p_value for f in reversed(second)])


def test_units_missing_in_one_outcome_leave_the_common_sets(make):
    whole = make.fitted(make.design(1, units=10, effect=1.0), "whole")
    part = make.fitted(make.design(2, units=8, effect=1.0), "part")
    found = examine(make.question("romano_wolf", whole, part), RomanoWolfOptions())
    assert {finding.details["n_sets"] for finding in found} == {28}


def test_faults(make):
    model = make.fitted(make.design(1, units=9))
    with pytest.raises(SpecError) as caught:
        examine(
            make.question("romano_wolf", model, make.fitted(make.design(2), "b", permuted=False)),
            RomanoWolfOptions(),
        )
    assert caught.value.code == "E613"
    with pytest.raises(DesignError) as caught:
        other = make.fitted(make.design(2, units=9, treated=3), "c")
        examine(make.question("romano_wolf", model, other), RomanoWolfOptions())
    assert caught.value.code == "E614"
