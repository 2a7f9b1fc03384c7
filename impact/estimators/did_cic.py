"""Changes-in-changes: the effect on the whole distribution of the treated (Athey and Imbens 2006).

    F_N(y) = F_10(F_00⁻¹(F_01(y)))

the distribution that the treated would have had in the later period: each of them moves as somebody of the comparison
group who had the same outcome before, to the outcome of the same rank afterwards. `att` is the mean effect on the
treated, `quantile[0.5]` the difference between the medians of the actual and that distribution.
method: continuous (default); discrete, for outcomes with many equal values: without more assumptions there are bounds
only (rows lower_bound, upper_bound, quantile_lower[…], quantile_upper[…]), and `att` uses conditional independence of
rank and group; qdid, which adds the change of the comparison group's quantiles to the treated's own (the authors
advise against it: it depends on the scale of the outcome).
Assumptions: the outcome without treatment rises with one unobserved rank, in the same way for both groups; within a
group the distribution of that rank does not change; the treated's outcomes before lie in the range of the comparison
group's. Unlike a difference in differences nothing depends on whether the outcome is in levels or logs.
The error is the standard deviation over draws of units (or of `cluster`) with replacement; the normal law.
Defaults elsewhere: R qte::CiC resamples 100 times and gives quantiles 0.05 to 0.95; Stata cic gives no error unless
asked for one, and its `continuous` mean is the upper bound here where values are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._treated_block as treated_block
import impact.kernels.changes_in_changes as kernel
from impact.core.arrays import Floats, Integers
from impact.core.designs import Adoption, AdoptionChoices, Design, Factor, Term
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, OwnVariance
from impact.core.labels import number_label
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault, in_all_languages, notice, text
from impact.estimators._adoption import (
    adoption_of,
    choice_facts,
    choices_of,
    keep_units,
    require_absorbing,
    wide_of,
)
from impact.kernels.factors import is_nested

NAME = "did_cic"
MANY_TIES = 0.05  # share of outcomes with an equal one from which bounds are advised
FEWEST = 0.9  # share of draws that must have all four cells
Places = npt.NDArray[np.int64]


class CicOptions(Options):
    """Options of changes-in-changes."""

    method: Literal["continuous", "discrete", "qdid"] = Field(
        "continuous", description="continuous, discrete (with bounds), or qdid (changes of quantiles)."
    )
    quantiles: tuple[float, ...] = Field(
        (0.1, 0.25, 0.5, 0.75, 0.9), description="Quantiles of the treated, between 0 and 1."
    )
    reps: int = Field(499, ge=99, description="Draws of units with replacement.")
    cluster: str | None = Field(None, description="Column whose values are drawn as a whole; default: units.")


@dataclass(frozen=True, slots=True)
class _Rows:
    """Cells (n,) 0…3 and places (n,) of each outcome among the values (L,); weights (n,); what is drawn (n,) of G."""

    values: Floats
    cell: Places
    place: Places
    weights: Floats
    drawn: Integers
    groups: int

    def cells(self, counts: Floats | None = None) -> kernel.FourCells:
        """The four distributions, every group counted as often as it was drawn."""
        weights = self.weights if counts is None else self.weights * counts[self.drawn]
        size = len(self.values)
        mass = np.bincount(self.cell * size + self.place, weights=weights, minlength=4 * size)
        return kernel.FourCells(self.values, mass.reshape(4, size).astype(np.float64))


def fit(design: Design, options: CicOptions) -> Estimate:
    """Effects on the mean and the quantiles of the treated in the later period.

    Arguments:
        design: y (n,), weights (n,), and the adoption: one treated cohort, two periods.
        options: see ``CicOptions``.

    Returns:
        Estimate with att, quantile rows, with method discrete their bounds, and the covariance of the draws.

    Raises:
        DesignError: E560 no adoption, E561 treatment that ends, E588 what it cannot use, E598 not two groups in two
            periods. SpecError: E182 no seed.
    """
    require_absorbing(adoption_of(design, NAME), NAME)
    choices = choices_of(design, options, NAME)
    made = _two_by_two(design)
    _refuse(made, choices, options)
    rows = _rows(made)
    quantiles = np.array(options.quantiles)
    params = kernel.effects(rows.cells(), quantiles, options.method)
    adoption = adoption_of(made, NAME)
    return Estimate(
        estimator=NAME,
        terms=_terms(options),
        params=params,
        n_obs=float(len(made.y)),
        df_model=0,
        df_resid=float(adoption.unit.levels - 1),
        n_units=adoption.unit.levels,
        focus=(0,),
        fit={"mean_outcome": float(np.average(made.y, weights=made.weights))},
        notices=_notices(rows, options),
        tables={"comparison": choice_facts(choices, control_group="never", method=options.method)},
        design=made,
        own_variance=_variance(made, rows, quantiles, options),
    )


def _terms(options: CicOptions) -> tuple[Term, ...]:
    terms = [Term("att", "att")]
    terms += [Term(f"quantile[{number_label(share)}]", "quantile") for share in options.quantiles]
    if options.method == "discrete":
        for end in ("lower", "upper"):
            terms.append(Term(f"{end}_bound"))
            terms += [Term(f"quantile_{end}[{number_label(share)}]") for share in options.quantiles]
    return tuple(terms)


def _two_by_two(design: Design) -> Design:
    """The design with two groups and two periods, units of a panel in both.

    Raises:
        DesignError: E598.
    """
    adoption = adoption_of(design, NAME)
    if adoption.is_panel and not wide_of(design, NAME).complete.all():
        complete = wide_of(design, NAME).complete
        design = keep_units(design, complete, name="balance", reason="units that miss a period")
        adoption = adoption_of(design, NAME)
    first, last = (adoption.periods[0], adoption.periods[-1]) if len(adoption.periods) else (0.0, 0.0)
    early = adoption.cohort <= first
    if early.any() and not early.all():
        design = keep_units(design, ~early, name="always_treated", reason="treated in the first period")
        adoption = adoption_of(design, NAME)
    treated = (adoption.cohort > first) & (adoption.cohort <= last)
    cohorts = len(np.unique(adoption.cohort[treated]))
    if len(adoption.periods) != 2 or cohorts != 1 or treated.all():
        found = f"{len(adoption.periods)} period(s), {cohorts} treated cohort(s) and "
        found += f"{int(np.count_nonzero(~treated))} untreated unit(s)"
        raise DesignError(fault("E598", found=found))
    return design


def _refuse(design: Design, choices: AdoptionChoices, options: CicOptions) -> None:
    adoption = adoption_of(design, NAME)
    problem = advice = ""
    cluster = design.columns.get("cluster")
    if choices.reference != -1:
        problem, advice = "another `reference` than -1", "leave it out: the earlier period is the base"
    elif not all(0 < share < 1 for share in options.quantiles):
        problem, advice = "quantiles outside 0 to 1", "write shares such as 0.5"
    elif len(set(options.quantiles)) < len(options.quantiles):
        problem, advice = "a quantile twice", "name each once"
    elif options.method == "qdid" and design.weights is not None:
        problem, advice = "weights with method qdid", "use method continuous, or no weights"
    elif cluster is not None and not is_nested(adoption.unit.codes, _factor(cluster).codes):
        problem = f"`cluster`: it changes within {adoption.unit.name}"
        advice = "name a column that is constant in each unit"
    if problem:
        raise DesignError(fault("E588", estimator=NAME, problem=problem, advice=advice))


def _factor(column: Floats | Factor) -> Factor:
    if isinstance(column, Factor):
        return column
    labels, codes = np.unique(column, return_inverse=True)
    return Factor("cluster", codes.astype(np.int32), tuple(labels.tolist()))


def _rows(design: Design) -> _Rows:
    adoption: Adoption = adoption_of(design, NAME)
    treated = np.isfinite(adoption.cohort[adoption.unit.codes])
    treated &= adoption.cohort[adoption.unit.codes] <= adoption.periods[-1]
    values, place = np.unique(design.y, return_inverse=True)
    cluster = design.columns.get("cluster")
    drawn = adoption.unit if cluster is None else _factor(cluster)
    return _Rows(
        values=values,
        cell=2 * treated + adoption.time.codes.astype(np.int64),
        place=place.astype(np.int64),
        weights=np.ones(len(design.y)) if design.weights is None else design.weights,
        drawn=drawn.codes,
        groups=drawn.levels,
    )


def _variance(design: Design, rows: _Rows, quantiles: Floats, options: CicOptions) -> OwnVariance:
    """Covariance over draws of whole units or clusters; draws without one of the cells are drawn again.

    Raises:
        DesignError: E588 hardly any draw has all cells.
    """
    generator = treated_block.generator_of(design, "did_cic")
    draws: list[Floats] = []
    tries = 0
    while len(draws) < options.reps:
        tries += 1
        chosen = generator.integers(0, rows.groups, size=rows.groups)
        cells = rows.cells(np.bincount(chosen, minlength=rows.groups).astype(np.float64))
        if np.all(cells.mass.sum(axis=1) > 0):
            draws.append(kernel.effects(cells, quantiles, options.method))
        elif tries - len(draws) > 10 + options.reps * (1 - FEWEST):
            problem = "so few units or clusters that many draws miss a group or a period"
            advice = "draw units instead of clusters, or use did_2x2 with a permutation test"
            raise DesignError(fault("E588", estimator=NAME, problem=problem, advice=advice))
    found = np.array(draws)
    centred = found - found.mean(axis=0)
    vcov = centred.T @ centred / (len(found) - 1)
    return OwnVariance(vcov, "bootstrap", _said(design, options), draws=found)


def _said(design: Design, options: CicOptions) -> Mapping[str, str]:
    over = options.cluster or adoption_of(design, NAME).unit.name
    key = "cic.draws" if over else "cic.draws_of_rows"
    return in_all_languages(key, reps=options.reps, over=over)


def _notices(rows: _Rows, options: CicOptions) -> tuple[Notice, ...]:
    """W537 treated outcomes outside the comparison group's range, and many equal outcomes taken as continuous."""
    cells = rows.cells()
    found = []
    exact = options.method == "discrete"
    outside = kernel.outside_support(cells, exact=exact)
    if outside > 0:
        problem = text("cic.apart" if exact else "cic.outside", share=f"{100 * outside:.3g}")
        found.append(notice("W537", of=NAME, problem=problem))
    repeated = np.bincount(rows.cell * len(rows.values) + rows.place)
    ties = float(repeated[repeated > 1].sum() / len(rows.cell))
    if options.method == "continuous" and ties > MANY_TIES:
        problem = text("cic.ties", share=f"{100 * ties:.3g}")
        found.append(notice("W537", of=NAME, problem=problem))
    return tuple(found)


ESTIMATOR = Estimator(
    summary="Changes-in-changes and quantile effects (Athey and Imbens)",
    options=CicOptions,
    fit=fit,
    references=("Athey and Imbens 2006",),
    accepts=(
        "adoption",
        "cross_section",
        "own_variance",
        "weights:analytic",
        "weights:sampling",
    ),
    columns=lambda options: {} if options.cluster is None else {"cluster": options.cluster},
)
