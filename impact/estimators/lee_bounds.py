"""Bounds on an effect where treatment also changes who is observed: trimming (Lee 2009).

    [lower, upper] = E[y_1 − y_0 | observed under both treatments] at worst and at best

The arm with the larger share of observed outcomes is trimmed from above and from below until both shares are equal.
`cells` bound within cells of covariates and average them over those observed under both, which makes the bounds no
wider in large samples. `selected` names a column of 0 and 1; without it an outcome counts as observed where it is not
missing. The interval that W655 prints covers the effect, not the whole set (Imbens and Manski 2004), with the errors of
the model's first cluster variable, or of rows.
Assumptions: treatment is as good as random (within cells), and moves the selection of everybody in one direction
(within a cell). Where cells move in different directions W650 says so.
Errors: influence of the trimmed mean, the threshold and the share (Lee 2009, proposition 3), and of the cells' shares.
Defaults elsewhere: Stata leebounds weighs cells by the selected rows of one arm, which is the same where assignment
does not depend on the cell, and keeps rows up to the quantile, where here a row on the threshold is split.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

import impact.kernels.trimming as trimming
from impact.core.arrays import Floats, Integers
from impact.core.designs import INTERCEPT, Design, Factor, Term
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, Influence
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault, notice
from impact.estimators._distributions import (
    as_factor,
    covariance_of,
    label_text,
    mean_of,
    names_of,
    option_columns,
    refuse_what_is_not_taken,
    row_weights,
    selection_of,
    unsupported,
)

NAME = "lee_bounds"
ACCEPTS = ("weights:sampling", "weights:analytic", "clusters", "missing_outcome")


class LeeOptions(Options):
    """Options of trimming bounds."""

    selected: str = Field("", description="Column, 1 where the outcome counts; default: where it is known.")
    cells: tuple[str, ...] | str = Field((), description="Columns whose combinations are bounded one by one.")
    interval: float = Field(0.95, gt=0, lt=1, description="Level of the Imbens-Manski interval.")


@dataclass(frozen=True, slots=True)
class _Rows:
    """Outcome, treatment, selection and weights (n,); cells (n,) with their names."""

    y: Floats
    treated: Floats
    selected: Floats
    weights: Floats
    cell: Integers
    names: tuple[str, ...]


def fit(design: Design, options: LeeOptions) -> Estimate:
    """The bounds, and the difference of the means that are observed.

    Arguments:
        design: y (n,), NaN where unknown, the treatment as the only regressor, and the columns of the options.
        options: see ``LeeOptions``.

    Returns:
        Estimate: lower_bound, upper_bound, difference_observed with influence rows; ``fit`` holds the shares selected,
        the share trimmed and the interval.

    Raises:
        DesignError: E650 what it does not take, E653 no treatment of 0 and 1, or a cell without selected rows.
    """
    refuse_what_is_not_taken(design, NAME, ACCEPTS)
    rows = _rows(design, options)
    cells = _cells(rows)
    bounds, influence = _averaged(rows, cells)
    means = [_observed_mean(rows, arm) for arm in (0, 1)]
    found = np.column_stack([influence, means[1][1] - means[0][1]])
    errors = np.sqrt(np.diagonal(covariance_of(influence, design)))
    low, high = trimming.imbens_manski(bounds, errors, options.interval)
    rates = [float(np.average(rows.selected, weights=rows.weights * (rows.treated == arm))) for arm in (0, 1)]
    numbers: Integers = np.arange(len(rows.y), dtype=np.int32)
    return Estimate(
        estimator=NAME,
        terms=(Term("lower_bound"), Term("upper_bound"), Term("difference_observed")),
        params=np.array([*bounds, means[1][0] - means[0][0]]),
        n_obs=float(len(rows.y)),
        df_model=2,
        df_resid=float(len(rows.y) - 2),
        influence=Influence(found, numbers),
        focus=(0, 1),
        fit={
            "mean_outcome": float(np.average(rows.y, weights=rows.weights * rows.selected)),
            "n_selected": float(np.count_nonzero(rows.selected)),
            "share_selected_control": rates[0],
            "share_selected_treated": rates[1],
            "share_trimmed": _share_trimmed(rows, cells),
            "interval_low": low,
            "interval_high": high,
        },
        notices=(*_notices(rows, cells), _interval(options, low, high)),
        tables={"interval": {"method": "imbens_manski", "level": options.interval, "low": low, "high": high}},
    )


def _rows(design: Design, options: LeeOptions) -> _Rows:
    others = [j for j, term in enumerate(design.terms) if term.name != INTERCEPT]
    if len(others) != 1:
        names = ", ".join(design.terms[j].name for j in others) or "no regressor"
        advice = "write outcome ~ treatment, and covariates in `cells:`"
        raise unsupported(NAME, f"formula with {names}", advice)
    treated = design.x[:, others[0]]
    name = design.terms[others[0]].name
    if set(np.unique(treated).tolist()) != {0.0, 1.0}:
        problem = f"the treatment '{name}' must be 0 and 1, with rows of both"
        raise DesignError(fault("E653", problem=problem))
    selected = selection_of(design, NAME)
    cell, cells = _cell_codes(design, options)
    y = np.where(selected == 1, design.y, 0.0)
    return _Rows(y, np.ascontiguousarray(treated), selected, row_weights(design), cell, cells)


def _cell_codes(design: Design, options: LeeOptions) -> tuple[Integers, tuple[str, ...]]:
    code = np.zeros(len(design.y), dtype=np.int64)
    names = [""]
    for name in names_of(options.cells):
        factor: Factor = as_factor(name, design.columns[f"cells {name}"])
        code = code * factor.levels + factor.codes
        own = [f"{name}={label_text(label)}" for label in factor.labels]
        names = [", ".join(part for part in (left, right) if part) for left in names for right in own]
    present, dense = np.unique(code, return_inverse=True)
    return dense.astype(np.int32), tuple(names[one] for one in present.tolist())


def _cells(rows: _Rows) -> list[trimming.CellBounds]:
    found = []
    for number, name in enumerate(rows.names):
        own = rows.cell == number
        for arm in (0, 1):
            if not np.any(own & (rows.treated == arm) & (rows.selected == 1)):
                where = f"in cell {name} " if name else ""
                problem = f"{where}no row with treatment {arm} has an outcome that counts"
                raise DesignError(fault("E653", problem=problem))
        found.append(
            trimming.cell_bounds(rows.y[own], rows.treated[own], rows.selected[own], rows.weights[own])
        )
    return found


def _averaged(rows: _Rows, cells: list[trimming.CellBounds]) -> tuple[Floats, Floats]:
    """Bounds (2,) weighted by those selected under both, with influence (n, 2)."""
    total = float(rows.weights.sum())
    mass = np.bincount(rows.cell, weights=rows.weights, minlength=len(cells)) / total
    always = mass * np.array([cell.rate for cell in cells])
    ends = np.array([cell.bounds for cell in cells])
    bounds = always @ ends / always.sum()
    influence = np.empty((len(rows.y), 2))
    for number, cell in enumerate(cells):
        own = rows.cell == number
        share = cell.rate * rows.weights[own] / total + mass[number] * cell.rate_influence
        apart = ends[number] - bounds
        influence[own] = (always[number] * cell.influence + share[:, None] * apart) / always.sum()
    return bounds, influence


def _observed_mean(rows: _Rows, arm: int) -> tuple[float, Floats]:
    mean, influence = mean_of(rows.y, rows.weights * rows.selected * (rows.treated == arm))
    return float(mean), influence


def _share_trimmed(rows: _Rows, cells: list[trimming.CellBounds]) -> float:
    """Of the selected weight in trimmed arms."""
    trimmed = whole = 0.0
    for number, cell in enumerate(cells):
        arm = 1.0 if cell.raises else 0.0
        weight = float(np.sum((rows.weights * rows.selected)[(rows.cell == number) & (rows.treated == arm)]))
        trimmed, whole = trimmed + (1.0 - cell.kept) * weight, whole + weight
    return trimmed / whole


def _notices(rows: _Rows, cells: list[trimming.CellBounds]) -> tuple[Notice, ...]:
    """W650 where treatment raises selection in some cells and lowers it in others."""
    down = [name for name, cell in zip(rows.names, cells, strict=True) if not cell.raises]
    if not down or len(down) == len(cells):
        return ()
    shown = "; ".join(down[:5])
    return (notice("W650", count=len(down), cells=len(cells), names=shown),)


def _interval(options: LeeOptions, low: float, high: float) -> Notice:
    """W655: the interval of the effect."""
    return notice("W655", level=f"{100 * options.interval:g}", low=f"{low:.4g}", high=f"{high:.4g}")


def _columns(options: LeeOptions) -> dict[str, str]:
    found = {"selected": options.selected} if options.selected else {}
    return found | option_columns("cells", options.cells)


ESTIMATOR = Estimator(
    summary="Trimming bounds under selection (Lee), by cells, with Imbens-Manski interval",
    options=LeeOptions,
    fit=fit,
    references=("Lee 2009", "Imbens and Manski 2004"),
    accepts=ACCEPTS,
    columns=_columns,
)
