"""Double selection and cross-fitting: a port of R hdm, DoubleML, plain loops, clusters, refusals."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import impact.estimators.double_ml as double_ml
from impact.core.errors import ImpactError
from impact.pipeline.fit import design_of, fit_design


def sine(size, k):
    return (np.sin(np.arange(1.0, size + 1) * k) * 1e4) % 1 - 0.5


@pytest.fixture(scope="module")
def sample():
    """The sample of the lasso's own test, with names."""
    x = sine(200 * 60, 12.9898).reshape(200, 60)
    d = 1.5 * x[:, 0] + x[:, 1] + sine(200, 39.425) * (1 + x[:, 3])
    y = 0.5 * d + x[:, 0] + 0.8 * x[:, 2] + sine(200, 78.233) * (1 + np.abs(x[:, 0]))
    return {"y": y, "d": d, **{f"x{j}": x[:, j] for j in range(60)}, "id": np.arange(200.0) // 4}


ALL = "y ~ d + " + " + ".join(f"x{j}" for j in range(60))
EIGHT = "y ~ d + " + " + ".join(f"x{j}" for j in range(8))


@pytest.fixture(scope="module")
def fitted(as_frame, request_of):
    def make(columns, formula, *, seed=7, **block):
        request = request_of(formula, estimator="double_ml", **block)
        return fit_design(design_of(as_frame(columns), request), request, None, seed)

    return make


def test_double_selection_of_hdmpy(fitted, sample):
    """hdmpy 0.1.0, rlassoEffect(x, y, d, method="double selection"): alpha and se (n/(n − s − 1) for n/(n − s − 2))."""
    found = fitted(sample, ALL)
    assert found.estimate.tables["chosen"] == {"y": ["x0", "x2"], "d": ["x0", "x1"]}
    names = [term.name for term in found.estimate.terms]
    assert names == ["Intercept", "d", "x0", "x1", "x2"]
    assert found.estimate.params[1] == pytest.approx(0.45463417788401383, rel=1e-5)
    assert found.inference.std_error[1] == pytest.approx(0.09216273189580874 * np.sqrt(196 / 195), rel=1e-5)


def test_double_selection_is_least_squares_on_the_union(fitted, sample):
    found = fitted(sample, ALL, always=["x5"], vcov={"cluster": "id"})
    x = np.column_stack([np.ones(200), sample["d"], *(sample[f"x{j}"] for j in (0, 1, 2, 5))])
    b = np.linalg.lstsq(x, sample["y"], rcond=None)[0]
    assert [term.name for term in found.estimate.terms] == ["Intercept", "d", "x0", "x1", "x2", "x5"]
    assert found.estimate.params == pytest.approx(b)
    assert found.estimate.focus == (1,)


def test_cross_fitting_of_doubleml(fitted, sample, monkeypatch):
    """DoubleML 0.11.4, DoubleMLPLR(LinearRegression, LinearRegression), score partialling out, parts row mod 5."""
    monkeypatch.setattr(double_ml, "_parts", lambda design, options, random: design.sample.kept % 5)
    found = fitted(sample, EIGHT, method="cross_fitting", learner="ols")
    assert found.estimate.params[0] == pytest.approx(0.44695361106730636, rel=1e-9)
    assert found.inference.std_error[0] == pytest.approx(0.09076165965800886, rel=1e-9)


def test_cross_fitting_with_the_lasso(fitted, sample):
    found = fitted(sample, ALL, method="cross_fitting")
    error = found.inference.std_error[0]
    assert abs(found.estimate.params[0] - 0.5) < 3 * error
    again = fitted(sample, ALL, method="cross_fitting")
    assert again.estimate.params[0] == found.estimate.params[0]
    assert fitted(sample, ALL, method="cross_fitting", seed=8).estimate.params[0] != found.estimate.params[0]


def by_loops(y, d, x, part):
    """Least squares on the other parts, part by part; slope and sum of squared scores over the square."""
    u, v = np.empty(len(y)), np.empty(len(y))
    for one in range(5):
        own = part == one
        for left, target in ((u, y), (v, d)):
            left[own] = target[own] - x[own] @ np.linalg.lstsq(x[~own], target[~own], rcond=None)[0]
    slope = v @ u / (v @ v)
    return slope, (u - slope * v) * v / (v @ v)


@pytest.mark.parametrize("clusters", [False, True])
def test_repetitions_by_loops(fitted, sample, clusters):
    """Definition 3.3 of Chernozhukov and others (2018): medians over divisions into parts."""
    vcov = {"vcov": {"cluster": "id", "ssc": "none"}} if clusters else {"vcov": "hc0"}
    found = fitted(sample, EIGHT, method="cross_fitting", learner="ols", repetitions=7, **vcov)
    drawn = np.random.default_rng(found.design.seed)
    x = np.column_stack([np.ones(200), *(sample[f"x{j}"] for j in range(8))])
    # rows stand in the order of the design, which sorts them
    order = found.design.sample.kept
    slopes, errors = [], []
    for _ in range(7):
        part = np.empty(50 if clusters else 200, dtype=int)
        part[drawn.permutation(len(part))] = np.arange(len(part)) % 5
        groups = sample["id"][order].astype(int)
        slope, scores = by_loops(
            sample["y"][order], sample["d"][order], x[order], part[groups] if clusters else part
        )
        sums = np.bincount(groups, weights=scores) if clusters else scores
        slopes.append(slope)
        errors.append(np.sqrt(np.sum(sums**2)))
    middle = np.median(slopes)
    assert found.estimate.params[0] == pytest.approx(middle)
    expected = np.median(np.square(errors) + (np.array(slopes) - middle) ** 2)
    assert found.inference.std_error[0] ** 2 == pytest.approx(expected)
    assert found.estimate.tables["learner"]["slopes"] == pytest.approx(slopes)


def test_clusters_stay_together(as_frame, request_of, sample):
    request = request_of(EIGHT, estimator="double_ml", vcov={"cluster": "id"})
    design = replace(design_of(as_frame(sample), request), seed=3)
    options = double_ml.DoubleOptions(method="cross_fitting", folds=4)
    part = double_ml._parts(design, options, np.random.default_rng(design.seed))
    codes = design.clusters["id"].codes
    assert all(len(set(part[codes == code].tolist())) == 1 for code in range(50))
    assert sorted(np.bincount(part).tolist()) == [48, 48, 52, 52]


@pytest.mark.parametrize("learner", ["forest", "boosting"])
def test_learners_of_scikit_learn(fitted, sample, learner):
    """A curve that lines miss: y = d + sin(3 x0) + e, d = sin(3 x0) + v, rows of known noise."""
    pytest.importorskip("sklearn", reason="scikit-learn is an extra")
    random = np.random.default_rng(6)
    x = {f"x{j}": random.uniform(-2, 2, 1500) for j in range(3)}
    d = np.sin(3 * x["x0"]) + 0.5 * random.standard_normal(1500)
    columns = {**x, "d": d, "y": d + np.sin(3 * x["x0"]) + 0.5 * random.standard_normal(1500)}
    formula, block = "y ~ d + x0 + x1 + x2", {"method": "cross_fitting"}
    found = fitted(columns, formula, learner=learner, **block)
    assert found.estimate.params[0] == pytest.approx(1, abs=4 * found.inference.std_error[0])
    assert found.estimate.fit["r2_treatment"] > 0.5
    assert fitted(columns, formula, learner=learner, **block).estimate.params == found.estimate.params
    line = fitted(columns, formula, learner="ols", **block)
    assert line.estimate.params[0] > 1 + 10 * line.inference.std_error[0]


class Line:
    """Least squares in the clothes of a learner of scikit-learn."""

    def __init__(self, random_state, **options):
        assert isinstance(random_state, int)

    def fit(self, x, y):
        self.params = np.linalg.lstsq(np.column_stack([np.ones(len(x)), x]), y, rcond=None)[0]
        return self

    def predict(self, x):
        return np.column_stack([np.ones(len(x)), x]) @ self.params


@pytest.mark.parametrize("learner", ["forest", "boosting"])
def test_a_learner_is_trained_on_the_other_parts(fitted, sample, monkeypatch, learner):
    """With least squares in its place the result is that of learner: ols."""
    module = SimpleNamespace(RandomForestRegressor=Line, HistGradientBoostingRegressor=Line)
    known = double_ml.importlib.import_module
    monkeypatch.setattr(
        double_ml.importlib,
        "import_module",
        lambda name, package=None: module if name == "sklearn.ensemble" else known(name, package),
    )
    found = fitted(sample, EIGHT, method="cross_fitting", learner=learner)
    plain = fitted(sample, EIGHT, method="cross_fitting", learner="ols")
    assert found.estimate.params == pytest.approx(plain.estimate.params)
    assert found.inference.std_error == pytest.approx(plain.inference.std_error)


@pytest.mark.parametrize("learner", ["forest", "boosting"])
def test_learners_that_are_not_installed(fitted, sample, monkeypatch, learner):
    known = double_ml.importlib.import_module

    def without(name, package=None):
        if name.startswith("sklearn"):
            raise ImportError(name)
        return known(name, package)

    monkeypatch.setattr(double_ml.importlib, "import_module", without)
    with pytest.raises(ImpactError) as error:
        fitted(sample, EIGHT, method="cross_fitting", learner=learner)
    assert error.value.faults[0].code == "E668"


def test_a_penalty_that_does_not_settle_is_told(fitted, sample, monkeypatch):
    once = double_ml.lasso.select
    monkeypatch.setattr(double_ml.lasso, "select", lambda x, y, c: once(x, y, c=c, most=1))
    assert [one.code for one in fitted(sample, ALL).estimate.notices] == ["W663", "W663"]


def test_a_lasso_that_does_not_converge(fitted, sample, monkeypatch):
    monkeypatch.setattr(double_ml.lasso, "_MOST_SWEEPS", 1)
    with pytest.raises(ImpactError) as error:
        fitted(sample, ALL)
    assert error.value.faults[0].code == "E667"


@pytest.mark.parametrize(
    ("code", "formula", "block"),
    [
        ("E666", "y ~ d", {}), ("E666", "y ~ d + twin", {"method": "cross_fitting", "learner": "ols"}),
        ("E666", EIGHT, {"method": "cross_fitting", "folds": 300}), ("E521", EIGHT, {"always": "z"}),
        ("E660", EIGHT, {"treatment": ["d", "x1"]}), ("E650", EIGHT, {"weights": "one"}),
        ("E182", EIGHT, {"method": "cross_fitting", "seed": None}), ("E550", EIGHT, {"folds": 3}),
        ("E550", EIGHT, {"repetitions": 3}),
        ("E550", EIGHT, {"method": "cross_fitting", "learner": "ols", "always": "x1"}),
    ],
)  # fmt: skip
def test_refusals(fitted, sample, code, formula, block):
    with pytest.raises(ImpactError) as error:
        fitted({**sample, "twin": 2 * sample["d"] + 1, "one": np.ones(200)}, formula, **block)
    assert error.value.faults[0].code == code
