"""M07: the four designs of Sant'Anna and Zhao (2020, section 4.1), 1,000 units in two periods, true effect zero.

Covariates z are transformations of normal ones x. Outcomes rise with a line f in z (designs 1, 2) or x (3, 4), treatment
follows a logit in z (1, 3) or x (2, 4); z is what is seen. As in the authors' replication program, z4 is made of x1
and x4, where Kang and Schafer (2007) have x2 and x4. Reference: 2,000 draws of an independent program (bias, root
mean squared error, coverage); the paper's Table 1 has −20.95 for the two-way regression in design 1.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import impact.estimators.did_2x2 as did_2x2
import impact.estimators.did_twfe as did_twfe
from impact.core.designs import Adoption, Design, Factor, Sample, Term

pytestmark = pytest.mark.slow
DRAWS, UNITS, REFERENCE_DRAWS = 2000, 1000, 2000
METHODS = {"TWFE": "", "reg": "reg", "ipw_hajek": "ipw_hajek", "dr": "dr", "dr_improved": "dr_improved"}
# ruff: noqa: E501
# bias, root mean squared error, coverage: two-way, regression, inverse probability, doubly robust, improved
REFERENCE = {
    1: [(-21.04, 21.20, 0.0), (0.000, 0.101, 0.951), (0.016, 1.166, 0.942), (0.000, 0.106, 0.946), (0.000, 0.106, 0.944)],
    2: [(-19.29, 19.47, 0.0), (0.003, 0.102, 0.945), (-0.805, 1.217, 0.854), (0.002, 0.105, 0.946), (0.002, 0.106, 0.942)],
    3: [(-13.21, 13.40, 0.001), (-1.387, 1.851, 0.809), (-0.039, 1.411, 0.947), (-0.063, 1.192, 0.946), (-0.073, 0.998, 0.942)],
    4: [(-16.35, 16.51, 0.0), (-5.254, 5.410, 0.016), (-4.001, 4.262, 0.222), (-3.278, 3.530, 0.289), (-2.589, 2.779, 0.260)],
}  # fmt: skip


def draw(rng, number):
    """Covariates seen (U, 4), treated (U,), and outcomes (U, 2)."""
    x = rng.standard_normal((UNITS, 4))
    z = np.column_stack(
        [
            (np.exp(x[:, 0] / 2) - math.exp(0.125)) / math.sqrt((math.exp(0.25) - 1) * math.exp(0.25)),
            (x[:, 1] / (1 + np.exp(x[:, 0]))) / 0.54164,
            ((x[:, 0] * x[:, 2] / 25 + 0.6) ** 3 - 0.21887) / 0.04453,
            ((20 + x[:, 0] + x[:, 3]) ** 2 - 402) / 56.63891,
        ]
    )
    of_outcome, of_treatment = (z if number in (1, 2) else x), (z if number in (1, 3) else x)
    level = 210 + of_outcome @ np.array([27.4, 13.7, 13.7, 13.7])
    index = 0.75 * of_treatment @ np.array([-1, 0.5, -0.25, -0.1])
    treated = rng.random(UNITS) <= 1 / (1 + np.exp(-index))
    own = treated * level + rng.standard_normal(UNITS)
    y = np.column_stack([level + own, 2 * level + own]) + rng.standard_normal((UNITS, 2))
    return z, treated, y


def design_of(z, treated, y):
    unit = Factor("i", np.repeat(np.arange(UNITS, dtype=np.int32), 2), tuple(range(UNITS)))
    time = Factor("t", np.tile(np.arange(2, dtype=np.int32), UNITS), (1.0, 2.0))
    adoption = Adoption(unit, time, np.array([1.0, 2.0]), np.where(treated, 2.0, np.inf))
    terms = tuple(Term(f"z{j}") for j in range(1, 5))
    return Design(
        "y", terms, y.ravel(), np.repeat(z, 2, axis=0), Sample(np.arange(2 * UNITS)), clusters={"i": unit}, adoption=adoption
    )  # fmt: skip


def fitted(name, design):
    """Estimate and standard error, from the influence of units."""
    if name == "TWFE":
        bare = replace(design, x=np.empty((2 * UNITS, 0)), terms=())
        return by_units(did_twfe.fit(bare, did_twfe.TwfeOptions(effect="static")))
    return by_units(did_2x2.fit(design, did_2x2.TwoByTwoOptions(method=METHODS[name])))


def by_units(found):
    if found.influence is not None:
        rows = found.influence.rows[:, 0]
    else:
        linear = found.linear
        scores = (linear.x * linear.residual[:, None] @ linear.bread)[:, 0]
        rows = scores.reshape(UNITS, 2).sum(axis=1)
    return float(found.params[0]), math.sqrt(float(rows @ rows))


def figures(draws=DRAWS):
    """Design, estimator → bias, root mean squared error, mean error over spread, coverage, spread."""
    found = {}
    for number in REFERENCE:
        rng = np.random.default_rng(7000 + number)
        kept = np.empty((draws, len(METHODS), 2))
        for r in range(draws):
            design = design_of(*draw(rng, number))
            kept[r] = [fitted(name, design) for name in METHODS]
        for j, name in enumerate(METHODS):
            value, error = kept[:, j].T
            spread = float(value.std(ddof=1))
            covered = float(np.mean(np.abs(value) <= 1.959963984540054 * error))
            rmse = math.sqrt(float(np.mean(value**2)))
            found[number, name] = (float(value.mean()), rmse, float(error.mean()) / spread, covered, spread)
    return found


@pytest.fixture(scope="module")
def found():
    return figures()


@pytest.mark.parametrize("number", REFERENCE)
def test_the_figures_are_those_of_the_reference(found, number, agrees):
    for name, (bias, rmse, cover) in zip(METHODS, REFERENCE[number], strict=True):
        mine = found[number, name]
        print(
            f"M07 design {number}; {name}: bias {mine[0]:.3f}, rmse {mine[1]:.3f}, se/sd {mine[2]:.3f}, cover {mine[3]:.3f}"
        )
        gap = 4 * mine[4] * math.sqrt(1 / DRAWS + 1 / REFERENCE_DRAWS)
        assert abs(mine[0] - bias) <= gap + 0.0006, (name, mine)
        assert abs(mine[1] - rmse) <= gap + 0.0006, (name, mine)
        assert agrees(mine[3], max(cover, 1 / REFERENCE_DRAWS), DRAWS, expected_draws=REFERENCE_DRAWS), (
            name,
            mine,
        )


def test_doubly_robust_is_right_where_either_model_is(found, agrees):
    for number in (1, 2, 3):
        for name in ("dr", "dr_improved"):
            bias, _, ratio, cover, spread = found[number, name]
            assert abs(bias) <= 4 * spread / math.sqrt(DRAWS)
            assert abs(ratio - 1) <= 0.03 + 3 / math.sqrt(2 * DRAWS)
            assert agrees(cover, 0.95, DRAWS, gap=0.01)
