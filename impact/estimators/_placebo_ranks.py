"""Ranks of a treated unit among placebos: by its effect, and by the ratio of fit after and before treatment.

Source: Abadie, Diamond and Hainmueller (2010, section 3.4; 2015).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from impact.core.arrays import Floats

TIES = 1e-10


@dataclass(frozen=True, slots=True)
class Ranks:
    """p-values by effect and by ratio, and the facts to report (ranks, p-values, smallest p, number of sets)."""

    p_effect: float
    p_ratio: float
    facts: Mapping[str, float]


def ranked(gap: Floats, placebos: Floats, before: int) -> Ranks:
    """Ranks of the treated gaps (T,) among placebo gaps (S, T); rank 1 is the largest, ties count against it.

    Arguments:
        before: number of periods before treatment.
    """
    effects = np.abs(placebos[:, before:].mean(axis=1))
    effect = abs(float(gap[before:].mean()))
    ratios, ratio = _ratios(placebos, before), float(_ratios(gap[None], before)[0])
    rank_effect = 1.0 + int(np.count_nonzero(effects >= effect * (1 - TIES)))
    rank_ratio = 1.0 + int(np.count_nonzero(ratios >= ratio * (1 - TIES)))
    count = len(placebos) + 1.0
    facts = {
        "ratio": ratio,
        "rank_effect": rank_effect,
        "p_effect": rank_effect / count,
        "rank_ratio": rank_ratio,
        "p_ratio": rank_ratio / count,
        "smallest_p": 1.0 / count,
        "n_sets": count - 1.0,
    }
    return Ranks(rank_effect / count, rank_ratio / count, facts)


def _ratios(gaps: Floats, before: int) -> Floats:
    """Root mean squared gap after treatment over that before; infinite where the fit before is exact."""
    earlier = np.sqrt(np.mean(gaps[:, :before] ** 2, axis=1))
    later = np.sqrt(np.mean(gaps[:, before:] ** 2, axis=1))
    exact = earlier <= 1e-9 * later
    return np.asarray(np.where(exact, np.inf, later / np.where(exact, 1.0, earlier)))
