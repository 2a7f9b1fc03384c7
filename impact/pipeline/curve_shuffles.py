"""The shuffles of a specification curve: which columns move, and shared rows with the moved columns in place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from impact.core.arrays import Floats
from impact.core.errors import DesignError, SpecError
from impact.core.frames import Frame
from impact.core.texts import fault
from impact.design.sample import filtered
from impact.design.shuffles import Rows, Shuffler, make_shuffler
from impact.design.table import context_of
from impact.estimators._regression import RegressionOptions
from impact.estimators._shared import SharedFit, absorbed_again
from impact.pipeline.fit import spawn_seed
from impact.plan import Plan
from impact.schema.curves.specifications import CurveRequest, Specification
from impact.schema.expressions.tree import columns_of as expression_columns
from impact.schema.formulas.tree import Variable, columns_of

SIGNS = {"either": 0, "positive": 1, "negative": -1}
# shuffled columns that are absorbed side by side
TOGETHER = 16
# numbers of rows that are remembered from one group of specifications to the next
MOST_REMEMBERED = 50_000_000


@dataclass(frozen=True, slots=True)
class Shuffles:
    """How values move, the columns they move in, how often, and from which seed.

    Arguments:
        columns: name → (n,) values of the frame. known: draw → rows, filled in where there is room.
    """

    shuffler: Shuffler
    columns: dict[str, Floats]
    reps: int
    seed: int
    known: dict[int, Rows] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that move together."""
        return tuple(self.columns)

    def sources(self, draw: int) -> Rows:
        """(n,) row of the frame whose values each row takes in a draw."""
        if draw in self.known:
            return self.known[draw]
        found = self.shuffler.sources((self.seed, draw))
        if self.shuffler.n_rows * self.reps <= MOST_REMEMBERED:
            self.known[draw] = found
        return found


def shuffles_of(plan: Plan, curve: CurveRequest, frame: Frame) -> Shuffles | None:
    """How the target is shuffled; None where no inference over the curve is asked for.

    Raises:
        SpecError: E182 without a seed. DesignError: E194 the target is not shuffled, or stands in another form.
    """
    asked = curve.inference
    if asked is None:
        return None
    if plan.spec.seed is None:
        raise SpecError(fault("E182", place=curve.place, what="speccurve: inference"))
    for one in curve.specifications:
        problem = _not_permutable(one, asked.permute, frame)
        if problem:
            raise DesignError(fault("E194", place=curve.place, problem=problem))
    rows = filtered(frame.columns, frame.n_rows, plan.filters, context_of(frame)).rows
    shuffler = make_shuffler(frame, rows, asked.permute, within=asked.within, unit=asked.unit)
    columns = {name: frame.columns[name] for name in asked.permute}
    return Shuffles(shuffler, columns, asked.reps, spawn_seed(plan.spec.seed, "speccurve"))


def _not_permutable(one: Specification, names: Sequence[str], frame: Frame) -> str:
    """Why shuffling the columns would not be the specification under the null hypothesis; "" where it is."""
    formula = one.request.formula
    if one.target not in names:
        return f"the target '{one.target}' is not among the columns of permute:"
    if one.target not in frame.columns:
        return f"the target '{one.target}' is no column of the data"

    def others(terms: Sequence[object]) -> tuple[object, ...]:
        return tuple(term for term in terms if not isinstance(term, Variable))

    rest = replace(
        formula,
        terms=others(formula.terms),  # type: ignore[arg-type]
        endogenous=others(formula.endogenous),  # type: ignore[arg-type]
        instruments=others(formula.instruments),  # type: ignore[arg-type]
    )
    used = {use.name for use in columns_of(rest)}
    used |= {use.name for condition in one.request.filters.values() for use in expression_columns(condition)}
    other = sorted(used.intersection(names))
    return f"'{other[0]}' is also part of another term, an effect, the outcome or a filter" if other else ""


def shuffled_columns(
    fit: SharedFit, options: RegressionOptions, shuffles: Shuffles
) -> Iterator[tuple[int, Floats, Floats]]:
    """Number of the draw, the absorbed columns (n, p) with the moved ones in place, and their cross-product (p, p).

    The arrays are written over from draw to draw. Draws whose columns cannot be absorbed are left out.
    """
    rows = fit.rows
    places = {j: name for j, name in enumerate(rows.names) if name in shuffles.names}
    moved = list(places)
    columns = np.array(fit.columns, order="F")
    products = fit.products.copy()
    for start in range(0, shuffles.reps, TOGETHER):
        draws = range(start, min(start + TOGETHER, shuffles.reps))
        taken = [shuffles.sources(draw)[rows.rows] for draw in draws]
        raw = np.column_stack([shuffles.columns[name][own] for own in taken for name in places.values()])
        absorbed = absorbed_again(fit, np.asfortranarray(raw), options) if moved else None
        if absorbed is None:
            continue
        for at, draw in enumerate(draws):
            columns[:, moved] = absorbed[:, at * len(moved) : (at + 1) * len(moved)]
            own = columns[:, moved] if rows.weights is None else columns[:, moved] * rows.weights[:, None]
            products[:, moved] = columns.T @ own
            products[moved, :] = products[:, moved].T
            yield draw, columns, products
