"""Exact intervals of proportions and of ratios of two rates.

A proportion has the interval of Clopper and Pearson (1934): all p that a one-sided binomial test at (1 - level)/2
does not reject on either side,

    low = B⁻¹(α/2; x, n − x + 1),   high = B⁻¹(1 − α/2; x + 1, n − x)

with B⁻¹ the quantile of the beta law. Of two Poisson counts a over A and b over B, a given a + b is binomial with
p = θA/(θA + B), θ the ratio of the rates; so an exact interval for p gives one for θ, θ = (p/(1 − p)) B/A
(Przyborowski and Wilenski 1940; Garwood 1936 for one count).
"""

from __future__ import annotations

import math

from impact.kernels.scipy_on_use import special


def clopper_pearson(cases: int, trials: int, *, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a proportion.

    Arguments:
        cases: 0 … trials. trials: at least 1.

    Raises:
        ValueError: counts that are none.
    """
    if trials < 1 or not 0 <= cases <= trials:
        raise ValueError(f"{cases} of {trials} is no proportion")
    tail = (1.0 - level) / 2.0
    low = 0.0 if cases == 0 else float(special().betaincinv(cases, trials - cases + 1, tail))
    high = 1.0 if cases == trials else float(special().betaincinv(cases + 1, trials - cases, 1.0 - tail))
    return low, high


def poisson_rate_ratio(
    cases: int, exposure: float, other_cases: int, other_exposure: float, *, level: float = 0.95
) -> tuple[float, float, float]:
    """The ratio of two Poisson rates with its exact conditional interval: (ratio, low, high).

    Without cases in the second group the ratio and its upper end are infinite; without any case all is missing.

    Raises:
        ValueError: negative counts or exposures that are not positive.
    """
    if min(cases, other_cases) < 0 or not min(exposure, other_exposure) > 0:
        raise ValueError("counts are at least 0 and exposures above 0")
    total = cases + other_cases
    if total == 0:
        return math.nan, math.nan, math.nan
    scale = other_exposure / exposure
    low, high = (_odds(p) * scale for p in clopper_pearson(cases, total, level=level))
    ratio = math.inf if other_cases == 0 else cases / other_cases * scale
    return ratio, low, high


def binomial_two_sided(cases: int, trials: int, share: float) -> float:
    """The two-sided exact p-value of a proportion: twice the smaller tail, at most 1 (fits the central interval).

    Raises:
        ValueError: counts that are none, or a share outside 0 to 1.
    """
    if trials < 1 or not 0 <= cases <= trials or not 0.0 < share < 1.0:
        raise ValueError(f"{cases} of {trials} at {share} is no test")
    upper = 1.0 if cases == 0 else float(special().betainc(cases, trials - cases + 1, share))
    lower = 1.0 if cases == trials else float(special().betainc(trials - cases, cases + 1, 1.0 - share))
    return min(1.0, 2.0 * min(upper, lower))


def _odds(p: float) -> float:
    return math.inf if p >= 1.0 else p / (1.0 - p)
