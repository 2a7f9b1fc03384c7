"""What the errors of figures of a population are made from: influence by domain, and distribution functions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact.core.arrays import Floats, Integers


@dataclass(frozen=True, slots=True)
class QuantileCurve:
    """The distribution of one variable in one domain.

    Arguments:
        share: of the population at or below the estimated quantile. values: (m,) ascending; mass: (m,) share of the
            population at or below each.
    """

    share: float
    values: Floats
    mass: Floats


@dataclass(frozen=True, slots=True)
class PopulationFigures:
    """Influence of v figures in each of D domains: a row counts in its own domain alone.

    The terms are the figures of the first domain, those of the second and so on, then the differences.

    Arguments:
        rows: (n, v) influence of each row on the figures of its domain; those of shares where there are curves.
        domain: (n,) codes 0…D−1; domains: D.
        differences: pairs (later, earlier) of domains, v terms each.
        curves: (D v,) of quantiles, else empty.
    """

    rows: Floats
    domain: Integers
    domains: int
    differences: tuple[tuple[int, int], ...] = ()
    curves: tuple[QuantileCurve, ...] = ()

    def dense(self) -> Floats:
        """(n, k) influence on every term, zeros included."""
        n, v = self.rows.shape
        if self.domains == 1:
            return self.rows
        blocks = np.zeros((n, self.domains, v))
        blocks[np.arange(n), self.domain] = self.rows
        return self.with_differences(blocks.reshape(n, -1))

    def with_differences(self, figures: Floats) -> Floats:
        """Columns (m, D v) of the figures with those of their differences behind them (m, k)."""
        return with_differences(figures, self.rows.shape[1], self.differences)


def with_differences(figures: Floats, v: int, pairs: tuple[tuple[int, int], ...]) -> Floats:
    """Columns (m, D v), v for each domain, with the differences of pairs of domains behind them."""
    if not pairs:
        return figures
    later, earlier = (
        np.concatenate([np.arange(pair[side] * v, (pair[side] + 1) * v) for pair in pairs]) for side in (0, 1)
    )
    return np.hstack([figures, figures[:, later] - figures[:, earlier]])
