"""Effects of a treatment that is as good as random given covariates: nearest neighbours (Abadie and Imbens 2006).

    ATE = n^-1 Σ (ŷ_i1 − ŷ_i0),   ATT = n1^-1 Σ_treated (y_i − ŷ_i0)

What a row would have been under the other treatment is the mean of the `k` rows of the other group that are nearest
(and of all as near as the last), each row used as often as needed. `metric`: mahalanobis, variance (differences in
standard deviations), euclidean, or score: the probability of treatment. `exact` names columns that must be equal.
`adjust`: the difference that is left in the covariates is taken out by a regression on the matched rows (Abadie and
Imbens 2011); with several continuous covariates the estimate is biased without it.
Errors: Abadie and Imbens (2006), with the variance among a row and its two nearest of its own group, two rows in all
with metric score, and there less what the estimation of the score takes off (Abadie and Imbens 2016; effect on
everybody only). A bootstrap is not valid.
With exact columns the rows of a local variance are those of the same cell, fewer where it has no more; a row alone in
its cell takes the mean of the local variances of its group.
Assumptions: no unobserved confounder; every kind of row can be treated or not.
Defaults elsewhere: Stata teffects nnmatch: no adjustment; R Matching: ATT, no adjustment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

import impact.kernels.matching as kernel
import impact.kernels.treatment_weights as weighting
from impact.core.arrays import Floats, Logicals
from impact.core.designs import Design, Term
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, OwnVariance
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault, in_all_languages, notice
from impact.estimators._distributions import as_factor, names_of, option_columns
from impact.estimators._treated import (
    Columns,
    Treated,
    balance,
    score_of,
    treated_of,
    without_overlap,
)

NAME = "matching"
ACCEPTS = ("own_variance",)
APART = (
    4.0  # distance that an exact column adds between rows that differ in it, in diameters of the covariates
)
AMONG = {"score": 2}  # rows in a local variance, the row itself among them
AMONG_OTHERS = 3


class MatchingOptions(Options):
    """Options of matching."""

    estimand: Literal["ate", "att"] = Field(
        "ate", description="Effect on everybody (ate) or on the treated (att)."
    )
    k: int = Field(1, ge=1, description="Matches of each row.")
    metric: Literal["mahalanobis", "variance", "euclidean", "score"] = Field(
        "mahalanobis", description="mahalanobis, variance, euclidean, or score (probability of treatment)."
    )
    exact: tuple[str, ...] | str = Field((), description="Columns that matched rows must have in common.")
    adjust: bool | tuple[str, ...] | str = Field(
        True, description="Correct for distance in the covariates, or in those named; not with metric: score."
    )
    link: Literal["logit", "probit"] = Field("logit", description="Model of the probability, metric: score.")

    @model_validator(mode="after")
    def _score(self) -> MatchingOptions:
        if self.metric != "score" and self.link != "logit":
            raise PydanticCustomError("E550", "", {"option": "link", "method": self.metric, "of": "score"})
        if self.metric == "score" and self.estimand == "att":
            what, advice = "estimand: att", "use another metric, or ipw with estimand: att"
        elif self.metric == "score" and names_of(self.exact):
            what, advice = "exact", "put the columns in the formula"
        elif self.metric == "score" and not isinstance(self.adjust, bool):
            what, advice = "adjust", "use another metric"
        else:
            return self
        raise PydanticCustomError("E663", "", {"what": what, "advice": advice})


@dataclass(frozen=True, slots=True)
class _Sample:
    """y (n,); controls and treated as flags (n,); space (n, p) in which rows are near, and the points of both groups in
    it; regressors (n, q) of the adjustment, None without; score; rows in a local variance; distance beyond which rows
    differ in an exact column; cell (n,) of the exact columns, None without.
    """

    y: Floats
    groups: tuple[Logicals, Logicals]
    space: Floats
    points: tuple[kernel.Points, kernel.Points]
    regressors: Floats | None
    score: weighting.Score | None
    among: int
    farthest: float = float("inf")
    cell: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class _Matched:
    """Effect of each row (n,), K and K' (n,) of rows as matches, number of matches and distance (n,)."""

    effect: Floats
    used: Floats
    used_squared: Floats
    matches: Floats
    reach: Floats


def fit(design: Design, options: MatchingOptions) -> Estimate:
    """The effect, with the errors of Abadie and Imbens.

    Arguments:
        design: y (n,), x (n, k) with the treatment as the term of interest and at least one covariate.
        options: see ``MatchingOptions``.

    Returns:
        Estimate: the term of the treatment; ``tables`` holds the balance of the covariates.

    Raises:
        DesignError: E500 no two rows of a group in one cell of the exact columns, E650 what it does not take, E660 a
            treatment that is not 0 and 1, or no covariate, E661 no overlap, E662 rows without an exact match.
    """
    treated = treated_of(design, NAME, ACCEPTS)
    sample = _sample(design, treated, options)
    matched = _matched(sample, options)
    on = np.ones(len(design.y)) if options.estimand == "ate" else treated.d
    size = float(on.sum())
    effect = float(on @ matched.effect / size)
    counts = _counts(sample, matched, options)
    spread, notices = _spread(sample, counts, treated.name)
    total = float(on @ (matched.effect - effect) ** 2 + spread @ counts)
    variance = total / size**2 - _taken_off(sample)
    weights = tuple((on + matched.used) * (treated.d == arm) for arm in (0, 1))
    if options.estimand == "att":
        weights = (matched.used * (treated.d == 0), treated.d)
    return Estimate(
        estimator=NAME,
        terms=(Term(treated.name),),
        params=np.array([effect]),
        n_obs=float(len(design.y)),
        df_model=1,
        df_resid=float(len(design.y) - 1),
        focus=(0,),
        fit={
            "mean_outcome": float(np.mean(design.y)),
            "n_treated": float(treated.d.sum()),
            "n_matched_controls": float(np.count_nonzero(matched.used[treated.d == 0])),
            "most_matches": float(matched.matches[on > 0].max()),
            "largest_use": float(matched.used.max()),
            "largest_distance": float(matched.reach[on > 0].max()),
        },
        dropped_terms=treated.others.lost,
        tables={
            "balance": balance(treated.others, treated.d, np.ones(len(design.y)), (weights[0], weights[1]))
        },
        own_variance=OwnVariance(
            np.array([[variance]]),
            "abadie_imbens",
            in_all_languages("matching.abadie_imbens"),
        ),
        notices=notices,
    )


def _sample(design: Design, treated: Treated, options: MatchingOptions) -> _Sample:
    others, exact = treated.others, names_of(options.exact)
    if len(others.names) == 1 and not exact:
        raise DesignError(
            fault("E660", term=treated.name, problem="the formula has no covariate to match on")
        )
    among = AMONG.get(options.metric, AMONG_OTHERS)
    groups = (treated.d == 0, treated.d == 1)
    for arm, group in enumerate(groups):
        count = int(np.count_nonzero(group))
        if count < max(options.k, among):
            raise without_overlap(f"{count} row(s) with treatment {arm} are fewer than the neighbours needed")
    if options.metric == "score":
        score = score_of(others, treated.d, options.link, np.ones(len(design.y)))
        space = score.probability[:, None]
        return _Sample(design.y, groups, space, _points(space, groups), None, score, among)
    near = np.zeros((len(design.y), 0))
    if len(others.names) > 1:
        near = kernel.whitened(others.covariates, options.metric)
    # never below one: points nearer than a small number are ties
    apart = APART * max(float(np.linalg.norm(np.ptp(near, axis=0))), 1.0)
    codes = [as_factor(name, design.columns[f"exact {name}"]).codes for name in exact]
    space = np.column_stack([near, *(apart * code for code in codes)])
    cell = np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].reshape(-1) if codes else None
    regressors = _regressors(others, options)
    return _Sample(
        design.y, groups, space, _points(space, groups), regressors, None, among, apart / 2.0, cell
    )


def _points(space: Floats, groups: tuple[Logicals, Logicals]) -> tuple[kernel.Points, kernel.Points]:
    return kernel.points_of(space[groups[0]]), kernel.points_of(space[groups[1]])


def _regressors(others: Columns, options: MatchingOptions) -> Floats | None:
    """Covariates of the adjustment, about their means, with a constant.

    Raises:
        DesignError: E521 a name that is no covariate.
    """
    wanted = options.adjust
    if wanted is False or len(others.names) == 1:
        return None
    if wanted is True:
        return others.x
    places = [0]
    for name in names_of(wanted if not isinstance(wanted, bool) else ()):
        if name not in others.names:
            raise DesignError(fault("E521", name=name, terms=", ".join(others.names[1:])))
        places.append(others.names.index(name))
    return np.ascontiguousarray(others.x[:, places])


def _matched(sample: _Sample, options: MatchingOptions) -> _Matched:
    """Each row against the other group, one direction after the other.

    Raises:
        DesignError: E662.
    """
    n = len(sample.y)
    effect, used, squared, matches, reach = (np.zeros(n) for _ in range(5))
    for arm in (0, 1):
        if arm == 0 and options.estimand == "att":
            continue
        own, other = sample.groups[arm], sample.groups[1 - arm]
        values = sample.y[other]
        pairs = kernel.nearest(sample.points[arm], sample.points[1 - arm], options.k)
        found = kernel.match(pairs, values)
        alone = int(np.count_nonzero(found.reach > sample.farthest))
        if alone:
            shown = ", ".join(names_of(options.exact))
            raise DesignError(fault("E662", count=alone, arm=arm, k=options.k, columns=shown))
        mean = found.mean
        if sample.regressors is not None:
            x = sample.regressors
            root = np.sqrt(found.used)
            params = np.linalg.lstsq(x[other] * root[:, None], values * root, rcond=None)[0]
            mean = kernel.means(pairs, values - x[other] @ params) + x[own] @ params
        effect[own] = (sample.y[own] - mean) * (1.0 if arm else -1.0)
        matches[own], reach[own] = found.matches, found.reach
        used[other], squared[other] = found.used, found.used_squared
    return _Matched(effect, used, squared, matches, reach)


def _counts(sample: _Sample, matched: _Matched, options: MatchingOptions) -> Floats:
    """(n,) How often the variance of each row counts."""
    used, squared = matched.used, matched.used_squared
    if options.estimand == "ate":
        return used**2 + 2.0 * used - squared
    return np.where(sample.groups[0], used**2 - squared, 0.0)


def _spread(sample: _Sample, counts: Floats, name: str) -> tuple[Floats, tuple[Notice, ...]]:
    """The local variance of each row (n,), inside its cell of the exact columns, and what to say of thin cells.

    Raises:
        DesignError: E500 rows that count, and none of their group has another in its cell.
    """
    spread = np.empty(len(sample.y))
    for own, points in zip(sample.groups, sample.points, strict=True):
        spread[own] = kernel.local_variance(points, sample.y[own], sample.among)
    if sample.cell is None:
        return spread, ()
    thin = np.zeros(len(sample.y), dtype=bool)
    for own in sample.groups:
        cell = np.unique(sample.cell[own], return_inverse=True)[1]
        thin[own] = np.bincount(cell)[cell] < sample.among
        spread[own] = kernel.variance_in_cells(spread[own], sample.y[own], cell, sample.among)
    alone = np.isnan(spread)
    for arm, own in enumerate(sample.groups):
        if np.any(alone & own & (counts > 0)) and np.all(alone[own]):
            raise DesignError(fault("E500", term=name, arm=arm))
        if not np.all(alone[own]):
            spread[alone & own] = np.mean(spread[own & ~alone])
    spread[np.isnan(spread)] = 0.0
    told = [int(np.count_nonzero(rows & (counts > 0))) for rows in (thin, alone)]
    return spread, (notice("W552", of=name, count=told[0], alone=told[1]),) if told[0] else ()


def _taken_off(sample: _Sample) -> float:
    """What estimating the score takes off the variance: c' I^-1 c / n (Abadie and Imbens 2016, theorem 1)."""
    score = sample.score
    if score is None:
        return 0.0
    p, n = score.probability, len(sample.y)
    everybody = kernel.points_of(sample.space)
    total = np.zeros(score.x.shape[1])
    for own, among, share in zip(sample.groups, sample.points, (1.0 - p, p), strict=True):
        found = kernel.local_covariance(everybody, among, score.x[own], sample.y[own], sample.among)
        total += (score.slope / share) @ found / n
    information = (score.x * (score.slope**2 / (p * (1.0 - p)))[:, None]).T @ score.x
    return float(total @ np.linalg.solve(information, total))


def _columns(options: MatchingOptions) -> dict[str, str]:
    return option_columns("exact", options.exact)


ESTIMATOR = Estimator(
    summary="Nearest-neighbour matching with Abadie-Imbens errors and bias adjustment",
    options=MatchingOptions,
    fit=fit,
    references=("Abadie and Imbens 2006", "Abadie and Imbens 2011", "Abadie and Imbens 2016"),
    accepts=ACCEPTS,
    columns=_columns,
)
