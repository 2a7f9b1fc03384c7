"""What a test of effects before treatment can see, and what passing it does to the estimates after treatment.

The test passes where no estimate before treatment is significant on its own (a box), or where their joint Wald
statistic is not (an ellipsoid). Under β̂ ~ N(δ, Σ) with a departure δ from parallel trends, power is one minus the
probability of passing, and given that the test is passed

    E[β̂_post | pass] = δ_post + Σ₁₂ Σ₂₂⁻¹ (E[β̂_pre | pass] − δ_pre).

In the box both are integrals of the normal law; in the ellipsoid the statistic is non-central chi-squared and
E[β̂_pre | pass] = δ_pre F_{p+2}(c; λ) / F_p(c; λ). Source: Roth (2022), American Economic Review: Insights 4, section
I and propositions 1 and 2.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.distributions import chi2_quantile, normal_quantile
from impact.kernels.honest.normal_box import box_mean, box_probability
from impact.kernels.scipy_on_use import special

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pretest:
    """A test on p estimates before treatment.

    Arguments:
        covariance: (p + q, p + q) of all estimates, those before treatment first. before: p.
        alpha: level, of each test or of the joint one. joint: a Wald test instead of one for each estimate.
    """

    covariance: Array
    before: int
    alpha: float = 0.05
    joint: bool = False

    @property
    def early(self) -> Array:
        """(p, p) covariance before treatment."""
        return self.covariance[: self.before, : self.before]


def passing(test: Pretest, departure: Array) -> float:
    """Probability that the test is passed under a departure, of which the first p are used."""
    early = departure[: test.before]
    if test.joint:
        noncentral = float(early @ np.linalg.solve(test.early, early))
        return _noncentral(float(chi2_quantile(1 - test.alpha, test.before)), test.before, noncentral)
    half = _half(test)
    return box_probability(-half, half, early, test.early).value


def _half(test: Pretest) -> Array:
    return float(normal_quantile(1 - test.alpha / 2)) * np.sqrt(np.diag(test.early))


def _noncentral(value: float, df: float, noncentral: float) -> float:
    return (
        float(special().chndtr(value, df, noncentral))
        if noncentral > 0
        else float(special().chdtr(df, value))
    )


def expected_after_passing(test: Pretest, departure: Array) -> Array:
    """E[β̂ | pass] (p + q,) of all estimates where the departure (p + q,) is all there is to find."""
    early = departure[: test.before]
    if test.joint:
        noncentral = float(early @ np.linalg.solve(test.early, early))
        value = float(chi2_quantile(1 - test.alpha, test.before))
        cut = early * _noncentral(value, test.before + 2, noncentral) / passing(test, departure)
    else:
        half = _half(test)
        cut = box_mean(-half, half, early, test.early)
    across = test.covariance[test.before :, : test.before]
    late = departure[test.before :] + across @ np.linalg.solve(test.early, cut - early)
    return np.concatenate([cut, late])


def slope_for_power(test: Pretest, direction: Array, power: float) -> float:
    """The multiple s > 0 of a departure ``direction`` (p + q,) that the test finds with the given power.

    Raises:
        ValueError: the power is not between the test's size and one, or the direction is zero before treatment.
    """
    size = 1 - passing(test, 0 * direction)
    if not size < power < 1:
        raise ValueError(f"the power must lie between the size of the test, {size:.3f}, and one")
    early = direction[: test.before]
    if not np.any(early):
        raise ValueError("the direction is zero before treatment")
    unit = float(np.max(np.abs(early) / np.sqrt(np.diag(test.early))))
    low, high, lacks = 0.0, 1.0 / unit, size - power
    while (exceeds := 1 - passing(test, high * direction) - power) < 0:
        low, high, lacks = high, 2 * high, exceeds
    return _root(lambda slope: 1 - passing(test, slope * direction) - power, (low, high), (lacks, exceeds))


def _root(
    function: Callable[[float], float], between: tuple[float, float], values: tuple[float, float]
) -> float:
    """Where a rising function is zero: Illinois steps, a regula falsi that halves the value of an end that stays."""
    (low, high), (below, above) = between, values
    side = 0
    for _ in range(100):
        middle = (low * above - high * below) / (above - below)
        value = function(middle)
        if abs(value) < 1e-10 or high - low <= 1e-10 * high:
            break
        if value < 0:
            low, below, above = middle, value, above / 2 if side < 0 else above
            side = -1
        else:
            high, above, below = middle, value, below / 2 if side > 0 else below
            side = 1
    return middle


def likelihood_ratio(test: Pretest, departure: Array, early: Array) -> float:
    """Likelihood of the estimates ``early`` (p,) under the departure over that under parallel trends."""
    away = early - departure[: test.before]
    forms = [float(gap @ np.linalg.solve(test.early, gap)) for gap in (away, early)]
    return math.exp(-0.5 * (forms[0] - forms[1]))
