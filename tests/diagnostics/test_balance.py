"""Balance of covariates by cohort, against means and sums taken by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from impact.core.designs import Factor, Term
from impact.core.errors import SpecError
from impact.diagnostics.balance import BalanceOptions, compare, examine


@pytest.fixture
def model(cohort_design, model_with):
    """Six periods, cohorts 4 and 5 and never treated, two covariates that move; a fitted model around them."""

    def make(cohorts=(*[4] * 10, *[5] * 12, *[np.inf] * 15), *, shift=0.0, **changes):
        design = cohort_design(list(cohorts))
        random = np.random.default_rng(1)
        x = random.normal(size=(len(design.y), 2))
        x[:, 1] += shift * (design.adoption.cohort == 4)[design.adoption.unit.codes]
        design = replace(design, x=x, terms=(Term("a"), Term("b")), **changes)
        return model_with((Term("att", "att"),), np.ones(1), np.eye(1), design=design)

    return make


def ask(make, result, language="en", **options):
    return examine(make.question("balance", result, language=language), BalanceOptions(**options))


def values(design, cohort, period):
    at = design.adoption
    rows = (at.cohort[at.unit.codes] == cohort) & (at.periods[at.time.codes] == period)
    return design.x[rows]


@pytest.mark.parametrize(("period", "when"), [("first", 1), ("before", 4)])
def test_means_and_differences_by_hand(make, model, period, when):
    result = model()
    found = ask(make, result, period=period)
    assert [one.term for one in found] == ["cohort[4]", "cohort[5]"]
    group, base = values(result.design, 5, when), values(result.design, np.inf, when)
    for k, row in enumerate(found[1].details["rows"]):
        assert row["mean"] == pytest.approx(group[:, k].mean())
        assert row["mean_comparison"] == pytest.approx(base[:, k].mean())
        pooled = np.sqrt((group[:, k].var(ddof=1) + base[:, k].var(ddof=1)) / 2)
        assert row["normalised"] == pytest.approx((group[:, k].mean() - base[:, k].mean()) / pooled)
    difference = group.mean(axis=0) - base.mean(axis=0)
    covariance = np.cov(group.T, ddof=0) / len(group) + np.cov(base.T, ddof=0) / len(base)
    form = difference @ np.linalg.solve(covariance, difference)
    assert found[1].statistic == pytest.approx(form) and found[1].df == 2
    assert found[1].p_value == pytest.approx(stats.chi2.sf(form, 2))
    assert (found[1].details["n"], found[1].details["n_comparison"]) == (12, 15)


def test_verdicts(make, model):
    assert ask(make, model(shift=3.0))[0].verdict == "warn"
    assert "b by" in ask(make, model(shift=3.0))[0].sentence
    even = ask(make, model(), threshold=5.0, alpha=1e-6)
    assert {one.verdict for one in even} == {"pass"}


def test_a_named_covariate(make, model):
    found = ask(make, model(shift=3.0), covariates=("a",))
    assert [row["covariate"] for row in found[0].details["rows"]] == ["a"]
    with pytest.raises(SpecError) as error:
        ask(make, model(), covariates=("c",))
    assert error.value.faults[0].code == "E623"


def test_weights_count_as_repeated_rows(model):
    """Weights of two are two units of the same cluster: means and joint statistic are those of the doubled rows."""
    result = model()
    design = result.design
    two = np.where(design.adoption.unit.codes % 2 == 0, 2.0, 1.0)
    weighted = compare(replace(design, weights=two), design.adoption, [0, 1], period="first")[0]
    group, base = (np.repeat(values(design, g, 1), values_of(two, design, g), axis=0) for g in (4, np.inf))
    assert weighted.mean == pytest.approx(group.mean(axis=0))
    assert weighted.base == pytest.approx(base.mean(axis=0))


def values_of(weights, design, cohort):
    at = design.adoption
    rows = (at.cohort[at.unit.codes] == cohort) & (at.periods[at.time.codes] == 1)
    return weights[rows].astype(int)


def test_clusters_add_up(model):
    """With clusters of pairs the covariance is that of the pairs' sums."""
    design = model().design
    pairs = Factor("pair", (design.adoption.unit.codes // 2).astype(np.int32), tuple(range(19)))
    found = compare(replace(design, clusters={"pair": pairs}), design.adoption, [0], period="first")[0]
    sums = np.zeros(19)
    for cohort, sign in ((4, 1.0), (np.inf, -1.0)):
        at = design.adoption
        rows = (at.cohort[at.unit.codes] == cohort) & (at.periods[at.time.codes] == 1)
        group = design.x[rows, 0]
        np.add.at(sums, pairs.codes[rows], sign * (group - group.mean()) / len(group))
    assert found.std_error[0] == pytest.approx(np.sqrt(np.sum(sums**2)))


def test_the_last_cohort_compares_where_all_are_treated(make, model):
    found = ask(make, model(cohorts=(*[4] * 5, *[6] * 6)))
    assert [one.term for one in found] == ["cohort[4]"] and found[0].details["n_comparison"] == 6


def test_nothing_to_compare(make, model, cohort_design, model_with):
    alone = model_with((Term("att", "att"),), np.ones(1), np.eye(1), design=cohort_design([4, np.inf]))
    assert ask(make, alone)[0].verdict == "note"
    single = model(cohorts=(4, np.inf, np.inf))
    assert ask(make, single)[0].verdict == "note"


def test_spanish(make, model):
    found = ask(make, model(), "es")[0]
    assert found.sentence == found.details["sentences"]["es"] != found.details["sentences"]["en"]
