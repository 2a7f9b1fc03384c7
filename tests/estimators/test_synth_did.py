"""Synthetic difference-in-differences: the numbers of R synthdid on the test panel, and of Proposition 99."""

from pathlib import Path

import numpy as np
import pytest

import impact as im
from impact.core.errors import DesignError

TWO = {"never": 0}
DATA = Path(__file__).parents[2] / "data" / "prop99.csv"


def asked(panel, cohorts=(0, 5), **more):
    rows = np.isin(panel["g"], cohorts)
    kept = {name: values[rows] for name, values in panel.items()}
    return im.did(
        kept, y="y", unit="i", time="t", cohort="g", estimator="synth_did", more={**TWO, "seed": 1, **more}
    )


def test_points_and_jackknife_of_r_synthdid(test_panel):
    """synthdid 0.0.9: cohort 5 against never treated, four periods before."""
    fit = asked(test_panel, errors="jackknife")
    assert fit.coef()["att"] == pytest.approx(0.4864320019, abs=1e-9)
    assert fit.se()["att"] == pytest.approx(0.1579536253, abs=1e-9)
    curve = [fit.coef()[f"event[{e}]"] for e in range(4)]
    assert curve == pytest.approx([0.4734439384, 0.3944655358, 0.4501405750, 0.6276779584], abs=1e-9)
    facts = fit.estimate.tables["synthetic"]["5"]
    assert facts["period_weights"] == pytest.approx([0, 0.42769667, 0.27168112, 0.30062221], abs=1e-8)
    weights = [facts["weights"][f"{unit}.0"] for unit in (4, 8, 12)]
    assert weights == pytest.approx([0.06009381, 0.08296295, 0.05693377], abs=1e-8)


@pytest.mark.parametrize(("method", "expected"), [("sc", 0.4125025688), ("did", 0.4721733681)])
def test_the_other_methods(test_panel, method, expected):
    assert asked(test_panel, method=method, errors="jackknife").coef()["att"] == pytest.approx(
        expected, abs=1e-9
    )


@pytest.fixture(scope="module")
def tobacco():
    import pandas as pd

    return pd.read_csv(DATA)


def tobacco_fit(frame, **more):
    return im.did(
        frame, y="packs_per_capita", unit="state", time="year", estimator="synth_did",
        more={"treatment": "treated", "seed": 3, **more},
    )  # fmt: skip


@pytest.mark.parametrize(("method", "expected"), [("sdid", -15.60383), ("sc", -19.61966), ("did", -27.34911)])
def test_proposition_99(tobacco, method, expected):
    """Arkhangelsky et al. (2021), table 1: -15.6, -19.6, -27.3; two public implementations to five decimals."""
    assert tobacco_fit(tobacco, method=method, reps=20).coef()["att"] == pytest.approx(expected, abs=1e-4)


def test_the_placebo_error_is_that_of_the_published_table(tobacco):
    """Published 8.4, another implementation 9.95: random, between 7 and 12. The same seed gives the same error."""
    one, other = tobacco_fit(tobacco), tobacco_fit(tobacco)
    assert 7 < one.se()["att"] < 12
    assert one.se() == other.se()


def test_several_cohorts_are_averaged_by_treated_cells(test_panel):
    """Staggered: the mean of the estimates of each cohort against the never treated, by treated cells."""
    parts = {g: asked(test_panel, (0, g), errors="jackknife").coef()["att"] for g in (4, 5, 7)}
    cells = {4: 5, 5: 4, 7: 2}
    expected = sum(cells[g] * parts[g] for g in parts) / sum(cells.values())
    fit = asked(test_panel, (0, 4, 5, 7), errors="bootstrap", reps=20)
    assert fit.coef()["att"] == pytest.approx(expected, abs=1e-9)
    assert fit.se()["att"] > 0


def test_the_truth_without_noise(test_panel):
    """A treated path that is a constant above the mean of the controls: the planted effect comes back."""
    panel = {name: values.copy() for name, values in test_panel.items()}
    control = panel["i"] % 4 == 0
    mean = {t: panel["y"][control & (panel["t"] == t)].mean() for t in range(1, 9)}
    treated = panel["g"] == 5
    effect = np.where(panel["t"] >= 5, 0.5 + 0.25 * (panel["t"] - 5), 0.0)
    panel["y"] = np.where(treated, np.array([mean[t] for t in panel["t"].tolist()]) + 3 + effect, panel["y"])
    panel["y"] = np.where(
        control, panel["y"] * 0 + np.array([mean[t] for t in panel["t"].tolist()]), panel["y"]
    )
    fit = asked(panel, errors="jackknife")
    assert fit.coef()["att"] == pytest.approx(np.mean([0.5, 0.75, 1.0, 1.25]), abs=1e-10)


@pytest.mark.parametrize(
    ("more", "code"),
    [({"weights": "w"}, "E559"), ({"errors": "bootstrap"}, "E586"), ({"control_group": "not_yet"}, "E559")],
)
def test_refusals(test_panel, more, code):
    panel = {**test_panel, "g": np.where(test_panel["i"] == 1, 5, 0)}
    with pytest.raises((DesignError, im.SpecError)) as error:
        asked(panel, **more)
    assert error.value.code == code


def test_the_rank_is_that_of_a_loop():
    """Each control as the treated unit, without the treated one.

    Placebos keep the penalty of the sample, which has one control more, and start from its weights: 0.02 apart.
    """
    rng = np.random.default_rng(7)
    y = rng.normal(size=(8, 1)) * np.arange(11) / 5 + 0.5 * rng.normal(size=(8, 11))

    def found(units, treated, start=8):
        kept = np.repeat(units, 11)
        table = {"u": kept.astype(float), "t": np.tile(np.arange(11.0), len(units)), "y": y[units].ravel()}
        more = {"treated": f"u == {treated}", "from": start, "seed": 1, "reps": 100}
        return im.did(table, y="y", unit="u", time="t", estimator="synth_did", more=more)

    actual = found(np.arange(8), 0)
    others = [found(np.arange(1, 8), j).coef()["att"] for j in range(1, 8)]
    facts = actual.estimate.fit
    assert facts["rank_effect"] == 1 + sum(abs(other) >= abs(actual.coef()["att"]) for other in others)
    assert facts["n_sets"] == 7
    first = np.unique(actual.estimate.own_variance.draws[:, 0].round(4))
    assert [np.abs(first - other).min() < 0.02 for other in others] == [True] * 7
    short = found(np.arange(8), 0, start=4)
    assert "W520" in {notice.code for notice in short.estimate.notices}
    assert np.isnan(short.inference.p_value).all()
    assert np.isfinite(short.inference.std_error[0])
