"""Placebo assignments, and ranks of the treated among them: by effect, and by the ratio of fit after and before.

With few periods before treatment the ratio means nothing (its denominator is near zero by chance), and there is no
rank by it.
Source: Abadie, Diamond and Hainmueller (2010, section 3.4; 2015).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.errors import Notice
from impact.core.estimates import OwnVariance
from impact.core.texts import notice
from impact.estimators._refits import spread_of_draws
from impact.estimators._treated_block import Panel, generator_of, undefined_errors

TIES = 1e-10
Units = npt.NDArray[np.int64]
# with fewer periods before treatment there is no rank by the ratio of fit (W520)
FEW_BEFORE = 5


def placebo_sets(panel: Panel, size: int, most: int) -> list[Units]:
    """Sets of never treated units, as many as were treated: all of them, or ``most`` draws where there are more.

    Raises:
        DesignError: E586 there is none. SpecError: E182 draws without a seed.
    """
    pool = np.flatnonzero(panel.never)
    if len(pool) < size:
        problem = "fewer never treated units than treated ones"
        raise undefined_errors("placebo", problem, "add never treated units")
    if math.comb(len(pool), size) <= most:
        return [np.array(own, dtype=np.int64) for own in itertools.combinations(pool.tolist(), size)]
    generator = generator_of(panel.design, "placebo sets")
    return [np.sort(generator.choice(pool, size, replace=False)) for _ in range(most)]


@dataclass(frozen=True, slots=True)
class Ranks:
    """p-value by the ratio of fit, None with few periods before treatment, and the facts to report."""

    p_ratio: float | None
    facts: Mapping[str, float]


def ranked(gap: Floats, placebos: Floats, before: int) -> Ranks:
    """Ranks of the treated gaps (T,) among placebo gaps (S, T); rank 1 is the largest, ties count against it.

    Arguments:
        before: number of periods before treatment.
    """
    facts = _rank("effect", float(gap[before:].mean()), placebos[:, before:].mean(axis=1))
    if before < FEW_BEFORE:
        return Ranks(None, facts)
    ratios, ratio = _ratios(placebos, before), float(_ratios(gap[None], before)[0])
    facts |= {"ratio": ratio, **_rank("ratio", ratio, ratios)}
    return Ranks(facts["p_ratio"], facts)


@dataclass(frozen=True, slots=True)
class Judged:
    """Placebo errors with what they may be read for: p-values that are left out, ranks to report, notices."""

    own: OwnVariance
    facts: Mapping[str, float]
    notices: tuple[Notice, ...]


def judged(panel: Panel, params: Floats, draws: Floats, orders: Units, roles: Units) -> Judged:
    """Placebo errors by draws, and the rank of the first effect among them, each assignment counted once.

    Arguments:
        params: (k,). draws: (R, k). orders: (R, N) of never treated units, the last S of which are treated in a draw.
        roles: (S,) the cohort that each of those plays.
    """
    own = spread_of_draws(draws, "placebo", panel.adoption.unit.name)
    assigned = np.full(orders.shape, -1, dtype=np.int64)
    np.put_along_axis(assigned, orders[:, orders.shape[1] - len(roles) :], roles[None], axis=1)
    first = np.unique(assigned, axis=0, return_index=True)[1]
    notices = few_before(int(panel.before.min()), panel.design.outcome)
    if notices:
        own = replace(own, p_value=np.full(len(params), np.nan))
    return Judged(own, _rank("effect", float(params[0]), draws[first, 0]), notices)


def few_before(before: int, outcome: str) -> tuple[Notice, ...]:
    """W520 where there are too few periods before treatment for a rank by the ratio of fit, and for a verdict."""
    return (notice("W520", of=outcome, count=before),) if before < FEW_BEFORE else ()


def _rank(name: str, actual: float, placebos: Floats) -> dict[str, float]:
    """Rank by absolute size and its p-value, with the smallest one that so many placebos allow."""
    rank = 1.0 + int(np.count_nonzero(np.abs(placebos) >= abs(actual) * (1 - TIES)))
    count = len(placebos) + 1.0
    return {
        f"rank_{name}": rank,
        f"p_{name}": rank / count,
        "smallest_p": 1.0 / count,
        "n_sets": count - 1.0,
    }


def _ratios(gaps: Floats, before: int) -> Floats:
    """Root mean squared gap after treatment over that before; infinite where the fit before is exact."""
    earlier = np.sqrt(np.mean(gaps[:, :before] ** 2, axis=1))
    later = np.sqrt(np.mean(gaps[:, before:] ** 2, axis=1))
    exact = earlier <= 1e-9 * later
    return np.asarray(np.where(exact, np.inf, later / np.where(exact, 1.0, earlier)))
