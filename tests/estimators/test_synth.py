"""Synthetic control: mixtures are found, ranks are those of a loop, few periods give no verdict by ratio."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

import impact as im
from impact.core.errors import DesignError

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def tobacco():
    import pandas as pd

    return pd.read_csv(DATA / "prop99.csv")


def fitted(frame, **more):
    return im.did(
        frame,
        y="packs_per_capita",
        unit="state",
        time="year",
        estimator="synth",
        more={"treatment": "treated", **more},
    )


def test_a_mixture_of_controls_is_found(tobacco):
    """California as a mixture of two states plus a planted effect: weights, gaps and effect come back."""
    table = tobacco.pivot(index="year", columns="state", values="packs_per_capita")
    mixed = 0.7 * table["Utah"] + 0.3 * table["Nevada"] + np.where(table.index >= 1989, -10.0, 0.0)
    frame = tobacco.copy()
    frame.loc[frame["state"] == "California", "packs_per_capita"] = mixed.to_numpy()
    fit = fitted(frame)
    facts = fit.estimate.tables["synthetic"]["1989"]
    assert facts["weights"] == pytest.approx({"Utah": 0.7, "Nevada": 0.3}, abs=1e-6)
    assert fit.coef()["att"] == pytest.approx(-10, abs=1e-6)
    assert fit.estimate.fit["rank_effect"] >= 1


def test_ranks_are_those_of_a_loop(tobacco):
    """Each state in turn, all others as controls: no general optimiser fits better, and ranks by a loop."""
    table = tobacco.pivot(index="year", columns="state", values="packs_per_capita")
    before = table.index < 1989
    fit = fitted(tobacco)
    for state in ("California", "Utah", "Texas"):
        others = [name for name in table.columns if name != state]
        a, b = table.loc[before, others].to_numpy(), table.loc[before, state].to_numpy()
        start = np.full(len(others), 1 / len(others))
        constraint = {"type": "eq", "fun": lambda v: v.sum() - 1}
        found = minimize(
            lambda v, a=a, b=b: np.sum((b - a @ v) ** 2), start, jac=lambda v, a=a, b=b: -2 * a.T @ (b - a @ v),
            bounds=[(0, 1)] * len(others), constraints=[constraint], options={"maxiter": 2000, "ftol": 1e-12},
        )  # fmt: skip
        if state == "California":
            gap = fit.estimate.tables["synthetic"]["1989"]["gap"]
        else:
            placebos = fit.estimate.tables["placebos"]
            gap = placebos["gaps"][placebos["units"].index([state])]
        loss = np.sum(np.asarray(gap)[before] ** 2)
        assert loss <= found.fun * (1 + 1e-9)
    placebos = np.array(fit.estimate.tables["placebos"]["gaps"])
    ratio = [np.sqrt(np.mean(g[~before] ** 2) / np.mean(g[before] ** 2)) for g in placebos]
    own = np.asarray(fit.estimate.tables["synthetic"]["1989"]["gap"])
    mine = np.sqrt(np.mean(own[~before] ** 2) / np.mean(own[before] ** 2))
    assert fit.estimate.fit["rank_ratio"] == 1 + np.sum(np.array(ratio) >= mine)
    assert fit.inference.p_value[0] == pytest.approx(fit.estimate.fit["rank_ratio"] / 39)


def test_predictors_by_nested_importances(tobacco):
    """Three lags of sales, as in the paper's example: a fit that is worse than with every year, and importances."""
    plain, lags = fitted(tobacco), fitted(tobacco, lags=[1975, 1980, 1988])
    facts = lags.estimate.tables["synthetic"]["1989"]
    assert sum(facts["importance"].values()) == pytest.approx(1)
    assert lags.estimate.fit["rmspe_before"] >= plain.estimate.fit["rmspe_before"]
    assert lags.coef()["att"] == pytest.approx(plain.coef()["att"], abs=6)


def smallest_weights(a, b):
    """Best weights by SLSQP, and of those the ones of smallest norm, by SLSQP again."""
    start = np.full(a.shape[1], 1 / a.shape[1])
    whole = {"type": "eq", "fun": lambda v: v.sum() - 1, "jac": np.ones_like}
    keys = {"bounds": [(0, 1)] * len(start), "method": "SLSQP", "options": {"maxiter": 2000, "ftol": 1e-15}}
    best = minimize(
        lambda v: np.sum((b - a @ v) ** 2),
        start,
        jac=lambda v: -2 * a.T @ (b - a @ v),
        constraints=[whole],
        **keys,
    ).x
    same = {"type": "eq", "fun": lambda v: a @ (v - best), "jac": lambda v: a}
    return minimize(lambda v: v @ v, best, jac=lambda v: 2 * v, constraints=[whole, same], **keys).x


def victimisation(first, outcome):
    """Areas of the victimisation survey without Callao and the country, from a year on."""
    import pandas as pd

    frame = pd.read_csv(DATA / "peru_victimization_2013_2024.csv", dtype={"area_code": str})
    inside = frame["year"].between(first, 2019) & ~frame["area_code"].isin(["00", "07"])
    more = {"treated": 'area_code == "1501"', "from": 2017}
    fit = im.did(frame[inside], y=outcome, unit="area_code", time="year", estimator="synth", more=more)
    return frame[inside].pivot(index="year", columns="area_code", values=outcome), fit


def test_lima_has_too_few_years_for_the_ratio():
    """Real victimisation panel, four years before: effects of all areas by SLSQP, their rank, W520."""
    table, fit = victimisation(2013, "fraud_victimization_pct")
    before = table.index < 2017
    effects = {}
    for area in table.columns:
        a, b = table.drop(columns=area).to_numpy(), table[area].to_numpy()
        effects[area] = (b - a @ smallest_weights(a[before], b[before]))[~before].mean()
    assert fit.coef()["att"] == pytest.approx(effects["1501"], abs=1e-4)
    facts = fit.estimate.fit
    assert facts["rank_effect"] == sum(abs(effect) >= abs(effects["1501"]) for effect in effects.values())
    assert facts["n_sets"] == 24
    assert "W520" in {notice.code for notice in fit.estimate.notices}
    assert not [name for name in facts if "ratio" in name]
    assert np.isnan(fit.inference.p_value).all()
    with pytest.raises(DesignError) as error:
        victimisation(2015, "fraud_victimization_pct")
    assert error.value.code == "E585"


def test_periods_before_treatment_have_a_gap_and_no_error(tobacco):
    fit = fitted(tobacco)
    lead, later = ([term.name for term in fit.estimate.terms].index(f"event[{e}]") for e in (-2, 2))
    assert fit.estimate.params[lead] == pytest.approx(
        fit.estimate.tables["synthetic"]["1989"]["gap"][17], rel=1e-12
    )
    for values in (
        fit.inference.std_error,
        fit.inference.p_value,
        fit.inference.ci_low,
        fit.inference.ci_high,
    ):
        assert np.isnan(values[lead])
        assert np.isfinite(values[later])


def test_placebos_need_as_many_controls_as_were_treated():
    rng = np.random.default_rng(0)
    table = {
        "unit": np.repeat(np.arange(5.0), 8),
        "year": np.tile(np.arange(8.0), 5),
        "y": rng.normal(size=40),
    }
    with pytest.raises(DesignError) as error:
        im.did(
            table, y="y", unit="unit", time="year", estimator="synth", more={"treated": "unit < 3", "from": 5}
        )
    assert error.value.code == "E586"


@pytest.mark.parametrize(("more", "code"), [({"lags": [1995]}, "E559"), ({"weights": "w"}, "E559")])
def test_refusals(tobacco, more, code):
    with pytest.raises((DesignError, im.SpecError)) as error:
        fitted(tobacco.assign(w=1.0), **more)
    assert error.value.code == code
