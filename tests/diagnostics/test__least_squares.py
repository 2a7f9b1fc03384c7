"""Products of a least-squares model: statsmodels on the same rows, and models that are no such thing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from impact.core.designs import AbsorbedFactor, Design, Factor, Sample, Term
from impact.core.errors import SpecError
from impact.core.findings import ModelResult
from impact.diagnostics._least_squares import columns_named, products_of
from impact.diagnostics._subjects import subjects
from impact.estimators.ols import OlsOptions, fit
from impact.inference.iid import IidOptions, infer


def model_of(*, weights=None, kind="", absorb=False, within=None):
    random = np.random.default_rng(2)
    x = random.normal(size=(90, 3)) + 50.0
    y = x @ [0.5, -0.2, 0.1] + random.normal(size=90)
    place = Factor("place", (np.arange(90) % 6).astype(np.int32), tuple(range(6)))
    names = ("d", "i(g)::1", "i(g)::2")
    design = Design(
        outcome="y",
        terms=tuple(map(Term, names if absorb else (*names, "Intercept"))),
        y=y,
        x=x if absorb else np.column_stack([x, np.ones(90)]),
        sample=Sample(np.arange(90)),
        absorb=(AbsorbedFactor(place),) if absorb else (),
        focus=(0,),
        weights=weights,
        weight_kind=kind,
        within_sum_of_squares=within,
        intercept=not absorb,
    )
    estimate = fit(design, OlsOptions())
    dummies = (place.codes[:, None] == np.arange(6)).astype(float) if absorb else np.ones((90, 1))
    inference = infer(
        replace(estimate, linear=replace(estimate.linear, weight_kind="")), design, IidOptions(), 0.95
    )
    return ModelResult("m", None, estimate, inference, design), np.column_stack([x, dummies]), y


@pytest.mark.parametrize("absorb", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_against_statsmodels(make, absorb, weighted):
    weights = np.linspace(0.5, 2.0, 90) if weighted else None
    result, x, y = model_of(weights=weights, kind="analytic" if weighted else "", absorb=absorb)
    question = make.question("oster", result)
    found = products_of(question, subjects(question)[0])
    oracle = sm.WLS(y, x, weights=1.0 if weights is None else weights).fit()
    assert found.names == ("d", "i(g)::1", "i(g)::2") and found.position == 0
    assert found.std_error == pytest.approx(oracle.bse[0], rel=1e-9)
    assert found.df == oracle.df_resid
    assert np.linalg.solve(found.gram, found.cross) == pytest.approx(oracle.params[:3], rel=1e-8)
    assert found.params == pytest.approx(oracle.params[:3], rel=1e-8)
    assert found.outcome - found.cross @ found.params == pytest.approx(oracle.ssr, rel=1e-8)
    assert found.rss == pytest.approx(oracle.ssr, rel=1e-9)


def test_persons_of_a_row_count(make):
    """Cells of several persons: what varies inside them is part of the outcome's and of the residual squares."""
    counts, within = np.full(90, 4.0), np.full(90, 2.5)
    result, _, _ = model_of(weights=counts, kind="frequency", within=within)
    question = make.question("oster", result)
    found = products_of(question, subjects(question)[0])
    assert found.outcome - found.cross @ found.params == pytest.approx(found.rss, rel=1e-8)
    assert found.rss == pytest.approx(
        4 * result.estimate.linear.residual @ result.estimate.linear.residual + 225
    )
    assert found.df == 360 - 4


def test_names_of_columns(make):
    result, _, _ = model_of()
    question = make.question("oster", result)
    subject = subjects(question)[0]
    known = products_of(question, subject)
    assert columns_named(question, subject, ("i(g)",), known) == [1, 2]
    assert columns_named(question, subject, ("i(g)::2", "i(g)"), known) == [1, 2]
    for name in ("d", "h", "Intercept"):
        with pytest.raises(SpecError) as caught:
            columns_named(question, subject, (name,), known)
        assert caught.value.code == "E671"


def test_other_models_are_refused(make):
    result, _, _ = model_of()
    estimate = result.estimate
    for other in (
        replace(estimate, estimator="iv"),
        replace(estimate, linear=None),
        replace(estimate, design=result.design),
        replace(estimate, focus=(3,)),
    ):
        question = make.question("oster", replace(result, estimate=other))
        with pytest.raises(SpecError) as caught:
            products_of(question, subjects(question)[0])
        assert caught.value.code == "E670"
