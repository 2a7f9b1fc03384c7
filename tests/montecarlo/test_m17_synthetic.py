"""M17 and M18: ranks and conformal tests of synthetic controls, synthetic differences and matrix completion.

M17: one treated unit and 20 donors, exchangeable units on two common factors, no effect: the rank of the ratio of fit
is at most 5 % in one of 21 draws, exactly. The same with factors and noise that are exchangeable over time, 19 periods
before treatment and one after: the conformal test of the augmented synthetic control rejects in one of 20 draws
(Chernozhukov, Wüthrich and Zhu 2021, theorem 1; only the penalty, chosen before treatment, is not symmetric). M18
(Arkhangelsky et al. 2021): low rank and noise, 10 of 40 units treated for the last four of 12 periods, loadings a tenth
higher for the treated: bias far below that of two-way effects, coverage .95 with the jackknife, which may only be too
wide. Matrix completion on the same draws, bootstrap errors: its penalty shrinks the factors, so part of that bias
stays, and coverage is what that bias leaves.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

import impact.catalog as catalog
import impact.pipeline.fit as fitting
from impact.core.errors import Place
from impact.core.frames import Frame
from impact.plan import make_plan
from impact.schema.nodes import from_plain

pytestmark = pytest.mark.slow
PERIODS = 12


def prepared(estimator, units, treated, start, periods=PERIODS, **options):
    design = {"unit": "i", "time": "t", "cohort": "g", "never": 0}
    model = {"estimator": estimator, "outcome": "y", **options}
    tree = {"spec": 1, "data": {"file": "d.csv"}, "design": design, "models": {"m": model}, "seed": 1}
    request = make_plan(from_plain(tree, Place(file="s.yaml"))).models[0]
    unit = np.repeat(np.arange(float(units)), periods)
    columns = {
        "i": unit,
        "t": np.tile(np.arange(1.0, periods + 1), units),
        "g": np.where(unit < treated, float(start), 0.0),
        "y": np.arange(float(len(unit))),
    }
    return request, replace(fitting.design_of(Frame(columns, len(unit)), request), seed=1)


def fits(estimator, draw, draws, **keys):
    request, design = prepared(estimator, **keys)
    record = catalog.ESTIMATORS.load(estimator)
    for _ in range(draws):
        made = replace(design, y=draw().ravel())
        estimate = record.fit(made, request.options)
        yield estimate, fitting.infer_design(estimate, made, request)


def test_ranks_among_placebos(agrees):
    rng = np.random.default_rng(1700)
    draws, units, small = 500, 21, 0
    seen = np.zeros(units)

    def draw():
        factors = rng.standard_normal((PERIODS, 2)).cumsum(axis=0)
        return rng.standard_normal((units, 2)) @ factors.T + 0.5 * rng.standard_normal((units, PERIODS))

    for _, inference in fits("synth", draw, draws, units=units, treated=1, start=9):
        rank = round(float(inference.p_value[0]) * units)
        seen[rank - 1] += 1
        small += rank == 1
    print(f"M17 synth, rank p at most 5 %: size {small / draws:.3f}, exact {1 / units:.3f}")
    assert agrees(small / draws, 1 / units, draws)
    chi2 = float(((seen - draws / units) ** 2 / (draws / units)).sum())
    assert chi2 < 20 + 4.4 * math.sqrt(40)  # ranks are uniform: mean 20, variance 40


def test_conformal_tests(agrees):
    rng = np.random.default_rng(1701)
    draws, units, periods, effect = 500, 21, 20, 1.0

    def draw():
        factors = rng.standard_normal((periods, 2))
        y = rng.standard_normal((units, 2)) @ factors.T + 0.5 * rng.standard_normal((units, periods))
        y[0, -1] += effect
        return y

    found = np.array(
        [
            (estimate.params[0] - effect, inference.ci_low[0] <= effect <= inference.ci_high[0])
            for estimate, inference in fits(
                "synth_augmented", draw, draws, units=units, treated=1, start=periods, periods=periods
            )
        ]
    )
    bias, spread, cover = found[:, 0].mean(), found[:, 0].std(ddof=1), found[:, 1].mean()
    print(
        f"M17b synth_augmented: bias {bias:.4f}, sd {spread:.3f}, cover {cover:.3f}, exact {1 - 1 / periods:.3f}"
    )
    assert abs(bias) <= 4 * spread / math.sqrt(draws)
    assert agrees(cover, 1 - 1 / periods, draws)


class World:
    """Draws of M18, and what two-way effects make of them."""

    units, treated, draws, effect = 40, 10, 200, 1.0

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.factors = np.column_stack([np.sin(np.arange(PERIODS) / 2), np.arange(PERIODS) / PERIODS])
        self.two_way = []

    def __call__(self):
        own = (np.arange(self.units) < self.treated)[:, None]
        loadings = self.rng.uniform(0, 1, (self.units, 2)) + 0.1 * own
        on = own & (np.arange(1, PERIODS + 1) >= 9)
        noise = 0.5 * self.rng.standard_normal((self.units, PERIODS))
        y = 3 * loadings @ self.factors.T + self.effect * on + noise
        change = y[:, 8:].mean(axis=1) - y[:, :8].mean(axis=1)
        self.two_way.append(change[: self.treated].mean() - change[self.treated :].mean() - self.effect)
        return y

    def found(self, estimator, **options):
        """Bias, spread, mean error over spread, coverage, bias of two-way effects."""
        keys = {"units": self.units, "treated": self.treated, "start": 9, **options}
        rows = np.array(
            [
                (
                    estimate.params[0] - self.effect,
                    inference.std_error[0],
                    inference.ci_low[0] <= self.effect <= inference.ci_high[0],
                )
                for estimate, inference in fits(estimator, self, self.draws, **keys)
            ]
        )
        bias, spread = rows[:, 0].mean(), rows[:, 0].std(ddof=1)
        ratio, cover, plain = rows[:, 1].mean() / spread, rows[:, 2].mean(), float(np.mean(self.two_way))
        print(
            f"M18 {estimator}: bias {bias:.4f}, sd {spread:.3f}, se/sd {ratio:.3f}, cover {cover:.3f}, "
            f"two-way bias {plain:.3f}"
        )
        return bias, spread, ratio, cover, plain


def test_synthetic_differences(agrees):
    world = World(1800)
    bias, spread, ratio, cover, plain = world.found("synth_did", errors="jackknife")
    # what regularised weights leave of a difference in loadings is a fraction of what two-way effects leave
    assert abs(bias) <= 4 * spread / math.sqrt(world.draws)
    assert abs(bias) < abs(plain) / 2
    assert ratio >= 1 - (0.03 + 3 / math.sqrt(2 * world.draws))
    assert cover >= 0.95 or agrees(cover, 0.95, world.draws, gap=0.02)


def test_matrix_completion(agrees):
    world = World(1800)
    bias, spread, ratio, cover, plain = world.found("matrix_completion", errors="bootstrap", reps=100)
    assert abs(bias) < 0.75 * abs(plain)
    assert abs(ratio - 1) <= 0.03 + 3 / math.sqrt(2 * world.draws)
    half, away = 1.96 * ratio, bias / spread
    assert agrees(cover, norm.cdf(half - away) - norm.cdf(-half - away), world.draws)
