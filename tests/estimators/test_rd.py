"""Regression discontinuity as a model: close elections by rdrobust, sides, donuts, covariates, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import impact
from impact.core.errors import ImpactError
from impact.pipeline.fit import design_of, fit_design


@pytest.fixture(scope="module")
def fitted(as_frame, request_of):
    def make(columns, formula="score ~ lagdemvoteshare", **block):
        request = request_of(formula, estimator="rd", **{"cutoff": 0.5, **block})
        return fit_design(design_of(as_frame(columns), request), request, None, 3)

    return make


@pytest.fixture(scope="module")
def small():
    random = np.random.default_rng(4)
    r = random.uniform(-1, 1, 800)
    z = random.standard_normal(800)
    y = r + 2.0 * (r >= 0) + z + 0.3 * random.standard_normal(800)
    return {
        "y": y,
        "r": r,
        "z": z,
        "d": (r >= 0) * 1.0,
        "text": np.array(["a", "b"] * 400),
        "half": np.round(r, 1),
    }


# Python rdrobust 2.1.1 on the same rows, c = 0.5: h, b, robust, conventional, their errors, rows within h
CLOSE = {
    "score": (
        [0.08629925712566958, 0.1334335866328435, 18.450174808714053, 18.666382977067435, 2.0380014273163245,
         1.6924826423267856], [2207, 1940, 5670, 7907]),
    "demvoteshare": (
        [0.07483484448728599, 0.13212739346577135, 0.0886935894560435, 0.09067920486023656,
         0.006628035931443727, 0.005726135239580521], [1912, 1741, 5666, 7900]),
}  # fmt: skip


@pytest.mark.parametrize("outcome", CLOSE)
def test_close_elections(fitted, elections, outcome):
    found = fitted(elections, f"{outcome} ~ lagdemvoteshare")
    numbers, counts = CLOSE[outcome]
    assert [term.name for term in found.estimate.terms] == ["robust", "bias_corrected", "conventional"]
    facts, places = found.estimate.fit, [0, 2]
    values, errors = found.estimate.params, found.inference.std_error
    own = [facts["bandwidth"], facts["bandwidth_bias"], *values[places], *errors[places]]
    assert own == pytest.approx(numbers, rel=1e-8)
    # the row between has the robust value with the conventional error
    assert (values[1], errors[1]) == (values[0], errors[2])
    assert [facts[f"n_{name}"] for name in ("inside_below", "inside_above", "below", "above")] == counts
    low, high = found.inference.ci_low[0], found.inference.ci_high[0]
    assert (low + high) / 2 == pytest.approx(found.estimate.params[0])
    assert (high - low) / 2 == pytest.approx(1.959963985 * found.inference.std_error[0])


def test_fuzzy_close_elections(fitted, elections):
    """rdrobust 2.1.1 with fuzzy = democrat: a party that lost narrowly may win the next time."""
    found = fitted(elections, fuzzy="democrat")
    expected = [44.47316445908772, 44.21838739976665, 0.421520356641074, 0.42572633092745094]
    errors = [3.7148461946271882, 3.0743789786605213, 0.030616534008141558, 0.025605079743693183]
    assert [term.kind for term in found.estimate.terms] == ["coef"] * 3 + ["first_stage"] * 3
    assert found.estimate.params[[0, 2, 3, 5]] == pytest.approx(expected, rel=1e-8)
    assert found.inference.std_error[[0, 2, 3, 5]] == pytest.approx(errors, rel=1e-8)


def test_coverage_error_shrinks_the_window(fitted, small):
    """N^(-p / ((3 + p)(3 + 2 p))), p = 1 (Calonico, Cattaneo and Farrell 2020)."""
    mse, coverage = (
        fitted(small, "y ~ r", cutoff=0, bandwidth=name).estimate.fit for name in ("mserd", "cerrd")
    )
    assert coverage["bandwidth"] == pytest.approx(mse["bandwidth"] * 800 ** (-1 / 20))
    assert coverage["bandwidth_bias"] == mse["bandwidth_bias"]


def test_running_by_name_leaves_covariates(fitted, small):
    one = fitted(small, "y ~ r + z", cutoff=0)
    other = fitted(small, "y ~ z", cutoff=0, running="r")
    assert one.estimate.params == pytest.approx(other.estimate.params)
    assert one.inference.std_error[0] < 0.6 * fitted(small, "y ~ r", cutoff=0).inference.std_error[0]
    assert one.estimate.params[0] == pytest.approx(2, abs=3 * one.inference.std_error[0])


def test_treated_are_those_of_the_side(elections):
    """Not the rows of an indicator that happens to stand first among the covariates."""
    model = {"estimator": "rd", "formula": "score ~ democrat", "running": "lagdemvoteshare", "cutoff": 0.5}
    spec = {"spec": 1, "data": "shipped:close_elections", "models": {"m": {**model, "treated_side": "below"}}}
    found = impact.run(spec, out=None).document["rows"]
    assert [row["n_treated"] for row in found] == [int(np.sum(elections["lagdemvoteshare"] < 0.5))] * 3


def test_sides(fitted, small):
    turned = {**small, "r": -small["r"]}
    one = fitted(small, "y ~ r", cutoff=0)
    other = fitted(turned, "y ~ r", cutoff=0, treated_side="below", closed="below")
    assert one.estimate.params == pytest.approx(other.estimate.params)
    assert one.inference.std_error == pytest.approx(other.inference.std_error)
    below = fitted(small, "y ~ r", cutoff=0, treated_side="below")
    assert below.estimate.params == pytest.approx(-one.estimate.params)


def test_rows_at_the_cutoff_belong_to_the_closed_side(fitted, small):
    columns = {**small, "r": small["r"].copy()}
    columns["r"][:5] = 0
    above, below = (fitted(columns, "y ~ r", cutoff=0, closed=one).estimate.fit for one in ("above", "below"))
    assert above["n_above"] - below["n_above"] == 5
    assert below["n_below"] - above["n_below"] == 5


def test_a_cutoff_in_dates(request_of, as_frame, fitted, small):
    """Days after a date are the same running variable as the date; bandwidths are in days."""
    days = np.round(200 * small["r"])
    number = fitted({**small, "days": days}, "y ~ days + z", cutoff=0, closed="below", donut=3)
    frame = as_frame(small)
    frame.columns["day"] = np.datetime64("2018-10-31") + days.astype("timedelta64[D]")
    request = request_of("y ~ z", estimator="rd", running="day", cutoff="2018-10-31", closed="below", donut=3)
    date = fit_design(design_of(frame, request), request, None, 3)
    assert date.estimate.params == pytest.approx(number.estimate.params)
    assert date.estimate.fit["bandwidth"] == pytest.approx(number.estimate.fit["bandwidth"])
    assert date.estimate.running.cutoff == "2018-10-31"
    assert date.estimate.running.distance.tolist() == number.estimate.running.distance.tolist()
    for cutoff, formula, columns in ((0.5, "y ~ z", {"running": "day"}), ("2018-10-31", "y ~ r", {})):
        request = request_of(formula, estimator="rd", cutoff=cutoff, **columns)
        with pytest.raises(ImpactError) as error:
            fit_design(design_of(frame, request), request, None, 3)
        assert error.value.faults[0].code == "E664"


def test_a_donut_is_counted(fitted, small):
    found = fitted(small, "y ~ r", cutoff=0, donut=0.05)
    count = int(np.sum(np.abs(small["r"]) < 0.05))
    assert [one.code for one in found.estimate.notices] == ["W662"]
    assert found.estimate.n_obs == 800 - count
    far = {name: column[np.abs(small["r"]) >= 0.05] for name, column in small.items()}
    assert found.estimate.params == pytest.approx(fitted(far, "y ~ r", cutoff=0).estimate.params)


@pytest.mark.parametrize(
    ("code", "formula", "block"),
    [
        ("E664", "y ~ half", {}), ("E664", "y ~ r", {"cutoff": 2}), ("E664", "y ~ z", {"running": "text"}),
        ("E664", "y ~ r", {"donut": 0.999}), ("E665", "y ~ r", {"bandwidth": 1e-5}),
        ("E665", "y ~ r", {"fuzzy": "same"}), ("E550", "y ~ r", {"bias_bandwidth": 0.3}),
        ("E650", "y ~ r | half", {}),
    ],
)  # fmt: skip
def test_refusals(fitted, small, code, formula, block):
    with pytest.raises(ImpactError) as error:
        fitted({**small, "same": np.ones(800)}, formula, **{"cutoff": 0, **block})
    assert error.value.faults[0].code == code
