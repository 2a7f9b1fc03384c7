"""Joint resampling by scores of clusters: against plain loops over statsmodels' residuals, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from impact.core.designs import Design, Factor, Sample, Term
from impact.core.errors import SpecError
from impact.core.estimates import Influence
from impact.core.findings import ModelResult
from impact.diagnostics._family import FamilyOptions, adjusted_findings
from impact.estimators.ols import OlsOptions, fit
from impact.inference.cluster import ClusterOptions, infer
from impact.kernels.resampling import multipliers
from impact.kernels.stepdown import stepdown_maxima, unadjusted

REPS = 499


def outcomes_of(seed, *, clusters=30, size=6, effects=(0.0, 0.0)):
    """Outcomes of the same persons: effects of a treatment of clusters, and shared shocks of clusters and persons."""
    random = np.random.default_rng(seed)
    place = np.repeat(np.arange(clusters), size)
    treated = (place % 2 == 0).astype(float)
    shock, own = random.normal(size=clusters)[place], random.normal(size=len(place))
    columns = [effect * treated + shock + own + 0.5 * random.normal(size=(len(place))) for effect in effects]
    return place, treated, columns


def model_of(place, treated, y, name, *, cluster="place", seed=1):
    labels, codes = np.unique(place, return_inverse=True)
    factor = Factor(cluster, codes.astype(np.int32), tuple(labels.tolist()))
    x = np.column_stack([treated, np.ones(len(y))])
    design = Design(
        outcome="y",
        terms=(Term("d"), Term("Intercept")),
        y=y,
        x=x,
        sample=Sample(np.arange(len(y))),
        clusters={cluster: factor},
        focus=(0,),
        intercept=True,
        seed=seed,
    )
    estimate = fit(design, OlsOptions())
    inference = infer(estimate, design, ClusterOptions(cluster=cluster), 0.95)
    return ModelResult(name, None, estimate, inference, design)


def family_of(make, *results, adjust=stepdown_maxima, **options):
    question = make.question("romano_wolf", *results)
    return adjusted_findings(question, FamilyOptions(reps=REPS, **options), adjust, "p_romano_wolf")


def scores_by_hand(place, treated, y):
    """Influence of each cluster on the coefficient: statsmodels' residuals, summed in a loop."""
    x = np.column_stack([treated, np.ones(len(y))])
    fitted = sm.OLS(y, x).fit()
    bread = np.linalg.inv(x.T @ x)
    labels = sorted({str(label) for label in place})
    rows = {label: [k for k in range(len(y)) if str(place[k]) == label] for label in labels}
    return labels, np.array([bread[0] @ x[rows[g]].T @ fitted.resid[rows[g]] for g in labels]), fitted


@pytest.mark.parametrize("statistic", ["t", "estimate", "primary"])
def test_draws_by_hand(make, statistic):
    """The second outcome lacks some clusters: a cluster has the same weight in both models."""
    place, treated, (first, second) = outcomes_of(1, effects=(1.2, 0.4))
    kept = place > 4
    results = [
        model_of(place, treated, first, "first"),
        model_of(place[kept], treated[kept], second[kept], "second"),
    ]
    found = family_of(make, *results, statistic=statistic)
    labels, sums, _ = scores_by_hand(place, treated, first)
    known, fewer, _ = scores_by_hand(place[kept], treated[kept], second[kept])
    columns = np.column_stack([sums, [fewer[known.index(g)] if g in known else 0.0 for g in labels]])
    draws = (
        multipliers("rademacher", REPS, len(labels), make.question("romano_wolf", *results).seed) @ columns
    )
    spread = np.sqrt((columns**2).sum(axis=0))
    b = np.array([float(r.estimate.params[0]) for r in results])
    own_p = np.array([float(r.inference.p_value[0]) for r in results])
    actual = b / spread if statistic == "estimate" else stats.norm.isf(own_p / 2)
    table = np.abs(np.vstack([actual, draws / spread]))
    assert [f.details["p_unadjusted"] for f in found] == pytest.approx(unadjusted(table).tolist(), abs=1e-12)
    assert [f.p_value for f in found] == pytest.approx(stepdown_maxima(table).tolist(), abs=1e-12)
    assert {f.details["n_sets"] for f in found} == {REPS + 1}
    assert "499 draws of rademacher weights on the scores of 30 clusters" in found[0].sentence


def test_influence_functions_give_the_same_as_their_regression(make):
    place, treated, (first, second) = outcomes_of(2, effects=(0.8, 0.0))
    results = [model_of(place, treated, y, name) for y, name in ((first, "a"), (second, "b"))]

    def by_influence(result):
        linear = result.estimate.linear
        rows = (linear.x * linear.residual[:, None]) @ linear.bread
        influence = Influence(rows, np.arange(len(rows)))
        return replace(result, estimate=replace(result.estimate, linear=None, influence=influence))

    plain = family_of(make, *results)
    other = family_of(make, *map(by_influence, results))
    assert [f.p_value for f in plain] == [f.p_value for f in other]


@pytest.mark.parametrize("clusters", [24, 300])
def test_one_outcome_has_the_p_of_its_t(make, clusters):
    """Draws of one statistic follow the normal law, nearly so with few clusters."""
    place, treated, (y, _) = outcomes_of(3, clusters=clusters, size=2, effects=(0.25, 0.0))
    result = model_of(place, treated, y, "one")
    found = adjusted_findings(
        make.question("romano_wolf", result), FamilyOptions(reps=9999), stepdown_maxima, "p"
    )[0]
    # three simulation errors of 9,999 draws, and what signs of 24 scores lack to the normal law
    p = float(result.inference.p_value[0])
    assert found.p_value == pytest.approx(p, abs=3 * np.sqrt(p * (1 - p) / 9999) + 0.24 / clusters)


def code_of(make, *results, **options):
    with pytest.raises(SpecError) as caught:
        family_of(make, *results, **options)
    return caught.value.code


def test_faults(make):
    place, treated, (y, z) = outcomes_of(4)
    plain = model_of(place, treated, y, "a")
    assert code_of(make, plain, model_of(place, treated, z, "b", cluster="other")) == "E678"
    two = replace(plain, inference=replace(plain.inference, variance={"by": ["place", "year"]}))
    assert code_of(make, two) == "E678"
    robust = replace(plain, inference=replace(plain.inference, variance={"kind": "hc1"}))
    assert code_of(make, robust) == "E678"
    assert code_of(make, model_of(place, treated, y, "a", seed=None)) == "E182"
    few = replace(plain, inference=replace(plain.inference, n_treated_clusters=4))
    assert code_of(make, few) == "E613"
    parts = replace(plain, estimate=replace(plain.estimate, parts=(plain.estimate,)))
    assert code_of(make, parts) == "E613"
    neither = replace(plain, estimate=replace(plain.estimate, linear=None))
    assert code_of(make, neither) == "E613"


def test_options_of_draws_with_sets(make):
    """A permutation leaves nothing to draw: the number of draws would be ignored."""
    assert code_of(make, make.fitted(make.design(1, units=9), "a")) == "E678"
