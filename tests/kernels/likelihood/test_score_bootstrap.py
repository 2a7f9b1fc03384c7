"""The score bootstrap: statsmodels under the null with all sign vectors by hand, and the size of the test."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm

import impact.kernels.wild_bootstrap as wild
from impact.kernels.cluster_robust import Part, parts
from impact.kernels.factors import Effect
from impact.kernels.likelihood.glm_absorbed import Limits
from impact.kernels.likelihood.score_bootstrap import NoMaximum, restricted_scores, score_sums
from impact.kernels.resampling import all_signs

FAMILIES = {
    "poisson": sm.families.Poisson(),
    "logit": sm.families.Binomial(),
    "probit": sm.families.Binomial(sm.families.links.Probit()),
}


def effect(values):
    labels, codes = np.unique(values, return_inverse=True)
    return Effect(codes.astype(np.int32), len(labels), None, True)


def outcome(panel, family):
    return (panel["cnt"] if family == "poisson" else panel["cnt"] > 2).astype(float)


def by_hand(panel, family):
    """Cluster sums of D's efficient score where D is left out, by statsmodels with dummies of the periods."""
    y = outcome(panel, family)
    periods = np.equal.outer(panel["t"], np.unique(panel["t"])).astype(float)
    others = np.column_stack([panel["z"], periods])
    null = sm.GLM(y, others, family=FAMILIES[family]).fit(tol=1e-14)
    link = FAMILIES[family].link
    slope = 1.0 / link.deriv(null.fittedvalues)
    variance = FAMILIES[family].variance(null.fittedvalues)
    information, score = slope**2 / variance, slope * (y - null.fittedvalues) / variance
    d = panel["D"].astype(float)
    share = np.linalg.solve(others.T @ (others * information[:, None]), others.T @ (information * d))
    free = d - others @ share
    h = free / np.sum(information * free**2)
    return np.array([np.sum((h * score)[panel["c"] == c]) for c in np.unique(panel["c"])])


@pytest.mark.parametrize("family", FAMILIES)
def test_all_signs_by_hand(test_panel, family):
    columns = np.asfortranarray(np.column_stack([test_panel["D"], test_panel["z"]]).astype(float))
    found = restricted_scores(columns, outcome(test_panel, family), family, [effect(test_panel["t"])])
    codes = effect(test_panel["c"]).codes
    expected = by_hand(test_panel, family)
    assert np.bincount(codes, weights=found) == pytest.approx(expected, abs=1e-9)
    sums = score_sums(found, codes, 12, parts=parts([codes], [12]))
    p = wild.p_value(wild.draw(sums, all_signs(12), restricted=True), float(found.sum()))
    signs = np.array(list(product((-1.0, 1.0), repeat=12))) * expected
    t = signs.sum(axis=1) / np.sqrt(((signs - signs.mean(axis=1, keepdims=True)) ** 2).sum(axis=1))
    actual = expected.sum() / np.sqrt(np.sum((expected - expected.mean()) ** 2))
    assert p == np.mean(np.abs(t) >= abs(actual) * (1 - 1e-10))


def test_weights_and_offset_are_repeated_rows(test_panel):
    times = test_panel["i"] % 3 + 1
    columns = np.asfortranarray(np.column_stack([test_panel["z"], test_panel["D"]]).astype(float))
    y, offset = outcome(test_panel, "poisson"), test_panel["q1"] / 2
    one = restricted_scores(
        columns, y, "poisson", [effect(test_panel["c"])], weights=times.astype(float), offset=offset
    )
    rows = np.repeat(np.arange(480), times)
    other = restricted_scores(
        np.asfortranarray(columns[rows]),
        y[rows],
        "poisson",
        [effect(test_panel["c"][rows])],
        offset=offset[rows],
    )
    assert one == pytest.approx(np.bincount(rows, weights=other), abs=1e-10)


def test_the_only_regressor_leaves_the_effects(test_panel):
    """Under the null the mean is that of each level."""
    d, y, c = test_panel["D"].astype(float), outcome(test_panel, "poisson"), test_panel["c"]
    found = restricted_scores(np.asfortranarray(d[:, None]), y, "poisson", [effect(c)])
    mean = (np.bincount(c, weights=y) / np.maximum(np.bincount(c), 1))[c]
    free = d - (np.bincount(c, weights=d) / np.maximum(np.bincount(c), 1))[c]
    assert found == pytest.approx(free * (y - mean) / np.sum(mean * free**2), abs=1e-10)


def test_no_maximum_under_the_null(test_panel):
    """A column that is positive only where the count is zero keeps the null's estimate from existing."""
    y = outcome(test_panel, "poisson")
    columns = np.asfortranarray(np.column_stack([test_panel["z"], (y == 0).astype(float)]))
    with pytest.raises(NoMaximum):
        restricted_scores(columns, y, "poisson", [effect(test_panel["t"])])


def test_size_with_few_clusters():
    """Counts with a common shock in each of 12 clusters and no effect: 5 % reject, within binomial error (3 sd)."""
    generator = np.random.default_rng(7)
    reps, rejected = 300, 0
    codes = np.repeat(np.arange(12), 20).astype(np.int32)
    part = parts([codes], [12])
    assert isinstance(part[0], Part)
    signs = all_signs(12)
    for _ in range(reps):
        x = generator.standard_normal(12)[codes] + generator.standard_normal(240)
        y = generator.poisson(np.exp(0.4 * generator.standard_normal(12)[codes])).astype(float)
        columns = np.asfortranarray(np.column_stack([x, np.ones(240)]))
        scores = restricted_scores(columns, y, "poisson", [])
        draws = wild.draw(score_sums(scores, codes, 12, parts=part), signs, restricted=True)
        rejected += wild.p_value(draws, float(scores.sum())) <= 0.05
    assert abs(rejected / reps - 0.05) < 3 * np.sqrt(0.05 * 0.95 / reps)


def test_steps_are_a_limit(test_panel):
    columns = np.asfortranarray(np.column_stack([test_panel["D"], test_panel["z"], test_panel["x"]]))
    with pytest.raises(NoMaximum):
        restricted_scores(
            columns, test_panel["cnt"], "poisson", [effect(test_panel["t"])], limits=Limits(steps=1)
        )
