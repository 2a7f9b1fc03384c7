"""Employment: jobs kept, entered and lost, formality, hours, unemployment.

In a file of sums over persons (the shipped cells) an outcome is named alone, `outcome: kept`, and is the sum and count
of the table below. In a file of persons say whose codes it has, `coding: enaho`, `epe` or `epen`, and derive what is
used, `derive: {kept: employment.kept}`: an ordinary column then, for outcomes, formulas, filters and subgroups.

A job is kept where a person employed in one interview is employed in the next, lost where not; entered is of those not
employed before. Both need `panel:` with the person and the period; persons not met again are missing, never lost jobs.

Unemployed is openly unemployed among the labour force (codes 1 and 2); hidden unemployment (3) is outside of it.
Informality is the statistics office's own flag, which ENAHO has from 2007 to 2023. A formal contract is indefinite or
fixed-term, and from 2012, when the codes moved, the special public regime; before, code 6 is a contract of services. A
registered business is known from 2012. Employees are employees, manual and domestic workers.
"""

from __future__ import annotations

from collections.abc import Mapping

from impact.core.registered import Domain, DomainVariable

_EMPLOYEE = "when({activity} == 1 and {status} in [{own}], 1, {activity} == 1 and {status} in [{others}], 0)"


def _activity(column: str) -> dict[str, DomainVariable]:
    """What every survey's four codes of activity give: employed, openly unemployed, hidden, inactive."""
    employed = f"when({column} == 1, 1, {column} in [2, 3, 4], 0)"
    return {
        "employed": DomainVariable(employed),
        "participates": DomainVariable(f"when({column} in [1, 2], 1, {column} in [3, 4], 0)"),
        "unemployed": DomainVariable(f"when({column} == 2, 1, {column} == 1, 0)"),
        "kept": DomainVariable(f"when({column} == 1, lead({employed}))"),
        "lost": DomainVariable(f"when({column} == 1, 1 - lead({employed}))"),
        "entered": DomainVariable(f"when({column} in [2, 3, 4], lead({employed}))"),
    }


def _employee(activity: str, status: str, own: str, others: str) -> DomainVariable:
    return DomainVariable(_EMPLOYEE.format(activity=activity, status=status, own=own, others=others))


def _coded(activity: str, column: str, yes: str, no: str) -> DomainVariable:
    """1 for the codes ``yes``, 0 for ``no``, of the employed."""
    condition = f"{activity} == 1 and {column} in"
    return DomainVariable(f"when({condition} [{yes}], 1, {condition} [{no}], 0)")


def _hours(activity: str, column: str, most: int) -> DomainVariable:
    return DomainVariable(f"when({activity} == 1 and between({column}, 0, {most}), {column})", unit="hours")


_CONTRACT = (
    "when(ocu500 == 1 and p511a in [1, 2], 1, ocu500 == 1 and p511a == 6 and year >= 2012, 1, "
    "ocu500 == 1 and p511a in [3, 4, 5, 6, 7, 8], 0)"
)
_REGISTERED = (
    "when(ocu500 == 1 and year >= 2012 and p510a1 in [1, 2], 1, "
    "ocu500 == 1 and year >= 2012 and p510a1 == 3, 0)"
)
VARIABLES: Mapping[str, Mapping[str, DomainVariable]] = {
    "enaho": _activity("ocu500")
    | {
        "worked": DomainVariable("when(p501 == 1, 1, p501 == 2, 0)"),
        "employee": _employee("ocu500", "p507", "3, 4, 6", "1, 2, 5, 7"),
        "informal": _coded("ocu500", "ocupinf", "1", "2"),
        "formal": _coded("ocu500", "ocupinf", "2", "1"),
        "formal_contract": DomainVariable(_CONTRACT),
        "registered": DomainVariable(_REGISTERED),
        "hours": _hours("ocu500", "p513t", 98),
    },
    "epe": _activity("ocu200")
    | {
        "employee": _employee("ocu200", "p206", "3, 4, 6", "1, 2, 5, 7"),
        "hours": _hours("ocu200", "p209t", 168),
    },
    "epen": _activity("OCUP300")
    | {
        "employee": _employee("OCUP300", "C310", "3", "1, 2, 4"),
        "informal": _coded("OCUP300", "Informal_P", "1", "2"),
        "formal": _coded("OCUP300", "Informal_P", "2", "1"),
        "hours": _hours("OCUP300", "C318_T", 168),
    },
}

DOMAIN = Domain(
    summary="Jobs kept, entered and lost, formality, hours, unemployment",
    outcomes={
        "kept": {"sum": "n_kept", "count": "n_employed"},
        "informal": {"sum": "n_informal", "count": "n_employed"},
        "informal_kept": {"sum": "n_informal_kept", "count": "n_informal"},
        "formal_kept": {"sum": "n_formal_kept", "count": "n_employed - n_informal"},
        "salaried_kept": {"sum": "n_salaried_kept", "count": "n_salaried"},
        "entered": {"sum": "n_entered", "count": "n_persons - n_employed"},
        "employed": {"sum": "n_employed", "count": "n_persons"},
    },
    labels={
        "kept": {"en": "Employed in t and in t+1", "es": "Con empleo en t y en t+1"},
        "lost": {"en": "Employed in t, not in t+1", "es": "Con empleo en t, no en t+1"},
        "informal": {"en": "Informal share of the employed", "es": "Proporción informal de los ocupados"},
        "formal": {"en": "Formal share of the employed", "es": "Proporción formal de los ocupados"},
        "informal_kept": {
            "en": "Informal workers still employed in t+1",
            "es": "Informales aún con empleo en t+1",
        },
        "formal_kept": {"en": "Formal workers still employed in t+1", "es": "Formales aún con empleo en t+1"},
        "salaried_kept": {"en": "Employees still employed in t+1", "es": "Asalariados aún con empleo en t+1"},
        "entered": {"en": "Not employed in t, employed in t+1", "es": "Sin empleo en t, con empleo en t+1"},
        "employed": {"en": "Employed share of persons", "es": "Proporción de personas con empleo"},
        "worked": {"en": "Worked last week", "es": "Trabajó la semana pasada"},
        "participates": {"en": "In the labour force", "es": "En la fuerza laboral"},
        "unemployed": {
            "en": "Openly unemployed, of the labour force",
            "es": "Desempleo abierto, de la fuerza laboral",
        },
        "employee": {"en": "Employee, of the employed", "es": "Asalariado, de los ocupados"},
        "formal_contract": {
            "en": "Formal contract, of those with an answer",
            "es": "Contrato formal, de quienes responden",
        },
        "registered": {"en": "Works in a registered business", "es": "Trabaja en un negocio registrado"},
        "hours": {
            "en": "Hours worked last week, main job",
            "es": "Horas trabajadas la semana pasada, ocupación principal",
        },
    },
    variables=VARIABLES,
)
