"""Poisson pseudo maximum likelihood: R's fixest, statsmodels, persons against sums, separation, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact.core.errors import ConvergenceError, DesignError, SpecError
from impact.pipeline.fit import design_of, fit_design, fit_request

FORMULA = "cnt ~ D + z | i + t"


@pytest.fixture
def fit(test_panel, as_frame, request_of):
    def make(formula=FORMULA, *, columns=None, only=None, **block):
        request = request_of(formula, estimator="ppml", **block)
        frame = as_frame(only or {**test_panel, **(columns or {})})
        return fit_design(design_of(frame, request), request, None, 3)

    return make


@pytest.mark.parametrize(
    ("vcov", "expected"),
    [
        ("iid", (0.117013953255, 0.102452037665)),
        ("hc1", (0.150749075953, 0.130015728334)),
        ({"cluster": "i"}, (0.162310575038, 0.140965208033)),
    ],
)
def test_errors_are_those_of_fixest(fit, vcov, expected):
    """R fixest: fepois(cnt ~ D + z | i + t) with vcov iid, hetero and ~i."""
    found = fit(vcov=vcov)
    assert found.estimate.params == pytest.approx([0.337193702149, -0.0194371946380], abs=2e-11)
    # R's errors are of the step before the last
    assert found.inference.std_error == pytest.approx(expected, rel=1e-6)


def test_fit_statistics_are_those_of_fixest(fit):
    found = fit().estimate
    assert found.fit["log_likelihood"] == pytest.approx(-901.994862149, abs=1e-8)
    assert found.fit["deviance"] == pytest.approx(798.101704562, abs=1e-8)
    assert found.fit["pseudo_r2"] == pytest.approx(0.348053786145, abs=1e-10)
    assert found.n_obs == 480
    assert found.df_absorbed == 67


def test_a_unit_with_only_zeros_is_dropped_and_counted(fit, test_panel):
    """R fixest: cnt = 0 for unit 1 → N 472, cluster i."""
    counts = np.where(test_panel["i"] == 1, 0, test_panel["cnt"])
    found = fit(columns={"cnt": counts}, vcov={"cluster": "i"})
    assert found.estimate.params == pytest.approx([0.3479364012, -0.0303860839], abs=1e-9)
    assert found.inference.std_error == pytest.approx([0.1625408467, 0.1415546355], rel=1e-6)
    assert found.estimate.n_obs == 472
    assert found.estimate.design.sample.steps[-1].dropped == 8
    assert found.estimate.effect_levels == {"i": 59, "t": 8}
    assert "W528" in {notice.code for notice in found.estimate.notices}
    assert found.inference.n_clusters == {"i": 59}


def test_offset_is_that_of_statsmodels(fit, test_panel):
    population = np.exp(test_panel["q1"])
    found = fit("cnt ~ D + z + offset(log(pop))", columns={"pop": population}, vcov="hc0")
    x = sm.add_constant(np.column_stack([test_panel["D"], test_panel["z"]]))
    peer = sm.GLM(test_panel["cnt"], x, family=sm.families.Poisson(), offset=np.log(population)).fit(
        tol=1e-14, cov_type="HC0"
    )
    assert found.estimate.params == pytest.approx(peer.params, abs=1e-9)
    assert found.inference.std_error == pytest.approx(peer.bse, rel=1e-8)
    assert found.estimate.fit["deviance"] == pytest.approx(peer.deviance, rel=1e-10)
    null = sm.GLM(
        test_panel["cnt"], np.ones(480), family=sm.families.Poisson(), offset=np.log(population)
    ).fit()
    assert found.estimate.fit["pseudo_r2"] == pytest.approx(1 - peer.llf / null.llf, abs=1e-9)


@pytest.mark.parametrize("columns", [["c"], ["c", "t"]])
def test_clusters_are_those_of_statsmodels(fit, test_panel, columns):
    """One and two ways without factors; fixest's factors are those of least squares, whose values are tested there.

    The two-way variance of z is negative here, in both.
    """
    found = fit("cnt ~ D + z | t", vcov={"cluster": columns, "type": "cr0", "ssc": "none"})
    dummies = np.equal.outer(test_panel["t"], np.unique(test_panel["t"])).astype(float)
    x = np.column_stack([test_panel["D"], test_panel["z"], dummies])
    groups = np.column_stack([test_panel[name] for name in columns]).astype(int)
    peer = sm.GLM(test_panel["cnt"], x, family=sm.families.Poisson()).fit(
        tol=1e-14,
        cov_type="cluster",
        cov_kwds={"groups": groups if len(columns) > 1 else groups[:, 0], "use_correction": False},
    )
    assert found.estimate.params == pytest.approx(peer.params[:2], abs=1e-9)
    assert found.inference.std_error == pytest.approx(peer.bse[:2], rel=1e-7, nan_ok=True)


def test_a_missing_offset_is_a_counted_drop(fit, test_panel):
    population = np.where(test_panel["i"] == 3, np.nan, np.exp(test_panel["q1"]))
    found = fit("cnt ~ D + z + offset(log(pop)) | i + t", columns={"pop": population})
    assert found.estimate.n_obs == 472
    assert {step.name for step in found.design.sample.steps} == {"offset"}


def test_sums_over_persons_are_the_persons(fit, test_panel):
    """Rows of persons, and the same persons as sums by cell with their number."""
    cells = np.unique(
        np.column_stack([test_panel[name] for name in ("c", "t", "D")]), axis=0, return_inverse=True
    )
    codes = np.ravel(cells[1])
    count = np.bincount(codes)
    total, squares = (np.bincount(codes, weights=test_panel["cnt"] ** power) for power in (1.0, 2.0))
    c, t, d = cells[0].T
    summed = {"c": c, "t": t, "D": d, "count": count, "total": total, "squares": squares}
    for vcov in ("iid", "hc1", {"cluster": "c"}, "hc3", {"cluster": "c", "type": "cr2"}):
        persons = fit("cnt ~ D | c + t", vcov=vcov)
        outcome = {"sum": "total", "count": "count", "sumsq": "squares"}
        sums = fit("~ D | c + t", only=summed, outcome=outcome, vcov=vcov)
        assert sums.estimate.n_obs == 480
        assert sums.estimate.params == pytest.approx(persons.estimate.params, abs=1e-9)
        assert sums.inference.std_error == pytest.approx(persons.inference.std_error, rel=1e-7)


def test_frequency_weights_are_repeated_rows(fit, test_panel):
    times = (test_panel["i"] % 3 + 1).astype(float)
    repeated = {name: np.repeat(test_panel[name], times.astype(int)) for name in ("cnt", "D", "z", "c", "t")}
    for vcov in ("iid", "hc1", "hc2", "hc4", {"cluster": "c"}, {"cluster": "c", "type": "cr3"}):
        one = fit("cnt ~ D + z | c + t", columns={"f": times}, weights={"f": "frequency"}, vcov=vcov)
        other = fit("cnt ~ D + z | c + t", only=repeated, vcov=vcov)
        assert one.estimate.params == pytest.approx(other.estimate.params, abs=1e-9)
        assert one.inference.std_error == pytest.approx(other.inference.std_error, rel=1e-7)
        for name in ("log_likelihood", "deviance", "pseudo_r2"):
            assert one.estimate.fit[name] == pytest.approx(other.estimate.fit[name], rel=1e-9)


def test_hc3_is_that_of_statsmodels(fit, test_panel):
    """Leverage of the last weighted least squares, as sandwich::vcovHC and statsmodels have it."""
    found = fit("cnt ~ D + z", vcov="hc3")
    x = sm.add_constant(np.column_stack([test_panel["D"], test_panel["z"]]))
    peer = sm.GLM(test_panel["cnt"], x, family=sm.families.Poisson()).fit(tol=1e-14, cov_type="HC0")
    mean = peer.fittedvalues
    bread = np.linalg.inv(x.T @ (x * mean[:, None]))
    h = mean * np.einsum("ij,jk,ik->i", x, bread, x)
    scores = x * ((test_panel["cnt"] - mean) / (1 - h))[:, None]
    expected = np.sqrt(np.diagonal(bread @ scores.T @ scores @ bread))
    assert found.inference.std_error == pytest.approx(expected, rel=1e-8)


def test_cr3_is_near_the_jackknife(fit, test_panel):
    """One step from the estimate against the estimate without each cluster (MacKinnon, Nielsen and Webb 2024)."""
    found = fit("cnt ~ D + z | t", vcov={"cluster": "c", "type": "cr3"})
    changes = []
    for cluster in np.unique(test_panel["c"]):
        left = {name: values[test_panel["c"] != cluster] for name, values in test_panel.items()}
        changes.append(fit("cnt ~ D + z | t", only=left).estimate.params - found.estimate.params)
    groups = len(changes)
    jackknife = np.sqrt(np.diagonal(np.array(changes).T @ np.array(changes)) * (groups - 1) / groups)
    assert found.inference.std_error * np.sqrt((groups - 1) / groups) == pytest.approx(jackknife, rel=0.05)


# --- separation ---


def test_rows_that_regressors_separate_are_dropped_and_counted(fit, test_panel):
    never = np.zeros(480)
    rows = np.flatnonzero(test_panel["cnt"] == 0)[::9]
    never[rows] = 1.0 + rows % 3
    found = fit("cnt ~ D + z + never | i + t", columns={"never": never}, treatment=["D"])
    left = {name: values[never == 0] for name, values in test_panel.items()}
    plain = fit("cnt ~ D + z | i + t", only=left)
    assert found.estimate.params == pytest.approx(plain.estimate.params, abs=1e-10)
    assert found.estimate.n_obs == 480 - len(rows)
    assert found.estimate.design.sample.steps[-1].name == "separated"
    assert "never" in found.estimate.dropped_terms
    assert "W528" in {notice.code for notice in found.estimate.notices}


def test_a_treatment_that_separates_is_refused(fit, test_panel):
    counts = np.where(test_panel["D"] == 1, 0, test_panel["cnt"])
    with pytest.raises(DesignError) as caught:
        fit("cnt ~ D + z | t", columns={"cnt": counts}, treatment=["D"])
    assert caught.value.faults[0].code == "E547"
    assert "'D'" in caught.value.faults[0].message


def test_only_zeros_are_refused(fit, test_panel):
    with pytest.raises(DesignError) as caught:
        fit("cnt ~ D + z | t", columns={"cnt": np.zeros(480)})
    assert caught.value.faults[0].code == "E502"


# --- refusals ---


def test_negative_outcomes_are_refused(fit, test_panel):
    with pytest.raises(DesignError) as caught:
        fit(columns={"cnt": test_panel["cnt"] - 1})
    assert caught.value.faults[0].code == "E548"


def test_no_maximum_is_told(fit):
    with pytest.raises(ConvergenceError) as caught:
        fit(steps=2)
    assert caught.value.faults[0].code == "E549"


def test_an_offset_of_another_estimator_is_refused(request_of):
    with pytest.raises(SpecError) as caught:
        request_of("y ~ D + offset(z)", estimator="ols")
    assert caught.value.faults[0].code == "E179"


@pytest.mark.parametrize("options", [{}, {"type": "WCU"}, {"weights": "webb", "reps": 999}])
def test_the_score_bootstrap_gives_p_values_alone(fit, options):
    """Kline and Santos (2012); the kernel's test checks the draws against statsmodels."""
    found = fit(
        "cnt ~ D + z + offset(q1) | c + t", vcov={"cluster": "c"}, wild={"reps": 9999} | options
    ).inference
    p = found.extra["p_wild"]
    assert 0 < p[0] <= 1
    assert np.isnan(found.extra["ci_low_wild"]).all()
    assert np.isnan(found.extra["ci_high_wild"]).all()
    assert found.variance["wild"]["method"] == "scores"
    # neither far from the clustered t: 12 clusters, no treatment in few of them
    assert p[0] == pytest.approx(found.p_value[0], abs=0.2)


@pytest.mark.parametrize("weights", [None, {"f": "frequency"}])
def test_permutation_is_every_set_fitted_again(test_panel, as_frame, request_of, weights):
    """One cluster of six treated from period 5 on: each set as a model of its own, by its estimate and its t."""
    frame = as_frame({**test_panel, "f": (test_panel["i"] % 3 + 1).astype(float)})

    def fitted(treated, **more):
        request = request_of(
            "cnt ~ exposed + z + offset(q1) | i + t",
            estimator="ppml",
            weights=weights,
            vcov={"cluster": "c"},
            spec={
                "design": {"unit": "c", "time": "t", "treated": treated, "from": 5},
                "filter": {"some": "c <= 6"},
                **more,
            },
        )
        return fit_design(design_of(frame, request), request, None, 1)

    found = fitted("c == 2", permute={"unit": "c"}, seed=1).permutation
    assert len(found.estimates) == 6
    alone = [fitted(f"c == {c}") for c in range(1, 7)]
    estimates = np.array([one.estimate.params[0] for one in alone])
    statistics = np.array([one.inference.statistic[0] for one in alone])
    assert found.estimates[:, 0] == pytest.approx(estimates, abs=1e-8)
    assert found.statistics[:, 0] == pytest.approx(statistics, rel=1e-6)
    assert found.p_value[0] == np.mean(np.abs(estimates) >= abs(estimates[1]) * (1 - 1e-8))


def test_groups_in_one_regression_are_the_groups_apart(test_panel, as_frame, request_of):
    """Interacted by half: every coefficient, the effects and the offset are the group's own."""
    frame = as_frame({**test_panel, "half": test_panel["i"] % 2})
    together, apart = (
        fit_request(
            frame,
            request_of("cnt ~ D + z + offset(q1) | i + t", estimator="ppml", by=["half"], by_mode=mode),
            seed=1,
        )
        for mode in ("interact", "split")
    )
    expected = np.concatenate([result.estimate.params for result in apart.results])
    assert np.sort(together.results[0].estimate.params) == pytest.approx(np.sort(expected), abs=1e-9)
