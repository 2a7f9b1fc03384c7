"""Strength of instruments and sets that hold whatever their strength.

All functions stand on the coefficients of the m instruments in reduced form and first stages, their covariance under
any variance, and Q = Z'WZ of the instruments without exogenous columns and effects. With one endogenous regressor
g(b) = π_y − b π_d has a covariance V(b) that is quadratic in b.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

import impact.kernels.distributions as distributions
from impact.kernels.scipy_on_use import linalg, special

Floats = npt.NDArray[np.float64]
Intervals = tuple[tuple[float, float], ...]

# maximal size of a 5 per cent test by 2SLS with one endogenous regressor, 1 to 10 instruments: Stock and Yogo (2005),
# table 5.2
STOCK_YOGO_SIZE = {
    0.10: (16.38, 19.93, 22.30, 24.58, 26.87, 29.18, 31.50, 33.84, 36.19, 38.54),
    0.15: (8.96, 11.59, 12.83, 13.96, 15.09, 16.23, 17.38, 18.54, 19.71, 20.88),
    0.20: (6.66, 8.75, 9.54, 10.26, 10.98, 11.72, 12.48, 13.24, 14.01, 14.78),
    0.25: (5.53, 7.25, 7.80, 8.31, 8.84, 9.38, 9.93, 10.50, 11.07, 11.65),
}

# critical values of |t| at 5 per cent by the root of the first-stage F, 2.0 to 10.3 by tenths: Lee, McCrary, Moreira
# and Porter (2022), American Economic Review 112, 3260-3290, table 3
TF_FIRST = 2.0
TF_VALUES = (
    18.66, 9.74, 7.37, 6.18, 5.43, 4.92, 4.54, 4.25, 4.01, 3.82, 3.65, 3.51, 3.39, 3.29, 3.19, 3.11, 3.03, 2.97, 2.91,
    2.85, 2.80, 2.75, 2.71, 2.67, 2.63, 2.60, 2.57, 2.54, 2.51, 2.48, 2.46, 2.43, 2.41, 2.39, 2.37, 2.35, 2.33, 2.32,
    2.30, 2.29, 2.27, 2.26, 2.24, 2.23, 2.22, 2.21, 2.20, 2.19, 2.17, 2.16, 2.16, 2.15, 2.14, 2.13, 2.12, 2.11, 2.10,
    2.10, 2.09, 2.08, 2.08, 2.07, 2.06, 2.06, 2.05, 2.04, 2.04, 2.03, 2.03, 2.02, 2.02, 2.01, 2.01, 2.00, 2.00, 1.99,
    1.99, 1.99, 1.98, 1.98, 1.97, 1.97, 1.97, 1.96,
)  # fmt: skip
ANGLES = 2001
NODES = 128


class NotPositive(ValueError):
    """The covariance of the reduced form is not positive definite: no test can be inverted."""


@dataclass(frozen=True, slots=True)
class Effective:
    """Effective F with its effective degrees of freedom and critical values by worst-case bias (share of benchmark)."""

    f: float
    k: float
    critical: dict[float, float]


@dataclass(frozen=True, slots=True)
class OneRegressor:
    """Reduced form of one endogenous regressor.

    Arguments:
        y, d: (m,) coefficients of the instruments. yy, dd: (m, m) their covariances; dy: (m, m) Cov(d, y).
    """

    y: Floats
    d: Floats
    yy: Floats
    dd: Floats
    dy: Floats

    def covariance(self, b: float) -> Floats:
        """V(b) of π_y − b π_d."""
        return self.yy - b * (self.dy + self.dy.T) + b * b * self.dd


def one_regressor(params: Floats, covariance: Floats) -> OneRegressor:
    """The reduced form of one endogenous regressor.

    Arguments:
        params: (2, m) coefficients of the instruments, outcome first. covariance: (2, m, 2, m).
    """
    return OneRegressor(
        y=params[0],
        d=params[1],
        yy=covariance[0, :, 0],
        dd=covariance[1, :, 1],
        dy=covariance[1, :, 0],
    )


def effective_f(params: Floats, covariance: Floats, products: Floats, *, alpha: float = 0.05) -> Effective:
    """Effective F of one first stage and its critical values.

    F = π'Qπ / tr(VQ), critical values by the simplified bound for 2SLS: the upper alpha quantile of a noncentral
    chi-squared law with K degrees of freedom and noncentrality K/τ, over K, where
    K = tr(W)² (1 + 2/τ) / (tr(W'W) + 2 tr(W) max eig(W)/τ), W = Q^½ V Q^½.

    Source: Montiel Olea and Pflueger (2013), Journal of Business and Economic Statistics 31, 358-369, section 4.
    """
    factor = np.linalg.cholesky(products)
    spread = factor.T @ covariance @ factor
    trace = float(np.trace(spread))
    strength = float(np.sum((factor.T @ params) ** 2)) / trace
    largest = float(np.linalg.eigvalsh(spread)[-1])
    squares = float(np.sum(spread**2))
    critical: dict[float, float] = {}
    k = float("nan")
    for tau in (0.05, 0.10, 0.20, 0.30):
        x = 1.0 / tau
        effective = trace**2 * (1.0 + 2.0 * x) / (squares + 2.0 * x * trace * largest)
        critical[tau] = float(special().chndtrix(1.0 - alpha, effective, x * effective)) / effective
        if tau == 0.10:
            k = effective
    return Effective(strength, k, critical)


def cragg_donald(params: Floats, products: Floats, residual_products: Floats, df_resid: float) -> float:
    """Cragg-Donald F: smallest eigenvalue of Σ^−½ Π Q Π' Σ^−½ over m, Σ the covariance of first-stage residuals.

    Arguments:
        params: (p, m). products: (m, m) Q. residual_products: (p, p) Σ w v v'.

    Source: Cragg and Donald (1993), Econometric Theory 9, 222-240; Stock and Yogo (2005).
    """
    strength = params @ products @ params.T
    roots = linalg().eigh(strength, residual_products / df_resid, eigvals_only=True)
    smallest = float(roots[0])
    return smallest / len(params.T)


def kleibergen_paap(
    params: Floats, covariance: Floats, products: Floats, residual_products: Floats
) -> tuple[float, int]:
    """Kleibergen-Paap rk Wald statistic that the first stages have rank p − 1, and its degrees of freedom m − p + 1.

    Θ = Q^½ Π' Σ^−½; with u the left singular vectors beyond the first p − 1 and v the last right one, λ = u'Θv and
    rk = λ' Var(λ)⁻¹ λ. Divided by m it is the robust F where p = 1.

    Arguments:
        params: (p, m). covariance: (p, m, p, m).

    Raises:
        NotPositive: the covariance of λ is singular.

    Source: Kleibergen and Paap (2006), Journal of Econometrics 133, 97-126, theorem 1.
    """
    left = np.linalg.cholesky(products)
    right: Floats = np.linalg.inv(np.linalg.cholesky(residual_products))
    theta = left.T @ params.T @ right.T
    u, _, v = np.linalg.svd(theta, full_matrices=True)
    rank = params.shape[0] - 1
    combination = right.T @ v[rank]
    beyond = u[:, rank:]
    value = beyond.T @ theta @ v[rank]
    spread = np.einsum("a,aibj,b->ij", combination, covariance, combination)
    spread = beyond.T @ left.T @ spread @ left @ beyond
    root = _root_of(spread)
    return float(np.sum((root @ value) ** 2)), len(value)


def tf_critical(f: float) -> float:
    """Critical value of |t| at 5 per cent given the first-stage F; infinity below 4, where no set is bounded."""
    root = float(np.sqrt(max(f, 0.0)))
    last = TF_FIRST + 0.1 * (len(TF_VALUES) - 1)
    if root < TF_FIRST:
        return float("inf")
    if root >= last:
        return float(distributions.normal_quantile(0.975))
    return float(np.interp(root, TF_FIRST + 0.1 * np.arange(len(TF_VALUES)), TF_VALUES))


def tf_interval(estimate: float, std_error: float, f: float) -> tuple[float, float]:
    """Ends of the tF interval at 5 per cent; infinite below F = 4."""
    half = tf_critical(f) * std_error
    return estimate - half, estimate + half


def anderson_rubin(form: OneRegressor, b: float) -> float:
    """Wald statistic (chi-squared form) that the instruments do not move y − b d."""
    gap = form.y - b * form.d
    return float(gap @ np.linalg.solve(form.covariance(b), gap))


def anderson_rubin_set(form: OneRegressor, bound: float) -> Intervals:
    """All b whose Anderson-Rubin statistic does not exceed ``bound``: intervals, with infinite ends, or none.

    The ends solve det(V(b) − g(b) g(b)'/bound) = 0, a quadratic eigenvalue problem: all roots are found, no grid is
    searched. Source of the test: Anderson and Rubin (1949), Annals of Mathematical Statistics 20, 46-63.

    Raises:
        NotPositive: V(b) is not positive definite.
    """
    root = _root_of(form.dd)
    _root_of(form.yy)
    size = np.sqrt(np.trace(form.yy) / np.trace(form.dd))
    zero = (form.yy - np.outer(form.y, form.y) / bound) / size**2
    one = -(form.dy + form.dy.T - (np.outer(form.y, form.d) + np.outer(form.d, form.y)) / bound) / size
    two = form.dd - np.outer(form.d, form.d) / bound
    zero, one, two = (root @ block @ root.T for block in (zero, one, two))
    m = len(form.y)
    left = np.block([[np.zeros((m, m)), np.eye(m)], [-zero, -one]])
    right = np.block([[np.eye(m), np.zeros((m, m))], [np.zeros((m, m)), two]])
    top, bottom = linalg().eig(left, right, right=False, homogeneous_eigvals=True)
    finite = np.abs(bottom) > 1e-13 * np.abs(top)
    values = top[finite] / bottom[finite]
    real = values[np.abs(values.imag) <= 1e-6 * (1.0 + np.abs(values))].real * size

    def inside(b: float) -> bool:
        if not np.isfinite(b):
            return float(form.d @ np.linalg.solve(form.dd, form.d)) <= bound
        return anderson_rubin(form, b) <= bound

    return _pieces(np.unique(real), inside)


def conditional_lr(form: OneRegressor, b: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Conditional likelihood-ratio statistics at b (q,), what they are conditioned on, and their p-values.

    LR = ½ (AR − T + √((AR + T)² − 4 (AR − LM) T)), with T the Wald statistic of the first stage cleaned of g(b). With
    independent errors of equal variance it is that of Moreira (2003), Econometrica 71, 1027-1048; with other
    covariances that of Kleibergen (2005), Econometrica 73, 1103-1123.
    """
    values = np.atleast_1d(np.asarray(b, dtype=np.float64))
    at = values[:, None, None]
    spread = form.yy - at * (form.dy + form.dy.T) + at**2 * form.dd
    gap = form.y - values[:, None] * form.d
    cross = form.dy - at * form.dd
    inverse = np.linalg.inv(spread)
    weighed = np.einsum("qij,qj->qi", inverse, gap)
    cleaned = form.d - np.einsum("qij,qj->qi", cross, weighed)
    spread_cleaned = form.dd - cross @ inverse @ cross.transpose(0, 2, 1)
    ar = np.einsum("qi,qi->q", gap, weighed)
    t = np.einsum("qi,qij,qj->q", cleaned, np.linalg.inv(spread_cleaned), cleaned)
    length = np.einsum("qi,qij,qj->q", cleaned, inverse, cleaned)
    lm = np.einsum("qi,qi->q", cleaned, weighed) ** 2 / length
    lr = 0.5 * (ar - t + np.sqrt(np.maximum((ar + t) ** 2 - 4.0 * (ar - lm) * t, 0.0)))
    return lr, t, conditional_p(lr, t, len(form.y))


@cache
def _nodes() -> tuple[Floats, Floats]:
    """Angles in (0, π/2) and weights of Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return (nodes + 1.0) * np.pi / 4.0, weights * np.pi / 4.0


def conditional_p(statistic: npt.ArrayLike, t: npt.ArrayLike, m: int) -> Floats:
    """P(LR > statistic | T = t) with m instruments, (q,).

    p = 1 − 2K ∫₀¹ P(χ²_m < (t + s)/(1 + t x²/s)) (1 − x²)^((m−3)/2) dx, K = Γ(m/2)/(√π Γ((m−1)/2)), by Gauss-Legendre
    after x = sin θ. Source: Andrews, Moreira and Stock (2007), Journal of Econometrics 139, 116-132.
    """
    values = np.atleast_1d(np.asarray(statistic, dtype=np.float64))
    if m == 1:
        return np.asarray(distributions.chi2_sf(values, 1), dtype=np.float64)
    strength = np.broadcast_to(np.asarray(t, dtype=np.float64), values.shape)[:, None]
    angle, weights = _nodes()
    positive = np.maximum(values, 1e-300)[:, None]
    bound = (strength + positive) / (1.0 + strength * np.sin(angle) ** 2 / positive)
    constant = np.exp(special().gammaln(m / 2.0) - special().gammaln((m - 1) / 2.0)) / np.sqrt(np.pi)
    tails: Floats = (distributions.chi2_sf(bound, m) * np.cos(angle) ** (m - 2)) @ weights
    return np.where(values > 0, np.minimum(2.0 * constant * tails, 1.0), 1.0)


def conditional_lr_set(form: OneRegressor, alpha: float) -> Intervals:
    """All b that the conditional likelihood-ratio test does not reject, over the whole line.

    b = c + s tan θ runs through the line as θ through (−π/2, π/2); changes of sign are refined by bisection.

    Raises:
        NotPositive: V(b) is not positive definite.
    """
    inverse = np.linalg.inv(form.dd)
    strength = float(form.d @ inverse @ form.d)
    centre = float(form.d @ inverse @ form.y) / strength
    _root_of(form.dd)
    _root_of(form.covariance(centre))
    size = float(np.sqrt(np.trace(form.covariance(centre) @ inverse) / strength))
    angles = np.asarray((np.arange(ANGLES) + 0.5) * (np.pi / ANGLES) - np.pi / 2, dtype=np.float64)

    def inside(points: Floats) -> npt.NDArray[np.bool_]:
        return np.asarray(conditional_lr(form, centre + size * np.tan(points))[2] >= alpha)

    status = inside(angles)
    turns = np.flatnonzero(status[1:] != status[:-1])
    low: Floats = angles[turns]
    high, first = angles[turns + 1], status[turns]
    for _ in range(60):
        middle = (low + high) / 2
        same = inside(middle) == first
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    points = [-np.inf, *(centre + size * np.tan(low)).tolist(), np.inf]
    starts = 0 if status[0] else 1
    return tuple((points[k], points[k + 1]) for k in range(starts, len(points) - 1, 2))


def _pieces(ends: Floats, inside: Callable[[float], bool]) -> Intervals:
    """Intervals between ends where ``inside`` holds, neighbours joined."""
    points = [-np.inf, *ends.tolist(), np.inf]
    found: list[list[float]] = []
    for low, high in pairwise(points):
        # the outer pieces are judged far out, where only the first stage counts
        middle = np.inf if np.isinf(low) or np.isinf(high) else (low + high) / 2
        if inside(middle):
            if found and found[-1][1] == low:
                found[-1][1] = high
            else:
                found.append([low, high])
    return tuple((low, high) for low, high in found)


def _root_of(matrix: Floats) -> Floats:
    """R with R M R' = I."""
    try:
        return np.asarray(np.linalg.inv(np.linalg.cholesky(matrix)), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise NotPositive("covariance of the reduced form") from error
