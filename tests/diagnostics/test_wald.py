"""Wald tests against statsmodels and closed forms; the little language of hypotheses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from impact.core.designs import Design, Sample, Term
from impact.core.errors import SpecError
from impact.core.findings import ModelResult
from impact.diagnostics._hypotheses import restrictions
from impact.diagnostics.wald import WaldOptions, examine, joint_test
from impact.estimators.ols import OlsOptions, fit
from impact.inference.iid import IidOptions, infer

NAMES = ["x1", "x2", "x10", "i(year, ref=2016)::2017", "age^2", "2017"]


@pytest.fixture(scope="module")
def model():
    random = np.random.default_rng(3)
    x = np.column_stack([np.ones(80), random.normal(size=(80, 3))])
    y = x @ [1.0, 0.5, 0.4, 0.0] + random.normal(size=80)
    terms = tuple(Term(name) for name in ("(Intercept)", "x1", "x2", "x10"))
    design = Design("y", terms, y, x, Sample(np.arange(80)), focus=(1,), intercept=True)
    estimate = fit(design, OlsOptions())
    result = ModelResult("m", None, estimate, infer(estimate, design, IidOptions(), 0.95), design)
    oracle = sm.OLS(y, x).fit()
    return result, oracle


@pytest.mark.parametrize(
    ("texts", "matrix", "right"),
    [
        (["x1 = x2"], [[0, 1, -1, 0]], [0]),
        (["x1 = 0", "x2=0"], [[0, 1, 0, 0], [0, 0, 1, 0]], [0, 0]),
        (["2*x1 - x2/4 + 3 = 1 + x10"], [[0, 2, -0.25, -1]], [-2]),
        (["x1 == 0.5"], [[0, 1, 0, 0]], [0.5]),
    ],
)
def test_against_statsmodels(make, model, texts, matrix, right):
    result, oracle = model
    found = examine(make.question("wald", result), WaldOptions(hypotheses=tuple(texts)))[0]
    expected = oracle.f_test((np.array(matrix, float), np.array(right, float)))
    assert found.statistic == pytest.approx(float(expected.fvalue), rel=1e-9)
    assert found.p_value == pytest.approx(float(expected.pvalue), rel=1e-9)
    assert (found.df, found.df2) == (len(texts), 76)
    chi2 = examine(make.question("wald", result), WaldOptions(hypotheses=tuple(texts), statistic="chi2"))[0]
    assert chi2.statistic == pytest.approx(found.statistic * len(texts))
    assert chi2.p_value == pytest.approx(stats.chi2.sf(chi2.statistic, len(texts)), rel=1e-9)
    assert chi2.df2 is None
    single = found.details["hypotheses"][0]
    assert single["difference"] == pytest.approx(float(np.array(matrix[0]) @ oracle.params - right[0]))
    expected_se = np.sqrt(np.array(matrix[0]) @ oracle.cov_params() @ np.array(matrix[0]))
    assert single["std_error"] == pytest.approx(expected_se)


def test_default_is_treatment_terms_zero_and_one_hypothesis_is_the_squared_t(make, model):
    result, oracle = model
    found = examine(make.question("wald", result), WaldOptions())[0]
    assert found.statistic == pytest.approx(oracle.tvalues[1] ** 2)
    assert found.verdict == "note"


def test_few_treated_clusters_are_warned_of(make):
    result = make.fitted(make.design(), permuted=False)
    found = examine(make.question("wald", result), WaldOptions())[0]
    assert found.verdict == "warn" and "permutation" in found.sentence
    many = replace(result, inference=replace(result.inference, n_treated_clusters=25))
    assert examine(make.question("wald", many), WaldOptions())[0].verdict == "note"


def test_redundant_hypotheses(make, model):
    for texts in (("x1 = 0", "2*x1 = 0"), ("x1 = x2", "x2 = x10", "x1 = x10")):
        with pytest.raises(SpecError) as caught:
            examine(make.question("wald", model[0]), WaldOptions(hypotheses=texts))
        assert caught.value.code == "E612"
    assert joint_test(np.ones(2), np.ones((2, 2)), 5.0) is None
    assert joint_test(np.ones(1), np.zeros((1, 1)), 5.0) is None


@pytest.mark.parametrize(
    ("text", "weights", "right"),
    [
        ("x1 = x2", {"x1": 1, "x2": -1}, 0),
        ("x10 = x1", {"x10": 1, "x1": -1}, 0),
        ("-x1 + x1 + x2 = -(3)", None, 0),
        ("i(year, ref=2016)::2017 = 0", {"i(year, ref=2016)::2017": 1}, 0),
        ("`age^2` = 1e-3", {"age^2": 1}, 1e-3),
        ("`2017` = 2017", {"2017": 1}, 2017),
        ("3 = 2*x1", {"x1": -2}, -3),
        ("x1/2 + x1/2 = .5", {"x1": 1}, 0.5),
        ("x1 − x2 = 0", {"x1": 1, "x2": -1}, 0),
        ("2*3*x1 = 1", {"x1": 6}, 1),
        ("x1*2 = x1", {"x1": 1}, 0),
    ],
)
def test_language(text, weights, right):
    if weights is None:
        with pytest.raises(SpecError):
            restrictions([text], NAMES)
        return
    matrix, vector = restrictions([text], NAMES)
    assert dict(zip(NAMES, matrix[0].tolist(), strict=True)) == {n: float(weights.get(n, 0)) for n in NAMES}
    assert vector[0] == pytest.approx(right)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x1", "E611"),
        ("x1 = ", "E611"),
        ("= 0", "E611"),
        ("x1 = 0 = x2", "E611"),
        ("x1*x2 = 0", "E611"),
        ("1/x1 = 0", "E611"),
        ("x1 x2 = 0", "E611"),
        ("1 = 1", "E611"),
        ("x1 = x1", "E611"),
        ("x1/0 = 0", "E611"),
        ("y1 = 0", "E606"),
        ("x100 = 0", "E606"),
        ("__import__('os') = 0", "E606"),
        ("x1 = " + "1+" * 2000, "E611"),
        ("x1 + = 0", "E611"),
        ("", "E611"),
        ("`x1 = 0", "E606"),
    ],
)
def test_unreadable(text, code):
    with pytest.raises(SpecError) as caught:
        restrictions([text], NAMES)
    assert caught.value.code == code


@given(st.text(alphabet="x12 0+-*/=`.e^()i,:", max_size=25))
def test_any_text_gives_numbers_or_a_spec_error(text):
    try:
        matrix, right = restrictions([text], NAMES)
    except SpecError:
        return
    assert np.all(np.isfinite(matrix)) and np.all(np.isfinite(right))


@given(st.lists(st.integers(-9, 9), min_size=3, max_size=3).filter(any), st.integers(-9, 9))
def test_any_linear_equation_is_read_back(weights, right):
    text = " + ".join(f"{w}*{n}" for w, n in zip(weights, NAMES[:3], strict=True)) + f" = {right}"
    matrix, vector = restrictions([text], NAMES)
    assert matrix[0, :3].tolist() == weights and vector[0] == right
