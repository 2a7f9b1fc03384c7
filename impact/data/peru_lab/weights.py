"""Weights: those of the design, calibrated by year to the margins of the policy paper's profile of 2020."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

# share of women, metropolis, other urban, working age, employed of the labour force, informal of the employed
MARGINS = {"resident": (0.52, 0.32, 0.47, 0.64, 0.94, 0.81), "migrant": (0.51, 0.69, 0.29, 0.73, 0.93, 0.83)}
HIGHER, YOUNG_LOW_OF_FORCE = 0.22, 0.029
HIGHER_2018, HIGHER_2019, HIGHER_2020 = 0.57, 0.485, 0.40
ROUNDS, CLOSE = 500, 1e-9
# levels of each characteristic: sex, place, work, schooling, whether a young woman of low schooling
SHAPE = (2, 3, 4, 3, 2)
METRO, URBAN, RURAL = 0, 1, 2
OUTSIDE, UNEMPLOYED, INFORMAL, FORMAL = 0, 1, 2, 3
NOT_OF_WORKING_AGE, LOWER, HIGHER_SCHOOL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Traits:
    """What the weights are calibrated on, whole numbers (rows,) below those of ``SHAPE``, with year and migrant."""

    woman: Whole
    place: Whole
    work: Whole
    schooling: Whole
    young_low: Whole
    year: Whole
    migrant: Whole


def calibrated(weights: Floats, traits: Traits) -> Floats:
    """Weights whose margins are the paper's, within each year and for residents and migrants apart.

    Iterative proportional fitting on the cells of all characteristics (Deming and Stephan 1940); every step keeps the
    sum of what it divides, so that the sum of the weights stays.
    """
    found = weights.copy()
    cell = np.ravel_multi_index(
        (traits.woman, traits.place, traits.work, traits.schooling, traits.young_low), SHAPE
    )
    for year in np.unique(traits.year).tolist():
        for migrant in (0, 1):
            rows = np.flatnonzero((traits.year == year) & (traits.migrant == migrant))
            cells = np.asarray(np.bincount(cell[rows], weights[rows], int(np.prod(SHAPE))), dtype=np.float64)
            fitted = _fitted(cells.reshape(SHAPE), year, is_migrant=bool(migrant)).ravel()
            factor = np.divide(fitted, cells, out=np.zeros_like(cells), where=cells > 0)
            found[rows] *= factor[cell[rows]]
    return found


def higher_of_migrants(year: int) -> float:
    """Share with higher education among migrants of working age: 57 % in 2018, 40 % in 2020."""
    if year <= 2018:
        return HIGHER_2018
    return HIGHER_2019 if year == 2019 else HIGHER_2020


def _fitted(cells: Floats, year: int, *, is_migrant: bool) -> Floats:
    """Cells that keep their pattern and have the margins."""
    woman, metro, urban, age, employed, informal = MARGINS["migrant" if is_migrant else "resident"]
    higher = higher_of_migrants(year) if is_migrant else HIGHER
    # parts of a whole, each (position of the characteristic, levels of each part, shares)
    steps = [
        (0, ((0,), (1,)), (1 - woman, woman)),
        (1, ((METRO,), (URBAN,), (RURAL,)), (metro, urban, 1 - metro - urban)),
        (3, ((NOT_OF_WORKING_AGE,), (LOWER, HIGHER_SCHOOL)), (1 - age, age)),
        (3, ((LOWER,), (HIGHER_SCHOOL,)), (1 - higher, higher)),
        (2, ((UNEMPLOYED,), (INFORMAL, FORMAL)), (1 - employed, employed)),
        (2, ((INFORMAL,), (FORMAL,)), (informal, 1 - informal)),
    ]
    found = cells.copy()
    for _ in range(ROUNDS):
        before = found.copy()
        for axis, parts, shares in steps:
            _divide(found, axis, parts, shares)
        if not is_migrant:
            _divide(found[:, :, 1:], 4, ((0,), (1,)), (1 - YOUNG_LOW_OF_FORCE, YOUNG_LOW_OF_FORCE))
        if np.abs(found - before).max() <= CLOSE * found.sum():
            break
    return found


def _divide(cells: Floats, axis: int, parts: tuple[tuple[int, ...], ...], shares: tuple[float, ...]) -> None:
    """Scale parts of a whole, in place, so that they have the given shares of it; empty parts stay empty."""
    views = [np.moveaxis(cells, axis, 0)[list(levels)] for levels in parts]
    sums = [float(view.sum()) for view in views]
    total = sum(sums)
    for levels, share, own in zip(parts, shares, sums, strict=True):
        if own > 0:
            np.moveaxis(cells, axis, 0)[list(levels)] *= share * total / own
