"""Asked of every estimator with no word written for it: it runs, its shapes, the order of rows, its refusals."""

from __future__ import annotations

import pickle
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

import impact.catalog as catalog
from impact.core.errors import DesignError, ImpactError
from impact.core.estimates import Estimate
from impact.pipeline.fit import design_of, fit_design

NAMES = catalog.ESTIMATORS.names()


@pytest.fixture(scope="module")
def fitted(test_panel, as_frame, request_of, block_of):
    def make(keyword, rows=None, columns=None, **changes):
        request = request_of(**{**block_of(keyword), **changes})
        frame = as_frame({**test_panel, **(columns or {})}, rows)
        return fit_design(design_of(frame, request), request, None, 3)

    return make


def test_there_are_estimators():
    assert {"ols", "iv", "panel"} <= set(NAMES)


@pytest.mark.parametrize("keyword", NAMES)
def test_shapes(fitted, keyword):
    found = fitted(keyword)
    estimate, inference = found.estimate, found.inference
    k = len(estimate.terms)
    assert isinstance(estimate, Estimate)
    assert estimate.estimator == keyword
    assert k > 0
    assert estimate.params.shape == (k,)
    assert np.isfinite(estimate.params).all()
    assert len({term.name for term in estimate.terms}) == k
    assert set(estimate.focus) <= set(range(k))
    assert estimate.focus
    assert inference.vcov.shape == (k, k)
    assert np.allclose(inference.vcov, inference.vcov.T, rtol=1e-12, atol=0)
    for name in ("std_error", "statistic", "p_value", "ci_low", "ci_high", "df"):
        assert getattr(inference, name).shape == (k,), name
    # a reference period and a cohort of one unit have no error
    known = np.isfinite(inference.std_error) & (inference.std_error > 0)
    assert known[list(estimate.focus)].all()
    assert (inference.ci_low < estimate.params)[known].all()
    assert (estimate.params < inference.ci_high)[known].all()
    assert estimate.parts or any(
        one is not None for one in (estimate.influence, estimate.linear, estimate.own_variance)
    )


@pytest.mark.parametrize("keyword", NAMES)
def test_the_linear_form_holds(fitted, keyword):
    """Scores sum to zero, the bread is the inverse of X'WX, and its rows are those of the sample."""
    estimate = fitted(keyword).estimate
    if estimate.parts:
        return
    if estimate.linear is None and estimate.influence is None:
        assert estimate.own_variance.vcov.shape == (len(estimate.terms),) * 2
        return
    if estimate.linear is None:
        assert estimate.influence.rows.shape[1] == len(estimate.terms)
        # a total is the sum of its rows, and so is their sum; quantile scores miss zero by the rows of the vertex
        if keyword not in ("survey_total", "quantile"):
            assert np.abs(estimate.influence.rows.sum(axis=0)).max() < 1e-9
        return
    linear = estimate.linear
    weights = np.ones(len(linear.residual)) if linear.weights is None else linear.weights
    scale = np.abs(linear.x).T @ np.abs(weights * linear.residual)
    scores = np.abs(linear.x.T @ (weights * linear.residual))
    assert np.all(scores <= 1e-10 * scale)
    if "adoption" in catalog.ESTIMATORS.load(keyword).accepts:
        # rows may be sums of coefficients of one regression: their errors are checked against references instead
        return
    gram = (linear.x * weights[:, None]).T @ linear.x
    assert linear.bread @ gram == pytest.approx(np.eye(len(estimate.terms)), abs=1e-9)


@pytest.mark.parametrize("keyword", NAMES)
def test_the_order_of_rows_does_not_matter(fitted, keyword):
    order = np.random.default_rng(1).permutation(480)
    one, other = fitted(keyword), fitted(keyword, order)
    assert one.estimate.params.tobytes() == other.estimate.params.tobytes()
    assert one.inference.std_error.tobytes() == other.inference.std_error.tobytes()


@pytest.mark.parametrize("keyword", NAMES)
def test_names_of_units_do_not_matter(fitted, test_panel, keyword):
    """Units and clusters under other names, in another order."""
    renamed = {name: np.array([f"u{(97 - v):03d}" for v in test_panel[name].tolist()]) for name in ("i", "c")}
    one, other = fitted(keyword), fitted(keyword, columns=renamed)
    assert one.estimate.params == pytest.approx(other.estimate.params, rel=1e-10)
    if one.estimate.own_variance is not None:
        # refits on units that are drawn in the order of their names
        return
    assert one.inference.std_error == pytest.approx(other.inference.std_error, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("keyword", NAMES)
def test_units_of_measurement_do_not_matter(fitted, test_panel, block_of, keyword):
    outcome = outcome_of(block_of(keyword))
    if keyword == "survey_proportion" or outcome == "high":  # shares have no unit
        return
    one, other = fitted(keyword), fitted(keyword, columns={outcome: 1000 * test_panel[outcome]})
    # the equations of selection and of treatment are not about the outcome
    other_unit = ("selection", "first_stage")
    scale = np.array([1.0 if term.kind in other_unit else 1000.0 for term in one.estimate.terms])
    if outcome == "cnt":  # coefficients of a logarithm
        scale = np.ones(len(scale))
    assert other.estimate.params == pytest.approx(scale * one.estimate.params, rel=1e-9)
    assert other.inference.std_error == pytest.approx(scale * one.inference.std_error, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("keyword", NAMES)
def test_twice_is_the_same(fitted, keyword):
    one, other = fitted(keyword), fitted(keyword)
    assert equal_bytes(one.estimate, other.estimate)
    assert equal_bytes(one.inference, other.inference)


@pytest.mark.parametrize("keyword", NAMES)
def test_results_survive_pickling(fitted, keyword):
    found = fitted(keyword)
    for record in (found.design, found.estimate, found.inference):
        assert equal_bytes(record, pickle.loads(pickle.dumps(record)))


@pytest.mark.parametrize("keyword", NAMES)
@pytest.mark.parametrize("case", ["empty", "constant treatment", "constant outcome", "one cluster"])
def test_samples_that_identify_nothing(fitted, test_panel, block_of, keyword, case):
    """A typed error with a code and a hint, or a sentence why there is no number; never a number."""
    formula = block_of(keyword)["formula"]
    # a design without a formula names cohorts: everybody treated in the first period
    treated = "g" if formula is None else "d" if "yiv" in formula else "D"
    outcome = outcome_of(block_of(keyword))
    if "means" in catalog.ESTIMATORS.load(keyword).accepts and case.startswith("constant"):
        return  # the mean of a constant is that constant
    if case == "one cluster" and "clusters" not in catalog.ESTIMATORS.load(keyword).accepts:
        return
    changes = {
        "empty": {"filter": "t > 100"},
        "constant treatment": {"columns": {treated: np.ones(480)}},
        "constant outcome": {"columns": {outcome: np.ones(480)}},
        "one cluster": {"columns": {"c": np.ones(480)}},
    }[case]
    try:
        found = fitted(keyword, **changes)
    except ImpactError as error:
        assert isinstance(error, DesignError) or error.exit_status == 5
        assert all(fault.help or fault.suggestion for fault in error.faults)
        assert pickle.loads(pickle.dumps(error)).faults == error.faults
    else:
        assert case == "one cluster"
        assert np.isnan(found.inference.std_error).all()
        assert found.inference.notices


def outcome_of(block):
    """The column on the left of the canonical model."""
    return block["formula"].split(" ~ ")[0] if block["formula"] else "y"


def equal_bytes(one, other):
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if is_dataclass(one) and not isinstance(one, type):
        return all(equal_bytes(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(equal_bytes, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(equal_bytes(one[key], other[key]) for key in one)
    return one == other or (one != one and other != other)
