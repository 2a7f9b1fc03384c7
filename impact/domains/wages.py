"""Wages: primary income of employees and the self-employed, monthly or hourly, in logs or levels.

In a file of sums over persons (the shipped cells) an outcome is named alone, `outcome: log_wage`. In a file of persons
say whose codes it has, `coding: enaho`, `epe` or `epen`, and derive what is used, `derive: {income: wages.income}`.

Money is monthly soles whatever the survey: ENAHO's imputed yearly amounts are divided by 12 once, EPE and EPEN are
monthly already. It is nominal; `deflate:` puts it into the prices of one year. Names with `lima_prices` are deflated by
the survey and are not deflated again. Parts that are blank count as nothing unless all are blank; 999999 is unknown.
Hourly income divides by 52/12 weeks of the hours of the main job. Logarithms leave out incomes of zero, and the count
of these is told; `winsor(x, 0.01)` in `derive:` is told with the two values it pulls in to.

Where migration moves employment itself, those with an income are not the same persons before and after: estimate
`lee_bounds` beside the regression.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from impact.core.domain_facts import DomainFacts
from impact.core.errors import Notice
from impact.core.registered import Domain, DomainVariable
from impact.core.texts import notice, text

UNKNOWN = 999999
WEEKS_A_MONTH = "52 / 12"
BOUNDS = "lee_bounds"
_LANGUAGES = (("", "en"), ("_es", "es"))


def _sum_of(columns: tuple[str, ...], months: int) -> str:
    """Parts of an income added up, blanks as nothing, blank where all are; divided by the months they stand for."""
    absent = " and ".join(f"(missing({name}) or {name} == {UNKNOWN})" for name in columns)
    parts = " + ".join(f"(0 if missing({name}) or {name} == {UNKNOWN} else {name})" for name in columns)
    total = f"({parts})" if months == 1 else f"({parts}) / {months}"
    return f"missing if {absent} else {total}"


def _of(income: str, hours: str, most: int, *, real: bool = False) -> dict[str, DomainVariable]:
    """Income in soles and in logarithms, by the month and by the hour; log() counts what it leaves out."""
    hourly = f"({income}) / ({hours} * {WEEKS_A_MONTH}) if 0 < {hours} <= {most} else missing"
    suffix = "_lima_prices" if real else ""
    return {
        f"income{suffix}": DomainVariable(income, unit="soles_month", real=real),
        f"log_income{suffix}": DomainVariable(f"log({income})", unit="log", real=real),
        f"hourly{suffix}": DomainVariable(hourly, unit="soles_hour", real=real),
        f"log_hourly{suffix}": DomainVariable(f"log({hourly})", unit="log", real=real),
    }


_WAGE, _SELF = _sum_of(("i524a1",), 12), _sum_of(("i530a",), 12)
VARIABLES: Mapping[str, Mapping[str, DomainVariable]] = {
    "enaho": _of(_sum_of(("i524a1", "i530a"), 12), "p513t", 98)
    | _of(_sum_of(("d524a1", "d530a"), 12), "p513t", 98, real=True)
    | {
        "wage": DomainVariable(_WAGE, unit="soles_month"),
        "monthly_log_wage": DomainVariable(f"log({_WAGE})", unit="log"),
        "self": DomainVariable(_SELF, unit="soles_month"),
        "monthly_log_self": DomainVariable(f"log({_SELF})", unit="log"),
    },
    "epe": _of(_sum_of(("ingprin",), 1), "p209t", 168)
    | {"total": DomainVariable(_sum_of(("ingtot",), 1), unit="soles_month")},
    "epen": {"total": DomainVariable(_sum_of(("INGTOT",), 1), unit="soles_month")},
}


LABELS: Mapping[str, Mapping[str, str]] = {
    "log_wage": {"en": "Log annual wage income", "es": "Log del ingreso salarial anual"},
    "log_wage_ge1200": {
        "en": "Log annual wage income of at least 1,200 soles",
        "es": "Log del ingreso salarial anual de al menos 1,200 soles",
    },
    "log_self": {"en": "Log annual self-employment income", "es": "Log del ingreso anual por cuenta propia"},
    "log_self_ge1200": {
        "en": "Log annual self-employment income of at least 1,200 soles",
        "es": "Log del ingreso anual por cuenta propia de al menos 1,200 soles",
    },
    "hours": {
        "en": "Hours worked last week, main job",
        "es": "Horas trabajadas la semana pasada, ocupación principal",
    },
    "income": {"en": "Primary income, soles a month", "es": "Ingreso principal, soles al mes"},
    "log_income": {"en": "Log primary income", "es": "Log del ingreso principal"},
    "hourly": {"en": "Primary income, soles an hour", "es": "Ingreso principal, soles por hora"},
    "log_hourly": {"en": "Log hourly primary income", "es": "Log del ingreso principal por hora"},
    "income_lima_prices": {
        "en": "Primary income, soles a month, prices of Lima",
        "es": "Ingreso principal, soles al mes, precios de Lima",
    },
    "log_income_lima_prices": {
        "en": "Log primary income, prices of Lima",
        "es": "Log del ingreso principal, precios de Lima",
    },
    "hourly_lima_prices": {
        "en": "Primary income, soles an hour, prices of Lima",
        "es": "Ingreso principal, soles por hora, precios de Lima",
    },
    "log_hourly_lima_prices": {
        "en": "Log hourly primary income, prices of Lima",
        "es": "Log del ingreso principal por hora, precios de Lima",
    },
    "wage": {"en": "Wage, soles a month", "es": "Salario, soles al mes"},
    "monthly_log_wage": {"en": "Log monthly wage", "es": "Log del salario mensual"},
    "self": {"en": "Self-employment income, soles a month", "es": "Ingreso por cuenta propia, soles al mes"},
    "monthly_log_self": {
        "en": "Log monthly self-employment income",
        "es": "Log del ingreso mensual por cuenta propia",
    },
    "total": {"en": "Total labour income, soles a month", "es": "Ingreso laboral total, soles al mes"},
}


def examine(facts: DomainFacts) -> tuple[Notice, ...]:
    """W499 unit, zeros and blanks of money, W498 winsorising, W495 bounds where a model of income stands alone."""
    found: list[Notice] = []
    for name, used in facts.variables.items():
        if used.domain != "wages" or used.unit == "log":
            continue
        values = facts.frame.columns[name]
        zeros, blank = int(np.sum(values == 0)), int(np.isnan(values).sum())
        words = {
            f"unit{suffix}": text(f"domain.unit.{used.unit}", language) for suffix, language in _LANGUAGES
        }
        found.append(
            notice(
                "W499", of=f"derive.{name}", name=name, zeros=zeros, missing=blank, rows=len(values), **words
            )
        )
    for name, (low, high) in facts.winsorised.items():
        found.append(notice("W498", of=f"derive.{name}", name=name, low=f"{low:.6g}", high=f"{high:.6g}"))
    if facts.outcomes and BOUNDS not in facts.estimators:
        found.append(notice("W495", of="domain"))
    return tuple(found)


DOMAIN = Domain(
    summary="Real primary income of employees and the self-employed, in logs or levels",
    outcomes={
        "log_wage": {"sum": "sum_log_wage", "count": "n_wage", "sumsq": "sumsq_log_wage"},
        "log_wage_ge1200": {
            "sum": "sum_log_wage_ge1200",
            "count": "n_wage_ge1200",
            "sumsq": "sumsq_log_wage_ge1200",
        },
        "log_self": {"sum": "sum_log_self", "count": "n_self", "sumsq": "sumsq_log_self"},
        "log_self_ge1200": {
            "sum": "sum_log_self_ge1200",
            "count": "n_self_ge1200",
            "sumsq": "sumsq_log_self_ge1200",
        },
        "hours": {"sum": "sum_hours", "count": "n_hours", "sumsq": "sumsq_hours"},
    },
    labels=LABELS,
    variables=VARIABLES,
    examine=examine,
)
