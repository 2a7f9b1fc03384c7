"""Tail probabilities and quantiles of the normal, t, F and chi-squared laws.

Only scipy.special is used: scipy.stats costs most of a second at start-up. Tails are computed as tails, never
as one minus a distribution function, so that a p-value of 1e-40 keeps its digits. An infinite number of
degrees of freedom means the normal law (t) or the chi-squared law divided by its degrees (F). Arguments are
numbers or arrays that broadcast; degrees of freedom that are not positive give nan, as does a nan statistic.
"""

import numpy as np
import numpy.typing as npt

from impact.kernels.scipy_on_use import special

Array = npt.NDArray[np.float64]
Number = float | npt.ArrayLike


def _positive(df: Number) -> Array:
    """Degrees of freedom as an array, nan where not positive."""
    values = np.asarray(df, dtype=np.float64)
    return np.where(values > 0, values, np.nan)


def _plain(value: Array) -> Array:
    """A float64 scalar in place of an array without dimensions."""
    return np.asarray(value, dtype=np.float64)[()]


def normal_cdf(value: Number) -> Array:
    """P(Z <= value) of the standard normal law."""
    return _plain(special().ndtr(np.asarray(value, dtype=np.float64)))


def normal_sf(value: Number) -> Array:
    """P(Z > value) of the standard normal law."""
    return _plain(special().ndtr(-np.asarray(value, dtype=np.float64)))


def normal_quantile(probability: Number) -> Array:
    """The value that a standard normal variable stays under with the given probability."""
    return _plain(special().ndtri(np.asarray(probability, dtype=np.float64)))


def two_sided_normal(statistic: Number) -> Array:
    """P(|Z| >= |statistic|) of the standard normal law."""
    return _plain(2.0 * special().ndtr(-np.abs(np.asarray(statistic, dtype=np.float64))))


def _t_upper(value: Array, df: Array) -> Array:
    """P(T > value) for value >= 0: half an incomplete beta, from whichever argument keeps the digits."""
    square = value * value
    # df / (df + t^2) rounds to 1 for small t; then the complement is taken from the small argument.
    near = square < df
    with np.errstate(invalid="ignore", over="ignore"):
        tail = special().betainc(df / 2.0, 0.5, df / (df + square))
        centre = special().betaincc(0.5, df / 2.0, square / (df + square))
    half: Array = 0.5 * np.where(near, centre, tail)
    return half


def t_sf(value: Number, df: Number) -> Array:
    """P(T > value) of Student's law with ``df`` degrees of freedom; df = inf is the normal law."""
    values, degrees = np.broadcast_arrays(np.asarray(value, dtype=np.float64), _positive(df))
    finite = np.where(np.isinf(degrees), 1.0, degrees)
    upper = _t_upper(np.abs(values), finite)
    student = np.where(values >= 0, upper, 1.0 - upper)
    return _plain(np.where(np.isinf(degrees), special().ndtr(-values), student))


def t_cdf(value: Number, df: Number) -> Array:
    """P(T <= value) of Student's law with ``df`` degrees of freedom; df = inf is the normal law."""
    return t_sf(-np.asarray(value, dtype=np.float64), df)


def two_sided_t(statistic: Number, df: Number) -> Array:
    """P(|T| >= |statistic|) of Student's law; df = inf is the normal law."""
    return _plain(2.0 * t_sf(np.abs(np.asarray(statistic, dtype=np.float64)), df))


def t_quantile(probability: Number, df: Number) -> Array:
    """The value that a Student variable stays under with the given probability; df = inf is the normal law.

    A two-sided interval of level 0.95 needs ``t_quantile(0.975, df)``, or ``t_critical(0.95, df)``.
    """
    values, degrees = np.broadcast_arrays(np.asarray(probability, dtype=np.float64), _positive(df))
    finite = np.where(np.isinf(degrees), 1.0, degrees)
    return _plain(np.where(np.isinf(degrees), special().ndtri(values), special().stdtrit(finite, values)))


def t_critical(level: Number, df: Number) -> Array:
    """Half-width, in standard errors, of a two-sided interval of the given level (0.95, say)."""
    return t_quantile(0.5 + np.asarray(level, dtype=np.float64) / 2.0, df)


def chi2_cdf(value: Number, df: Number) -> Array:
    """P(X <= value) of the chi-squared law."""
    values = np.maximum(np.asarray(value, dtype=np.float64), 0.0)
    return _plain(special().gammainc(_positive(df) / 2.0, values / 2.0))


def chi2_sf(value: Number, df: Number) -> Array:
    """P(X > value) of the chi-squared law."""
    values = np.maximum(np.asarray(value, dtype=np.float64), 0.0)
    return _plain(special().gammaincc(_positive(df) / 2.0, values / 2.0))


def chi2_quantile(probability: Number, df: Number) -> Array:
    """The value that a chi-squared variable stays under with the given probability."""
    return _plain(2.0 * special().gammaincinv(_positive(df) / 2.0, np.asarray(probability, dtype=np.float64)))


def f_sf(value: Number, df: Number, df_resid: Number) -> Array:
    """P(X > value) of the F law with (df, df_resid) degrees of freedom; df_resid = inf: chi-squared / df."""
    values, first, second = np.broadcast_arrays(
        np.maximum(np.asarray(value, dtype=np.float64), 0.0), _positive(df), _positive(df_resid)
    )
    finite = np.where(np.isinf(second), 1.0, second)
    with np.errstate(invalid="ignore", over="ignore"):
        weight = first * values
        # The smaller of the two complementary arguments is the one that carries digits.
        tail = special().betainc(finite / 2.0, first / 2.0, finite / (finite + weight))
        centre = special().betaincc(first / 2.0, finite / 2.0, weight / (finite + weight))
    bounded = np.where(np.isinf(values), 0.0, np.where(weight < finite, centre, tail))
    limit = special().gammaincc(first / 2.0, first * values / 2.0)
    return _plain(np.where(np.isinf(second), limit, bounded))


def f_cdf(value: Number, df: Number, df_resid: Number) -> Array:
    """P(X <= value) of the F law with (df, df_resid) degrees of freedom; df_resid = inf: chi-squared / df."""
    values, first, second = np.broadcast_arrays(
        np.maximum(np.asarray(value, dtype=np.float64), 0.0), _positive(df), _positive(df_resid)
    )
    finite = np.where(np.isinf(second), 1.0, second)
    student = special().fdtr(first, finite, values)
    limit = special().gammainc(first / 2.0, first * values / 2.0)
    return _plain(np.where(np.isinf(second), limit, student))


def f_quantile(probability: Number, df: Number, df_resid: Number) -> Array:
    """The value that an F variable stays under with this probability; df_resid = inf: chi-squared / df."""
    values, first, second = np.broadcast_arrays(
        np.asarray(probability, dtype=np.float64), _positive(df), _positive(df_resid)
    )
    finite = np.where(np.isinf(second), 1.0, second)
    limit = 2.0 * special().gammaincinv(first / 2.0, values) / first
    return _plain(np.where(np.isinf(second), limit, special().fdtri(first, finite, values)))
