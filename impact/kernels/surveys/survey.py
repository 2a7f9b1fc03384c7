"""Variance of totals under a stratified design of several stages, from linearised rows.

    V = Σ_h (1 − f_h) n_h/(n_h − 1) Σ_j (z_hj − z̄_h)(z_hj − z̄_h)′ + Σ_hj f_h V₂(hj) + …

z_hj are sums of the rows of primary unit j in stratum h. n_h counts the units of the whole design: those without a row
in the domain have the total 0. Later stages enter only where sampling fractions are known. Sources: Särndal, Swensson
and Wretman (1992), ch. 4; Lumley (2004), whose R package survey gives the rules for strata with one unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# a stratum sampled in full has no sampling variance
COMPLETE = 1e-7


class LonelyUnit(ValueError):
    """A stratum with a single unit, and no rule for it; ``strata``: codes, ``stage``: 0 for the first."""

    def __init__(self, strata: Sequence[int], stage: int) -> None:
        super().__init__(f"{len(strata)} strata with one unit at stage {stage + 1}")
        self.strata = tuple(strata)
        self.stage = stage


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of sampling on the n rows of the domain.

    Arguments:
        stratum, unit: (n,) codes; units of different strata have different codes.
        sampled: (n,) units of the row's stratum in the whole design; population: (n,) in the population, or infinity.
    """

    stratum: Integers
    unit: Integers
    sampled: Floats
    population: Floats


def unit_totals(
    rows: Floats, unit: Integers, domain: npt.NDArray[np.integer] | None = None, domains: int = 1
) -> tuple[Floats, Integers]:
    """Rows (n, v) summed by unit and domain in one pass: (u, D v), domain by domain, and a row of each unit.

    Arguments:
        unit: (n,) codes of zero or more; domain: (n,) 0…D−1, None where there is one.
    """
    first, _, codes = _distinct(unit)
    cell = codes if domain is None else codes * domains + domain
    size = len(first) * domains
    found = np.empty((size, rows.shape[1]))
    for j, column in enumerate(rows.T):
        found[:, j] = np.bincount(cell, weights=column, minlength=size)
    return found.reshape(len(first), domains * rows.shape[1]), first


def design_variance(rows: Floats, stages: Sequence[Stage], *, singleton: str) -> tuple[Floats, int]:
    """(k, k) variance of the column sums of linearised rows (n, k), and how many strata the rule for one unit met.

    Arguments:
        singleton: rule for strata with one unit: "fail", "certainty" (no variance), "centered" (its total about zero,
            the mean of all), "average" (the mean variance of the other strata).

    Raises:
        LonelyUnit: such a stratum under "fail".
    """
    outer = np.zeros(len(rows), dtype=np.int64)
    multiplier = np.ones(len(rows))
    total = np.zeros((rows.shape[1], rows.shape[1]))
    met = 0
    for number, stage in enumerate(stages):
        if number and not np.any(multiplier > 0):
            break
        own, count = _stage_variance(rows, stage, outer, multiplier, singleton=singleton, number=number)
        total += own
        met += count
        fraction = np.where(np.isfinite(stage.population), stage.sampled / stage.population, 0.0)
        multiplier = multiplier * fraction
        outer = stage.unit
    return total, met


def _stage_variance(
    rows: Floats, stage: Stage, outer: Integers, multiplier: Floats, *, singleton: str, number: int
) -> tuple[Floats, int]:
    """The variance of one stage, inside the units ``outer`` of the stage before, each times its multiplier."""
    first, unit, inverse = _distinct(stage.unit)
    totals = np.stack(
        [np.bincount(inverse, weights=column, minlength=len(unit)) for column in rows.T], axis=1
    )
    at, strata, of = _distinct(stage.stratum[first])
    row = first[at]
    seen = np.bincount(of, minlength=len(strata)).astype(np.float64)
    sampled, population = stage.sampled[row], stage.population[row]
    free = np.where(np.isfinite(population), 1.0 - sampled / population, 1.0)
    alone = (sampled <= 1.0) & (free >= COMPLETE)
    if singleton == "fail" and np.any(alone & (multiplier[row] > 0)):
        raise LonelyUnit([int(code) for code in strata[alone]], number)
    sums = np.stack([np.bincount(of, weights=column, minlength=len(strata)) for column in totals.T], axis=1)
    mean: Floats = sums / np.maximum(sampled, 1.0)[:, None]
    if singleton == "centered":
        mean[alone] = 0.0
    scale = np.where(sampled > 1.0, free * sampled / np.maximum(sampled - 1.0, 1.0), free)
    scale[free < COMPLETE] = 0.0
    if singleton == "average":
        scale[alone] = 0.0
        scale *= _spread_over(alone, outer[row])
    scale *= multiplier[row]
    centred = (totals - mean[of]) * np.sqrt(scale[of])[:, None]
    absent = mean * np.sqrt(scale * np.maximum(sampled - seen, 0.0))[:, None]
    return centred.T @ centred + absent.T @ absent, int(np.count_nonzero(alone & (multiplier[row] > 0)))


def _spread_over(alone: npt.NDArray[np.bool_], outer: Integers) -> Floats:
    """Strata over strata with more than one unit, inside each outer unit."""
    _, _, code = _distinct(outer)
    whole = np.bincount(code).astype(np.float64)
    usable = np.bincount(code, weights=~alone)
    return np.divide(whole, usable, out=np.zeros_like(whole), where=usable > 0)[code]


def _distinct(codes: Integers) -> tuple[Integers, Integers, Integers]:
    """A position, the value and the inverse of the distinct codes of zero or more, in ascending order."""
    position = np.full(int(codes.max(initial=-1)) + 1, -1, dtype=np.int64)
    position[codes] = np.arange(len(codes))
    values = np.flatnonzero(position >= 0)
    number = np.zeros(len(position), dtype=np.int64)
    number[values] = np.arange(len(values))
    return position[values], values, number[codes]
