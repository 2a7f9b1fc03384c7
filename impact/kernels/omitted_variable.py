"""What an omitted column could do to a coefficient, by how much of the treatment and of the outcome it explains.

r2_treatment is the share of the treatment, given the controls, that the omitted column explains; r2_outcome that of the
outcome, given treatment and controls. Source: Cinelli and Hazlett (2020), Making sense of sensitivity, by equation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that an omitted column ``multiple`` times as strong as an observed one explains.

    Arguments:
        r2_treatment: below 1, or NaN where no column can be that strong. r2_outcome: at most 1; capped: whether the
            bound was above 1.
    """

    r2_treatment: float
    r2_outcome: float
    capped: bool


def robustness_value(statistic: float, df: float, *, share: float = 1.0, critical: float = 0.0) -> float:
    """The share that an omitted column must explain of both treatment and outcome to take away part of an estimate.

    Arguments:
        statistic: estimate over its classical error. df: its degrees of freedom. share: of the estimate taken away (q).
        critical: 0 for the estimate itself (equation 16), or the critical value of a t with df − 1 degrees of freedom,
            beyond which what is left would still be told from zero (equation 18).

    Returns:
        Between 0 and 1; 0 where the estimate is within reach of the critical value already.
    """
    size = share * abs(statistic) / np.sqrt(df)
    least = critical / np.sqrt(df - 1.0) if critical else 0.0
    beyond = size - least
    if beyond <= 0:
        return 0.0
    if least > 0 and size > 1.0 / least:
        # the binding column explains all of the outcome that is left (Cinelli and Hazlett 2020, appendix)
        return float((size**2 - least**2) / (1.0 + size**2))
    return float((np.sqrt(beyond**4 + 4.0 * beyond**2) - beyond**2) / 2.0)


def largest_bias(std_error: float, df: float, r2_treatment: Floats, r2_outcome: Floats) -> Floats:
    """|bias| of a coefficient (equation 8): se √df √(r2_outcome r2_treatment / (1 − r2_treatment))."""
    odds = r2_treatment / (1.0 - r2_treatment)
    return np.asarray(std_error * np.sqrt(df) * np.sqrt(r2_outcome * odds))


def adjusted_error(std_error: float, df: float, r2_treatment: Floats, r2_outcome: Floats) -> Floats:
    """Classical error of the coefficient with the omitted column in the regression (equation 9)."""
    ratio = (1.0 - r2_outcome) / (1.0 - r2_treatment)
    return np.asarray(std_error * np.sqrt(ratio * df / (df - 1.0)))


def benchmark_bound(r2_treatment: float, r2_outcome: float, multiple: float) -> Bound:
    """Bounds for a column ``multiple`` times as strong as an observed one, in both regressions (section 4.4).

    Arguments:
        r2_treatment: of the treatment, given the other controls, explained by the observed column.
        r2_outcome: of the outcome, given treatment and the other controls.
    """
    found = multiple * r2_treatment / (1.0 - r2_treatment)
    if found >= 1.0:
        return Bound(float("nan"), float("nan"), capped=False)
    shared = multiple * r2_treatment**2 / ((1.0 - multiple * r2_treatment) * (1.0 - r2_treatment))
    strength = (np.sqrt(multiple) + np.sqrt(shared)) / np.sqrt(1.0 - shared)
    outcome = float(strength**2 * r2_outcome / (1.0 - r2_outcome))
    return Bound(found, min(outcome, 1.0), capped=outcome > 1.0)
