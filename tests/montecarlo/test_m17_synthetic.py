"""M17 and M18: ranks of synthetic controls among placebos, and synthetic difference-in-differences.

M17: one treated unit and 20 donors, exchangeable units on two common factors, no effect: the rank of the ratio of fit
is at most 5 % in one of 21 draws, exactly. M18 (Arkhangelsky et al. 2021): low rank and noise, 10 of 40 units treated
for the last four of 12 periods, loadings a tenth higher for the treated: bias far below that of
two-way effects, coverage .95 with the jackknife, which may only be too wide.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import impact.catalog as catalog
import impact.pipeline.fit as fitting
from impact.core.errors import Place
from impact.core.frames import Frame
from impact.plan import make_plan
from impact.schema.nodes import from_plain

pytestmark = pytest.mark.slow
PERIODS = 12


def prepared(estimator, units, treated, start, **options):
    design = {"unit": "i", "time": "t", "cohort": "g", "never": 0}
    model = {"estimator": estimator, "outcome": "y", **options}
    tree = {"spec": 1, "data": {"file": "d.csv"}, "design": design, "models": {"m": model}, "seed": 1}
    request = make_plan(from_plain(tree, Place(file="s.yaml"))).models[0]
    unit = np.repeat(np.arange(float(units)), PERIODS)
    columns = {
        "i": unit,
        "t": np.tile(np.arange(1.0, PERIODS + 1), units),
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


def test_synthetic_differences(agrees):
    rng = np.random.default_rng(1800)
    draws, units, treated, effect = 200, 40, 10, 1.0
    factors = np.column_stack([np.sin(np.arange(PERIODS) / 2), np.arange(PERIODS) / PERIODS])

    def draw():
        loadings = rng.uniform(0, 1, (units, 2)) + 0.1 * (np.arange(units) < treated)[:, None]
        on = (np.arange(units) < treated)[:, None] & (np.arange(1, PERIODS + 1) >= 9)
        y = 3 * loadings @ factors.T + effect * on + 0.5 * rng.standard_normal((units, PERIODS))
        change = y[:, 8:].mean(axis=1) - y[:, :8].mean(axis=1)
        two_way.append(change[:treated].mean() - change[treated:].mean() - effect)
        return y

    two_way: list[float] = []
    found = np.array(
        [
            (
                estimate.params[0] - effect,
                inference.std_error[0],
                inference.ci_low[0] <= effect <= inference.ci_high[0],
            )
            for estimate, inference in fits(
                "synth_did", draw, draws, units=units, treated=treated, start=9, errors="jackknife"
            )
        ]
    )
    bias, spread = found[:, 0].mean(), found[:, 0].std(ddof=1)
    ratio, cover = found[:, 1].mean() / spread, found[:, 2].mean()
    print(
        f"M18 synth_did: bias {bias:.4f}, sd {spread:.3f}, se/sd {ratio:.3f}, cover {cover:.3f}, "
        f"two-way bias {np.mean(two_way):.3f}"
    )
    # what regularised weights leave of a difference in loadings is a fraction of what two-way effects leave
    assert abs(bias) <= 4 * spread / math.sqrt(draws)
    assert abs(bias) < abs(np.mean(two_way)) / 2
    assert ratio >= 1 - (0.03 + 3 / math.sqrt(2 * draws))
    assert cover >= 0.95 or agrees(cover, 0.95, draws, gap=0.02)
