"""Quantile regression: linear conditional quantiles (Koenker and Bassett 1978).

    Q_τ(y | x) = x b_τ

for one or several τ. `errors` names the density that the errors rest on: nid (Hendricks and Koenker 1992, differences
of fits at τ ± h, another one in each row), iid (Koenker and Bassett 1978, one for all rows), kernel (Powell 1991), or
bootstrap (rows, or the model's first cluster variable, drawn with replacement). `vcov: own`, the default without a
panel, takes τ(1 − τ) for the variance of the score, with covariances between quantiles; hc0 and clusters take the
scores as they are, with the same density (Parente and Santos Silva 2016 for clusters): these hold if the quantile is
not linear, too.
Target: quantiles given x, not those of the whole distribution (rif). The solution is a vertex of the linear programme;
where several are optimal (outcomes with equal values) another programme may stop at another one.
Assumption: rows, or clusters, are independent; density positive at the quantile.
Defaults elsewhere: R rank inversion up to 1000 rows, else nid; Stata qreg iid; statsmodels a kernel, Epanechnikov.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

import impact.kernels.least_squares as least_squares
import impact.kernels.quantile_regression as kernel
from impact.core.arrays import Floats, Integers, Logicals
from impact.core.designs import INTERCEPT, Design, Term
from impact.core.errors import ConvergenceError, DesignError, Notice, SpecError
from impact.core.estimates import Estimate, Influence, OwnVariance
from impact.core.labels import number_label
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault, in_all_languages, notice
from impact.estimators._distributions import refuse_what_is_not_taken, row_weights, unsupported
from impact.kernels.resampling import counts_of_draws

NAME = "quantile"
ACCEPTS = ("weights:sampling", "weights:analytic", "clusters", "own_unless_clustered")
FEWEST = 0.9  # share of draws that must identify every coefficient


class QuantileOptions(Options):
    """Options of quantile regression."""

    quantiles: tuple[float, ...] | float = Field((0.1, 0.25, 0.5, 0.75, 0.9), description="Between 0 and 1.")
    errors: Literal["nid", "iid", "kernel", "bootstrap"] = Field(
        "nid",
        description="nid (Hendricks-Koenker), iid (Koenker-Bassett), kernel (Powell), bootstrap (rows or clusters).",
    )
    bandwidth: Literal["hall_sheather", "bofinger"] = Field(
        "hall_sheather", description="Of the density, in shares: hall_sheather or bofinger."
    )
    reps: int = Field(499, ge=99, le=100_000, description="Draws, with errors: bootstrap.")


@dataclass(frozen=True, slots=True)
class _Fitted:
    """One quantile: its fit, scores w x (τ − 1{r < 0}) (n, k), inverse of Σ w f x x' (k, k), rows that cross."""

    share: float
    fit: kernel.QuantileFit
    scores: Floats
    bread: Floats
    crossed: int


def fit(design: Design, options: QuantileOptions) -> Estimate:
    """Coefficients at every quantile.

    Arguments:
        design: y (n,), x (n, k), weights.
        options: see ``QuantileOptions``.

    Returns:
        Estimate with terms ``x[0.5]``, influence rows, and the covariance of ``errors``.

    Raises:
        DesignError: E502, E504, E505, E507, E650 what it does not take, E656 a density that is zero.
        ConvergenceError: E657 the programme was not solved. SpecError: E182 draws without a seed.
    """
    refuse_what_is_not_taken(design, NAME, ACCEPTS)
    shares = _shares(options)
    if options.errors == "iid" and design.weights is not None:
        raise unsupported(NAME, "weights with errors: iid", "write errors: nid or kernel")
    kept, dropped = _kept(design)
    x = np.ascontiguousarray(design.x[:, kept])
    found = [_fitted(design, x, share, options) for share in shares]
    names = [term.name for term, one in zip(design.terms, kept, strict=True) if one]
    terms = tuple(Term(f"{name}[{number_label(share)}]") for share in shares for name in names)
    rows: Integers = np.arange(len(design.y), dtype=np.int32)
    k = len(names)
    wanted = [names.index(design.terms[j].name) for j in design.focus if design.terms[j].name in names]
    wanted = wanted or [j for j, name in enumerate(names) if name != INTERCEPT][:1] or [0]
    return Estimate(
        estimator=NAME,
        terms=terms,
        params=np.concatenate([one.fit.params for one in found]),
        n_obs=float(len(design.y)),
        df_model=k,
        df_resid=float(len(design.y) - k),
        influence=Influence(np.hstack([one.scores @ one.bread for one in found]), rows),
        focus=tuple(number * k + j for number in range(len(shares)) for j in wanted),
        fit={
            "mean_outcome": float(np.average(design.y, weights=design.weights)),
            **{f"objective[{number_label(one.share)}]": one.fit.objective for one in found},
        },
        dropped_terms=dropped,
        notices=_notices(found),
        own_variance=_own_variance(design, x, found, options),
    )


def _shares(options: QuantileOptions) -> tuple[float, ...]:
    found = options.quantiles if isinstance(options.quantiles, tuple) else (options.quantiles,)
    if not found or not all(0 < share < 1 for share in found) or len(set(found)) < len(found):
        raise unsupported(
            NAME, "quantiles outside 0 to 1, or twice the same", "write shares such as 0.5, each once"
        )
    return found


def _kept(design: Design) -> tuple[Logicals, dict[str, str]]:
    """Columns that are not collinear; a treatment among the others is an error.

    Raises:
        DesignError: E504, E505 no degrees of freedom, E507 no regressor.
    """
    if design.x.shape[1] == 0:
        raise DesignError(fault("E507", outcome=design.outcome))
    solution = least_squares.solve_least_squares(design.x, design.y, protect=design.focus)
    for j in np.flatnonzero(~solution.kept).tolist():
        if j in design.focus:
            raise DesignError(fault("E504", term=design.terms[j].name, others="other columns"))
    k = int(np.count_nonzero(solution.kept))
    if len(design.y) <= k:
        raise DesignError(fault("E505", n_obs=len(design.y), k=k))
    lost = np.flatnonzero(~solution.kept).tolist()
    return solution.kept, {design.terms[j].name: "collinear" for j in lost}


def _fitted(design: Design, x: Floats, share: float, options: QuantileOptions) -> _Fitted:
    weights = row_weights(design)
    try:
        solved = kernel.fit_quantile(x, design.y, share, design.weights)
        density, crossed = _density(design, x, share, solved, options)
    except kernel.NotSolvedError as failure:
        raise ConvergenceError(fault("E657", share=f"{share:g}", gap=str(failure))) from failure
    # of least squares with these weights, which keeps its digits beside a constant whatever the columns' level
    usable = bool(np.isfinite(density).all())
    moments = least_squares.solve_least_squares(x, design.y, weights=weights * density) if usable else None
    if moments is None or not moments.kept.all():
        raise DesignError(fault("E656", problem=f"the density at the {share:g} quantile is zero"))
    scores = x * (weights * (share - (solved.residual < 0)))[:, None]
    return _Fitted(share, solved, scores, moments.bread, crossed)


def _density(
    design: Design, x: Floats, share: float, solved: kernel.QuantileFit, options: QuantileOptions
) -> tuple[Floats, int]:
    """Density (n,) of each row at its quantile, and the rows in which the fits cross."""
    n, k = x.shape
    h = kernel.bandwidth(share, float(n), options.bandwidth)
    if options.errors == "iid":
        slope = kernel.sparsity(solved.residual, h, k)
        return np.full(n, 1.0 / slope if slope > 0 else np.nan), 0
    if options.errors == "kernel":
        return kernel.density_of_kernel(solved.residual, share, h), 0
    return kernel.density_of_differences(x, design.y, share, h, design.weights)


def _notices(found: Sequence[_Fitted]) -> tuple[Notice, ...]:
    """W654 where fits on both sides of a quantile cross."""
    crossed = [f"{one.share:g} ({one.crossed})" for one in found if one.crossed]
    return (notice("W654", quantiles=", ".join(crossed)),) if crossed else ()


# --- errors ---


def _own_variance(
    design: Design, x: Floats, found: Sequence[_Fitted], options: QuantileOptions
) -> OwnVariance:
    if options.errors == "bootstrap":
        return _drawn(design, x, [one.share for one in found], options.reps)
    squared = (x * (row_weights(design) ** 2)[:, None]).T @ x
    blocks = [
        [
            (min(one.share, other.share) - one.share * other.share) * one.bread @ squared @ other.bread
            for other in found
        ]
        for one in found
    ]
    vcov = np.block(blocks)
    return OwnVariance((vcov + vcov.T) / 2.0, options.errors, in_all_languages(f"quantile.{options.errors}"))


def _drawn(design: Design, x: Floats, shares: Sequence[float], reps: int) -> OwnVariance:
    """Covariance over draws of rows, or of the model's first cluster variable.

    Raises:
        SpecError: E182 no seed. DesignError: E656 too many draws do not identify the coefficients.
    """
    if design.seed is None:
        raise SpecError(fault("E182", what="errors: bootstrap"))
    cluster = next(iter(design.clusters.values()), None)
    groups = len(design.y) if cluster is None else cluster.levels
    draws: list[Floats] = []
    for block in counts_of_draws(reps, groups, design.seed):
        for counts in block:
            weights = row_weights(design) * (counts if cluster is None else counts[cluster.codes])
            used = np.flatnonzero(weights)
            one = _refit(x[used], design.y[used], weights[used], shares)
            if one is not None:
                draws.append(one)
    if len(draws) < FEWEST * reps:
        problem = f"{reps - len(draws)} of {reps} draws do not identify every coefficient"
        raise DesignError(fault("E656", problem=problem))
    made = np.array(draws)
    over = "rows" if cluster is None else cluster.name
    vcov = np.atleast_2d(np.cov(made, rowvar=False))
    return OwnVariance(
        vcov, "bootstrap", in_all_languages("quantile.bootstrap", reps=len(draws), over=over), draws=made
    )


def _refit(x: Floats, y: Floats, weights: Floats, shares: Sequence[float]) -> Floats | None:
    if len(y) <= x.shape[1] or np.linalg.matrix_rank(x) < x.shape[1]:
        return None
    try:
        return np.concatenate([kernel.fit_quantile(x, y, share, weights).params for share in shares])
    except (kernel.NotSolvedError, np.linalg.LinAlgError):
        return None


ESTIMATOR = Estimator(
    summary="Quantile regression with named errors: nid, iid, kernel, cluster, bootstrap",
    options=QuantileOptions,
    fit=fit,
    references=(
        "Koenker and Bassett 1978",
        "Hendricks and Koenker 1992",
        "Powell 1991",
        "Parente and Santos Silva 2016",
    ),
    accepts=ACCEPTS,
)
