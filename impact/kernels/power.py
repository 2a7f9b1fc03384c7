"""Power of a two-sided t-test and the smallest effect that it finds, by formula and by simulation.

    MDE = (t_{1−α/2,df} + t_{π,df}) · se
    se² = σ² (1 − R²) (1 + (m − 1) ρ) / (n P (1 − P))      m = n / J rows a cluster, ρ the intra-cluster correlation

Sources: Bloom (1995), "Minimum detectable effects", Evaluation Review 19; Duflo, Glennerster and Kremer (2007), "Using
randomization in development economics research: a toolkit".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.distributions import normal_sf, t_quantile, t_sf
from impact.kernels.scipy_on_use import special

Floats = npt.NDArray[np.float64]

# numbers drawn at once
BLOCK = 2_000_000
MOST_ROWS = 1_000_000_000
NODES = 256


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial of two arms.

    Arguments:
        n: rows in all. clusters: J, assigned whole; 0 where rows are assigned. icc: ρ. share: P, treated.
        sd: σ of the outcome; r2: share of its variance that covariates take away.
    """

    n: int
    clusters: int = 0
    icc: float = 0.0
    share: float = 0.5
    sd: float = 1.0
    r2: float = 0.0

    @property
    def df(self) -> float:
        """Degrees of freedom of the comparison of two means: units that are assigned, less two."""
        return float((self.clusters or self.n) - 2)

    @property
    def std_error(self) -> float:
        """Standard error of the difference of means."""
        size = self.n / self.clusters if self.clusters else 1.0
        inflation = 1.0 + (size - 1.0) * self.icc if self.clusters else 1.0
        variance = self.sd**2 * (1.0 - self.r2) * inflation / (self.n * self.share * (1.0 - self.share))
        return math.sqrt(variance)


def detectable(df: float, error: float, *, power: float, alpha: float) -> float:
    """Smallest effect that is found with the power, (t_{1−α/2} + t_π) · error."""
    return float(t_quantile(1.0 - alpha / 2.0, df) + t_quantile(power, df)) * error


def power_at(effect: float, df: float, error: float, *, alpha: float) -> float:
    """Power at an effect by the t law shifted by effect / error: what ``detectable`` inverts."""
    critical, shift = float(t_quantile(1.0 - alpha / 2.0, df)), effect / error
    return float(t_sf(critical - shift, df) + t_sf(critical + shift, df))


def exact_power(effect: float, df: float, error: float, *, alpha: float) -> float:
    """Power at an effect by the noncentral t law, which normal errors give the statistic.

    The normal power is averaged over the law of the estimated error, s² ~ χ²_df / df, by Gauss and Legendre's rule:
    the series of scipy's noncentral t fails far from the null.
    """
    if math.isinf(df):
        return power_at(effect, df, error, alpha=alpha)
    critical, shift = float(t_quantile(1.0 - alpha / 2.0, df)), effect / error
    low, high = (math.sqrt(float(special().chdtri(df, tail)) / df) for tail in (1.0 - 1e-15, 1e-15))
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    ratio = (high + low) / 2.0 + (high - low) / 2.0 * nodes
    constant = math.log(2.0) + df / 2.0 * math.log(df / 2.0) - float(special().gammaln(df / 2.0))
    density = np.exp(constant + (df - 1.0) * np.log(ratio) - df / 2.0 * ratio**2)
    rejects = normal_sf(critical * ratio - shift) + normal_sf(critical * ratio + shift)
    return float(np.sum(weights * density * rejects) * (high - low) / 2.0)


def smallest_n(trial: Trial, effect: float, *, power: float, alpha: float) -> int | None:
    """Rows with which the effect is found with the power, the number of clusters and all else as in the trial.

    None where no number of rows is enough: with a correlation within clusters there is a limit.
    """

    def reaches(n: int) -> bool:
        one = Trial(n, trial.clusters, trial.icc, trial.share, trial.sd, trial.r2)
        return power_at(effect, one.df, one.std_error, alpha=alpha) >= power

    low, high = max(trial.clusters, 4) - 1, max(trial.clusters, 4)
    while not reaches(high):
        low, high = high, 2 * high
        if high > MOST_ROWS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high


def simulated_power(trial: Trial, effects: Floats, *, alpha: float, reps: int, seed: int) -> Floats:
    """Share of simulated trials that reject at each of the effects (E,).

    Rows are drawn with normal errors, and a normal part of each cluster; the t-test is that of the rows, or of the
    means of clusters (Donner and Klar 2000). The same draws serve all effects.
    """
    units = trial.clusters or trial.n
    treated = np.arange(units) < round(trial.share * units)
    sizes = np.full(units, trial.n // units) + (np.arange(units) < trial.n % units)
    rng = np.random.default_rng(seed)
    sd = trial.sd * math.sqrt(1.0 - trial.r2)
    between, within = sd * math.sqrt(trial.icc), sd * math.sqrt(1.0 - trial.icc)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    critical = float(t_quantile(1.0 - alpha / 2.0, trial.df))
    rejected = np.zeros(len(effects))
    block = max(1, BLOCK // trial.n)
    for start in range(0, reps, block):
        count = min(block, reps - start)
        means = np.add.reduceat(within * rng.standard_normal((count, trial.n)), starts, axis=1) / sizes
        if trial.clusters:
            means += between * rng.standard_normal((count, units))
        difference, error = _difference(means, treated)
        statistics = (difference[:, None] + effects) / error[:, None]
        rejected += np.count_nonzero(np.abs(statistics) > critical, axis=0)
    return np.asarray(rejected / reps)


def _difference(values: Floats, treated: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Difference of means (R,) of the two arms and its pooled standard error."""
    arms = values[:, treated], values[:, ~treated]
    counts = [arm.shape[1] for arm in arms]
    squares = sum(np.sum((arm - arm.mean(axis=1, keepdims=True)) ** 2, axis=1) for arm in arms)
    pooled = squares / (sum(counts) - 2)
    error = np.sqrt(pooled * (1.0 / counts[0] + 1.0 / counts[1]))
    return arms[0].mean(axis=1) - arms[1].mean(axis=1), error
