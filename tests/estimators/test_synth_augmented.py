"""Augmented synthetic control: pysyncon on Proposition 99, size of the conformal test, jackknife+ by hand."""

from __future__ import annotations

import numpy as np
import pytest

import impact.inference.own as own
from impact.core.options import NoOptions
from impact.estimators.synth_augmented import SynthAugmentedOptions, fit
from impact.kernels.synthetic.ridge_augmented import augment
from tests.estimators.comparative_panels import california, design_of


@pytest.fixture(scope="module")
def tobacco():
    return fit(california(), SynthAugmentedOptions(intervals="jackknife_plus"))


def test_california(tobacco):
    """pysyncon 1.7.0, AugSynth: penalty by cross-validation 429.8375828; weights with it to five digits."""
    assert tobacco.fit["penalty"] == pytest.approx(429.8375828148983, rel=1e-9)
    weights = tobacco.tables["synthetic"]["1989"]["weights"]
    found = [weights[name] for name in ("Utah", "Montana", "Nevada", "Connecticut", "Illinois", "Kansas")]
    assert found == pytest.approx([0.370198, 0.248391, 0.202033, 0.151199, 0.050180, 0.044401], abs=3e-6)
    assert tobacco.fit["negative_weights"] < 0


def test_jackknife_plus_by_hand(tobacco):
    """Barber et al. (2021): with 19 periods, 95 % reaches from the smallest to the largest of what is left out."""
    design = california()
    y = design.y.reshape(39, 31)
    z, target = np.delete(y, 2, axis=0).T, y[2]
    edges = []
    for t in range(19):
        kept = np.arange(19) != t
        gap = target - z @ augment(z[:19][kept], target[:19][kept], tobacco.fit["penalty"]).weights
        edges.append((gap[19:].mean() - abs(gap[t]), gap[19:].mean() + abs(gap[t])))
    low, high = np.array(edges).T
    found = own.infer(tobacco, design, NoOptions(), 0.95)
    assert (found.ci_low[0], found.ci_high[0]) == pytest.approx((low.min(), high.max()), abs=1e-6)
    second = own.infer(tobacco, design, NoOptions(), 0.90)
    assert second.ci_low[0] == pytest.approx(np.sort(low)[1], abs=1e-6)
    assert own.infer(tobacco, design, NoOptions(), 0.96).ci_low[0] == -np.inf
    assert found.p_value[0] == pytest.approx(1 / 20)


def test_conformal_rows():
    found = fit(california(), SynthAugmentedOptions())
    names = [term.name for term in found.terms]
    inference = own.infer(found, california(), NoOptions(), 0.90)
    first = names.index("event[0]")
    assert inference.p_value[first] in np.arange(1, 21) / 20
    assert inference.ci_low[first] < found.params[first] < inference.ci_high[first]
    assert np.isnan(inference.p_value[names.index("event[-1]")])
    assert np.isnan(inference.ci_low[names.index("event[-1]")])


def test_conformal_p_is_rarely_small_without_an_effect():
    small = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=(8, 2)) @ rng.normal(size=(2, 10)) + rng.normal(size=(8, 10))
        cohort = np.where(np.arange(8) == 0, 10.0, np.inf)
        found = fit(design_of(y, cohort), SynthAugmentedOptions(penalty=5.0))
        small += found.own_variance.p_value[0] <= 0.1
    assert small <= 10  # binomial(40, .1): beyond it once in a thousand


def test_ranks_are_those_of_a_loop(tobacco):
    """Each state in turn with the penalty of California, all others as controls."""
    y = california().y.reshape(39, 31)
    effects, ratios = [], []
    for j in range(39):
        z, target = np.delete(y, j, axis=0).T, y[j]
        gap = target - z @ augment(z[:19], target[:19], tobacco.fit["penalty"]).weights
        effects.append(abs(gap[19:].mean()))
        ratios.append(np.sqrt(np.mean(gap[19:] ** 2) / np.mean(gap[:19] ** 2)))
    assert tobacco.fit["rank_effect"] == np.count_nonzero(np.array(effects) >= effects[2])
    assert tobacco.fit["rank_ratio"] == np.count_nonzero(np.array(ratios) >= ratios[2])
    gaps = np.array(tobacco.tables["placebos"]["gaps"])
    assert np.abs(gaps[:, 19:].mean(axis=1)) == pytest.approx(np.delete(effects, 2), rel=1e-9)


def test_several_treated_units_have_placebos_of_their_number():
    rng = np.random.default_rng(2)
    y = rng.normal(size=(7, 2)) @ rng.normal(size=(2, 10)) + 0.2 * rng.normal(size=(7, 10))
    found = fit(design_of(y, np.where(np.arange(7) < 2, 8.0, np.inf)), SynthAugmentedOptions())
    assert found.fit["n_sets"] == 10
    assert len(found.tables["placebos"]["units"][0]) == 2


def test_few_periods_are_said():
    y = np.random.default_rng(3).normal(size=(6, 7))
    found = fit(design_of(y, np.where(np.arange(6) == 0, 5.0, np.inf)), SynthAugmentedOptions())
    assert "W520" in {notice.code for notice in found.notices}
    assert "rank_ratio" not in found.fit
    # no more than seven periods: no p-value is below one in seven
    assert np.nanmin(found.own_variance.p_value) >= 1 / 7


def test_the_truth_without_noise():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(6, 3)) @ rng.normal(size=(3, 12))
    y[0] = y[1:4].T @ [0.5, 0.3, 0.2]
    y[0, 8:] += 2.0
    found = fit(design_of(y, np.where(np.arange(6) == 0, 9.0, np.inf)), SynthAugmentedOptions())
    assert found.params[0] == pytest.approx(2, abs=1e-6)
