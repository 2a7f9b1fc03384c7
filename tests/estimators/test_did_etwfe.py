"""Treated cells against R etwfe (on fixest 0.12) on the test panel, dense regressions, and statsmodels with dummies."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.estimators.did_bjs as did_bjs
import impact.estimators.did_etwfe as did_etwfe
from impact.core.errors import DesignError, EstimationError
from impact.kernels.factors import is_nested


@pytest.fixture(scope="module")
def design_of(adoption_design_of):
    return partial(adoption_design_of, "did_etwfe")


@pytest.fixture(scope="module")
def fit(design_of):
    return lambda *args, **named: did_etwfe.fit(*design_of(*args, **named))


def rows_of(estimate, *, factors=True):
    """name → (estimate, error): influence summed by the cluster of the design, with fixest's factors."""
    design = estimate.design
    cluster = next(iter(design.clusters.values()), design.adoption.unit)
    sums = np.zeros((cluster.levels, len(estimate.params)))
    np.add.at(sums, cluster.codes[estimate.influence.row], estimate.influence.rows)
    errors = np.sqrt(np.sum(sums**2, axis=0))
    if factors:
        k = estimate.df_model + estimate.df_absorbed
        for effect in estimate.influence.absorb:
            k -= (effect.factor.levels - 1) * is_nested(effect.factor.codes, cluster.codes)
        errors = errors * np.sqrt(
            (estimate.n_obs - 1) / (estimate.n_obs - k) * cluster.levels / (cluster.levels - 1)
        )
    names = [term.name for term in estimate.terms]
    return dict(zip(names, zip(estimate.params, errors, strict=True), strict=True))


def code_of(error):
    return error.value.faults[0].code


# R etwfe with emfx(type = "event"), cohort and period effects, cluster = ~i
EVENTS = {
    0: (0.3837517881, 0.0858777951),
    1: (0.4623580058, 0.1016024073),
    2: (0.4700127450, 0.1171330306),
    3: (0.5756241628, 0.1643737826),
    4: (0.6161709556, 0.2380571356),
}


def test_check_values(fit):
    found = rows_of(fit())
    assert found["att"] == pytest.approx((0.4768885593, 0.1042764225), abs=1e-9)
    for event, value in EVENTS.items():
        assert found[f"event[{event}]"] == pytest.approx(value, abs=1e-9)
    assert rows_of(fit(effects="unit"))["att"] == pytest.approx((0.4768885593, 0.1039365744), abs=1e-9)
    assert rows_of(fit(controls=["x"]))["att"] == pytest.approx((0.5991058309, 0.0630470009), abs=1e-9)


@pytest.mark.parametrize(
    ("family", "value", "error"),
    [
        ("poisson", 1.2978217876442704, 0.8672118646683742),
        ("logit", -0.10411991272654966, 0.08262351056308835),
    ],
)
def test_statspai_has_the_same_responses(fit, test_panel, family, value, error):
    """StatsPAI 1.40.2, etwfe(family=…, cluster="unit"), an implementation of its own."""
    y = test_panel["cnt"] if family == "poisson" else (test_panel["q1"] + 0.05 * test_panel["y"] > 0.7) * 1.0
    found = rows_of(fit(columns={"y": y}, family=family))
    assert found["att"] == pytest.approx((value, error), abs=1e-10)


def test_never_is_sun_and_abraham(fit):
    """The same effects as sunab(g, t); base periods are zero."""
    found = rows_of(fit(control_group="never"))
    assert found["att"][0] == pytest.approx(0.5619306997, abs=1e-9)
    assert found["event[-6]"][0] == pytest.approx(-0.14716025186, abs=1e-10)
    assert found["event[-2]"][0] == pytest.approx(0.07556357754, abs=1e-10)
    assert found["event[-1]"] == (0.0, 0.0)
    written = rows_of(fit(design={"control_group": "never"}))
    assert written["att"] == found["att"]
    both = rows_of(fit(design={"control_group": "never"}, control_group="not_yet"))
    assert both["att"] == rows_of(fit())["att"]
    moved = rows_of(fit(control_group="never", reference=-2))
    assert moved["event[-2]"] == (0.0, 0.0)


def columns_of(design, by_unit, never=False):
    """Dummies of effects, cells, and covariates by cohort, by period and by cell, written out."""
    adoption = design.adoption
    unit, time = adoption.unit.codes, adoption.time.codes
    cohort, period = adoption.cohort[unit], adoption.periods[time]
    groups, w = np.unique(cohort), np.ones(len(unit)) if design.weights is None else design.weights
    effects = [unit[:, None] == np.arange(adoption.unit.levels)] if by_unit else [cohort[:, None] == groups]
    effects.append(time[:, None] == np.arange(adoption.time.levels))
    inside = (np.isfinite(cohort) & (period != cohort - 1)) if never else period >= cohort
    pairs = np.unique(np.column_stack([cohort, period])[inside], axis=0)
    cells = np.column_stack([inside & (cohort == g) & (period == t) for g, t in pairs]).astype(float)
    slopes = []
    own = [cells]
    for x in design.x.T:
        slopes += [x[:, None] * (cohort[:, None] == groups), x[:, None] * effects[1]]
        centred = x.copy()
        for g in groups:
            centred[cohort == g] -= np.average(x[cohort == g], weights=w[cohort == g])
        own.append(cells * centred[:, None])
    return np.column_stack([*effects, *slopes]).astype(float), np.column_stack(own), w


def dense(design, by_unit, never=False):
    """Mean effect over all treated rows and its error by unit, without factors."""
    effects, own, w = columns_of(design, by_unit, never)
    adoption = design.adoption
    treated = adoption.periods[adoption.time.codes] >= adoption.cohort[adoption.unit.codes]
    x = np.column_stack([effects, own])
    target = np.zeros(x.shape[1])
    target[effects.shape[1] :] = w[treated] @ own[treated] / w[treated].sum()
    inverse = np.linalg.pinv((x * w[:, None]).T @ x, rcond=1e-11, hermitian=True)
    b = inverse @ (x.T @ (w * design.y))
    rows = (x * (w * (design.y - x @ b))[:, None]) @ (inverse @ target)
    return target @ b, np.sqrt(np.sum(np.bincount(adoption.unit.codes, weights=rows) ** 2))


@pytest.mark.parametrize("effects", ["unit", "cohort"])
@pytest.mark.parametrize("controls", [(), ("z",), ("x", "z")])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=2, deadline=None)
def test_dense_regressions_on_random_panels_with_gaps(design_of, test_panel, effects, controls, seed):
    rng = np.random.default_rng(seed)
    kept = np.flatnonzero((rng.random(480) > 0.1) | (test_panel["t"] <= 2))
    columns = {"y": rng.normal(size=480), "w": 0.3 + rng.random(480)}
    never = bool(seed % 2)
    design, options = design_of(
        columns=columns, rows=kept, weights="w", effects=effects, control_group="never" if never else "not_yet",
        **({"controls": list(controls)} if controls else {}),
    )  # fmt: skip
    found = rows_of(did_etwfe.fit(design, options), factors=False)
    assert found["att"] == pytest.approx(dense(design, effects == "unit", never), abs=1e-9)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_points_are_those_of_imputation(design_of, test_panel, seed):
    """Balanced: with units and with cohorts; with gaps: with cohorts, which imputation then takes, too."""
    rng = np.random.default_rng(seed)
    y = {"y": rng.normal(size=480)}
    for effects in ("unit", "cohort"):
        design, options = design_of(columns=y, effects=effects)
        assert_same(did_etwfe.fit(design, options), did_bjs.fit(design, did_bjs.BjsOptions()))
    kept = np.flatnonzero((rng.random(480) > 0.1) | (test_panel["t"] <= 2))
    design, options = design_of(columns=y, rows=kept)
    assert_same(did_etwfe.fit(design, options), did_bjs.fit(design, did_bjs.BjsOptions(effects="cohort")))


def assert_same(one, other):
    mine = dict(zip((t.name for t in one.terms), one.params, strict=True))
    for term, value in zip(other.terms, other.params, strict=True):
        assert mine[term.name] == pytest.approx(value, abs=1e-9)


# --- Poisson and logit ---


def response(design, family, params=None):
    """statsmodels with dummies: mean effect over treated rows and its error by unit, with a numerical derivative."""
    effects, own, w = columns_of(design, by_unit=False)
    x = np.column_stack([effects[:, :1] * 0 + 1, effects, own])
    keep = []
    for j in range(x.shape[1]):
        if np.linalg.matrix_rank(x[:, [*keep, j]]) > len(keep):
            keep.append(j)
    without = np.column_stack([x[:, : 1 + effects.shape[1]], 0 * own])[:, keep]
    x = x[:, keep]
    kind = sm.families.Poisson() if family == "poisson" else sm.families.Binomial()
    fitted = sm.GLM(design.y, x, family=kind, var_weights=w).fit(tol=1e-13, maxiter=100)
    adoption = design.adoption
    treated = adoption.periods[adoption.time.codes] >= adoption.cohort[adoption.unit.codes]

    def effect(b):
        inverse = kind.link.inverse
        return np.average((inverse(x @ b) - inverse(without @ b))[treated], weights=w[treated])

    b = np.asarray(fitted.params)
    step = 1e-5
    slope = np.array([(effect(b + e) - effect(b - e)) / (2 * step) for e in step * np.eye(len(b))])
    information = w * kind.variance(fitted.mu)
    bread = np.linalg.inv((x * information[:, None]).T @ x)
    rows = (x * (w * (design.y - fitted.mu))[:, None]) @ bread @ slope
    return effect(b), np.sqrt(np.sum(np.bincount(adoption.unit.codes, weights=rows) ** 2)), len(b)


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("controls", [None, ["z"]])
@pytest.mark.parametrize("family", ["poisson", "logit"])
def test_responses_are_those_of_statsmodels(design_of, test_panel, family, controls, weights):
    y = test_panel["cnt"] if family == "poisson" else (test_panel["q1"] + 0.05 * test_panel["y"] > 0.7) * 1.0
    block = {name: value for name, value in (("controls", controls), ("weights", weights)) if value}
    design, options = design_of(columns={"y": y}, family=family, **block)
    estimate = did_etwfe.fit(design, options)
    value, error, k = response(design, family)
    assert rows_of(estimate, factors=False)["att"] == pytest.approx((value, error), abs=1e-7)
    assert estimate.df_model == k
    assert estimate.converged


def test_poisson_of_saturated_cells_is_arithmetic(fit, test_panel):
    """One cohort and the never treated in two periods: effect = mean − mean before × growth of the comparison."""
    rows = np.flatnonzero(np.isin(test_panel["g"], (0, 5)) & np.isin(test_panel["t"], (4, 5)))
    y, g, t = (test_panel[name][rows] for name in ("cnt", "g", "t"))
    cell = {(a, b): y[(g == a) & (t == b)].mean() for a in (0, 5) for b in (4, 5)}
    found = rows_of(fit(rows=rows, columns={"y": test_panel["cnt"]}, family="poisson"))
    expected = cell[5, 5] - cell[5, 4] * cell[0, 5] / cell[0, 4]
    assert found["att"][0] == pytest.approx(expected, abs=1e-10)


def test_rows_by_hand_are_rows_in_cells(fit, test_panel):
    """Covariates that carry nothing take the road by rows; without them the road by cells."""
    y = {"y": test_panel["cnt"], "nothing": test_panel["cnt"] * 0 + 1.0}
    one = rows_of(fit(columns=y, family="poisson"))
    other = rows_of(fit(columns=y, family="poisson", controls=["nothing"]))
    for name, value in one.items():
        assert other[name][0] == pytest.approx(value[0], abs=1e-9)


@pytest.mark.parametrize("family", ["poisson", "logit"])
def test_no_noise_recovers_the_truth(fit, test_panel, family):
    """Means that follow the model exactly."""
    g, t, treated = test_panel["g"], test_panel["t"], test_panel["D"] == 1
    index = 0.1 * t - 0.05 * g - 0.3
    effect = (0.2 * g - 0.1 * t) * treated
    mean = np.exp if family == "poisson" else lambda eta: 1 / (1 + np.exp(-eta))
    found = rows_of(fit(columns={"y": mean(index + effect)}, family=family))
    truth = mean(index + effect) - mean(index)
    assert found["att"][0] == pytest.approx(truth[treated].mean(), abs=1e-10)
    assert found["att_gt[5,7]"][0] == pytest.approx(truth[(g == 5) & (t == 7)].mean(), abs=1e-10)


def test_no_noise_linear(fit, test_panel):
    effect = (0.3 * test_panel["g"] - 0.2 * test_panel["t"]) * test_panel["D"]
    y = test_panel["a"] + test_panel["t"] ** 2 + effect
    for block in ({}, {"effects": "unit"}, {"control_group": "never", "effects": "unit"}):
        found = rows_of(fit(columns={"y": y}, **block))
        assert found["att"][0] == pytest.approx(effect[test_panel["D"] == 1].mean(), abs=1e-10)


def test_frequency_weights_are_repeated_units(fit, test_panel):
    double = 1 + (test_panel["i"] % 2)
    rows = np.concatenate([np.arange(480), np.flatnonzero(double == 2)])
    columns = {name: values[rows] for name, values in test_panel.items()}
    columns["original"] = columns["i"].copy()
    columns["i"] = np.where(np.arange(len(rows)) >= 480, columns["i"] + 100, columns["i"])
    for family in ("linear", "poisson"):
        one = rows_of(
            fit(columns={"k": double, "y": test_panel["cnt"]}, weights={"k": "frequency"}, family=family)
        )
        other = fit(columns={**columns, "y": columns["cnt"]}, vcov={"cluster": "original"}, family=family)
        assert one["att"] == pytest.approx(rows_of(other)["att"], abs=1e-10)


def test_clusters_that_change_inside_units(fit):
    for block in ({"effects": "unit"}, {"family": "poisson", "outcome": "cnt"}):
        by_row = fit(vcov={"cluster": "t"}, **block)
        by_unit = np.zeros((60, len(by_row.params)))
        np.add.at(by_unit, by_row.design.adoption.unit.codes, by_row.influence.rows)
        assert by_unit == pytest.approx(fit(**block).influence.rows, abs=1e-12)


def test_cross_sections(fit):
    found = fit(design={"unit": None}, vcov=None)
    assert found.params[0] == pytest.approx(0.4768885593, abs=1e-10)
    assert found.n_units == 480


# --- samples and options without an answer ---


def test_everybody_treated_from_a_period_on(fit, test_panel):
    rows = np.flatnonzero(test_panel["g"] > 0)
    with pytest.raises(DesignError, match="nobody is untreated in t 7, 8") as error:
        fit(rows=rows)
    assert code_of(error) == "E575"
    found = fit(rows=rows, autosample=True)
    assert [n.code for n in found.notices] == ["W542"]
    before = np.flatnonzero((test_panel["g"] > 0) & (test_panel["t"] < 7))
    columns = {"g": np.where(test_panel["g"] == 7, 0, test_panel["g"])}
    assert found.params[0] == pytest.approx(fit(rows=before, columns=columns).params[0], abs=1e-10)


def test_always_treated(fit, test_panel):
    always = {"g": np.where(test_panel["i"] == 3, 1, test_panel["g"])}
    for effects in ("unit", "cohort"):
        with pytest.raises(DesignError, match="never untreated: i 3") as error:
            fit(columns=always, effects=effects)
        assert code_of(error) == "E575"


@pytest.mark.parametrize("family", ["poisson", "logit"])
def test_separation_names_the_cell(fit, test_panel, family):
    y = (test_panel["cnt"] > 1) * 1.0
    y[(test_panel["g"] == 5) & (test_panel["t"] == 6)] = 0
    with pytest.raises(EstimationError, match=r"\(5, 6\)") as error:
        fit(columns={"y": y}, family=family)
    assert code_of(error) == "E595"


@pytest.mark.parametrize(
    ("block", "code", "match"),
    [
        ({"family": "poisson", "outcome": "lat"}, "E596", "an outcome of -"),
        ({"family": "logit", "outcome": "cnt"}, "E596", "0 to 1 for logit"),
        ({"family": "poisson", "outcome": "cnt", "effects": "unit"}, "E596", "effects of units"),
        ({"control_group": "never", "reference": 0}, "E573", "a treated period"),
        ({"effects": "unit", "design": {"unit": None}, "vcov": None}, "E577", "seen once"),
    ],
)
def test_what_does_not_go_together(fit, block, code, match):
    with pytest.raises(DesignError) as error:
        fit(**block)
    assert code_of(error) == code
    found = error.value.faults[0]
    assert match in f"{found.message} {found.help}"
