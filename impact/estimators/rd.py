"""Regression discontinuity: the jump of the outcome at a cutoff of a running variable.

    τ = lim E[y | r ↓ c] − lim E[y | r ↑ c],   fuzzy: divided by the jump of the treatment taken

Local polynomials of `order` on both sides with a kernel. `bandwidth`: mserd (least mean squared error, common to both
sides; Calonico, Cattaneo and Titiunik 2014), cerrd (least coverage error; Calonico, Cattaneo and Farrell 2020), or a
number in units of the running variable. The row `robust` is the estimate less its bias with the error that counts the
bias's own noise: its interval is the one to report; `bias_corrected` takes that noise for none, `conventional` ignores
the bias. `running` names the column; without it the first regressor is the running variable. It may hold dates: the
cutoff is then a date, and bandwidths are in days. Other regressors are covariates with slopes common to both sides.
`treated_side`: where treatment is; `closed`: where rows exactly at the cutoff belong. `donut` leaves out rows nearer
than it to the cutoff, counted in W662. Test `density` asks whether units chose their side.
Errors: from the three nearest neighbours on the same side; normal intervals.
Assumptions: means of both potential outcomes are continuous at the cutoff, nobody chooses a side exactly; fuzzy: the
cutoff moves treatment in one direction. Fewer than 20 distinct values on a side are refused: nothing is local then.
Defaults elsewhere: R, Stata and Python rdrobust: the same.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field, PositiveFloat, model_validator
from pydantic_core import PydanticCustomError

import impact.kernels.discontinuity as kernel
from impact.core.arrays import Floats, Logicals
from impact.core.designs import Design, Factor, Term
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, OwnVariance
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.running import Running
from impact.core.texts import LANGUAGES, fault, notice, text
from impact.estimators._distributions import INTERCEPT, refuse_what_is_not_taken, row_weights
from impact.estimators._treated import Columns, with_constant

NAME = "rd"
ACCEPTS = ("own_variance", "weights:sampling")
FEWEST = 20  # distinct values on a side
ROWS = ("robust", "bias_corrected", "conventional")
# of the kernel's (2, 2) covariance, conventional first: the bias-corrected row has the conventional error
PLACES = np.ix_([1, 0, 0], [1, 0, 0])


class DiscontinuityOptions(Options):
    """Options of regression discontinuity."""

    running: str = Field("", description="Column of the running variable; default: the first regressor.")
    cutoff: float | datetime.date = Field(
        0.0, description="Value of the running variable at which treatment changes, a number or a date."
    )
    treated_side: Literal["above", "below"] = Field("above", description="Side that is treated.")
    closed: Literal["above", "below"] = Field("above", description="Side that rows at the cutoff belong to.")
    fuzzy: str = Field(
        "", description="Column of the treatment taken, where the cutoff does not decide alone."
    )
    order: int = Field(1, ge=0, le=4, description="Order of the local polynomial.")
    kernel: Literal["triangular", "epanechnikov", "uniform"] = Field(
        "triangular", description="triangular, epanechnikov or uniform."
    )
    bandwidth: Literal["mserd", "cerrd"] | PositiveFloat = Field(
        "mserd", description="mserd, cerrd, or a number in units of the running variable (of dates: days)."
    )
    bias_bandwidth: PositiveFloat | None = Field(
        None, description="Of the bias, where `bandwidth` is a number; default: the same."
    )
    donut: float = Field(0.0, ge=0, description="Leave out rows nearer to the cutoff than this.")

    @model_validator(mode="after")
    def _both_are_numbers(self) -> DiscontinuityOptions:
        if self.bias_bandwidth is not None and isinstance(self.bandwidth, str):
            method, of = f"bandwidth: {self.bandwidth}", "a number in bandwidth"
            raise PydanticCustomError("E550", "", {"option": "bias_bandwidth", "method": method, "of": of})
        return self


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both sides of the kernel, sign of the jump into treatment; rows that the donut keeps (n,); columns of x."""

    left: kernel.Side
    right: kernel.Side
    kept: Logicals
    sign: float
    others: Columns
    running: Running


def fit(design: Design, options: DiscontinuityOptions) -> Estimate:
    """The jump, robust and conventional.

    Arguments:
        design: y (n,), x (n, k), and the columns of the options.
        options: see ``DiscontinuityOptions``.

    Returns:
        Estimate: ``robust``, ``bias_corrected`` and ``conventional``, where fuzzy also those of the first stage;
        ``fit`` holds bandwidths and the rows within them.

    Raises:
        DesignError: E650 what it does not take, E664 too few distinct values, or a column that cannot be used, E665 a
            bandwidth that holds too few, or no jump of the treatment taken.
    """
    refuse_what_is_not_taken(design, NAME, ACCEPTS)
    sides = _sides(design, options)
    shape = kernel.Shape(options.order, options.kernel, bool(options.fuzzy))
    try:
        h, b = _bandwidths(sides, shape, options)
        found = kernel.jump(sides.left, sides.right, shape, h, b)
    except kernel.WindowError as error:
        problem = "the treatment taken does not jump at the cutoff"
        if error.reason == "window":
            problem = f"too few distinct values of the running variable for order {options.order}"
        raise DesignError(fault("E665", problem=problem)) from None
    return _estimate(design, sides, found, (h, b), options)


def _estimate(
    design: Design,
    sides: _Sides,
    found: kernel.Jump,
    windows: tuple[float, float],
    options: DiscontinuityOptions,
) -> Estimate:
    # a ratio does not turn its sign with the sides
    sign = 1.0 if options.fuzzy else sides.sign
    terms = [Term(name) for name in ROWS]
    params = sign * np.array([found.robust, found.robust, found.conventional])
    vcov = found.vcov[PLACES]
    if options.fuzzy:
        terms += [Term(f"first_stage_{name}", "first_stage") for name in ROWS]
        params = np.concatenate([params, sides.sign * found.first[[1, 1, 0]]])
        apart = np.zeros((len(ROWS), len(ROWS)))
        vcov = np.block([[vcov, apart], [apart, found.first_vcov[PLACES]]])
    used = int(np.count_nonzero(sides.kept))
    left_out = len(design.y) - used
    notices: tuple[Notice, ...] = (notice("W662", count=left_out),) if left_out else ()
    inside = found.n_inside if options.closed == "above" else found.n_inside[::-1]
    rows = (len(sides.left.x), len(sides.right.x))
    rows = rows if options.closed == "above" else rows[::-1]
    return Estimate(
        estimator=NAME,
        terms=tuple(terms),
        params=params,
        n_obs=float(used),
        df_model=2 * (options.order + 1),
        df_resid=float(used - 2 * (options.order + 1)),
        focus=(0,),
        fit={
            "mean_outcome": float(np.average(design.y, weights=row_weights(design))),
            "n_treated": float(rows[1] if options.treated_side == "above" else rows[0]),
            "bandwidth": windows[0],
            "bandwidth_bias": windows[1],
            "n_below": float(rows[0]),
            "n_above": float(rows[1]),
            "n_inside_below": float(inside[0]),
            "n_inside_above": float(inside[1]),
        },
        dropped_terms=sides.others.lost,
        notices=notices,
        running=sides.running,
        own_variance=OwnVariance(
            vcov,
            "nearest_neighbours",
            {language: text("rd.nearest_neighbours", language) for language in LANGUAGES},
        ),
    )


def _bandwidths(sides: _Sides, shape: kernel.Shape, options: DiscontinuityOptions) -> tuple[float, float]:
    if not isinstance(options.bandwidth, str):
        return options.bandwidth, options.bias_bandwidth or options.bandwidth
    # with no variation on a side the ratio has no bias of its own there
    still = shape.fuzzy and any(np.ptp(side.columns[:, 1]) == 0 for side in (sides.left, sides.right))
    h, b = kernel.bandwidths(sides.left, sides.right, shape, outcome_only=bool(still))
    if options.bandwidth == "cerrd":
        p, n = options.order, len(sides.left.x) + len(sides.right.x)
        h *= float(n) ** (-p / ((3.0 + p) * (3.0 + 2.0 * p)))
    return h, b


def _sides(design: Design, options: DiscontinuityOptions) -> _Sides:
    """Rows of both sides; where the side below is the closed one, the running variable is turned round.

    Raises:
        DesignError: E664.
    """
    running, others = _running(design, options)
    away = running.distance
    kept = np.abs(away) >= options.donut if options.donut else np.ones(len(away), dtype=bool)
    turned = options.closed == "below"
    away = -away if turned else away
    columns = [design.y]
    if options.fuzzy:
        columns.append(_numbers(design, "fuzzy", options.fuzzy))
    matrix = np.column_stack([*columns, others.covariates])
    weights = row_weights(design)
    sides = []
    for right in (False, True):
        own = kept & ((away >= 0) if right else (away < 0)) & (weights > 0)
        distinct = len(np.unique(away[own]))
        if distinct < FEWEST:
            where = "above" if right != turned else "below"
            raise DesignError(fault("E664", problem=_few(distinct, where)))
        sides.append(kernel.side_of(away[own], matrix[own], weights[own]))
    if options.fuzzy and np.ptp(np.concatenate([side.columns[:, 1] for side in sides])) == 0:
        raise DesignError(fault("E665", problem="the treatment taken is the same in every row"))
    # positive where the jump to the kernel's right is the jump into treatment
    sign = 1.0 if (options.treated_side == "above") != turned else -1.0
    return _Sides(sides[0], sides[1], kept, sign, others, running)


def _few(distinct: int, where: str) -> str:
    return f"{distinct} distinct value(s) of the running variable are {where} the cutoff, {FEWEST} are needed"


def _running(design: Design, options: DiscontinuityOptions) -> tuple[Running, Columns]:
    """The running variable and the covariates.

    Raises:
        DesignError: E664.
    """
    places = [j for j, term in enumerate(design.terms) if term.name != INTERCEPT]
    if options.running:
        name = options.running
        distance = _distance(design.columns["running"], name, options.cutoff)
        places = [j for j in places if design.terms[j].name != name]
    elif places:
        place = design.focus[0] if design.focus else places[0]
        name = design.terms[place].name
        distance = _distance(design.x[:, place], name, options.cutoff)
        places.remove(place)
    else:
        raise DesignError(fault("E664", problem="no running variable is named"))
    running = Running(name, _printed(options.cutoff), distance, options.closed)
    names = [design.terms[j].name for j in places]
    return running, with_constant([design.x[:, j] for j in places], names, len(design.y))


def _distance(values: Floats | Factor, name: str, cutoff: float | datetime.date) -> Floats:
    """Distance (n,) from the cutoff, of dates in days.

    Raises:
        DesignError: E664 a column of text, or dates and numbers mixed.
    """
    if not isinstance(values, Factor):
        if isinstance(cutoff, datetime.date):
            raise DesignError(fault("E664", problem=f"`cutoff` is a date, and '{name}' holds numbers"))
        return values - cutoff
    try:
        days = np.array(values.labels, dtype="datetime64[D]")
    except ValueError:
        raise DesignError(fault("E664", problem=f"`running` names the text column '{name}'")) from None
    if not isinstance(cutoff, datetime.date):
        raise DesignError(
            fault("E664", problem=f"'{name}' holds dates, and `cutoff` is the number {cutoff:g}")
        )
    return (days - np.datetime64(cutoff, "D")).astype(np.float64)[values.codes]


def _printed(cutoff: float | datetime.date) -> str:
    return cutoff.isoformat() if isinstance(cutoff, datetime.date) else f"{cutoff:g}"


def _numbers(design: Design, option: str, name: str) -> Floats:
    column = design.columns[option]
    if isinstance(column, Factor):
        raise DesignError(fault("E664", problem=f"`{option}` names the text column '{name}'"))
    return column


def _columns(options: DiscontinuityOptions) -> dict[str, str]:
    named = {"running": options.running, "fuzzy": options.fuzzy}
    return {option: column for option, column in named.items() if column}


ESTIMATOR = Estimator(
    summary="Regression discontinuity: local polynomials, robust bias correction, fuzzy",
    options=DiscontinuityOptions,
    fit=fit,
    references=(
        "Calonico, Cattaneo and Titiunik 2014",
        "Calonico, Cattaneo, Farrell and Titiunik 2019",
        "Calonico, Cattaneo and Farrell 2020",
    ),
    accepts=ACCEPTS,
    columns=_columns,
)
