"""The same likelihood with other units treated: every set of units is fitted again.

The working outcome of the actual estimate, with its information as weights, is a least squares that gives the actual
estimate; other sets' weights are others, so that each is a likelihood of its own. What moves with the hypothesis is
taken from that least squares: the estimate of a set falls by the slope times the effect that is supposed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

import impact.kernels.likelihood.glm as glm
from impact.kernels.assignments import indicators
from impact.kernels.group_sums import group_sums
from impact.kernels.likelihood.glm_absorbed import AbsorbedGlm, Limits, fit_absorbed
from impact.kernels.reassign import Regression, SetFits, fit_sets

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


def refit_sets(
    regression: Regression,
    family: glm.Family,
    offset: Floats | None,
    sets: Integers,
    actual: int,
    probes: npt.NDArray[np.int64],
    *,
    limits: Limits | None = None,
) -> SetFits:
    """Fit the likelihood for every set of treated units.

    Arguments:
        regression: outcome, regressors, effects and weights of the likelihood. offset: (n,) or None.
        sets, actual, probes: as of ``fit_sets``. limits: of every fit.

    Returns:
        Estimates and t of each set, NaN where its likelihood has no maximum or a treatment column is lost; slopes and
        crossings of least squares at the actual estimate.

    Raises:
        ConvergenceFailure: the effects could not be absorbed.
    """
    regression, offset = _collapsed(regression, offset)
    fit = _fitter(regression, family, offset, limits)
    own = fit(sets[actual])
    base = 0.0 if offset is None else offset
    working = glm.times(own.point.information, regression.weights)
    outcome = own.predictor - base + own.point.score / own.point.information
    near = fit_sets(replace(regression, y=outcome, weights=working), sets, actual, probes)
    m = regression.profile.shape[1]
    estimates, statistics = np.full((len(sets), m), np.nan), np.full((len(sets), m), np.nan)
    for number in np.flatnonzero(~near.absorbed):
        found = own if number == actual else fit(sets[number])
        if not found.converged or not found.first.kept[:m].all():
            continue
        scores = found.x * (found.working * found.residual)[:, None]
        by_cluster = group_sums(regression.cluster, regression.n_clusters, scores)
        influence = (by_cluster @ found.bread)[:, :m]
        error = regression.scale * np.sqrt(np.sum(influence**2, axis=0))
        estimates[number] = found.params[:m]
        np.divide(found.params[:m], error, out=statistics[number], where=error > 0)
    return replace(near, estimates=estimates, statistics=statistics)


def _collapsed(regression: Regression, offset: Floats | None) -> tuple[Regression, Floats | None]:
    """Rows alike in all but the outcome as one row with their mean and weight: scores are linear in the outcome."""
    effects = regression.effects
    keys = [regression.unit, regression.cluster, *regression.profile.T, *regression.controls.T]
    keys += [effect.codes for effect in effects] + [e.slope for e in effects if e.slope is not None]
    keys += [] if offset is None else [offset]
    _, first, code = np.unique(np.column_stack(keys), axis=0, return_index=True, return_inverse=True)
    if len(first) == len(code):
        return regression, offset
    code, weights = np.ravel(code), regression.weights
    total = np.bincount(code, weights=weights).astype(np.float64)
    sums = np.bincount(code, weights=regression.y if weights is None else regression.y * weights)
    fewer = replace(
        regression,
        y=sums / total,
        weights=total,
        controls=regression.controls[first],
        profile=regression.profile[first],
        unit=regression.unit[first],
        cluster=regression.cluster[first],
        effects=[
            replace(e, codes=e.codes[first], slope=None if e.slope is None else e.slope[first])
            for e in effects
        ],
    )
    return fewer, None if offset is None else offset[first]


def _fitter(
    regression: Regression, family: glm.Family, offset: Floats | None, limits: Limits | None
) -> Callable[[Integers], AbsorbedGlm]:
    """The fit of one set of units: treatment columns first, then the other regressors."""

    def fit(members: Integers) -> AbsorbedGlm:
        active = indicators(members[None, :], regression.n_units)[0][regression.unit]
        x = np.asfortranarray(np.column_stack([regression.profile * active[:, None], regression.controls]))
        return fit_absorbed(
            x,
            regression.y,
            family,
            regression.effects,
            weights=regression.weights,
            offset=offset,
            limits=limits,
        )

    return fit
