"""Reduced form and first stages of a regression with instruments, on absorbed columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

import impact.estimators._regression as regression
import impact.kernels.least_squares as least_squares
from impact.core.arrays import Floats, Logicals
from impact.core.designs import Design
from impact.core.errors import DesignError
from impact.core.instrumented import Instrumented
from impact.core.texts import fault
from impact.kernels.instruments.partial_out import left_by


@dataclass(frozen=True, slots=True)
class Columns:
    """Absorbed columns: y, x, excluded instruments z, and raw lengths of x and z where effects were absorbed."""

    y: Floats
    x: Floats
    z: Floats
    x_norms: Floats | None
    z_norms: Floats | None
    attained: float


@dataclass(frozen=True, slots=True)
class FirstStage:
    """How well the instruments predict one endogenous column.

    Arguments:
        params: (m,) coefficients of the excluded instruments, NaN where dropped.
        f, df, df_resid: classical F of the excluded instruments; partial_r2: what they explain beyond the others.
    """

    params: Floats
    f: float
    df: int
    df_resid: float
    partial_r2: float


@dataclass(frozen=True, slots=True)
class ReducedForm:
    """Regressions of outcome and endogenous columns on the instruments and the exogenous columns.

    Arguments:
        instrumented: as the estimate hands it on. stages: position of each endogenous term → its first stage.
        left: (n, 1 + p) what the exogenous columns alone leave of outcome and endogenous columns.
    """

    instrumented: Instrumented
    stages: Mapping[int, FirstStage]
    left: Floats


def absorbed(design: Design, options: regression.RegressionOptions) -> Columns:
    """Outcome, regressors and instruments without the absorbed effects."""
    assert design.instruments is not None
    k = design.x.shape[1]
    both = replace(design, x=np.column_stack([design.x, design.instruments]))
    y, columns, norms, attained = regression.absorb_columns(both, options)
    x, z = np.ascontiguousarray(columns[:, :k]), np.ascontiguousarray(columns[:, k:])
    if norms is None:
        return Columns(y, x, z, None, None, attained)
    return Columns(y, x, z, norms[:k], norms[k:], attained)


def reduced_form(design: Design, columns: Columns, n_free: float) -> ReducedForm:
    """Least squares of outcome and endogenous columns on all instruments; ``n_free``: N less the rank of the effects.

    Raises:
        DesignError: E553 where fewer instruments than endogenous columns say something of their own.
    """
    exogenous = [j for j in range(columns.x.shape[1]) if j not in design.endogenous]
    base = np.column_stack([columns.x[:, exogenous], columns.z])
    norms = None
    if columns.x_norms is not None and columns.z_norms is not None:
        norms = np.concatenate([columns.x_norms[exogenous], columns.z_norms])
    responses = np.column_stack([columns.y, columns.x[:, list(design.endogenous)]])
    fits = [
        least_squares.solve_least_squares(
            base, np.ascontiguousarray(column), weights=design.weights, reference_norms=norms
        )
        for column in responses.T
    ]
    kept = fits[0].kept
    own = kept[len(exogenous) :]
    count = int(np.count_nonzero(own))
    if count < len(design.endogenous):
        raise not_identified(design, count)
    lengths = None if norms is None else norms[: len(exogenous)]
    left = left_by(base[:, : len(exogenous)], responses, design.weights, lengths)
    names = tuple(name for name, used in zip(design.instrument_names, own.tolist(), strict=True) if used)
    instrumented = Instrumented(
        endogenous=tuple(design.terms[j].name for j in design.endogenous),
        focus=design.endogenous,
        instruments=names,
        x=np.ascontiguousarray(base[:, kept]),
        n_exogenous=int(np.count_nonzero(kept)) - count,
        responses=responses,
        params=np.column_stack([fit.params for fit in fits]),
        residual=np.column_stack([fit.residual for fit in fits]),
        bread=fits[0].bread,
    )
    df_resid = n_free - int(np.count_nonzero(kept))
    stages = {
        j: _stage(
            instrumented, place, own, _squares(left[:, place], design.weights), fits[place].rss, df_resid
        )
        for place, j in enumerate(design.endogenous, start=1)
    }
    return ReducedForm(instrumented, stages, left)


def not_identified(design: Design, found: int) -> DesignError:
    """E553 with the names of the endogenous columns."""
    names = ", ".join(design.terms[j].name for j in design.endogenous)
    return DesignError(fault("E553", endogenous=names, needed=len(design.endogenous), found=found))


def _stage(
    instrumented: Instrumented, place: int, own: Logicals, without: float, rss: float, df_resid: float
) -> FirstStage:
    count = len(instrumented.instruments)
    params = np.full(len(own), np.nan)
    params[own] = instrumented.params[instrumented.n_exogenous :, place]
    gained = max(without - rss, 0.0)
    f = gained / count / (rss / df_resid) if df_resid > 0 and rss > 0 else float("inf")
    return FirstStage(params, f, count, df_resid, gained / without if without > 0 else 0.0)


def _squares(column: Floats, weights: Floats | None) -> float:
    return float(np.sum(column**2 if weights is None else weights * column**2))
