"""Records of results: an estimate, what variances need of it, its uncertainty.

Shapes: n rows, k terms, m influence rows, B draws, R replicate weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from impact.core.arrays import Floats, Integers, Logicals
from impact.core.designs import AbsorbedFactor, Design, Term
from impact.core.errors import Notice
from impact.core.instrumented import Instrumented
from impact.core.population_figures import PopulationFigures
from impact.core.running import Running


@dataclass(frozen=True, slots=True)
class Search:
    """How a maximum was sought, for refits: tolerance and iterations of absorption, and Newton steps."""

    tolerance: float
    max_iterations: int
    steps: int


@dataclass(frozen=True, slots=True)
class Linear:
    """The linear representation of an estimate, on weighted and absorbed rows of the sample.

    Arguments:
        x: (n, k) regressors after absorption, NOT multiplied by weights; with instruments, their projection on them.
        residual: (n,) y − xb − effects, not weighted.
        bread: (k, k) inverse of X'WX. weights: (n,) or None, weight_kind: as in the design.
        row_sum_of_squares: (n,) sum over the persons of a row of their squared scores (frequency weights, outcomes as
            sums), of least squares their residuals; None: weight × residual² (frequency) or residual² (others).
        absorb: effects, for leverage. family: a likelihood that fixes the variance; ``weights`` are its information,
            and ``search`` is how its maximum was found.
        is_projection: whether ``bread`` is the inverse of x'Wx; spread: (k, k) that of iid errors where it is not.
        predictor: (n,) x b + effects + offset of a likelihood at its maximum, None for linear models.
    """

    x: Floats
    residual: Floats
    bread: Floats
    weights: Floats | None = None
    weight_kind: str = ""
    row_sum_of_squares: Floats | None = None
    absorb: tuple[AbsorbedFactor, ...] = ()
    is_projection: bool = True
    spread: Floats | None = None
    family: Literal["poisson", "logit", "probit"] | None = None
    search: Search | None = None
    predictor: Floats | None = None


@dataclass(frozen=True, slots=True)
class Influence:
    """Influence rows: params_hat − params ≈ Σ rows, already divided by n (V = Σ_g ψ_g ψ_g′, no further factor).

    Arguments:
        rows: (m, k). row: (m,) one representative observation for each influence row.
        df: of the t of the reference implementation, infinity for the normal; ssc: preset unless `vcov` asks for
            another: "none", or "fixest" for coefficients of least squares (then df is that of the preset).
        n_obs, regressors: (k,) of each term's regression, without the effects in ``absorb``; None: the estimate's.
        absorb: absorbed effects that presets count, on the rows of the design.
        present: (m, k) whether the row's unit is in the regression of the term, so that G counts it; None: all are.
        gram: (k, k) sum over rows of ψ_i ψ_i′, where the estimator has it without the rows; None: from the rows.
    """

    rows: Floats
    row: Integers
    df: float = float("inf")
    ssc: str = "none"
    n_obs: Floats | None = None
    regressors: Floats | None = None
    absorb: tuple[AbsorbedFactor, ...] = ()
    present: Logicals | None = None
    gram: Floats | None = None


@dataclass(frozen=True, slots=True)
class OwnVariance:
    """The variance that an estimator makes itself (placebo, jackknife or bootstrap refits, posterior draws).

    Arguments:
        vcov: (k, k), NaN where not defined. method: as printed ("placebo", "jackknife" …). text: language → one line.
        df: of t, infinity for the normal. draws: (B, k) or None.
        p_value: (k,) where it is not that of the t (ranks among placebos, conformal tests), else None.
        curve_values, curve_p: (m, k) hypothetical effects and the p-value of each, NaN-padded: the interval of a level
            holds the values whose p-value is above 1 − level; a term without any has no error. None: estimate ±
            critical value × standard error.
    """

    vcov: Floats
    method: str
    text: Mapping[str, str]
    df: float = float("inf")
    draws: Floats | None = None
    p_value: Floats | None = None
    curve_values: Floats | None = None
    curve_p: Floats | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an estimator found.

    Arguments:
        params: (k,) estimates of ``terms``.
        influence, linear: representations for variances; at least one for closed-form variances.
        n_obs: number of observations (Σ weights for frequency weights).
        df_model: number of kept regressors, constant included where there is one.
        effect_levels: name of each absorbed effect → its levels; df_absorbed: rank they use (Σ L − (F−1), or exact).
        fit: name → number (r2, r2_within, rss, rmse, mean_outcome, …).
        dropped_terms: name → reason; design: rows of the estimator's own (unit means, differences) that ``linear``
            stands on, with their clusters; None: those of the design that was given.
        parts: separate regressions on the same rows whose terms, one after the other, are ``terms``; variances are
            made part by part.
        instrumented: reduced form and first stages. running: the running variable, of discontinuities.
        own_variance: the estimator's own error, for ``vcov: own``.
        replicates: (R, k) estimates with each replicate weight of a survey, NaN where it does not identify them;
            population: influence of figures by domain, in place of ``influence`` where that would be large.
    """

    estimator: str
    terms: tuple[Term, ...]
    params: Floats
    n_obs: float
    df_model: int
    df_resid: float
    df_absorbed: int = 0
    n_units: int = 0
    influence: Influence | None = None
    linear: Linear | None = None
    effect_levels: Mapping[str, int] = field(default_factory=dict)
    focus: tuple[int, ...] = ()
    fit: Mapping[str, float] = field(default_factory=dict)
    converged: bool = True
    dropped_terms: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    tables: Mapping[str, object] = field(default_factory=dict)
    design: Design | None = None
    own_variance: OwnVariance | None = None
    parts: tuple[Estimate, ...] = ()
    instrumented: Instrumented | None = None
    running: Running | None = None
    replicates: Floats | None = None
    population: PopulationFigures | None = None


@dataclass(frozen=True, slots=True)
class Inference:
    """Uncertainty of the k terms.

    Arguments:
        vcov: (k, k). statistic, p_value, ci_low, ci_high, std_error: (k,), NaN where not defined.
        df: (k,) degrees of freedom of t (inf: normal). level: of the intervals.
        variance: {kind, by, type, k, n, factors …} as printed and stored.
        n_clusters: name → count; n_treated_clusters: clusters with any treated row, or None.
        extra: name → (k,) further columns of the rows (std_error_cr3, p_permutation, mde80 …).
        draws: (B, k) or None; band_low, band_high: (k,) simultaneous bands, NaN without one; None: not asked for.
    """

    variance: Mapping[str, object]
    vcov: Floats
    std_error: Floats
    statistic: Floats
    p_value: Floats
    ci_low: Floats
    ci_high: Floats
    df: Floats
    level: float
    n_clusters: Mapping[str, int] = field(default_factory=dict)
    n_treated_clusters: int | None = None
    extra: Mapping[str, Floats] = field(default_factory=dict)
    draws: Floats | None = None
    band_low: Floats | None = None
    band_high: Floats | None = None
    notices: tuple[Notice, ...] = ()
