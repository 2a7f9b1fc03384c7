"""Columns that `enaho` makes beside those of the files: keys, places, dates, codes made the same over the years."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.stacking import as_numbers, as_texts
from impact.data.surveys._enaho_facts import HOUSEHOLD, PERSON
from impact.data.surveys._keys import as_column, composite

Column = npt.NDArray[Any]
Columns = Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Made:
    """A column that is made: from which others, in what unit, and how (of the columns of one year, and the year)."""

    inputs: tuple[str, ...]
    make: Callable[[Columns, int], Column]
    label: str


def _numbers_where(known: Column, values: Column) -> npt.NDArray[np.float64]:
    return np.where(np.isnan(known), np.nan, values.astype(np.float64))


def _year(columns: Columns, year: int) -> Column:
    return np.full(len(next(iter(columns.values()))), float(year))


def _household(columns: Columns, year: int) -> Column:
    return as_column(composite(columns, HOUSEHOLD))


def _person(columns: Columns, year: int) -> Column:
    return as_column(composite(columns, PERSON))


def _in_year(*names: str) -> Callable[[Columns, int], Column]:
    """A number of the survey with its year: the same number of another year is another one."""

    def make(columns: Columns, year: int) -> Column:
        texts = {name: as_texts(columns[name]) for name in names}
        return as_column([None if key is None else f"{year}-{key}" for key in composite(texts, names)])

    return make


def _first_digits(count: int) -> Callable[[Columns, int], Column]:
    def make(columns: Columns, year: int) -> Column:
        return as_column([None if v is None else v[:count] for v in columns["ubigeo"].tolist()])

    return make


def _month(columns: Columns, year: int) -> Column:
    return as_numbers(columns["mes"])


def _quarter(columns: Columns, year: int) -> Column:
    return np.asarray(np.floor((as_numbers(columns["mes"]) + 2) / 3))


def _urban(columns: Columns, year: int) -> Column:
    stratum = as_numbers(columns["estrato"])
    return _numbers_where(stratum, stratum <= 5)


def _formal_contract(columns: Columns, year: int) -> Column:
    code = as_numbers(columns["p511a"])
    formal = (1, 2, 6) if year >= 2012 else (1, 2)
    return _numbers_where(code, np.isin(code, formal))


def _poverty_weight(columns: Columns, year: int) -> Column:
    return np.asarray(as_numbers(columns["factor07"]) * as_numbers(columns["mieperho"]))


MADE: Mapping[str, Made] = {
    "year": Made((), _year, "Year of the survey"),
    "month": Made(("mes",), _month, "Month of the interview"),
    "quarter": Made(("mes",), _quarter, "Quarter of the interview"),
    "household": Made(HOUSEHOLD, _household, "Household: conglome-vivienda-hogar"),
    "person": Made(PERSON, _person, "Person: household and codperso"),
    "psu": Made(("conglome",), _in_year("conglome"), "Primary unit in its year"),
    "stratum": Made(
        ("dominio", "estrato"), _in_year("dominio", "estrato"), "Stratum: year, dominio, estrato"
    ),
    "department": Made(("ubigeo",), _first_digits(2), "Department, INEI code"),
    "province": Made(("ubigeo",), _first_digits(4), "Province, INEI code"),
    "urban": Made(("estrato",), _urban, "Urban: estrato 1 to 5"),
    "formal_contract": Made(
        ("p511a",), _formal_contract, "Contract that makes a job formal: p511a 1 or 2, and CAS from 2012"
    ),
    "poverty_weight": Made(
        ("factor07", "mieperho"), _poverty_weight, "Weight of persons for poverty: factor07 x mieperho"
    ),
}
