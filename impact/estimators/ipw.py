"""Effects of a treatment that is as good as random given covariates: weighting (Rosenbaum and Rubin 1983).

    ATE = E[y_1 − y_0],   ATT = E[y_1 − y_0 | treated]

method ipw: means weighted by 1/p and 1/(1 − p) (ATT: 1 and p/(1 − p)), p from `link`; aipw: regressions of the outcome
in both groups plus the weighted means of their residuals, right where one of the two models is (Robins, Rotnitzky and
Zhao 1994); entropy: weights of largest entropy whose means of the covariates equal those of the population (Hainmueller
2012; Zhao and Percival 2017), reported in the table `balance`.
The formula is `outcome ~ treatment + covariates`; `score` names other columns for p. Weights are divided by their sum
(`normalised: false`: by the number of rows). Errors: influence rows with the estimation of p, of the weights and of the
regressions (Lunceford and Davidian 2004), so that they may be clustered.
Assumptions: no unobserved confounder; every kind of row can be treated or not. Where that fails E661 says so; `trim`
leaves out rows with p below it or above 1 − it (ATT: above), counted in W660: the effect is then that of those kept,
with p from all rows.
Defaults elsewhere: Stata teffects ipw and aipw: ATE, logit, aipw not normalised; R ebal and Stata ebalance: ATT.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

import impact.kernels.treatment_weights as kernel
from impact.core.arrays import Floats, Integers
from impact.core.designs import Design, Term
from impact.core.errors import Notice
from impact.core.estimates import Estimate, Influence
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import notice
from impact.estimators._distributions import row_weights
from impact.estimators._treated import (
    Columns,
    Treated,
    balance,
    named_columns,
    names_of,
    score_of,
    treated_of,
    without_overlap,
)

NAME = "ipw"
ACCEPTS = ("weights:sampling", "clusters")
SMALLEST = 1e-5  # a probability under this is no overlap, as in Stata's teffects
HEAVY = 0.1  # share of one row in the weight of its group that is told


class WeightingOptions(Options):
    """Options of weighting."""

    method: Literal["ipw", "aipw", "entropy"] = Field(
        "ipw", description="ipw (inverse probability), aipw (doubly robust), or entropy (balancing)."
    )
    estimand: Literal["ate", "att"] = Field(
        "ate", description="Effect on everybody (ate) or on the treated (att)."
    )
    link: Literal["logit", "probit"] = Field("logit", description="Model of the probability of treatment.")
    score: tuple[str, ...] | str = Field(
        (), description="Columns of the probability of treatment; default: the covariates of the formula."
    )
    normalised: bool = Field(True, description="Divide by the sum of the weights, not by the number of rows.")
    trim: float = Field(
        0.0, ge=0, lt=0.5, description="Leave out rows whose probability is this close to 0 or 1."
    )

    @model_validator(mode="after")
    def _entropy_has_no_score(self) -> WeightingOptions:
        if self.method != "entropy":
            return self
        for name in ("link", "score", "normalised", "trim"):
            if getattr(self, name) != type(self).model_fields[name].default:
                raise PydanticCustomError("E550", "", {"option": name, "method": "entropy", "of": "ipw"})
        return self


@dataclass(frozen=True, slots=True)
class _Sample:
    """y, d and sampling weights (n,); of those the rows kept and the population of the effect; columns of weights."""

    y: Floats
    d: Floats
    kept: Floats
    population: Floats
    columns: Columns


def fit(design: Design, options: WeightingOptions) -> Estimate:
    """The effect and both means.

    Arguments:
        design: y (n,), x (n, k) with the treatment as the term of interest, and the columns of the options.
        options: see ``WeightingOptions``.

    Returns:
        Estimate: the term of the treatment, then the means of both treatments, with influence rows; ``tables`` holds
        the balance of the covariates.

    Raises:
        DesignError: E650 what it does not take, E660 a treatment that is not 0 and 1, E661 no overlap.
    """
    treated = treated_of(design, NAME, ACCEPTS)
    names = names_of(options.score)
    columns = named_columns(design, "score", names) if names else treated.others
    weights = row_weights(design)
    if options.method == "entropy":
        population = weights if options.estimand == "ate" else weights * treated.d
        sample = _Sample(design.y, treated.d, weights, population, columns)
        arms = tuple(_entropy_arm(sample, arm, options) for arm in (0, 1))
    else:
        sample, arms = _score_arms(design, treated, columns, options)
    means = [_mean(sample, treated, arms[arm], arm, options) for arm in (0, 1)]
    return _estimate(design, treated, sample, (arms[0], arms[1]), means)


def _estimate(
    design: Design,
    treated: Treated,
    sample: _Sample,
    arms: tuple[kernel.ArmWeights, kernel.ArmWeights],
    means: list[kernel.Mean],
) -> Estimate:
    rows: Integers = np.arange(len(design.y), dtype=np.int32)
    difference = means[1].rows - means[0].rows
    after = (arms[0].weight, arms[1].weight)
    trimmed = int(np.count_nonzero(sample.kept == 0) - np.count_nonzero(row_weights(design) == 0))
    return Estimate(
        estimator=NAME,
        terms=(Term(treated.name), *(Term(f"mean[{treated.name}={arm}]", "mean") for arm in (1, 0))),
        params=np.array([means[1].value - means[0].value, means[1].value, means[0].value]),
        n_obs=float(len(design.y) - trimmed),
        df_model=3,
        df_resid=float(len(design.y) - trimmed - 3),
        influence=Influence(np.column_stack([difference, means[1].rows, means[0].rows]), rows),
        focus=(0,),
        fit={
            "mean_outcome": float(np.average(design.y, weights=row_weights(design))),
            "n_treated": float(np.count_nonzero(sample.d[sample.kept > 0])),
            "n_effective_control": kernel.effective_size(after[0]),
            "n_effective_treated": kernel.effective_size(after[1]),
            "n_trimmed": float(trimmed),
        },
        dropped_terms={**treated.others.lost, **sample.columns.lost},
        notices=_notices(after, trimmed),
        tables={"balance": balance(sample.columns, sample.d, row_weights(design), after)},
    )


def _score_arms(
    design: Design, treated: Treated, columns: Columns, options: WeightingOptions
) -> tuple[_Sample, tuple[kernel.ArmWeights, kernel.ArmWeights]]:
    """Weights of both groups from the probability of treatment, on the rows that `trim` keeps.

    Raises:
        DesignError: E661.
    """
    weights, of_treated = row_weights(design), options.estimand == "att"
    score = score_of(columns, treated.d, options.link, weights)
    p = score.probability
    inside = (p <= 1.0 - options.trim) & (of_treated | (p >= options.trim))
    beyond = inside & ((p > 1.0 - SMALLEST) | ((p < SMALLEST) & (not of_treated)))
    if beyond.any():
        count = int(np.count_nonzero(beyond))
        raise without_overlap(f"{count} row(s) have a probability of treatment within {SMALLEST:g} of 0 or 1")
    kept = weights * inside
    for arm in (0, 1):
        if not np.any(kept[treated.d == arm] > 0):
            raise without_overlap(f"`trim` leaves no row with treatment {arm}")
    population = kept * treated.d if of_treated else kept
    sample = _Sample(design.y, treated.d, kept, population, columns)
    arms = [kernel.score_weights(score, treated.d, kept, arm, of_treated) for arm in (0, 1)]
    return sample, (arms[0], arms[1])


def _entropy_arm(sample: _Sample, arm: int, options: WeightingOptions) -> kernel.ArmWeights:
    """Weights of a group that balance the covariates with the population; treated stay as they are for the ATT.

    Raises:
        DesignError: E661 a mean that no positive weights reach.
    """
    inside = sample.kept * (sample.d == arm)
    x = sample.columns.x[:, :1] if options.estimand == "att" and arm == 1 else sample.columns.x
    try:
        return kernel.entropy_weights(x, inside, sample.population)
    except kernel.BalanceError as error:
        name = sample.columns.names[error.column]
        group = "treated" if arm else "controls"
        gap = f"{abs(error.gap):.2g}"
        raise without_overlap(
            f"no weights of the {group} reach the mean of '{name}' (a gap of {gap} standard deviations is left)"
        ) from None


def _mean(
    sample: _Sample, treated: Treated, weights: kernel.ArmWeights, arm: int, options: WeightingOptions
) -> kernel.Mean:
    if options.method != "aipw":
        return kernel.weighted_mean(weights, sample.y, None if options.normalised else sample.population)
    inside = sample.kept * (sample.d == arm)
    x = treated.others.x
    if np.linalg.matrix_rank(x[inside > 0]) < x.shape[1]:
        group = "treated" if arm else "controls"
        raise without_overlap(f"a covariate does not vary among the {group}, or is collinear there")
    return kernel.augmented_mean(
        weights, sample.y, x, inside=inside, population=sample.population, normalised=options.normalised
    )


def _notices(after: tuple[Floats, Floats], trimmed: int) -> tuple[Notice, ...]:
    """W660 rows left out, W661 a row that carries much of its group."""
    found = [notice("W660", count=trimmed)] if trimmed else []
    for arm, weight in enumerate(after):
        share = float(weight.max() / weight.sum())
        if share > HEAVY:
            size = f"{kernel.effective_size(weight):.3g}"
            found.append(notice("W661", arm=arm, share=f"{100 * share:.0f}", effective=size))
    return tuple(found)


def _columns(options: WeightingOptions) -> dict[str, str]:
    return {f"score {name}": name for name in names_of(options.score)}


ESTIMATOR = Estimator(
    summary="Inverse probability weighting, doubly robust weighting, entropy balancing",
    options=WeightingOptions,
    fit=fit,
    references=(
        "Rosenbaum and Rubin 1983",
        "Robins, Rotnitzky and Zhao 1994",
        "Hainmueller 2012",
        "Lunceford and Davidian 2004",
    ),
    accepts=ACCEPTS,
    columns=_columns,
)
