"""The tables of the lab by name: columns that are known without making them, and what makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import impact.data.peru_lab.arrivals as arrivals
import impact.data.peru_lab.attendance as attendance
import impact.data.peru_lab.budget as budget
import impact.data.peru_lab.cities as cities
import impact.data.peru_lab.crimes as crimes
import impact.data.peru_lab.districts as districts
import impact.data.peru_lab.persons as persons
import impact.data.peru_lab.refugees as refugees
import impact.data.peru_lab.trial as trial
import impact.data.peru_lab.truth as truth
import impact.data.peru_lab.victims as victims
from impact.data.made_up import MARK
from impact.data.peru_lab.settings import Settings

Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns without the mark, and the function that makes them."""

    columns: tuple[str, ...]
    make: Callable[[Settings], Columns]


TABLES: dict[str, Table] = {
    "persons": Table(persons.COLUMNS, persons.make_persons),
    "districts": Table(districts.COLUMNS, districts.make_districts),
    "cities": Table(cities.COLUMNS, cities.make_cities),
    "crimes": Table(crimes.COLUMNS, crimes.make_crimes),
    "victimisation": Table(victims.COLUMNS, victims.make_victimisation),
    "refugees": Table(refugees.COLUMNS, refugees.make_refugees),
    "budget": Table(budget.COLUMNS, budget.make_budget),
    "arrivals": Table(arrivals.COLUMNS, arrivals.make_arrivals),
    "trial": Table(trial.COLUMNS, trial.make_trial),
    "attendance": Table(attendance.COLUMNS, attendance.make_attendance),
}
TRUTH = Table(truth.COLUMNS, truth.make_truth)


def make_table(name: str, settings: Settings) -> Columns:
    """The columns of a table, numbers as float64 with NaN, words as objects, dates as days.

    The mark is the last: a file that was renamed still says what it is.
    """
    table = TRUTH if name == "truth" else TABLES[name]
    columns = table.make(settings)
    rows = len(next(iter(columns.values())))
    return {**columns, MARK: np.ones(rows)}


def columns_of(name: str) -> tuple[str, ...]:
    """The names of a table's columns, the mark among them."""
    table = TRUTH if name == "truth" else TABLES[name]
    return (*table.columns, MARK)
