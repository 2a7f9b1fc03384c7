"""Small-sample conventions: which parameters count, and by which factors a variance is multiplied."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from impact.core.designs import Factor
from impact.core.estimates import Estimate, Linear
from impact.core.options import Options
from impact.kernels.factors import is_nested

Preset = Literal["fixest", "reghdfe", "stata", "statsmodels", "none"]


class SmallSample(Options):
    """The three small-sample choices, one by one."""

    k: Literal["nested", "full", "none"] = Field(
        "nested",
        description="Absorbed effects that count as parameters: all not nested in a cluster, all, or none.",
    )
    n: bool = Field(True, description="Multiply by (N-1)/(N-K), or by N/(N-K) for hc1.")
    g: Literal["min", "conventional", "none"] = Field(
        "min",
        description="G/(G-1): the smallest G for all parts of a many-way variance, each part's own, or none.",
    )


SSC_DESCRIPTION = (
    "Small-sample convention: fixest, reghdfe, stata, statsmodels, none, or {k, n, g}. Default: fixest's; "
    "hc0, hc2, hc3, hc4, cr0, cr2 and cr3 carry no factor unless it is given."
)


@dataclass(frozen=True, slots=True)
class Convention:
    """A resolved small-sample convention.

    Arguments:
        preset: its name, or "own". k, n, g: as in ``SmallSample``.
        law: "t", or "normal" where robust variances are read against the normal law.
        residual_df: True where the t law of a clustered variance has at most N−K degrees of freedom.
    """

    preset: str
    k: str = "nested"
    n: bool = True
    g: str = "min"
    law: str = "t"
    residual_df: bool = False


# Stata: areg counts every effect; statsmodels adds dummies, takes each part's own G and reads robust errors
# as normal.
PRESETS: Mapping[str, Convention] = {
    "fixest": Convention("fixest"),
    "reghdfe": Convention("reghdfe", residual_df=True),
    "stata": Convention("stata", k="full"),
    "statsmodels": Convention("statsmodels", k="full", g="conventional", law="normal"),
    "none": Convention("none", k="none", n=False, g="none"),
}


def convention(ssc: Preset | SmallSample | None, default: str = "fixest") -> Convention:
    """The convention that ``ssc`` asks for; ``default`` is the preset where nothing was asked."""
    if isinstance(ssc, SmallSample):
        return Convention("own", ssc.k, ssc.n, ssc.g)
    return PRESETS[ssc or default]


def counted_parameters(
    estimate: Estimate, linear: Linear, convention: Convention, clusters: Sequence[Factor] = ()
) -> int:
    """K of the small-sample factors.

    With k the kept regressors and L_f the levels of effect f, all parameters are k + Σ L_f − (F−1). The rule
    "nested" takes L_f − 1 off for each intercept effect whose levels each lie inside one cluster, never below
    k + 1; slopes are always counted. Source: fixest's and reghdfe's documentation; Correia (2017).
    """
    if convention.k == "none" or not linear.absorb:
        return estimate.df_model
    full = estimate.df_model + estimate.df_absorbed
    if convention.k == "full" or not clusters:
        return full
    saved = 0
    for effect in linear.absorb:
        factor = effect.factor
        nested = (is_nested(factor.codes, cluster.codes) for cluster in clusters)
        if effect.intercept and any(nested):
            saved += factor.levels - 1
    return max(full - saved, estimate.df_model + 1)


def observations_factor(n_obs: float, k: int, convention: Convention) -> dict[str, float]:
    """{"(N-1)/(N-K)": value}, or nothing where the convention does not ask for it."""
    return {"(N-1)/(N-K)": (n_obs - 1.0) / (n_obs - k)} if convention.n else {}


def robust_factors(n_obs: float, k: int, rule: Convention) -> dict[str, float]:
    """N/(N−K) in its two parts: each row is its own cluster, so that N/(N−1) takes the place of G/(G−1)."""
    if rule.n and rule.g != "none":
        return {"N/(N-K)": n_obs / (n_obs - k)}
    if rule.n:
        return {"(N-1)/(N-K)": (n_obs - 1.0) / (n_obs - k)}
    return {"N/(N-1)": n_obs / (n_obs - 1.0)} if rule.g != "none" else {}


def clustered_df(groups: int, n_obs: float, k: int, rule: Convention) -> float:
    """Degrees of freedom of clustered errors: G_min − 1, not above N − K where the convention says so."""
    if rule.law == "normal":
        return math.inf
    return min(groups - 1.0, n_obs - k) if rule.residual_df else groups - 1.0
