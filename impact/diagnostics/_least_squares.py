"""A least-squares model as cross-products, for tests that ask what other columns would do to a coefficient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact.core.arrays import Floats
from impact.core.errors import SpecError
from impact.core.estimates import Linear
from impact.core.findings import Question
from impact.core.texts import fault
from impact.diagnostics._subjects import Subject

ESTIMATORS = ("ols", "panel")
INTERCEPT = "Intercept"


@dataclass(frozen=True, slots=True)
class Products:
    """Products of the k columns of a regression, its constant and absorbed effects taken out.

    Arguments:
        names: (k,) of the columns. gram: (k, k), cross: (k,), outcome: (weighted) sums of products of the columns with
            each other, with the outcome, and of the outcome with itself. bread: (k, k) inverse of gram. params: (k,).
        position: of the coefficient that is asked about, among the k. rss, df: residual sum of squares and degrees of
            freedom, effects counted.
    """

    names: tuple[str, ...]
    gram: Floats
    cross: Floats
    outcome: float
    bread: Floats
    params: Floats
    position: int
    rss: float
    df: float

    @property
    def std_error(self) -> float:
        """Of the coefficient, with independent errors of equal variance."""
        return float(np.sqrt(self.rss / self.df * self.bread[self.position, self.position]))


def products_of(question: Question, subject: Subject) -> Products:
    """The products of the model of a subject.

    Raises:
        SpecError: E670 for a model that is not least squares on the rows of its design, or a coefficient that is the
            constant.
    """
    estimate, linear = subject.estimate, subject.estimate.linear
    if (
        estimate.estimator not in ESTIMATORS
        or linear is None
        or estimate.design is not None
        or subject.term == INTERCEPT
    ):
        found = fault(
            "E670",
            test=question.test,
            kind=question.kind,
            model=subject.label,
            term=subject.term,
            estimator=estimate.estimator,
        )
        raise SpecError(found)
    names = [term.name for term in estimate.terms]
    columns = [j for j, name in enumerate(names) if name != INTERCEPT]
    y = linear.x @ estimate.params + linear.residual
    table = np.column_stack([linear.x[:, columns], y])
    if len(columns) < len(names):
        table = table - np.average(table, axis=0, weights=linear.weights)
    products = table.T @ (table if linear.weights is None else linear.weights[:, None] * table)
    rss = estimate.fit["rss"]
    return Products(
        names=tuple(names[j] for j in columns),
        gram=products[:-1, :-1],
        cross=products[:-1, -1],
        outcome=float(products[-1, -1]) + _inside_rows(linear, rss),
        bread=linear.bread[np.ix_(columns, columns)],
        params=estimate.params[columns],
        position=columns.index(subject.position),
        rss=rss,
        df=estimate.df_resid,
    )


def _inside_rows(linear: Linear, rss: float) -> float:
    """Squares of the persons of a row about its mean, which no column can explain; zero where a row is a person."""
    if linear.row_sum_of_squares is None or linear.weights is None:
        return 0.0
    return max(rss - float(linear.weights @ linear.residual**2), 0.0)


def columns_named(question: Question, subject: Subject, names: tuple[str, ...], known: Products) -> list[int]:
    """Positions of columns by name; the name of a variable stands for all its indicators (``year`` for
    ``year::2016`` and so on).

    Raises:
        SpecError: E671 for a name that is no other column of the model.
    """
    found: list[int] = []
    others = [name for j, name in enumerate(known.names) if j != known.position]
    for name in names:
        own = [j for j, one in enumerate(known.names) if one in others and _stands_for(name, one)]
        if not own:
            shown = ", ".join(others) or "–"
            raise SpecError(fault("E671", test=question.test, name=name, model=subject.label, names=shown))
        found.extend(own)
    return sorted(set(found))


def _stands_for(name: str, column: str) -> bool:
    return column == name or column.startswith(f"{name}::")
