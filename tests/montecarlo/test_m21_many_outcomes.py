"""M21: twenty outcomes correlated by one half: the family error of step-down tests and the false discovery rate.

No outcome moves: Westfall-Young and Holm reject any of them in at most 5 per cent of samples, unadjusted tests far
more often. A quarter of them moves: the share of false discoveries of Benjamini-Hochberg at q = .10 stays below .10 ×
¾.
"""

from __future__ import annotations

import numpy as np
import pytest

import impact.pipeline.fit as fitting
from impact.pipeline.ask import ask_tests

pytestmark = pytest.mark.slow
OUTCOMES, CLUSTERS, SIZE, DRAWS = 20, 50, 4, 200
NAMES = [f"y{j}" for j in range(OUTCOMES)]


@pytest.fixture
def adjusted(plan_of, as_frame):
    """A function from a kind and a generator to p-values of one sample, raw and adjusted."""

    def make(kind, moving, **options):
        plan = plan_of(
            models={name: f"{name} ~ d" for name in NAMES}, vcov={"cluster": "g"}, seed=21,
            tests={"family": {"kind": kind, "of": NAMES, **options}},
        )  # fmt: skip

        def sample(rng):
            group = np.repeat(np.arange(float(CLUSTERS)), SIZE)
            d = (rng.permutation(CLUSTERS) < CLUSTERS / 2).astype(float).repeat(SIZE)
            common = rng.standard_normal(len(d))
            own = np.sqrt(0.5) * (common[:, None] + rng.standard_normal((len(d), OUTCOMES)))
            own[:, :moving] += 0.6 * d[:, None]
            frame = as_frame({"g": group, "d": d} | dict(zip(NAMES, own.T, strict=True)))
            fitted = fitting.fit_models(frame, plan.models, seed=21, jobs=1, progress=None)
            findings = ask_tests(plan, fitted, frame, [])
            found = {
                one.of: float(one.p_value) for one in findings if one.kind == kind and one.p_value is not None
            }
            raw = [one.results[0].inference.p_value[1] for one in fitted]
            return np.array(raw), np.array([found[name] for name in NAMES])

        return sample

    return make


@pytest.mark.parametrize(("kind", "options"), [("holm", {}), ("westfall_young", {"reps": 199})])
def test_family_error(adjusted, kind, options):
    sample, rng = adjusted(kind, 0, **options), np.random.default_rng(2101)
    any_raw = any_adjusted = 0
    for _ in range(DRAWS):
        raw, found = sample(rng)
        any_raw += raw.min() <= 0.05
        any_adjusted += found.min() <= 0.05
    print(f"M21 {kind}: unadjusted {any_raw / DRAWS:.3f}, adjusted {any_adjusted / DRAWS:.3f}")
    assert any_raw / DRAWS > 0.25
    assert any_adjusted / DRAWS <= 0.05 + 0.01 + 3.29 * np.sqrt(0.05 * 0.95 / DRAWS)


def test_false_discoveries(adjusted):
    moving, q = OUTCOMES // 4, 0.10
    sample, rng = adjusted("benjamini_hochberg", moving), np.random.default_rng(2102)
    shares, power = [], []
    for _ in range(DRAWS):
        rejected = sample(rng)[1] <= q
        shares.append(rejected[moving:].sum() / max(rejected.sum(), 1))
        power.append(rejected[:moving].mean())
    rate = float(np.mean(shares))
    print(f"M21 benjamini_hochberg: false discoveries {rate:.3f}, power {np.mean(power):.3f}")
    assert rate <= q * 0.75 + 4 * np.std(shares) / np.sqrt(DRAWS)
    assert np.mean(power) > 0.5
