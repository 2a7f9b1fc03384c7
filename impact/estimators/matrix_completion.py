"""Matrix completion: outcomes without treatment as effects of unit and period plus a matrix of low rank.

    Y_it(0) = γ_i + δ_t + L_it + e_it,   L penalised by its nuclear norm;   effect = Y_it − fitted over treated cells

The penalty is chosen by cross-validation over untreated cells and held in the refits that make the errors.
Source: Athey, Bayati, Doudchenko, Imbens and Khosravi (2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._treated_block as treated_block
from impact.core.arrays import Floats
from impact.core.designs import Design, Term
from impact.core.errors import DesignError
from impact.core.estimates import Estimate, OwnVariance
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault
from impact.estimators._adoption import choice_facts, choices_of
from impact.estimators._refits import (
    Refits,
    aggregated,
    bootstrap_units,
    chosen_errors,
    placebo_orders,
)
from impact.estimators._treated_block import Panel
from impact.kernels.completion_choice import ChosenPenalty, choose_completion_penalty
from impact.kernels.soft_impute import Completed, complete_matrix, effects_on

KEYWORD = "matrix_completion"
# refits need fewer digits than the estimate
CLOSE_REFIT = 1e-5
Units = npt.NDArray[np.int64]


class MatrixCompletionOptions(Options):
    """Options of matrix completion."""

    penalty: float | None = Field(
        None, ge=0, description="Nuclear-norm penalty λ; default by cross-validation over untreated cells."
    )
    folds: int = Field(5, ge=2, description="Folds of the cross-validation.")
    grid: int = Field(20, ge=2, description="Penalties tried, from the largest useful one to its thousandth.")
    errors: Literal["bootstrap", "placebo"] | None = Field(
        None, description="How the error is made; default bootstrap, placebo where a cohort has one unit."
    )
    reps: int = Field(200, ge=20, description="Refits of placebo and bootstrap errors.")
    aggregate: Literal["simple", "dynamic", "cohort", "calendar"] | None = Field(
        None, description="What the row att is; default: that of the design (simple)."
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    """Outcomes (U, T), untreated and present cells, treated and present cells, cohort place of each unit or −1."""

    y: Floats
    untreated: npt.NDArray[np.bool_]
    treated: npt.NDArray[np.bool_]
    cohort: Units

    def take(self, units: Units) -> _Cells:
        return _Cells(self.y[units], self.untreated[units], self.treated[units], self.cohort[units])


def fit(design: Design, options: MatrixCompletionOptions) -> Estimate:
    """Effects by cohort and treated period, and their aggregates.

    Arguments:
        design: a panel, cells may be missing, with never treated units and three periods before treatment.
        options: penalty, folds, grid, errors, reps.

    Returns:
        Estimate with rows att, event, cohort, calendar, att_gt, all after treatment. ``fit`` holds penalty, rank, kkt
        (how far the optimality conditions are missed); ``tables`` the cross-validation, paths and gaps.

    Raises:
        DesignError: those of ``read_panel``, E582 a unit or period without an untreated cell, E586.
        SpecError: E182 no seed.
    """
    panel = treated_block.read_panel(design, KEYWORD, complete=False)
    cells = _cells(panel)
    generator = treated_block.generator_of(panel.design, KEYWORD)
    chosen = None
    if options.penalty is None:
        chosen = choose_completion_penalty(
            cells.y, cells.untreated, generator, folds=options.folds, grid=options.grid
        )
    penalty = options.penalty if chosen is None else chosen.penalty
    assert penalty is not None
    found = complete_matrix(cells.y, effects_on(cells.untreated), penalty)
    choices = choices_of(design, options, KEYWORD)
    refits = Refits(panel.cohorts, panel.adoption.periods, choices)
    effects, sizes = _effects(cells, found.fitted, len(panel.cohorts))
    terms, params = aggregated(refits, effects, sizes)
    errors = chosen_errors(options.errors, sizes, int(panel.never.sum()))
    return Estimate(
        estimator=KEYWORD,
        terms=terms,
        params=params,
        n_obs=float(len(panel.design.y)),
        df_model=len(terms),
        df_resid=float(len(panel.design.y) - len(terms)),
        n_units=len(panel.y),
        focus=(0,),
        converged=found.converged,
        fit=_facts(panel, cells, found, penalty),
        tables={
            "comparison": choice_facts(choices, errors=errors, penalty=penalty),
            "synthetic": _tables(panel, cells, found),
            **_choice_table(chosen),
        },
        design=panel.design,
        own_variance=_variance(
            _Draws(cells, found, penalty, refits, terms),
            generator,
            errors,
            options.reps,
            panel.adoption.unit.name,
        ),
    )


def _cells(panel: Panel) -> _Cells:
    """The cells; a unit or period without an untreated cell has no effect to be known by (E582)."""
    present = np.isfinite(panel.y)
    periods = np.arange(panel.y.shape[1])
    before = periods < panel.before[:, None]
    untreated = present & before
    for axis, labels in ((1, panel.labels), (0, tuple(f"{t:g}" for t in panel.adoption.periods.tolist()))):
        empty = np.flatnonzero(~untreated.any(axis=axis))
        if len(empty):
            shown = ", ".join(labels[place] for place in empty[:5].tolist())
            raise DesignError(
                fault(
                    "E582",
                    estimator=KEYWORD,
                    unit=panel.adoption.unit.name,
                    time=panel.adoption.time.name,
                    count=len(empty),
                    examples=shown,
                )
            )
    cohort = np.where(panel.never, -1, np.searchsorted(panel.cohorts, panel.adoption.cohort))
    return _Cells(panel.y, untreated, present & ~before, cohort.astype(np.int64))


def _effects(cells: _Cells, fitted: Floats, n_cohorts: int) -> tuple[Floats, Floats]:
    """Mean effects by cohort and period (G, T), NaN where no cell is treated, and units of each cohort (G,)."""
    gaps = np.where(cells.treated, cells.y - fitted, 0.0)
    found = np.full((n_cohorts, gaps.shape[1]), np.nan)
    sizes = np.zeros(n_cohorts)
    for g in range(n_cohorts):
        own = cells.cohort == g
        sizes[g] = float(own.sum())
        count = cells.treated[own].sum(axis=0)
        found[g] = np.divide(gaps[own].sum(axis=0), count, out=np.full(len(count), np.nan), where=count > 0)
    return found, sizes


# --- errors ---


@dataclass(frozen=True, slots=True)
class _Draws:
    """What refits share: the cells, the estimate to start from, the penalty that is held, and the rows to make."""

    cells: _Cells
    found: Completed
    penalty: float
    refits: Refits
    terms: tuple[Term, ...]

    def refit(self, cells: _Cells, start: Floats) -> Floats:
        """The rows (k,) of other cells, NaN where a draw holds no cell of a row."""
        again = complete_matrix(
            cells.y, effects_on(cells.untreated), self.penalty, start=start, close=CLOSE_REFIT
        )
        effects, sizes = _effects(cells, again.fitted, len(self.refits.cohorts))
        terms, params = aggregated(self.refits, effects, sizes)
        known = dict(zip((term.name for term in terms), params.tolist(), strict=True))
        return np.array([known.get(term.name, np.nan) for term in self.terms])


def _variance(
    draws: _Draws, generator: np.random.Generator, errors: str, reps: int, unit: str
) -> OwnVariance:
    """Spread of refits: units drawn with replacement, or never treated units in place of the treated."""
    make = _bootstrap if errors == "bootstrap" else _placebos
    rows = make(draws, generator, reps)
    there = np.isfinite(rows)
    deviations = np.where(there, rows - np.nanmean(rows, axis=0), 0.0)
    pairs = there.astype(np.float64).T @ there
    vcov = np.divide(deviations.T @ deviations, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)
    text = treated_block.described("comparative_case.draws", errors=errors, reps=reps, units=unit)
    return OwnVariance(vcov, errors, text, draws=rows)


def _bootstrap(draws: _Draws, generator: np.random.Generator, reps: int) -> Floats:
    cells = draws.cells
    groups = [np.flatnonzero(cells.cohort == g) for g in range(-1, len(draws.refits.cohorts))]
    drawn = bootstrap_units(generator, groups, len(cells.y), reps)
    return np.array([draws.refit(cells.take(own), draws.found.low_rank[own]) for own in drawn])


def _placebos(draws: _Draws, generator: np.random.Generator, reps: int) -> Floats:
    cells = draws.cells
    controls, pattern = np.flatnonzero(cells.cohort < 0), np.flatnonzero(cells.cohort >= 0)
    drawn = controls[placebo_orders(generator, len(controls), reps)]
    return np.array(
        [
            draws.refit(_as_treated(cells.take(own), cells, pattern), draws.found.low_rank[own])
            for own in drawn
        ]
    )


def _as_treated(placebo: _Cells, cells: _Cells, pattern: Units) -> _Cells:
    """Never treated units of which the last ones get the dates of the treated ones."""
    untreated, treated, cohort = placebo.untreated.copy(), placebo.treated.copy(), placebo.cohort.copy()
    last = np.arange(len(cohort) - len(pattern), len(cohort))
    after = cells.treated[pattern]
    present = untreated[last]
    untreated[last], treated[last] = present & ~after, present & after
    cohort[last] = cells.cohort[pattern]
    return _Cells(placebo.y, untreated, treated, cohort)


# --- what is reported ---


def _facts(panel: Panel, cells: _Cells, found: Completed, penalty: float) -> dict[str, float]:
    """Penalty, rank, optimality, and the root mean squared residual of treated units before treatment."""
    own = cells.untreated & (cells.cohort >= 0)[:, None]
    return {
        "mean_outcome": float(panel.design.y.mean()),
        "penalty": penalty,
        "rank": float(found.rank),
        "kkt": found.kkt,
        "rmspe_before": float(np.sqrt(np.mean((cells.y[own] - found.fitted[own]) ** 2))),
    }


def _tables(panel: Panel, cells: _Cells, found: Completed) -> dict[str, object]:
    """Paths of the treated and of what was completed, by cohort, over the units that are there in each period."""
    tables: dict[str, object] = {}
    for g, date in enumerate(panel.cohorts.tolist()):
        own = cells.cohort == g
        there = np.isfinite(panel.y[own])
        count = np.maximum(there.sum(axis=0), 1)
        treated = np.where(there, panel.y[own], 0.0).sum(axis=0) / count
        completed = np.where(there, found.fitted[own], 0.0).sum(axis=0) / count
        tables[f"{date:g}"] = {
            "periods": panel.adoption.periods.tolist(),
            "before": int(panel.before[own].min()),
            "treated": treated.tolist(),
            "synthetic": completed.tolist(),
            "gap": (treated - completed).tolist(),
            "weights": {},
        }
    return tables


def _choice_table(chosen: ChosenPenalty | None) -> dict[str, object]:
    if chosen is None:
        return {}
    return {"penalties": {"penalty": chosen.penalties.tolist(), "error": chosen.error.tolist()}}


ESTIMATOR = Estimator(
    summary="Outcomes without treatment completed as a matrix of low rank (Athey et al.)",
    options=MatrixCompletionOptions,
    fit=fit,
    references=("Athey, Bayati, Doudchenko, Imbens and Khosravi 2021",),
    accepts=("adoption", "unbalanced", "own_variance"),
)
