"""Variance of totals under a design: closed forms, brute force over strata, and the rules for single units."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.surveys.survey import LonelyUnit, Stage, design_variance


def stage(stratum, unit, sampled=None, population=None):
    stratum, unit = np.asarray(stratum, np.int64), np.asarray(unit, np.int64)
    if sampled is None:
        sampled = [len(np.unique(unit[stratum == own])) for own in stratum]
    population = np.full(len(unit), np.inf) if population is None else np.asarray(population, float)
    return Stage(stratum, unit, np.asarray(sampled, float), population)


def test_a_simple_random_sample():
    """n (1 − f) s²: the variance of a total of z."""
    z = np.random.default_rng(0).standard_normal((40, 2))
    found, met = design_variance(
        z, [stage(np.zeros(40), np.arange(40), population=np.full(40, 100.0))], singleton="fail"
    )
    assert found == pytest.approx(40 * 0.6 * np.cov(z, rowvar=False))
    assert met == 0


def test_strata_by_hand_with_units_outside_the_domain():
    """Five units a stratum were sampled, some without a row: their totals are zero."""
    random = np.random.default_rng(1)
    stratum, unit = np.repeat([0, 1], 12), np.repeat([0, 1, 2, 5, 6, 7, 8, 9], 3)
    z = random.standard_normal((24, 3))
    found, _ = design_variance(z, [stage(stratum, unit, sampled=np.full(24, 5.0))], singleton="fail")
    expected = np.zeros((3, 3))
    for h in (0, 1):
        totals = [z[unit == own].sum(axis=0) for own in np.unique(unit[stratum == h])]
        totals += [np.zeros(3)] * (5 - len(totals))
        expected += 5 * np.cov(np.array(totals), rowvar=False)
    assert found == pytest.approx(expected)


def test_two_stages_by_hand():
    """V = Σ (1 − f₁) n s² + f₁ Σ (1 − f₂) m s₂² inside each primary unit."""
    random = np.random.default_rng(2)
    unit, second = np.repeat(np.arange(4), 6), np.arange(24) // 2
    z = random.standard_normal((24, 1))
    stages = [
        stage(np.zeros(24), unit, population=np.full(24, 10.0)),
        stage(unit, second, population=np.full(24, 5.0)),
    ]
    found, _ = design_variance(z, stages, singleton="fail")
    first = np.bincount(unit, weights=z[:, 0])
    inner = np.bincount(second, weights=z[:, 0]).reshape(4, 3)
    expected = 0.6 * 4 * first.var(ddof=1) + 0.4 * sum(0.4 * 3 * own.var(ddof=1) for own in inner)
    assert found[0, 0] == pytest.approx(expected)
    once, _ = design_variance(z, [stage(np.zeros(24), unit), stages[1]], singleton="fail")
    assert once[0, 0] == pytest.approx(4 * first.var(ddof=1))


def test_a_stratum_sampled_in_full_has_no_variance():
    z = np.random.default_rng(3).standard_normal((6, 1))
    found, met = design_variance(
        z, [stage(np.zeros(6), np.arange(6), population=np.full(6, 6.0))], singleton="fail"
    )
    assert found[0, 0] == 0
    alone, met = design_variance(z[:1], [stage([0], [0], population=[1.0])], singleton="fail")
    assert (alone[0, 0], met) == (0, 0)


def test_single_units():
    z = np.array([[1.0], [3.0], [2.0], [7.0], [5.0]])
    stages = [stage([0, 0, 1, 1, 2], [0, 1, 2, 3, 4])]
    others = 2 * np.var([1, 3], ddof=1) + 2 * np.var([2, 7], ddof=1)
    assert design_variance(z, stages, singleton="certainty") == (pytest.approx(np.array([[others]])), 1)
    assert design_variance(z, stages, singleton="centered")[0][0, 0] == pytest.approx(others + 25)
    assert design_variance(z, stages, singleton="average")[0][0, 0] == pytest.approx(others * 3 / 2)
    with pytest.raises(LonelyUnit, match="stage 1") as caught:
        design_variance(z, stages, singleton="fail")
    assert (caught.value.strata, caught.value.stage) == ((2,), 0)
