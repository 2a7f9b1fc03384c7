"""Linear combinations of the coefficients of one least-squares regression as an estimate of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import Term
from impact.core.estimates import Estimate


def combined(estimate: Estimate, terms: Sequence[Term], matrix: Floats) -> Estimate:
    """The estimate θ = C b with a linear representation, so that every variance of b applies to it.

    Each coefficient has to be one of the terms (a row of C that is zero but for a one). With S the matrix that picks
    these rows, S C = I, the representation is x S with bread C B C': then

        (C B C') (x S)' Ω (x S) (C B C') = C B x'Ωx B C'   and   (x S) (C B C') (x S)' = x B x',

    so that scores, σ² × bread and leverages are those of the regression. A row of zeros is a term that is zero by
    definition, with no error. Influence rows, where there is no linear representation, are multiplied by C′.

    Arguments:
        terms: (m,). matrix: C (m, k), k the coefficients of ``estimate``.

    Raises:
        ValueError: a coefficient is not among the terms.
    """
    linear, influence = estimate.linear, estimate.influence
    if linear is None:
        if influence is None:
            raise ValueError("an estimate without a representation cannot be combined")
        return replace(
            estimate,
            terms=tuple(terms),
            params=matrix @ estimate.params,
            influence=replace(influence, rows=np.ascontiguousarray(influence.rows @ matrix.T), gram=None),
            focus=(0,),
        )
    alone = np.count_nonzero(matrix, axis=1) == 1
    direct = [np.flatnonzero(alone & (matrix[:, j] == 1.0)) for j in range(matrix.shape[1])]
    if any(len(rows) == 0 for rows in direct):
        raise ValueError("every coefficient has to be one of the terms")
    x = np.zeros((len(linear.residual), len(terms)), order="F")
    for j, rows in enumerate(direct):
        x[:, rows[0]] = linear.x[:, j]
    bread = matrix @ linear.bread @ matrix.T
    return replace(
        estimate,
        terms=tuple(terms),
        params=matrix @ estimate.params,
        linear=replace(linear, x=x, bread=(bread + bread.T) / 2.0),
        focus=(0,),
    )
