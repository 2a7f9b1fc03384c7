"""What estimators of effects, decompositions and quantiles share: refusals, columns that options name, means, errors.

Shapes: n rows, k terms.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import Design, Factor
from impact.core.errors import DesignError
from impact.core.labels import number_label
from impact.core.texts import fault
from impact.kernels.group_sums import group_sums


def refuse_what_is_not_taken(design: Design, keyword: str, accepts: Sequence[str]) -> None:
    """Refuse weights, absorbed effects, outcomes as sums and interacted groups that the estimator has no use for.

    Raises:
        DesignError: E501 no rows, E502 an outcome without variation, E650 what the estimator does not take.
    """
    if len(design.y) == 0:
        raise DesignError(fault("E501", outcome=design.outcome))
    known = design.y[~np.isnan(design.y)]
    if len(known) and float(np.ptp(known)) == 0:
        raise DesignError(fault("E502", outcome=design.outcome, value=f"{known[0]:g}"))
    found: list[tuple[str, str]] = []
    if design.within_sum_of_squares is not None:
        found.append(("an outcome given as sums", "use rows of persons"))
    elif design.weights is not None and not {"weights", f"weights:{design.weight_kind}"} & {*accepts}:
        found.append((f"{design.weight_kind} weights", "remove `weights:`"))
    if design.absorb and "absorb" not in accepts:
        names = ", ".join(effect.factor.name for effect in design.absorb)
        found.append((f"absorbed effects ({names})", "write them as regressors: i(NAME)"))
    if "groups" in design.extra:
        found.append(("groups in one regression", "write `by:` with mode: split"))
    if found:
        raise unsupported(keyword, *found[0])


def unsupported(keyword: str, what: str, advice: str) -> DesignError:
    """E650: what an estimator cannot use, and what to write instead."""
    return DesignError(fault("E650", estimator=keyword, what=what, advice=advice))


def selection_of(design: Design, keyword: str) -> Floats:
    """1 where the outcome counts (n,): the column that `selected` names, else where the outcome is known.

    Raises:
        DesignError: E653 other values than 0 and 1, a selected row without an outcome, or all or no rows selected.
    """
    known = ~np.isnan(design.y)
    column = design.columns.get("selected")
    if column is None:
        selected = known.astype(np.float64)
    elif isinstance(column, Factor) or not np.all((column == 0) | (column == 1)):
        raise DesignError(fault("E653", problem="`selected` names a column with other values than 0 and 1"))
    else:
        selected = column
    lost = int(np.count_nonzero((selected == 1) & ~known))
    if lost:
        raise DesignError(fault("E653", problem=f"{lost} selected row(s) have no outcome"))
    if not selected.any() or (selected.all() and keyword == "heckman"):
        which = "every row has" if selected.all() else "no row has"
        raise DesignError(fault("E653", problem=f"{which} an outcome that counts"))
    return selected


def label_text(label: object) -> str:
    """A level as it is printed: whole numbers without a decimal point."""
    return number_label(label) if isinstance(label, float) else str(label)


def names_of(wanted: tuple[str, ...] | str) -> tuple[str, ...]:
    """Names in an option that takes one or several, each once."""
    return tuple(dict.fromkeys(name for name in ((wanted,) if isinstance(wanted, str) else wanted) if name))


def option_columns(option: str, wanted: tuple[str, ...] | str) -> dict[str, str]:
    """The columns that an option names, under the keys where ``Design.columns`` holds them."""
    return {f"{option} {name}": name for name in names_of(wanted)}


def regressors_of(name: str, column: Floats | Factor) -> list[tuple[str, Floats]]:
    """A column as a regressor; one of text as indicators of all levels but the first."""
    if not isinstance(column, Factor):
        return [(name, column)]
    return [
        (f"{name}::{label_text(label)}", (column.codes == code).astype(np.float64))
        for code, label in enumerate(column.labels[1:], start=1)
    ]


def as_factor(name: str, column: Floats | Factor) -> Factor:
    """A column that an option names as a factor with sorted labels."""
    if isinstance(column, Factor):
        return column
    labels, codes = np.unique(column, return_inverse=True)
    return Factor(name, codes.astype(np.int32), tuple(labels.tolist()))


def row_weights(design: Design) -> Floats:
    """Weights (n,), ones where there are none."""
    return np.ones(len(design.y)) if design.weights is None else design.weights


def mean_of(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted mean of values (n,) or (n, k), and its influence rows, of the same shape."""
    total = float(weights.sum())
    mean = weights @ values / total
    own = weights if values.ndim == 1 else weights[:, None]
    return mean, own * (values - mean) / total


def covariance_of(rows: Floats, design: Design) -> Floats:
    """(k, k) cross-product of influence rows, summed by the first cluster variable of the model where there is one."""
    cluster = next(iter(design.clusters.values()), None)
    if cluster is not None:
        rows = group_sums(cluster.codes, cluster.levels, rows)
    return np.asarray(rows.T @ rows, dtype=np.float64)
