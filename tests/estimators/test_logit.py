"""Logit and probit: R's fixest, statsmodels, sums over all ways, exact populations for the bias, refusals."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.discrete.conditional_models import ConditionalLogit

import impact.estimators._choice as choice
import impact.estimators._likelihood as likelihood
import impact.estimators.logit as logit
import impact.kernels.likelihood.glm as glm
from impact.core.designs import AbsorbedFactor, Design, Factor, Sample, Term
from impact.core.errors import DesignError, ImpactError
from impact.kernels.likelihood.conditional_logit import fit_conditional_logit
from impact.pipeline.fit import design_of, fit_design

FORMULA = "high ~ D + z + x"


@pytest.fixture
def panel(test_panel):
    return {
        **test_panel,
        "high": (test_panel["y"] > 4).astype(float),
        "some": (test_panel["cnt"] > 2).astype(float),
    }


@pytest.fixture
def fit(panel, as_frame, request_of):
    def make(formula=FORMULA, *, columns=None, only=None, estimator="logit", **block):
        request = request_of(formula, estimator=estimator, **block)
        frame = as_frame(only or {**panel, **(columns or {})})
        return fit_design(design_of(frame, request), request, None, 3)

    return make


def regressors(panel, *names):
    return sm.add_constant(np.column_stack([panel[name] for name in names]).astype(float))


@pytest.mark.parametrize(
    ("vcov", "expected"),
    [
        ("iid", (0.4530296475, 0.3580723830, 0.4102065199, 0.5119604177)),
        ("hc1", (0.4374240587, 0.3476305532, 0.4015440470, 0.5004391879)),
        ({"cluster": "c"}, (0.5668593734, 0.5069457036, 0.2115398278, 0.6795712430)),
    ],
)
def test_logit_is_that_of_fixest(fit, vcov, expected):
    """R fixest: feglm(1{y>4} ~ D + z + x, binomial); its errors are of the step before the last."""
    found = fit(vcov=vcov)
    assert found.estimate.params == pytest.approx(
        [-3.9688834385, 3.7845540562, 1.0911162448, 4.0919758668], rel=1e-7
    )
    assert found.inference.std_error == pytest.approx(expected, rel=3e-5)


@pytest.mark.parametrize(("estimator", "model"), [("logit", sm.Logit), ("probit", sm.Probit)])
@pytest.mark.parametrize(("where", "at"), [("average", "overall"), ("at_means", "mean")])
def test_marginal_effects_are_those_of_statsmodels(fit, panel, estimator, model, where, at):
    x = regressors(panel, "D", "z", "x")
    link = sm.families.links.Logit() if estimator == "logit" else sm.families.links.Probit()
    peer = sm.GLM(panel["high"], x, family=sm.families.Binomial(link)).fit(tol=1e-14)
    found = fit(estimator=estimator, marginal=where, vcov="iid")
    assert found.estimate.params[:4] == pytest.approx(peer.params, abs=1e-8)
    # iteratively weighted least squares have the expected information
    assert found.inference.std_error[:4] == pytest.approx(peer.bse * np.sqrt(479 / 476), rel=1e-6)
    effects = model(panel["high"], x).fit(disp=0, tol=1e-14).get_margeff(at=at, dummy=True)
    assert found.estimate.params[4:] == pytest.approx(effects.margeff, abs=1e-7)
    assert [term.kind for term in found.estimate.terms[4:]] == ["marginal"] * 3
    if estimator == "logit":
        assert found.inference.std_error[4:] == pytest.approx(
            effects.margeff_se * np.sqrt(479 / 476), rel=1e-5
        )


def test_marginal_effects_with_effects_are_those_of_dummies(fit):
    """Absorbed, and as i(t): the estimation of the effects counts in the errors."""
    absorbed = fit("some ~ D + z | t", marginal="average", vcov="hc0").estimate
    dummies = fit("some ~ D + z + i(t)", marginal="average", vcov="hc0").estimate
    names = [term.name for term in dummies.terms]
    for name in ("marginal[D]", "marginal[z]"):
        j, k = [t.name for t in absorbed.terms].index(name), names.index(name)
        assert absorbed.params[j] == pytest.approx(dummies.params[k], abs=1e-9)
        one, other = (
            np.sum((e.linear.x[:, p] * e.linear.weights * e.linear.residual) ** 2)
            for e, p in ((absorbed, j), (dummies, k))
        )
        assert one == pytest.approx(other, rel=1e-7)


def test_conditional_logit_is_that_of_statsmodels(fit, panel):
    found = fit("some ~ D + z | i", effects="conditional", vcov="own")
    x = np.column_stack([panel["D"], panel["z"]]).astype(float)
    peer = ConditionalLogit(panel["some"], x, groups=panel["i"]).fit(disp=0, method="newton", maxiter=100)
    assert found.estimate.params == pytest.approx(peer.params, abs=1e-6)
    assert found.inference.std_error == pytest.approx(peer.bse, rel=1e-4)
    assert found.estimate.fit["log_likelihood"] == pytest.approx(peer.llf, abs=1e-8)


def test_the_recursion_is_the_sum_over_all_ways():
    generator = np.random.default_rng(5)
    x, y = generator.normal(size=(14, 2)), np.array([1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0], dtype=float)
    codes = np.repeat([0, 1], 7).astype(np.int32)
    found = fit_conditional_logit(x, y, codes, 2)

    def value(params):
        total = 0.0
        for group in (0, 1):
            rows = codes == group
            ways = np.array([d for d in product((0, 1), repeat=7) if sum(d) == y[rows].sum()])
            total += y[rows] @ x[rows] @ params - np.log(np.exp(ways @ x[rows] @ params).sum())
        return total

    assert found.log_likelihood == pytest.approx(value(found.params), abs=1e-12)
    for step in 1e-4 * np.eye(2):
        assert value(found.params + step) < found.log_likelihood
        assert value(found.params - step) < found.log_likelihood
    curvature = [
        -(value(found.params + s) - 2 * value(found.params) + value(found.params - s)) / 1e-6
        for s in 1e-3 * np.eye(2)
    ]
    assert np.diagonal(found.information) == pytest.approx(curvature, rel=1e-4)


def test_two_rows_a_group_double_the_coefficients_of_dummies():
    """Chamberlain (1980): with T = 2 the dummies' estimate is twice the conditional one, exactly."""
    generator = np.random.default_rng(2)
    x = np.asfortranarray(generator.normal(size=(400, 1)))
    codes = np.repeat(np.arange(200), 2).astype(np.int32)
    y = (generator.logistic(size=400) < x[:, 0]).astype(float)
    factor = Factor("g", codes, tuple(range(200)))
    design = Design("y", (Term("x"),), y, x, Sample(np.arange(400)), absorb=(AbsorbedFactor(factor),))
    dummies = logit.fit(design, logit.LogitOptions())
    conditional = logit.fit(design, logit.LogitOptions(effects="conditional"))
    assert dummies.params == pytest.approx(2 * conditional.params, abs=1e-7)
    assert "W529" in {notice.code for notice in dummies.notices}


def population(family, periods, size=40_000):
    """Units whose x runs over the periods, as many with each outcome as its probability says."""
    x = np.linspace(-1, 1, periods)
    mean = glm.mean_of(0.8 * x + 0.2, family)[0]
    outcomes = np.array(list(product((0.0, 1.0), repeat=periods)))
    share = np.prod(np.where(outcomes == 1, mean, 1 - mean), axis=1)
    y = np.repeat(outcomes, np.rint(share * size).astype(int), axis=0)
    units, rows = len(y), y.size
    factor = Factor("g", np.repeat(np.arange(units), periods).astype(np.int32), tuple(range(units)))
    return Design(
        "y", (Term("x"),), y.ravel(), np.asfortranarray(np.tile(x, units)[:, None]), Sample(np.arange(rows)),
        absorb=(AbsorbedFactor(factor),),
    )  # fmt: skip


@pytest.mark.parametrize("family", ["logit", "probit"])
def test_the_correction_takes_the_leading_bias(family):
    """In the exact population the bias of dummies is of order 1/T; what is left after the correction falls faster."""
    left = {}
    for periods in (4, 8):
        design = population(family, periods)
        fitted = likelihood.fit_likelihood(design, choice.ChoiceOptions(), family, family)
        raw = fitted.found.params[0]
        left[periods] = (raw - 0.8, raw - choice.analytical_bias(fitted)[0] - 0.8)
    assert left[4][0] > 0.08
    for periods in (4, 8):
        assert abs(left[periods][1]) < 0.4 * left[periods][0]
    assert left[8][0] > 0.35 * left[4][0]
    assert abs(left[8][1]) < 0.4 * abs(left[4][1])


def test_sums_over_persons_are_the_persons(fit, panel):
    cells, codes = np.unique(
        np.column_stack([panel[n] for n in ("c", "t", "D")]), axis=0, return_inverse=True
    )
    codes = np.ravel(codes)
    c, t, d = cells.T
    summed = {
        "c": c, "t": t, "D": d, "count": np.bincount(codes), "total": np.bincount(codes, weights=panel["some"])
    }  # fmt: skip
    outcome = {"sum": "total", "count": "count"}
    for estimator in ("logit", "probit"):
        for vcov in ("iid", "hc1", {"cluster": "c"}):
            one = fit("some ~ D | t", estimator=estimator, vcov=vcov)
            other = fit("~ D | t", only=summed, outcome=outcome, estimator=estimator, vcov=vcov)
            assert other.estimate.params == pytest.approx(one.estimate.params, abs=1e-9)
            assert other.inference.std_error == pytest.approx(one.inference.std_error, rel=1e-6)
            assert other.estimate.fit["pseudo_r2"] == pytest.approx(one.estimate.fit["pseudo_r2"], rel=1e-9)


def code_of(call):
    with pytest.raises(DesignError) as caught:
        call()
    return caught.value.faults[0]


def test_perfect_prediction_is_named(fit, panel):
    sure = np.where(panel["high"] == 1, panel["i"] % 2, 0)
    for estimator in ("logit", "probit"):
        found = code_of(lambda e=estimator: fit("high ~ z + sure", columns={"sure": sure}, estimator=e))
        assert found.code == "E547"
        assert "'sure'" in found.message


def test_the_score_bootstrap_leaves_marginal_effects_alone(fit):
    """The hypothesis is about the coefficient; that of a marginal effect is the same one."""
    found = fit("some ~ D + z | t", marginal="average", vcov={"cluster": "c"}, wild={"reps": 999})
    p = dict(zip([term.name for term in found.estimate.terms], found.inference.extra["p_wild"], strict=True))
    assert 0 < p["D"] <= 1
    assert np.isnan(p["marginal[D]"])


def test_refusals(fit):
    assert code_of(lambda: fit("cnt ~ D + z")).code == "E548"
    assert code_of(lambda: fit("some ~ D + D:z | t", marginal="average")).code == "E650"
    assert code_of(lambda: fit("some ~ D + z", bias="analytical")).code == "E650"
    assert code_of(lambda: fit("some ~ D + z | i + t", effects="conditional")).code == "E650"


def test_conditional_logit_takes_the_limits_of_the_search(fit):
    """One Newton step is not enough; the options of absorption are not silently passed over."""
    for code, option in (("E549", {"steps": 1}), ("E554", {"exact_df": True})):
        with pytest.raises(ImpactError) as caught:
            fit("some ~ D + z | i", effects="conditional", **option)
        assert caught.value.faults[0].code == code
