"""Sun and Abraham's event study against R's fixest (sunab, 0.12) on the test panel, brute force, and known truths."""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators._saturated as saturated
import impact.pipeline.fit as fitting
from impact.core.errors import DesignError
from impact.inference._influence_factors import clustered
from impact.inference._small_sample import convention

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}
# R fixest: sunab(g, t), cluster = ~i
EVENTS = {
    -6: (-0.14716025186, 0.22499623245),
    -5: (0.01560513185, 0.16401111905),
    -4: (0.08295357806, 0.1363558365),
    -3: (0.10668271063, 0.08542629894),
    -2: (0.07556357754, 0.07920661285),
    0: (0.45776975580, 0.08776439716),
    1: (0.54887284493, 0.10811608086),
    2: (0.56581582553, 0.13915319877),
    3: (0.67108776737, 0.17166079814),
    4: (0.68750270825, 0.24649006093),
}


@pytest.fixture(scope="module")
def fit(plan_of, as_frame, test_panel):
    def request(design, block):
        block = {"estimator": "did_sa", "outcome": "y", **block}
        block = {key: value for key, value in block.items() if value is not None}
        return plan_of(design={**COHORTS, **(design or {})}, models={"m": block}).models[0]

    def make(columns=None, rows=None, design=None, **block):
        frame = as_frame({**test_panel, **(columns or {})}, rows)
        (result,) = fitting.fit_request(frame, request(design, block), seed=1).results
        if result.error is not None:
            raise result.error
        return result

    def estimated(columns=None, rows=None, design=None, **block):
        asked = request(design, block)
        made = fitting.design_of(as_frame({**test_panel, **(columns or {})}, rows), asked)
        return made, fitting.estimate_design(made, asked)

    make.design = estimated
    return make


def rows_of(result):
    return {
        term.name: (value, error)
        for term, value, error in zip(
            result.estimate.terms, result.estimate.params, result.inference.std_error, strict=True
        )
    }


def test_check_values(fit):
    found = rows_of(fit(vcov={"cluster": "i"}))
    for event, (value, error) in EVENTS.items():
        assert found[f"event[{event}]"] == pytest.approx((value, error), abs=1e-9)
    assert found["event[-1]"] == pytest.approx((0.0, np.nan), nan_ok=True)
    assert found["att"] == pytest.approx((0.5619306997, 0.1099642379), abs=1e-9)
    for cohort, value in {
        4: (0.5925016250, 0.15484778),
        5: (0.5742750217, 0.1680709262),
        7: (0.4608147422, 0.1425381805),
    }.items():
        assert found[f"cohort[{cohort}]"] == pytest.approx(value, abs=1e-8)
    assert next(iter(found)) == "att"


def test_weights(fit):
    found = rows_of(fit(weights="w", vcov={"cluster": "i"}))
    assert found["att"] == pytest.approx((0.5748101255, 0.1125095056), abs=1e-9)


# the share of a term's error that a convention changes: R fixest's ssc() on the same model
@pytest.mark.parametrize(
    "vcov",
    [
        {"cluster": "i"},
        {"cluster": "c"},
        {"cluster": "t"},
        {"cluster": ["c", "t"]},
        {"cluster": "i", "ssc": "stata"},
        {"cluster": "i", "ssc": "none"},
        {"cluster": "c", "type": "cr2"},
        {"cluster": "c", "type": "cr3"},
        "hc1",
        "hc3",
        "iid",
    ],
)
def test_every_variance_is_that_of_the_dummy_regression(fit, ols, test_panel, vcov):
    names, columns = cell_dummies(test_panel)
    expected, covariance = ols(f"y ~ {' + '.join(names.values())} | i + t", columns, vcov)
    result = fit(vcov=vcov)
    found = rows_of(result)
    for (cohort, time), name in names.items():
        assert found[f"att_gt[{cohort},{time}]"] == pytest.approx(expected[name], rel=1e-8, nan_ok=True)
    post = [name for (cohort, time), name in names.items() if time >= cohort]
    share = np.full(len(post), 1 / len(post))
    error = np.sqrt(share @ covariance(post) @ share)
    assert found["att"] == pytest.approx(
        (np.mean([expected[name][0] for name in post]), error), rel=1e-8, nan_ok=True
    )


def cell_dummies(panel):
    names = {(g, t): f"c{g}x{t}" for g in (4, 5, 7) for t in range(1, 9) if t != g - 1}
    return names, {
        name: ((panel["g"] == g) & (panel["t"] == t)).astype(float) for (g, t), name in names.items()
    }


@pytest.fixture(scope="module")
def ols(request_of, as_frame, test_panel):
    def make(formula, columns, vcov):
        request = request_of(formula, vcov=vcov)
        (result,) = fitting.fit_request(as_frame({**test_panel, **columns}), request, seed=1).results
        place = {term.name: j for j, term in enumerate(result.estimate.terms)}

        def covariance(names):
            chosen = [place[name] for name in names]
            return result.inference.vcov[np.ix_(chosen, chosen)]

        return rows_of(result), covariance

    return make


def dropped_rows(panel, seed, share):
    """Random rows, but one row of each unit before and after treatment at least."""
    rng = np.random.default_rng(seed)
    kept = rng.random(480) > share
    kept |= (panel["t"] == 3) | (panel["t"] == 8) | (panel["t"] == 4) | (panel["t"] == 6)
    return np.flatnonzero(kept)


@pytest.mark.parametrize("cluster", ["i", "c"])
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("share", [0.0, 0.4])
def test_cohort_by_cohort_is_the_regression_with_all_dummies(
    fit, test_panel, monkeypatch, cluster, weights, share
):
    """Also unbalanced and weighted: estimates, errors by units and groups of units, fixest's factors."""
    rows = dropped_rows(test_panel, 5, share)
    block = {"vcov": {"cluster": cluster}, **({"weights": weights} if weights else {})}
    dense = fit(rows=rows, **block)
    assert dense.estimate.linear is not None
    monkeypatch.setattr(saturated, "LARGEST_DUMMIES", 0)
    monkeypatch.setattr(saturated, "FEW_CLUSTERS", 2)
    _, estimate = fit.design(rows=rows, **block)
    assert estimate.linear is None
    assert [t.name for t in estimate.terms] == [t.name for t in dense.estimate.terms]
    assert estimate.params == pytest.approx(dense.estimate.params, abs=1e-10)
    factor = estimate.design.clusters[cluster]
    vcov = clustered(estimate, estimate.influence, convention("fixest"), factor, [factor])
    assert np.sqrt(np.diag(vcov)) == pytest.approx(
        np.nan_to_num(dense.inference.std_error), rel=1e-8, abs=1e-12
    )
    for name in ("rss", "tss", "rmse", "sigma", "r2", "r2_adjusted", "mean_outcome"):
        assert estimate.fit[name] == pytest.approx(dense.estimate.fit[name], rel=1e-9)
    for name in ("n_obs", "df_model", "df_resid", "df_absorbed", "n_units", "effect_levels"):
        assert getattr(estimate, name) == getattr(dense.estimate, name)
    assert np.abs(estimate.influence.rows.sum(axis=0)).max() < 1e-12


@pytest.mark.parametrize("ssc", ["stata", "reghdfe", "none", "statsmodels"])
def test_conventions_cohort_by_cohort(fit, monkeypatch, ssc):
    dense = fit(vcov={"cluster": "i", "ssc": ssc})
    monkeypatch.setattr(saturated, "LARGEST_DUMMIES", 0)
    monkeypatch.setattr(saturated, "FEW_CLUSTERS", 2)
    _, estimate = fit.design(vcov={"cluster": "i"})
    unit = estimate.design.clusters["i"]
    vcov = clustered(estimate, estimate.influence, convention(ssc), unit, [unit])
    assert np.sqrt(np.diag(vcov)) == pytest.approx(
        np.nan_to_num(dense.inference.std_error), rel=1e-9, abs=1e-12
    )


def test_periods_that_no_unit_links_go_to_the_dummies(fit, test_panel, monkeypatch):
    """Cohort 4 seen in periods 1–3 by some units and 4–8 by others: its path has no single level."""
    early = test_panel["i"] % 8 == 1
    rows = np.flatnonzero((test_panel["g"] != 4) | np.where(early, test_panel["t"] <= 3, test_panel["t"] > 3))
    monkeypatch.setattr(saturated, "LARGEST_DUMMIES", 0)
    monkeypatch.setattr(saturated, "FEW_CLUSTERS", 2)
    _, estimate = fit.design(rows=rows)
    assert estimate.linear is not None


@pytest.mark.parametrize("never", [True, False])
def test_the_truth_without_noise(fit, test_panel, never):
    g, t, i = test_panel["g"], test_panel["t"], test_panel["i"]
    rows = np.flatnonzero(np.ones(480, bool) if never else g > 0)
    effect = lambda cohort, time: cohort + (time - cohort + 1.0) ** 2  # noqa: E731
    y = 2.0 * i + 0.3 * t**2 + test_panel["D"] * effect(g, t)
    found = rows_of(fit({"y": y}, rows))
    last = 9 if never else 7
    for cohort in (4, 5, 7) if never else (4, 5):
        for time in range(1, last):
            expected = effect(cohort, time) if time >= cohort else 0.0
            assert found[f"att_gt[{cohort},{time}]"][0] == pytest.approx(expected, abs=1e-10)
    assert (f"att_gt[7,{8}]" in found) == never


def test_units_without_a_period_before_are_counted(fit, test_panel):
    g = np.where(test_panel["i"] % 4 == 1, 1, test_panel["g"])
    result = fit({"g": g})
    assert result.estimate.design.sample.steps[-1].dropped == 120
    assert result.estimate.n_units == 45
    assert not [t for t in result.estimate.terms if t.cohort == 1]


def test_without_never_treated_the_last_cohort_is_compared_with(fit, test_panel):
    """Equal to the same data in which the last cohort is called never treated, before it is treated."""
    treated = np.flatnonzero(test_panel["g"] > 0)
    one = rows_of(fit(rows=treated))
    before = np.flatnonzero((test_panel["g"] > 0) & (test_panel["t"] < 7))
    other = rows_of(fit({"g": np.where(test_panel["g"] == 7, 0, test_panel["g"])}, before))
    assert one.keys() == other.keys()
    for name, row in one.items():
        assert row == pytest.approx(other[name], rel=1e-10, nan_ok=True)


def test_anticipation_and_reference_move_the_base(fit):
    """Differences of the same path: event[e] with base −2 is event[e] − event[−2] with base −1, cohort by cohort."""
    base, moved = rows_of(fit()), rows_of(fit(design={"anticipation": 1}))
    again = rows_of(fit(reference=-2))
    for cohort in (4, 5, 7):
        shift = base[f"att_gt[{cohort},{cohort - 2}]"][0]
        for time in range(1, 9):
            name = f"att_gt[{cohort},{time}]"
            assert moved[name][0] == pytest.approx(base[name][0] - shift, abs=1e-12)
            assert again[name][0] == pytest.approx(moved[name][0], abs=1e-12)


def test_controls_and_further_effects(fit, ols, test_panel):
    names, columns = cell_dummies(test_panel)
    columns["ct"] = test_panel["c"] * 100 + test_panel["t"]
    expected, _ = ols(f"y ~ {' + '.join(names.values())} + z | i + t + ct", columns, {"cluster": "i"})
    found = rows_of(fit({"ct": columns["ct"]}, formula="y ~ z | ct", outcome=None, vcov={"cluster": "i"}))
    assert found["z"] == pytest.approx(expected["z"], rel=1e-8)
    assert found["att_gt[5,7]"] == pytest.approx(expected["c5x7"], rel=1e-7)


def test_nothing_to_compare(fit, test_panel):
    g = np.where(test_panel["g"] > 0, 4, 1)
    with pytest.raises(DesignError) as error:
        fit({"g": g})
    assert error.value.code == "E578"
