"""What estimators under unconfoundedness share: the treatment of the formula, covariates, balance before and after.

Shapes: n rows, k columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

import impact.kernels.least_squares as least_squares
from impact.core.arrays import Floats
from impact.core.designs import Design, Factor
from impact.core.errors import DesignError
from impact.core.texts import fault
from impact.estimators._distributions import INTERCEPT, label_text, refuse_what_is_not_taken
from impact.kernels.treatment_weights import Score, fit_score


@dataclass(frozen=True, slots=True)
class Columns:
    """A matrix x (n, k), its constant first, without collinear columns; names (k,); lost: name → reason."""

    x: Floats
    names: tuple[str, ...]
    lost: dict[str, str]

    @property
    def covariates(self) -> Floats:
        """Without the constant (n, k − 1)."""
        return self.x[:, 1:]


@dataclass(frozen=True, slots=True)
class Treated:
    """The treatment: name and d (n,) of 0 and 1; the other regressors of the formula."""

    name: str
    d: Floats
    others: Columns


def treated_of(design: Design, keyword: str, accepts: Sequence[str]) -> Treated:
    """The treatment of the formula, 0 and 1, and the other regressors.

    Raises:
        DesignError: E650 what the estimator does not take, E501, E502, E660 a treatment that is not 0 and 1.
    """
    refuse_what_is_not_taken(design, keyword, accepts)
    place = treatment_place(design)
    name = design.terms[place].name
    d = np.ascontiguousarray(design.x[:, place])
    values = np.unique(d)
    if values.tolist() != [0.0, 1.0]:
        shown = ", ".join(f"{value:g}" for value in values[:5].tolist())
        raise not_usable(name, f"its values are {shown}, where 0 and 1 are needed")
    rest = [j for j, term in enumerate(design.terms) if j != place and term.name != INTERCEPT]
    return Treated(
        name,
        d,
        with_constant([design.x[:, j] for j in rest], [design.terms[j].name for j in rest], len(d)),
    )


def treatment_place(design: Design) -> int:
    """Position of the one term of interest.

    Raises:
        DesignError: E660 none or several.
    """
    if len(design.focus) != 1:
        names = ", ".join(design.terms[j].name for j in design.focus) or "no regressor"
        raise not_usable(names, f"{len(design.focus)} terms are named, where one is needed")
    return design.focus[0]


def not_usable(name: str, problem: str) -> DesignError:
    """E660: a treatment that cannot be used."""
    return DesignError(fault("E660", term=name, problem=problem))


def without_overlap(problem: str) -> DesignError:
    """E661: groups that cannot be compared."""
    return DesignError(fault("E661", problem=problem))


def score_of(columns: Columns, d: Floats, link: Literal["logit", "probit"], weights: Floats) -> Score:
    """The probability of treatment given the columns.

    Raises:
        DesignError: E661 rows whose treatment is certain.
    """
    score = fit_score(columns.x, d, link, weights)
    certain = int(np.count_nonzero(score.separated))
    if certain:
        raise without_overlap(f"the covariates tell {certain} row(s) of treated and controls apart for sure")
    return score


def with_constant(columns: Sequence[Floats], names: Sequence[str], rows: int) -> Columns:
    """A matrix with a constant first, collinear columns left out by name."""
    x = np.column_stack([np.ones(rows), *columns])
    kept = least_squares.solve_least_squares(x, np.zeros(rows)).kept
    kept[0] = True
    all_names = (INTERCEPT, *names)
    inside = tuple(name for name, one in zip(all_names, kept, strict=True) if one)
    lost = {name: "collinear" for name, one in zip(all_names, kept, strict=True) if not one}
    return Columns(np.ascontiguousarray(x[:, kept]), inside, lost)


def named_columns(design: Design, option: str, wanted: Sequence[str]) -> Columns:
    """The columns that an option names, with a constant; a column of text enters as indicators."""
    columns: list[Floats] = []
    names: list[str] = []
    for name in wanted:
        column = design.columns[f"{option} {name}"]
        if isinstance(column, Factor):
            for code, label in enumerate(column.labels[1:], start=1):
                columns.append((column.codes == code).astype(np.float64))
                names.append(f"{name}::{label_text(label)}")
        else:
            columns.append(column)
            names.append(name)
    return with_constant(columns, names, len(design.y))


def names_of(wanted: tuple[str, ...] | str) -> tuple[str, ...]:
    """Names in an option that takes one or several, each once."""
    return tuple(dict.fromkeys(name for name in ((wanted,) if isinstance(wanted, str) else wanted) if name))


def balance(
    columns: Columns, d: Floats, before: Floats, after: tuple[Floats, Floats]
) -> dict[str, Mapping[str, float]]:
    """Means of both groups and their distance in standard deviations, before and after weighting.

    The standard deviation is the root of the mean variance of both groups before weighting (Imbens and Rubin 2015,
    section 14.2), and stays the same after.

    Arguments:
        before: (n,) sampling weights; after: weights (n,) of controls and of treated, 0 outside.
    """
    raw = (before * (d == 0), before * (d == 1))
    table: dict[str, Mapping[str, float]] = {}
    for name, column in zip(columns.names[1:], columns.covariates.T, strict=True):
        means = [_mean(weights, column) for weights in (*raw, *after)]
        spread = [_mean(w, (column - m) ** 2) for w, m in zip(raw, means[:2], strict=True)]
        sd = float(np.sqrt(sum(spread) / 2.0))
        table[name] = {
            "control": means[0],
            "treated": means[1],
            "difference": (means[1] - means[0]) / sd if sd > 0 else 0.0,
            "control_after": means[2],
            "treated_after": means[3],
            "difference_after": (means[3] - means[2]) / sd if sd > 0 else 0.0,
        }
    return table


def _mean(weights: Floats, column: Floats) -> float:
    return float(weights @ column / weights.sum())
