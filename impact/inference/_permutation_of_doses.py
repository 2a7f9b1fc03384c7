"""Permutation inference for a dose: the estimate as if units had got the exposure of other units.

Under the sharp hypothesis of no effect every assignment of the units' exposures, over all periods, gives an estimate
that might have been the actual one. With U units up to 7 all U! assignments are listed, else they are drawn, and the
actual one is among them. Sources: Fisher (1935); Young (2019) for regressions; MacKinnon and Webb (2020) for t.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np

from impact.core.arrays import Floats, Integers
from impact.core.designs import Design, Factor, Treatment
from impact.core.errors import ConvergenceError, DesignError, EstimationError
from impact.core.estimates import Estimate
from impact.core.permutations import Permutation
from impact.core.texts import fault
from impact.inference._intervals import linear_of
from impact.inference._options import PermuteOptions
from impact.inference._permutation import (
    AGREEMENT,
    Candidates,
    detectable,
    probe_rows,
    recorded,
    regression_of,
    summarised,
)
from impact.kernels.absorb import ConvergenceFailure
from impact.kernels.reassign import LARGEST_TABLE, Regression, SetFits, fit_doses

EXPOSURE = "exposure"
# up to so many units every assignment is listed
FEW_UNITS = 7
_ROUNDING = 1e-9


def permute_exposure(
    estimate: Estimate,
    design: Design,
    options: PermuteOptions,
    *,
    seed: int,
    level: float,
    candidates: Candidates | None = None,
) -> Permutation:
    """The permutation distribution of a dose in least squares, by moving whole paths of exposure among units.

    Arguments: as ``permute``; ``candidates`` stay unused, `among` and `within` are refused.

    Raises:
        DesignError: E293 what cannot be moved, E544 the actual dose is absorbed, E543 nothing to compare with.
        EstimationError: E542 where the model is not the least squares that is permuted.
        ConvergenceError: E545 where the effects could not be absorbed.
    """
    term, position = _term(estimate, design, options)
    unit, time = (_factor(design, key, getattr(options, key)) for key in ("unit", "time"))
    linear = linear_of(estimate, "permute")
    if linear.family is not None:
        raise _refused(f"the model is not least squares ({linear.family})")
    cell = unit.codes.astype(np.int64) * time.levels + time.codes
    paths = _paths(design, term, unit, time, cell)
    one = np.ones((len(cell), 1))
    treatment = Treatment(unit, np.ones(unit.levels), one, (term,))
    regression = replace(
        regression_of(estimate, design, linear, treatment, (0,)),
        unit=cell.astype(np.int32),
        n_units=unit.levels * time.levels,
    )
    if max(len(cell), regression.n_clusters * regression.n_units) * regression.n_units > LARGEST_TABLE:
        raise _refused(f"{regression.n_units} units and periods are too many to move doses among")
    members, enumerated = _assignments(unit.levels, options.reps, seed)
    doses = paths[members].reshape(len(members), -1)
    probes = probe_rows(len(members), 0)
    fits = _fits(regression, doses, probes)
    if fits.absorbed[0]:
        raise DesignError(fault("E544", unit=unit.name))
    own = float(estimate.params[position])
    if not np.isclose(fits.estimates[0, 0], own, rtol=AGREEMENT, atol=AGREEMENT * abs(own)):
        raise EstimationError(fault("E542", estimator=estimate.estimator))
    found = recorded(treatment, members, 0, (position,), fits, level=level)
    if len(found.members) < 2 or np.ptp(doses, axis=0).max() == 0:
        raise DesignError(fault("E543", unit=unit.name, sets=len(members)))
    primary = options.statistic if isinstance(options.statistic, str) else options.statistic[0]
    detect = detectable(found, fits, probes)
    return replace(summarised(found), enumerated=enumerated, primary=primary, mde80=detect, of_doses=True)


def _refused(problem: str) -> DesignError:
    return DesignError(fault("E293", problem=problem))


def _term(estimate: Estimate, design: Design, options: PermuteOptions) -> tuple[int, int]:
    """Position of the dose among the terms of the design and among those of the estimate."""
    if options.within or options.adjust != "none":
        raise _refused("`within` and `adjust` belong to sets of treated units")
    if len(design.focus) != 1:
        raise _refused(f"the model has {len(design.focus)} terms of interest; name one in `treatment:`")
    name = design.terms[design.focus[0]].name
    kept = [term.name for term in estimate.terms]
    if name not in kept:
        raise _refused(f"'{name}' was dropped from the model")
    return design.focus[0], kept.index(name)


def _factor(design: Design, key: str, name: str) -> Factor:
    """The unit or period of the rows: an absorbed effect or a cluster of the model."""
    held = {one.factor.name: one.factor for one in design.absorb} | dict(design.clusters)
    if name not in held:
        known = ", ".join(held) or "none"
        raise _refused(
            f"`{key}: {name or '?'}` is no absorbed effect or cluster of the model (there are: {known})"
        )
    return held[name]


def _paths(design: Design, term: int, unit: Factor, time: Factor, cell: np.ndarray) -> Floats:
    """(U, T) dose of each unit and period.

    Raises:
        DesignError: E293 a unit lacks a period, or the dose differs within one.
    """
    x = design.x[:, term]
    found: Floats = np.full(unit.levels * time.levels, np.nan)
    found[cell] = x
    if np.isnan(found).any():
        lacking = unit.labels[int(np.flatnonzero(np.isnan(found))[0]) // time.levels]
        raise _refused(
            f"{unit.name} {lacking} lacks a {time.name}: paths can move among units with the same periods"
        )
    size = _ROUNDING * max(float(np.abs(x).max()), 1e-300)
    if (np.abs(found[cell] - x) > size).any():
        raise _refused(f"'{design.terms[term].name}' differs within one {unit.name} and {time.name}")
    return found.reshape(unit.levels, time.levels)


def _assignments(units: int, reps: int, seed: int) -> tuple[Integers, bool]:
    """(S, U) whose exposure each unit gets, the actual assignment first; and whether these are all."""
    if units <= FEW_UNITS:
        return np.array(list(permutations(range(units))), dtype=np.int32), True
    random = np.random.Generator(np.random.PCG64(seed))
    drawn = np.argsort(random.random((reps, units)), axis=1, kind="stable").astype(np.int32)
    return np.vstack([np.arange(units, dtype=np.int32)[None, :], drawn]), False


def _fits(regression: Regression, doses: Floats, probes: np.ndarray) -> SetFits:
    try:
        return fit_doses(regression, doses, 0, probes)
    except ConvergenceFailure as problem:
        raise ConvergenceError(fault("E545", attained=f"{problem.attained:.1e}")) from problem
