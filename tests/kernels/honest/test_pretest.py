"""Power of tests before treatment: the numbers of the author's package, draws, closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from impact.kernels.honest.pretest import (
    Pretest,
    expected_after_passing,
    likelihood_ratio,
    passing,
    slope_for_power,
)

# He and Wang (2017), figure 2A: estimates and covariance as distributed with Roth's example (periods -4, -3, -2, 0 … 3)
BETA = np.array([-0.089428663, -0.08939153, -0.06860359, 0.093080245, 0.187747315, 0.180679962, 0.097278193])
HALF = [
    [0.0149547979235649, 0.00814208388328552, 0.0047602360136807, 0.00264218007214367, 0.00321049452759326,
     0.00244478415697813, 0.00155121809802949],
    [0.0103735625743866, 0.00499750673770905, 0.00314226211048663, 0.00363793992437422, 0.00321422982960939,
     0.00211047730408609],
    [0.00602407334372401, 0.00146472698543221, 0.00213220552541316, 0.00191951938904822, 0.000647532287985086],
    [0.00561735080555081, 0.00345605378970504, 0.00273053580895066, 0.00225659506395459],
    [0.0103573063388467, 0.00627497583627701, 0.00503531005233526],
    [0.011508721858263, 0.0115978047251701],
    [0.024637384340167],
]  # fmt: skip
TIMES = np.array([-4.0, -3, -2, 0, 1, 2, 3])
TREND = TIMES + 1


def he_wang(**more):
    covariance = np.zeros((7, 7))
    for row, values in enumerate(HALF):
        covariance[row, row:] = values
        covariance[row:, row] = values
    return Pretest(covariance, 3, **more)


def test_slope_of_the_package():
    """Documentation of pretrends (R): slope_for_power(0.5) = 0.06991527, at which its own power is 0.4997363."""
    found = slope_for_power(he_wang(), TREND, 0.5)
    assert found == pytest.approx(0.06991527, rel=5e-4)
    assert 1 - passing(he_wang(), 0.06991527 * TREND) == pytest.approx(0.4997363, abs=2e-4)
    assert 1 - passing(he_wang(), found * TREND) == pytest.approx(0.5, abs=1e-8)


def test_mean_after_passing_of_the_package():
    """Documentation of pretrends (R): df_eventplot$meanAfterPretesting (its critical value is 1.96)."""
    printed = [-0.12249504, -0.07515163, -0.03060731, 0.09017188, 0.16447429, 0.22994584, 0.29190725]
    assert expected_after_passing(he_wang(), 0.06991527 * TREND) == pytest.approx(printed, abs=3e-5)


def test_ratios_of_the_package():
    """Documentation of pretrends (R): Bayes factor 0.5671215, likelihood ratio 0.8589346."""
    slope = 0.06991527 * TREND
    ratio = passing(he_wang(), slope) / passing(he_wang(), 0 * slope)
    assert ratio == pytest.approx(0.5671215, abs=3e-4)
    assert likelihood_ratio(he_wang(), slope, BETA[:3]) == pytest.approx(0.8589346, abs=1e-6)


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("slope", [0.0, 0.05, -0.12])
def test_against_draws(joint, slope):
    test = he_wang(joint=joint)
    draws = np.random.default_rng(3).multivariate_normal(slope * TREND, test.covariance, size=400_000)
    early = draws[:, :3]
    if joint:
        form = np.einsum("ij,jk,ik->i", early, np.linalg.inv(test.early), early)
        passed = form <= stats.chi2.ppf(0.95, 3)
    else:
        passed = np.all(np.abs(early) <= stats.norm.ppf(0.975) * np.sqrt(np.diag(test.early)), axis=1)
    share = passing(test, slope * TREND)
    assert abs(passed.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(draws))
    kept = draws[passed]
    error = kept.std(axis=0) / np.sqrt(len(kept))
    assert np.all(np.abs(expected_after_passing(test, slope * TREND) - kept.mean(axis=0)) < 4.5 * error)


def test_one_estimate_is_closed():
    """p = 1: the power of a two-sided z-test, the same for both tests."""
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
    for joint in (False, True):
        test = Pretest(covariance, 1, joint=joint)
        power = stats.norm.sf(1.959964 - 1.5) + stats.norm.cdf(-1.959964 - 1.5)
        assert 1 - passing(test, np.array([0.3, 0.6])) == pytest.approx(power, abs=1e-6)
        cut = stats.truncnorm((-1.959964 * 0.2 - 0.3) / 0.2, (1.959964 * 0.2 - 0.3) / 0.2, loc=0.3, scale=0.2)
        found = expected_after_passing(test, np.array([0.3, 0.6]))
        assert found == pytest.approx([cut.mean(), 0.6 + 0.25 * (cut.mean() - 0.3)], abs=1e-6)


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("power", [0.3, 0.8, 0.99])
def test_slope_has_its_power(joint, power):
    test = he_wang(joint=joint, alpha=0.1)
    found = slope_for_power(test, TREND, power)
    assert 1 - passing(test, found * TREND) == pytest.approx(power, abs=1e-7)


def test_passing_makes_the_bias_larger():
    """Three periods before, one after, correlations of one half: a trend seen half of the time (Roth 2022, section I).

    Its bias of 0.584 becomes 1.002 given a pass, and the 95 % interval's coverage of 0.910 falls to 0.858.
    """
    test = Pretest(0.5 * np.eye(4) + 0.5, 3)
    direction = np.array([-3.0, -2, -1, 1])
    slope = slope_for_power(test, direction, 0.5)
    assert slope == pytest.approx(0.587, abs=5e-3)
    assert expected_after_passing(test, slope * direction)[3] == pytest.approx(1.006, abs=6e-3)
    draws = np.random.default_rng(2).multivariate_normal(slope * direction, test.covariance, size=200_000)
    covered = np.abs(draws[:, 3]) <= 1.959964
    passed = np.all(np.abs(draws[:, :3]) <= 1.959964, axis=1)
    assert covered.mean() == pytest.approx(0.910, abs=4e-3)
    assert covered[passed].mean() == pytest.approx(0.858, abs=6e-3)


def test_refusals():
    with pytest.raises(ValueError, match="size of the test"):
        slope_for_power(he_wang(), TREND, 0.03)
    with pytest.raises(ValueError, match="zero before"):
        slope_for_power(he_wang(), np.append(np.zeros(3), np.ones(4)), 0.5)
