"""Matching as a model: Stata's teffects on birth weights, the training experiment, plain loops, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import ImpactError
from impact.pipeline.fit import design_of, fit_design


@pytest.fixture(scope="module")
def fitted(as_frame, request_of):
    def make(columns, formula, **block):
        request = request_of(formula, estimator="matching", **block)
        return fit_design(design_of(as_frame(columns), request), request, None, 3)

    return make


def test_nnmatch_of_stata(fitted, births):
    """Stata 13 manual, [TE] teffects nnmatch, example 1: bweight mage prenatal1 mmarried fbaby; ATE, robust."""
    found = fitted(births, "bweight ~ mbsmoke_ + mage + prenatal1_ + mmarried_ + fbaby_", adjust=False)
    assert found.estimate.params[0] == pytest.approx(-240.3306, abs=5e-5)
    assert found.inference.std_error[0] == pytest.approx(28.43006, abs=5e-6)
    assert found.inference.df[0] == np.inf


def test_exact_columns_and_adjustment_by_loops(fitted, training):
    """Matches within cells of the exact columns, row by row, each direction with its own regression."""
    found = fitted(training, "re78 ~ treat + age + re75", exact=["black", "nodegree"], estimand="ate")
    x = np.column_stack([training["age"], training["re75"]])
    cell, d, y = 2 * training["black"] + training["nodegree"], training["treat"] == 1, training["re78"]
    inverse, ones = np.linalg.inv(np.cov(x.T)), np.column_stack([np.ones(len(y)), x])
    effect, used, squared = np.zeros(len(y)), np.zeros(len(y)), np.zeros(len(y))
    for arm in (False, True):
        sets = []
        for row in np.flatnonzero(d == arm):
            apart = x - x[row]
            distance = np.sqrt(np.einsum("ij,jk,ik->i", apart, inverse, apart))
            distance[(d == arm) | (cell != cell[row])] = np.inf
            near = distance <= distance.min() + 1e-9
            sets.append((row, near))
            used += near / near.sum()
            squared += near / near.sum() ** 2
        other = d != arm
        root = np.sqrt(used[other])
        b = np.linalg.lstsq(ones[other] * root[:, None], y[other] * root, rcond=None)[0]
        left = y - ones @ b
        for row, near in sets:
            effect[row] = (left[row] - left[near].mean()) * (1 if arm else -1)
    total = np.sum((effect - effect.mean()) ** 2)
    for row in range(len(y)):
        apart = x - x[row]
        distance = np.sqrt(np.einsum("ij,jk,ik->i", apart, inverse, apart))
        distance[d != d[row]] = np.inf
        distance[cell != cell[row]] = np.inf
        near = distance <= np.sort(distance)[min(2, np.count_nonzero(np.isfinite(distance)) - 1)] + 1e-7
        total += y[near].var(ddof=1) * (used[row] ** 2 + 2 * used[row] - squared[row])
    assert found.estimate.params[0] == pytest.approx(effect.mean())
    assert found.inference.std_error[0] == pytest.approx(np.sqrt(total) / len(y))


def test_psmatch_of_stata(fitted, births):
    """[TE] teffects psmatch, example 1: mbsmoke mmarried c.mage##c.mage fbaby medu; the error counts the score."""
    formula = "bweight ~ mbsmoke_ + mmarried_ + mage + mage2 + fbaby_ + medu"
    found = fitted(births, formula, metric="score")
    assert found.estimate.params[0] == pytest.approx(-210.9683, abs=5e-5)
    assert found.inference.std_error[0] == pytest.approx(32.021, abs=5e-4)


@pytest.mark.parametrize(("formula", "effect"), [("age", 1785.191), ("age + educ + re74 + re75", 1714.407)])
def test_the_training_experiment(fitted, training, formula, effect):
    """Log of Stata's match (Imbens, 3 February 2004) on the experiment of LaLonde: inverse variance, one match.

    His earnings are rounded: the last digit differs.
    """
    found = fitted(training, f"re78 ~ treat + {formula}", metric="variance", adjust=False)
    assert found.estimate.params[0] == pytest.approx(effect, abs=5e-3)


def test_the_effect_on_the_treated_by_loops(fitted, training):
    """Two matches and the adjustment, row by row; errors of theorem 7 of Abadie and Imbens (2006) written out."""
    formula = "re78 ~ treat + age + educ + re75"
    found = fitted(training, formula, estimand="att", k=2, metric="variance")
    x = np.column_stack([training[name] for name in ("age", "educ", "re75")])
    z, y, d = x / x.std(axis=0, ddof=1), training["re78"], training["treat"] == 1
    used, squared = np.zeros(len(y)), np.zeros(len(y))
    sets = []
    for row in np.flatnonzero(d):
        distance = np.where(d, np.inf, np.sqrt(((z - z[row]) ** 2).sum(axis=1)))
        near = distance <= np.sort(distance)[1] + 1e-9
        sets.append((row, near))
        used += near / near.sum()
        squared += near / near.sum() ** 2
    ones = np.column_stack([np.ones(len(y)), x])
    weights = np.sqrt(used[~d])
    b = np.linalg.lstsq(ones[~d] * weights[:, None], y[~d] * weights, rcond=None)[0]
    left = y - ones @ b
    effects = np.array([left[row] - left[near].mean() for row, near in sets])
    total = np.sum((effects - effects.mean()) ** 2)
    for row in np.flatnonzero(~d & (used > 0)):
        distance = np.where(d, np.inf, np.sqrt(((z - z[row]) ** 2).sum(axis=1)))
        near = distance <= np.sort(distance)[2] + 1e-9
        total += y[near].var(ddof=1) * (used[row] ** 2 - squared[row])
    assert found.estimate.params[0] == pytest.approx(effects.mean())
    assert found.inference.std_error[0] == pytest.approx(np.sqrt(total) / d.sum())


def test_exact_columns_hold_in_any_unit(fitted, training):
    """Earnings in cents, not standardised: rows of another race stay farther than any of the same."""
    formula = "re78 ~ treat + re75"
    one = fitted(training, formula, exact="black", metric="euclidean", adjust=False)
    cents = {**training, "re75": 1e5 * training["re75"]}
    other = fitted(cents, formula, exact="black", metric="euclidean", adjust=False)
    assert other.estimate.params == pytest.approx(one.estimate.params)
    assert other.inference.std_error == pytest.approx(one.inference.std_error)


@pytest.mark.parametrize("estimand", ["ate", "att"])
def test_neighbours_of_a_variance_stay_in_the_cell(fitted, estimand):
    """Cells of 1, 2 and 5 controls far apart in the outcome: σ² by loops inside the cell, alone: the group's mean."""
    random = np.random.default_rng(11)
    cell = np.repeat([0, 1, 2], [4, 5, 9])
    d = np.r_[1, 1, 1, 0, 1, 1, 1, 0, 0, [1] * 4, [0] * 5].astype(float)
    x, y = random.normal(size=18), 1000.0 * cell + random.normal(size=18)
    found = fitted(
        {"y": y, "d": d, "x": x, "cell": cell}, "y ~ d + x", exact="cell", estimand=estimand, adjust=False,
        metric="euclidean",
    )  # fmt: skip
    spread, effect, used = np.full(18, np.nan), np.zeros(18), np.zeros(18)
    for row in range(18):
        own = np.flatnonzero((d == d[row]) & (cell == cell[row]))
        near = own[np.argsort(np.abs(x[own] - x[row]))][:3]
        spread[row] = y[near].var(ddof=1) if len(near) > 1 else np.nan
        if estimand == "ate" or d[row]:
            others = np.flatnonzero((d != d[row]) & (cell == cell[row]))
            match = others[np.argmin(np.abs(x[others] - x[row]))]
            effect[row], used[match] = (y[row] - y[match]) * (1 if d[row] else -1), used[match] + 1
    spread[3] = np.nanmean(spread[d == 0])
    on = np.ones(18, dtype=bool) if estimand == "ate" else d == 1
    counts = used**2 + used if estimand == "ate" else (used**2 - used) * (d == 0)
    total = np.sum((effect[on] - effect[on].mean()) ** 2) + spread @ counts
    assert found.estimate.params[0] == pytest.approx(effect[on].mean())
    assert found.inference.std_error[0] == pytest.approx(np.sqrt(total) / on.sum())
    (told,) = [one for one in found.estimate.notices if one.code == "W552"]
    thin = np.isin(np.arange(18), [3, 7, 8]) & (counts > 0)
    assert told.details == {"count": thin.sum(), "alone": int(counts[3] > 0)}


def test_tiny_units_do_not_merge_exact_cells(fitted):
    """Covariates of 1e-12: rows of another cell are not ties."""
    cell, d = np.repeat([0.0, 1.0], 20), np.tile([0.0, 1.0], 20)
    x = 1e-12 * np.random.default_rng(4).random(40)
    found = fitted(
        {"y": 100 * cell + 3 * d, "d": d, "x": x, "cell": cell}, "y ~ d + x", exact="cell", adjust=False,
        metric="euclidean",
    )  # fmt: skip
    assert found.estimate.params[0] == pytest.approx(3)


def test_exact_matches_without_noise(fitted):
    """Every row finds its twin: the effect is exact, and so is the balance."""
    z = np.repeat(np.arange(10.0), 8)
    d = np.tile([0.0, 1.0], 40)
    found = fitted({"y": 3 * d + z**2, "d": d, "z": z}, "y ~ d + z", adjust=False)
    assert found.estimate.params[0] == pytest.approx(3)
    assert found.inference.std_error[0] == pytest.approx(0, abs=1e-5)
    assert found.estimate.tables["balance"]["z"]["difference_after"] == pytest.approx(0)


def test_named_adjustment(fitted, training):
    formula = "re78 ~ treat + age + re75"
    every = fitted(training, formula).estimate.params[0]
    assert fitted(training, formula, adjust=["age", "re75"]).estimate.params[0] == pytest.approx(every)
    assert fitted(training, formula, adjust="age").estimate.params[0] != pytest.approx(every, rel=1e-6)


@pytest.mark.parametrize(
    ("code", "formula", "block"),
    [
        ("E660", "re78 ~ treat", {}), ("E661", "re78 ~ treat + age", {"k": 200}),
        ("E661", "re78 ~ treat + apart", {"metric": "score"}), ("E662", "re78 ~ treat + age", {"exact": "apart"}),
        ("E500", "re78 ~ treat + age", {"exact": "pair", "adjust": False}),
        ("E663", "re78 ~ treat + age", {"metric": "score", "estimand": "att"}),
        ("E663", "re78 ~ treat + age", {"metric": "score", "exact": "black"}),
        ("E663", "re78 ~ treat + age", {"metric": "score", "adjust": "age"}),
        ("E550", "re78 ~ treat + age", {"link": "probit"}), ("E521", "re78 ~ treat + age", {"adjust": "educ"}),
        ("E650", "re78 ~ treat + age", {"weights": "educ"}),
        ("E181", "re78 ~ treat + age", {"vcov": {"bootstrap": {"reps": 99}}}),
    ],
)  # fmt: skip
def test_refusals(fitted, training, code, formula, block):
    columns = {**training, "apart": training["treat"] * 10 + np.random.default_rng(2).random(445)}
    if code == "E500":
        rows = [*np.flatnonzero(training["treat"] == 1)[:50], *np.flatnonzero(training["treat"] == 0)[:50]]
        columns = {name: values[rows] for name, values in columns.items()} | {
            "pair": np.tile(np.arange(50), 2)
        }
    with pytest.raises(ImpactError) as error:
        fitted(columns, formula, **block)
    assert error.value.faults[0].code == code
