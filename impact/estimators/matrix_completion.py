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
from impact.core.arrays import Floats, Logicals
from impact.core.designs import Design, Term
from impact.core.errors import DesignError
from impact.core.estimates import Estimate
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault
from impact.estimators._adoption import choice_facts, choices_of
from impact.estimators._design_options import Aggregate
from impact.estimators._placebo_ranks import Judged, judged
from impact.estimators._refits import (
    Refits,
    aggregated,
    bootstrap_units,
    chosen_errors,
    placebo_orders,
    spread_of_draws,
)
from impact.estimators._treated_block import Panel
from impact.kernels.synthetic.completion_choice import ChosenPenalty, choose_completion_penalty
from impact.kernels.synthetic.soft_impute import Completed, complete_matrix, effects_on, linked_cells

KEYWORD = "matrix_completion"
# refits need fewer digits than the estimate
CLOSE_REFIT = 1e-5
Units = npt.NDArray[np.int64]


class MatrixCompletionOptions(Options):
    """Options of matrix completion."""

    penalty: float | None = Field(
        None, gt=0, description="Nuclear-norm penalty λ; default by cross-validation over untreated cells."
    )
    folds: int = Field(5, ge=2, description="Folds of the cross-validation.")
    grid: int = Field(20, ge=2, description="Penalties tried, from the largest useful one to its thousandth.")
    errors: Literal["bootstrap", "placebo"] | None = Field(
        None, description="How the error is made; default bootstrap, placebo where a cohort has one unit."
    )
    reps: int = Field(200, ge=20, description="Refits of placebo and bootstrap errors.")
    aggregate: Aggregate = None


@dataclass(frozen=True, slots=True)
class _Cells:
    """Outcomes (U, T), cells that are there, cells from the date of treatment on, cohort place of each unit or −1."""

    y: Floats
    present: Logicals
    started: Logicals
    cohort: Units

    @property
    def untreated(self) -> Logicals:
        """(U, T) cells that the matrix is completed from."""
        return self.present & ~self.started

    @property
    def treated(self) -> Logicals:
        """(U, T) cells with an effect."""
        return self.present & self.started

    def take(self, units: Units) -> _Cells:
        """The cells of some units, in that order."""
        return _Cells(self.y[units], self.present[units], self.started[units], self.cohort[units])


def fit(design: Design, options: MatrixCompletionOptions) -> Estimate:
    """Effects by cohort and treated period, and their aggregates.

    Arguments:
        design: a panel, cells may be missing, with never treated units and three periods before treatment.
        options: penalty, folds, grid, errors, reps.

    Returns:
        Estimate with rows att, event, cohort, calendar, att_gt, all after treatment. ``fit`` holds penalty, rank, kkt
        (how far the optimality conditions are missed), and the rank among placebos where errors are placebo;
        ``tables`` the cross-validation, paths and gaps.

    Raises:
        DesignError: those of ``read_panel``, E599 treated cells that no untreated ones are linked to, E586.
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
    draws = _Draws(cells, found, penalty, refits, terms)
    judgement = _errors(panel, draws, params, generator, errors, options.reps)
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
        fit={**_facts(panel, cells, found, penalty), **judgement.facts},
        notices=judgement.notices,
        tables={
            "comparison": choice_facts(choices, errors=errors, penalty=penalty),
            "synthetic": _tables(panel, cells, found),
            **_choice_table(chosen),
        },
        design=panel.design,
        own_variance=judgement.own,
    )


def _cells(panel: Panel) -> _Cells:
    """The cells; treated ones whose unit and period no untreated cells link are refused (E599)."""
    started = np.arange(panel.y.shape[1]) >= panel.before[:, None]
    cohort = np.where(panel.never, -1, np.searchsorted(panel.cohorts, panel.adoption.cohort))
    cells = _Cells(panel.y, np.isfinite(panel.y), started, cohort.astype(np.int64))
    unknown = np.argwhere(cells.treated & ~linked_cells(cells.untreated))
    if len(unknown):
        periods = panel.adoption.periods
        raise DesignError(
            fault(
                "E599",
                estimator=KEYWORD,
                unit=panel.adoption.unit.name,
                time=panel.adoption.time.name,
                count=len(unknown),
                examples="; ".join(f"{panel.labels[u]}, {periods[t]:g}" for u, t in unknown[:5].tolist()),
            )
        )
    return cells


def _effects(cells: _Cells, fitted: Floats, n_cohorts: int) -> tuple[Floats, Floats]:
    """Mean effects by cohort and period (G, T), NaN where no cell has one, and units of each cohort (G,).

    A draw of units may leave treated cells without untreated ones that are linked to them: they are left out.
    """
    treated = cells.treated & linked_cells(cells.untreated)
    gaps = np.where(treated, cells.y - fitted, 0.0)
    found = np.full((n_cohorts, gaps.shape[1]), np.nan)
    sizes = np.zeros(n_cohorts)
    for g in range(n_cohorts):
        own = cells.cohort == g
        sizes[g] = float(own.sum())
        count = treated[own].sum(axis=0)
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


def _errors(
    panel: Panel, draws: _Draws, params: Floats, generator: np.random.Generator, errors: str, reps: int
) -> Judged:
    """Spread of refits: units drawn with replacement, or never treated units in place of the treated."""
    cells, low_rank = draws.cells, draws.found.low_rank
    if errors == "bootstrap":
        groups = [np.flatnonzero(cells.cohort == g) for g in range(-1, len(draws.refits.cohorts))]
        drawn = bootstrap_units(generator, groups, len(cells.y), reps)
        rows = np.array([draws.refit(cells.take(own), low_rank[own]) for own in drawn])
        return Judged(spread_of_draws(rows, errors, panel.adoption.unit.name), {}, ())
    controls, pattern = np.flatnonzero(cells.cohort < 0), np.flatnonzero(cells.cohort >= 0)
    orders = placebo_orders(generator, len(controls), reps)
    rows = np.array(
        [
            draws.refit(_as_treated(cells.take(own), cells.take(pattern)), low_rank[own])
            for own in controls[orders]
        ]
    )
    return judged(panel, params, rows, orders, cells.cohort[pattern])


def _as_treated(placebo: _Cells, pattern: _Cells) -> _Cells:
    """Never treated units of which the last ones get the dates and the missing cells of the treated ones."""
    present, started, cohort = placebo.present.copy(), placebo.started.copy(), placebo.cohort.copy()
    last = slice(len(cohort) - len(pattern.cohort), None)
    present[last] &= pattern.present
    started[last] = pattern.started
    cohort[last] = pattern.cohort
    return _Cells(placebo.y, present, started, cohort)


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
        before = int(panel.before[own].min())
        tables[f"{date:g}"] = treated_block.path_table(panel, before, treated, treated - completed, {})
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
