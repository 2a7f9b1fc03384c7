"""Oaxaca-Blinder decomposition of a difference between two groups, with errors for random regressors.

    ȳ_A − ȳ_B = (x̄_A − x̄_B)'b* + x̄_A'(b_A − b*) + x̄_B'(b* − b_B)

twofold: the first part is explained by what the groups have, the rest by what it is worth to them. Reference b*:
pooled (one regression with a dummy of the group, Jann's advice), neumark (without the dummy), cotton (b_A and b_B by
the groups' shares), reimers (half and half), a or b (one group's own), or the weight of b_A as a number.
threefold: (x̄_A − x̄_B)'b_B + x̄_B'(b_A − b_B) + (x̄_A − x̄_B)'(b_A − b_B), endowments, coefficients and interaction from
the view of group B.
Shares of dummies depend on the base category; `normalize` writes their coefficients as deviations from their mean
(Yun 2005; Gardeazabal and Ugidos 2004), so that no category is the base.
Errors come from influence rows of means, coefficients and shares together: characteristics are drawn as outcomes are,
and covariances between groups enter (Jann 2008, section 2.3, treats the same terms with fixed shares and adds products
of variances that vanish faster than the rest).
Target: a description. Parts are effects only where coefficients are, and where groups would keep theirs if traits
changed. Assumption: linear means in both groups, rows (or clusters) drawn independently.
Defaults elsewhere: Stata oaxaca threefold, group A the smaller value, conventional errors; R oaxaca bootstraps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

import impact.kernels.least_squares as least_squares
from impact.core.arrays import Floats, Integers, Logicals
from impact.core.designs import INTERCEPT, Design, Term
from impact.core.errors import DesignError
from impact.core.estimates import Estimate, Influence
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault
from impact.estimators._distributions import (
    as_factor,
    label_text,
    mean_of,
    names_of,
    option_columns,
    refuse_what_is_not_taken,
    row_weights,
    unsupported,
)

NAME = "oaxaca"
ACCEPTS = ("weights:sampling", "weights:analytic", "clusters")
# parts to which the constant contributes
WITH_CONSTANT = ("unexplained", "coefficients")
Reference = Literal["pooled", "neumark", "cotton", "reimers", "a", "b"]


class OaxacaOptions(Options):
    """Options of the decomposition."""

    group: str = Field("", description="Column that tells the two groups apart (needed).")
    first: str | float | None = Field(
        None, description="Label of group A, whose mean comes first; default: the smaller label."
    )
    decomposition: Literal["twofold", "threefold"] = Field(
        "twofold", description="twofold (explained, unexplained) or threefold (with an interaction)."
    )
    reference: Reference | float | None = Field(
        None,
        description="twofold: pooled (default), neumark, cotton, reimers, a, b, or the weight of A's coefficients.",
    )
    detail: Literal["variables", "terms", "none"] = Field(
        "variables", description="Shares of each variable, of each term (every dummy), or none."
    )
    normalize: tuple[str, ...] | str = Field(
        (), description="Variables of i() whose dummies are written as deviations from their mean."
    )


@dataclass(frozen=True, slots=True)
class _Vector:
    """An estimated vector (k,) with its influence rows (n, k)."""

    value: Floats
    rows: Floats

    def plus(self, other: _Vector, sign: float = 1.0) -> _Vector:
        return _Vector(self.value + sign * other.value, self.rows + sign * other.rows)

    def times(self, other: _Vector) -> _Vector:
        """Products term by term."""
        return _Vector(self.value * other.value, self.rows * other.value + self.value * other.rows)

    def mapped(self, matrix: Floats) -> _Vector:
        """The product of a matrix (m, k) and the vector."""
        return _Vector(matrix @ self.value, self.rows @ matrix.T)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Rows of A and B (n,), their labels, and the weights (n,) of all rows."""

    inside: tuple[Logicals, Logicals]
    labels: tuple[str, str]
    weights: Floats


@dataclass(frozen=True, slots=True)
class _Regressors:
    """x (n, k) with the bases of normalised variables, names (k,), variable of each (k,), and what maps coefficients.

    ``normal`` (k, k0) writes coefficients of the k0 columns that were given with the categories' mean taken out.
    """

    x: Floats
    names: tuple[str, ...]
    variables: tuple[str, ...]
    normal: Floats


def fit(design: Design, options: OaxacaOptions) -> Estimate:
    """The difference of means and its parts.

    Arguments:
        design: y (n,), x (n, k) with a constant, the column `group`, weights.
        options: see ``OaxacaOptions``.

    Returns:
        Estimate: difference, mean[A], mean[B], the parts, and each part by variable; influence rows of all.

    Raises:
        DesignError: E650 what it does not take, E651 not two groups, or a column that does not vary in one of them,
            E652 an unknown label or variable.
    """
    refuse_what_is_not_taken(design, NAME, ACCEPTS)
    if not design.intercept:
        raise unsupported(NAME, "a formula without a constant", "remove the 0 or -1")
    groups = _groups(design, options)
    made = _regressors(design, options)
    betas = [_coefficients(design, groups, side).mapped(made.normal) for side in (0, 1)]
    means = [_means(made.x, groups, side) for side in (0, 1)]
    parts = _parts(design, options, groups, (made, means, betas))
    outcome = [_total(mean.times(beta)) for mean, beta in zip(means, betas, strict=True)]
    names = ["difference", *(f"mean[{label}]" for label in groups.labels)]
    found = [outcome[0].plus(outcome[1], -1.0), *outcome]
    for name, part in parts.items():
        names.append(name)
        found.append(_total(part))
    for name, part in parts.items() if options.detail != "none" else ():
        labels, matrix = _detail(made, options.detail, constant=name in WITH_CONSTANT)
        names += [f"{name}[{label}]" for label in labels]
        found.append(part.mapped(matrix))
    counts = {
        f"n[{label}]": float(np.sum(own)) for label, own in zip(groups.labels, groups.inside, strict=True)
    }
    rows: Integers = np.arange(len(design.y), dtype=np.int32)
    k = len(design.terms)
    return Estimate(
        estimator=NAME,
        terms=tuple(Term(name) for name in names),
        params=np.concatenate([one.value for one in found]),
        n_obs=float(len(design.y)),
        df_model=2 * k,
        df_resid=float(len(design.y) - 2 * k),
        influence=Influence(np.hstack([one.rows for one in found]), rows),
        focus=(0, *range(3, 3 + len(parts))),
        fit={"mean_outcome": float(np.average(design.y, weights=groups.weights)), **counts},
        tables={
            "comparison": {
                "decomposition": options.decomposition,
                "a": groups.labels[0],
                "b": groups.labels[1],
                "reference": _reference_name(options),
            }
        },
    )


def _reference_name(options: OaxacaOptions) -> str:
    if options.decomposition == "threefold":
        return "b"
    return "pooled" if options.reference is None else str(options.reference)


def _total(vector: _Vector) -> _Vector:
    return vector.mapped(np.ones((1, len(vector.value))))


def _groups(design: Design, options: OaxacaOptions) -> _Groups:
    if not options.group:
        raise DesignError(fault("E652", option="group", value="", known="a column with two values"))
    factor = as_factor(options.group, design.columns["group"])
    labels = [label_text(label) for label in factor.labels]
    if len(labels) != 2:
        shown = ", ".join(labels[:6])
        problem = f"column '{options.group}' has {len(labels)} value(s) in these rows ({shown})"
        raise DesignError(fault("E651", problem=problem))
    first = labels[0]
    if options.first is not None:
        first = label_text(float(options.first) if isinstance(options.first, int) else options.first)
    if first not in labels:
        raise DesignError(fault("E652", option="first", value=first, known=", ".join(labels)))
    a = labels.index(first)
    inside = (factor.codes == a, factor.codes != a)
    return _Groups(inside, (labels[a], labels[1 - a]), row_weights(design))


# --- regressors ---


def _regressors(design: Design, options: OaxacaOptions) -> _Regressors:
    """Columns with the bases of normalised variables added, and the map that takes the categories' mean out."""
    names = [term.name for term in design.terms]
    columns, bases, blocks = [design.x], [], []
    for variable in names_of(options.normalize):
        own = [
            j for j, name in enumerate(names) if name.startswith(f"{variable}::") and ":" not in _level(name)
        ]
        if not own:
            known = (
                ", ".join(sorted({name.split("::")[0] for name in names if "::" in name})) or "no i() here"
            )
            raise DesignError(fault("E652", option="normalize", value=variable, known=known))
        base = 1.0 - design.x[:, own].sum(axis=1)
        bases.append(f"{variable}::{_base_label(design, variable, base)}")
        columns.append(base[:, None])
        blocks.append(own)
    k0, k = len(names), len(names) + len(bases)
    normal = np.eye(k, k0)
    for number, own in enumerate(blocks):
        mean = np.zeros(k0)
        mean[own] = 1.0 / (len(own) + 1)
        normal[names.index(INTERCEPT)] += mean
        normal[[*own, k0 + number]] -= mean
    every = (*names, *bases)
    return _Regressors(np.hstack(columns), every, tuple(name.split("::")[0] for name in every), normal)


def _level(name: str) -> str:
    return name.split("::", 1)[1]


def _base_label(design: Design, variable: str, base: Floats) -> str:
    """The label of the category that has no column."""
    factor = as_factor(variable, design.columns[f"normalize {variable}"])
    there = np.unique(factor.codes[base > 0.5])
    if len(there) != 1:
        problem = f"`normalize: {variable}` needs one base category, and {len(there)} have no column"
        raise DesignError(fault("E651", problem=problem))
    return label_text(factor.labels[int(there[0])])


def _coefficients(design: Design, groups: _Groups, side: int) -> _Vector:
    """Coefficients of one group's own regression (k0,).

    Raises:
        DesignError: E651 a column that the others explain in this group.
    """
    inside = groups.inside[side]
    return _regression(
        design, np.where(inside, groups.weights, 0.0), design.x, f"group {groups.labels[side]}"
    )


def _regression(design: Design, weights: Floats, x: Floats, where: str) -> _Vector:
    used = weights > 0
    own, y, w = np.ascontiguousarray(x[used]), np.ascontiguousarray(design.y[used]), weights[used]
    plain = design.weights is None
    solution = least_squares.solve_least_squares(own, y, weights=None if plain else w)
    if not solution.kept.all():
        lost = ", ".join(
            design.terms[j].name if j < len(design.terms) else "the group"
            for j in np.flatnonzero(~solution.kept)
        )
        raise DesignError(fault("E651", problem=f"in {where} a column is constant or collinear: {lost}"))
    rows = np.zeros((len(design.y), x.shape[1]))
    rows[used] = (own * (w * solution.residual)[:, None]) @ solution.bread
    return _Vector(solution.params, rows)


def _means(x: Floats, groups: _Groups, side: int) -> _Vector:
    return _Vector(*mean_of(x, np.where(groups.inside[side], groups.weights, 0.0)))


# --- parts ---


def _parts(
    design: Design,
    options: OaxacaOptions,
    groups: _Groups,
    pieces: tuple[_Regressors, list[_Vector], list[_Vector]],
) -> dict[str, _Vector]:
    """Each part by term (k,)."""
    made, means, betas = pieces
    traits, worth = means[0].plus(means[1], -1.0), betas[0].plus(betas[1], -1.0)
    if options.decomposition == "threefold":
        if options.reference is not None:
            raise unsupported(NAME, "`reference` with threefold", "write decomposition: twofold")
        return {
            "endowments": traits.times(betas[1]),
            "coefficients": means[1].times(worth),
            "interaction": traits.times(worth),
        }
    norm = _reference(
        design, "pooled" if options.reference is None else options.reference, groups, (made, betas)
    )
    rest = means[0].times(betas[0].plus(norm, -1.0)).plus(means[1].times(norm.plus(betas[1], -1.0)))
    return {"explained": traits.times(norm), "unexplained": rest}


def _reference(
    design: Design, reference: Reference | float, groups: _Groups, pieces: tuple[_Regressors, list[_Vector]]
) -> _Vector:
    """The coefficients b* (k,) that both groups are measured by."""
    made, betas = pieces
    if reference in ("pooled", "neumark"):
        x = design.x
        if reference == "pooled":
            x = np.column_stack([x, groups.inside[0].astype(np.float64)])
        found = _regression(design, groups.weights, x, "the regression of both groups")
        k0 = design.x.shape[1]
        return _Vector(found.value[:k0], found.rows[:, :k0]).mapped(made.normal)
    share = _share(reference, groups)
    other = _Vector(1.0 - share.value, -share.rows)
    return betas[0].times(share).plus(betas[1].times(other))


def _share(reference: Reference | float, groups: _Groups) -> _Vector:
    """The weight (1,) of group A's coefficients; Cotton's, the share of the group, is estimated."""
    if reference == "cotton":
        return _Vector(*mean_of(groups.inside[0].astype(np.float64)[:, None], groups.weights))
    fixed = {"reimers": 0.5, "a": 1.0, "b": 0.0}
    value = fixed[reference] if isinstance(reference, str) else reference
    return _Vector(np.array([value]), np.zeros((len(groups.weights), 1)))


def _detail(made: _Regressors, detail: str, *, constant: bool) -> tuple[list[str], Floats]:
    """Names of the shares and the sums (m, k) of terms that they are."""
    source = made.names if detail == "terms" else made.variables
    labels = [label for label in dict.fromkeys(source) if constant or label != INTERCEPT]
    return labels, np.array([[float(own == label) for own in source] for label in labels])


def _columns(options: OaxacaOptions) -> dict[str, str]:
    found = {"group": options.group} if options.group else {}
    return found | option_columns("normalize", options.normalize)


ESTIMATOR = Estimator(
    summary="Oaxaca-Blinder decomposition: twofold, threefold, by variable",
    options=OaxacaOptions,
    fit=fit,
    references=("Oaxaca 1973", "Blinder 1973", "Yun 2005", "Jann 2008"),
    accepts=ACCEPTS,
    columns=_columns,
)
