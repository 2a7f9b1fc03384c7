"""Refits of comparative-case estimators: which units are drawn, and the rows made of the effects of a draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import AdoptionChoices, Term
from impact.core.estimates import OwnVariance
from impact.estimators._aggregate import Cells, aggregate_cells
from impact.estimators._treated_block import described, undefined_errors

Units = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Refits:
    """What every refit has in common: dates of the cohorts (G,), periods (T,), and the choices of the design."""

    cohorts: Floats
    periods: Floats
    choices: AdoptionChoices


def aggregated(refits: Refits, effects: Floats, sizes: Floats) -> tuple[tuple[Term, ...], Floats]:
    """Rows att, event, cohort, calendar and att_gt of effects by cohort and period.

    Arguments:
        effects: (G, T), NaN where there is none. sizes: (G,) treated units of each cohort.
    """
    count, length = effects.shape
    cells = Cells(
        cohort=np.repeat(refits.cohorts, length),
        time=np.tile(refits.periods, count),
        att=effects.ravel(),
        influence=np.zeros((1, count * length)),
        size=np.repeat(sizes, length),
        cohorts=refits.cohorts,
        share=sizes,
    )
    found = aggregate_cells(cells, refits.choices)
    return found.terms, found.params


def fitted_rows(terms: Sequence[Term]) -> npt.NDArray[np.bool_]:
    """(k,) rows before treatment: what is left of a fit that was made to be small there has no error of its own."""
    return np.array([term.event_time is not None and term.event_time < 0 for term in terms])


def chosen_errors(errors: str | None, sizes: Floats, n_controls: int) -> str:
    """The kind of error, bootstrap by default, placebo where a cohort has one unit.

    Raises:
        DesignError: E586 the kind does not exist for so few treated or never treated units.
    """
    one = bool(np.any(sizes < 2))
    if errors is None:
        errors = "placebo" if one else "bootstrap"
    if errors == "placebo":
        if n_controls <= sizes.sum():
            problem = f"{n_controls} never treated units for {sizes.sum():g} treated"
            advice = "use errors: bootstrap or jackknife" if not one else "add never treated units"
            raise undefined_errors(errors, problem, advice)
    elif one:
        raise undefined_errors(errors, "a cohort has one treated unit", "use errors: placebo")
    return errors


def spread_of_draws(draws: Floats, errors: str, units: str) -> OwnVariance:
    """The error that draws make.

    Arguments:
        draws: (R, k) rows of the refits, NaN where a refit has no such row. errors: placebo or bootstrap. units: the
            name of the units that were drawn.
    """
    there = np.isfinite(draws)
    mean = np.where(there, draws, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    deviations = np.where(there, draws - mean, 0.0)
    pairs = there.T.astype(np.float64) @ there
    vcov = np.divide(deviations.T @ deviations, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)
    text = described("comparative_case.draws", errors=errors, reps=len(draws), units=units)
    return OwnVariance(vcov, errors, text, draws=draws)


def placebo_orders(generator: np.random.Generator, n_controls: int, reps: int) -> Units:
    """(R, N0) orders of the never treated units: the last ones are treated in the placebo."""
    return np.array([generator.permutation(n_controls) for _ in range(reps)], dtype=np.int64)


def bootstrap_units(
    generator: np.random.Generator, groups: Sequence[Units], n_units: int, reps: int
) -> Units:
    """(R, U) units drawn with replacement; draws without a unit of each group are drawn again."""
    found = np.empty((reps, n_units), dtype=np.int64)
    filled = 0
    while filled < reps:
        drawn = generator.integers(0, n_units, size=n_units)
        if all(np.isin(group, drawn).any() for group in groups):
            found[filled] = drawn
            filled += 1
    return found
