"""The joint test that several estimates are zero, from their covariance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from impact.core.arrays import Floats
from impact.diagnostics._sentences import number
from impact.kernels.scipy_on_use import special


@dataclass(frozen=True, slots=True)
class Joint:
    """A joint test: F (or chi-squared), its degrees of freedom (df2 infinite for chi-squared), p-value."""

    statistic: float
    df: int
    df2: float
    p_value: float


def joint_test(difference: Floats, covariance: Floats, df: float, *, chi2: bool = False) -> Joint | None:
    """The joint test that q estimates are zero; None where their covariance (q, q) is singular.

    Arguments:
        difference: (q,) R b − r. covariance: (q, q) R V R′. df: denominator degrees of freedom (inf:
            chi-squared).
    """
    count = len(difference)
    if not np.all(np.isfinite(covariance)) or rank_of(covariance) < count:
        return None
    form = float(difference @ np.linalg.solve(covariance, difference))
    if chi2 or math.isinf(df):
        return Joint(form, count, math.inf, float(special().chdtrc(count, form)))
    return Joint(form / count, count, df, float(special().fdtrc(count, df, form / count)))


def rank_of(covariance: Floats) -> int:
    """Rank of a covariance, judged on the correlations so that units do not matter."""
    scale = np.sqrt(np.clip(np.diag(covariance), 0, None))
    if not np.all(scale > 0):
        return int(np.count_nonzero(scale > 0)) - int(np.count_nonzero(scale == 0))
    return int(np.linalg.matrix_rank(covariance / np.outer(scale, scale), tol=1e-10, hermitian=True))


def joint_statistic(joint: Joint) -> str:
    """The statistic of a joint test with its law: χ²(3) = 4.2 or F(3, 25) = 1.4."""
    return law(joint.statistic, joint.df, joint.df2)


def law(statistic: float, df: float, df2: float) -> str:
    """A statistic with its law, chi-squared where ``df2`` is infinite."""
    if math.isinf(df2):
        return f"χ²({df:g}) = {number(statistic, digits=4)}"
    return f"F({df:g}, {df2:g}) = {number(statistic, digits=4)}"
