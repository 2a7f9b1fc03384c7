"""Lee bounds as a model: cells, missing outcomes, errors against the jackknife, refusals, real data."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from impact.core.errors import DesignError
from impact.pipeline.fit import design_of, fit_design

NSW = Path(__file__).parents[2] / "data" / "nsw.csv"


@pytest.fixture(scope="module")
def fitted(as_frame, request_of):
    def make(columns, formula="y ~ d", **block):
        request = request_of(formula, estimator="lee_bounds", **{"vcov": "hc1", **block})
        return fit_design(design_of(as_frame(columns), request), request, None, 3)

    return make


@pytest.fixture(scope="module")
def trial():
    """Treatment raises selection; women have higher outcomes and are selected less."""
    random = np.random.default_rng(8)
    n = 500
    d, woman = (random.random((2, n)) < 0.5).astype(float)
    selected = (random.random(n) < 0.5 + 0.2 * d + 0.15 * (1 - woman)).astype(float)
    y = 1 + 0.2 * d + 1.5 * woman + random.standard_normal(n)
    return {"y": np.where(selected == 1, y, np.nan), "d": d, "woman": woman, "s": selected, "w": 1 + d}


def test_a_missing_outcome_is_not_selected(fitted, trial):
    one, other = fitted(trial), fitted(trial, selected="s")
    assert one.estimate.params == pytest.approx(other.estimate.params)
    assert one.design.sample.steps == ()
    assert one.estimate.n_obs == 500
    assert one.estimate.fit["n_selected"] == trial["s"].sum()


def test_rows_without_treatment_are_dropped(fitted, trial):
    columns = {**trial, "d": trial["d"].copy()}
    columns["d"][:3] = np.nan
    assert [(step.name, step.dropped) for step in fitted(columns).design.sample.steps] == [("d", 3)]


def test_cells_are_averages_of_their_bounds(fitted, trial):
    """Weighted by rows times the smaller share selected; no wider than without cells here."""
    whole = fitted(trial).estimate.params[:2]
    found = fitted(trial, cells="woman").estimate.params[:2]
    parts, weights = [], []
    for value in (0, 1):
        own = trial["woman"] == value
        parts.append(fitted({name: column[own] for name, column in trial.items()}).estimate.params[:2])
        rates = [trial["s"][own & (trial["d"] == arm)].mean() for arm in (0, 1)]
        weights.append(own.sum() * min(rates))
    assert found == pytest.approx(np.average(parts, axis=0, weights=weights))
    assert found[1] - found[0] < whole[1] - whole[0]


@pytest.mark.parametrize("block", [{}, {"cells": ["woman"]}, {"cells": "woman", "weights": "w"}])
def test_errors_are_those_of_the_jackknife(fitted, trial, block):
    found = fitted(trial, **block)
    left = []
    for row in range(500):
        kept = np.arange(500) != row
        left.append(fitted({n: c[kept] for n, c in trial.items()}, **block).estimate.params)
    left = np.array(left)
    jackknife = np.sqrt(499 / 500 * np.sum((left - left.mean(axis=0)) ** 2, axis=0))
    assert found.inference.std_error == pytest.approx(jackknife, rel=0.06)


def test_the_interval_uses_the_clusters(fitted, trial):
    doubled = {name: np.concatenate([column, column]) for name, column in trial.items()}
    doubled["id"] = np.concatenate([np.arange(500.0)] * 2)
    one = fitted(trial)
    two = fitted(doubled, vcov={"cluster": "id"})
    for name in ("interval_low", "interval_high"):
        assert one.estimate.fit[name] == pytest.approx(two.estimate.fit[name])
    assert one.inference.std_error == pytest.approx(two.inference.std_error)
    low = one.inference.ci_low[0]
    assert low < one.estimate.fit["interval_low"] < one.estimate.params[0]


def test_training_and_earnings_of_the_employed(fitted):
    """The experiment of LaLonde (1986), as in Dehejia and Wahba (1999): log earnings of those with earnings.

    140 of 185 treated and 168 of 260 controls have earnings in 1978; bounds from order statistics.
    """
    with NSW.open() as file:
        rows = list(csv.DictReader(file))
    treat, pay = (np.array([float(row[name]) for row in rows]) for name in ("treat", "re78"))
    logs = np.where(pay > 0, np.log(np.where(pay > 0, pay, 1.0)), np.nan)
    found = fitted({"y": logs, "d": treat})
    arms = [np.sort(logs[(treat == arm) & (pay > 0)]) for arm in (0, 1)]
    assert [len(arm) for arm in arms] == [168, 140]
    assert found.estimate.fit["share_trimmed"] == pytest.approx(1 - 168 / 260 / (140 / 185))
    kept = len(arms[0]) / np.sum(treat == 0) / (len(arms[1]) / np.sum(treat == 1)) * len(arms[1])
    whole, part = int(kept), kept - int(kept)
    below = (arms[1][:whole].sum() + part * arms[1][whole]) / kept
    above = (arms[1][::-1][:whole].sum() + part * arms[1][::-1][whole]) / kept
    assert found.estimate.params[:2] == pytest.approx([below - arms[0].mean(), above - arms[0].mean()])


def test_directions_that_differ_are_told(fitted, trial):
    columns = {**trial, "s": trial["s"].copy(), "y": np.nan_to_num(trial["y"])}
    flip = trial["woman"] == 1
    columns["d"] = np.where(flip, 1 - trial["d"], trial["d"])
    found = fitted(columns, selected="s", cells="woman")
    assert [one.code for one in found.estimate.notices] == ["W650", "W655"]


@pytest.mark.parametrize(
    ("code", "changes", "block"),
    [
        ("E650", {}, {"formula": "y ~ d + woman"}), ("E650", {}, {"formula": "y ~ d | woman"}),
        ("E653", {"d": 2.0}, {}), ("E653", {"s": 1.0}, {"selected": "s"}), ("E653", {"s": 0.5}, {"selected": "s"}),
        ("E653", {}, {"cells": "s"}),
    ],
)  # fmt: skip
def test_refusals(fitted, trial, code, changes, block):
    columns = {**trial}
    for name, value in changes.items():
        columns[name] = value * trial["d"] if name == "d" else np.full(500, value)
    with pytest.raises(DesignError) as error:
        fitted(columns, **block)
    assert error.value.faults[0].code == code
