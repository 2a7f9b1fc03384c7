"""What the difference-in-differences estimators share: choices, units and periods as a table, drops that are counted.

Shapes: n rows, U units, T periods. The rows of a design with an adoption are sorted by unit, then by time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import Adoption, AdoptionChoices, Design, Factor
from impact.core.errors import DesignError
from impact.core.frames import Step
from impact.core.labels import number_label
from impact.core.options import Options
from impact.core.rows.design_rows import design_on_rows
from impact.core.texts import fault

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


def adoption_of(design: Design, estimator: str) -> Adoption:
    """The adoption of a design.

    Raises:
        DesignError: E560 the design says nothing about who is treated from when.
    """
    if design.adoption is None:
        raise DesignError(fault("E560", estimator=estimator))
    return design.adoption


def choices_of(design: Design, options: Options, estimator: str) -> AdoptionChoices:
    """The choices of the design, with those that the estimator's own options set in their place."""
    choices = adoption_of(design, estimator).choices
    names = ("control_group", "base_period", "reference", "anticipation", "window", "aggregate", "balance")
    own = {name: getattr(options, name, None) for name in names}
    return replace(choices, **{name: value for name, value in own.items() if value is not None})


def require_absorbing(adoption: Adoption, estimator: str) -> None:
    """Refuse a treatment that ends or falls again.

    Raises:
        DesignError: E561, with the estimator that allows it.
    """
    if adoption.switches_off:
        shown = ", ".join(label_words(label) for label in adoption.switches_off[:5])
        raise DesignError(fault("E561", estimator=estimator, count=len(adoption.switches_off), units=shown))


def label_words(label: object) -> str:
    """A unit's label as it is printed: whole numbers without a decimal point."""
    return number_label(label) if isinstance(label, float) else str(label)


@dataclass(frozen=True, slots=True)
class Wide:
    """A panel as a table of units by periods.

    Arguments:
        y: (U, T) outcome, NaN where the unit is absent. row: (U, T) number of the row, −1 where absent.
        present: (U, T).
    """

    y: Floats
    row: Rows
    present: Mask

    @property
    def complete(self) -> Mask:
        """(U,) units that are there in every period."""
        return np.asarray(self.present.all(axis=1))


def wide_of(design: Design, estimator: str) -> Wide:
    """The outcome as a table of units by periods."""
    adoption = adoption_of(design, estimator)
    shape = (adoption.unit.levels, adoption.time.levels)
    if len(design.y) == shape[0] * shape[1]:  # every unit in every period: the rows are that table already
        rows = np.arange(len(design.y)).reshape(shape)
        return Wide(design.y.reshape(shape), rows, np.ones(shape, dtype=bool))
    y = np.full(shape, np.nan)
    row = np.full(shape, -1, dtype=np.int64)
    y[adoption.unit.codes, adoption.time.codes] = design.y
    row[adoption.unit.codes, adoption.time.codes] = np.arange(len(design.y))
    return Wide(y, row, row >= 0)


def first_rows(unit: Factor) -> Rows:
    """(U,) the first row of each unit, where rows are sorted by unit."""
    return np.searchsorted(unit.codes, np.arange(unit.levels)).astype(np.int64)


def keep_units(design: Design, kept: Mask, *, name: str, reason: str) -> Design:
    """The design with some of its units (mask (U,)), the loss noted as a step of the sample."""
    adoption = adoption_of(design, "")
    return keep_rows(design, kept[adoption.unit.codes], name=name, reason=reason)


def keep_rows(design: Design, kept: Mask, *, name: str, reason: str) -> Design:
    """The design with some of its rows (mask (n,)): units and periods without rows leave the adoption as well.

    Arguments:
        name, reason: of the step that the sample ledger shows.
    """
    if bool(np.all(kept)):
        return design
    dropped = int(len(kept) - np.count_nonzero(kept))
    step = Step(name=name, reason=reason, dropped=dropped, false=dropped)
    return design_on_rows(design, np.flatnonzero(kept), step)


def choice_facts(choices: AdoptionChoices, **changes: object) -> Mapping[str, object]:
    """What was compared with what, as the results store it (``tables["comparison"]``)."""
    return {
        "control_group": choices.control_group,
        "base_period": choices.base_period,
        "reference": choices.reference,
        "anticipation": choices.anticipation,
        "aggregate": choices.aggregate,
        **changes,
    }


MOST_NAMED = 8


def shown(names: list[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" (+{more})" if more > 0 else "")
