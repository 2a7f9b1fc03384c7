"""What is known of the files and codes of ENAHO: file codes, modules, keys, units, codes that mean missing."""

from __future__ import annotations

import re

from impact.core.frames import ANNUAL_SOLES, MONTHLY_SOLES

FIRST_YEAR = 2004
# survey year → number of the survey in the file codes of the statistics office (634-Modulo05); not in order of time
PROJECTS = {
    2004: 280, 2005: 281, 2006: 282, 2007: 283, 2008: 284, 2009: 285, 2010: 279, 2011: 291, 2012: 324, 2013: 404,
    2014: 440, 2015: 498, 2016: 546, 2017: 603, 2018: 634, 2019: 687, 2020: 737, 2021: 759, 2022: 784, 2023: 906,
    2024: 966, 2025: 1031,
}  # fmt: skip
# module → number in file codes, number inside the zip (enaho01a-2018-500), what it holds
MODULES = {
    "members": ("02", "200"),
    "education": ("03", "300"),
    "health": ("04", "400"),
    "employment": ("05", "500"),
    "sumaria": ("34", ""),
}
# what else a spec may call a module
OTHER_NAMES = {
    **{number: name for name, (number, _) in MODULES.items()},
    **{number.lstrip("0"): name for name, (number, _) in MODULES.items()},
    **{inner: name for name, (_, inner) in MODULES.items() if inner},
    "summary": "sumaria", "income": "sumaria", "miembros": "members", "educacion": "education", "salud": "health",
    "empleo": "employment",
}  # fmt: skip
# the widest universe of persons first: the others are joined to it
ORDER = ("members", "education", "health", "employment", "sumaria")
HOUSEHOLD = ("conglome", "vivienda", "hogar")
PERSON = (*HOUSEHOLD, "codperso")
WIDTHS = {"conglome": 6, "vivienda": 3, "hogar": 2, "codperso": 2, "ubigeo": 6}
# module → weight of its figures
WEIGHTS = {"members": "facpob07", "employment": "fac500a", "sumaria": "factor07"}

_ANNUAL = re.compile(
    r"[id](?:524|538|530|541)[a-z][0-9]?|d(?:529t|536|540|543|544t)|i?ing[a-z0-9]*hd|inghog[12]d|gashog[12]d"
)
_MONTHLY = re.compile(r"linpe|linea|p530a|p541a")
_PER_PERIOD = re.compile(r"p(?:524|538)[a-z][0-9]?")


def unit_of(name: str) -> str:
    """The unit of a money variable; '' for others."""
    if _ANNUAL.fullmatch(name):
        return ANNUAL_SOLES
    if _MONTHLY.fullmatch(name):
        return MONTHLY_SOLES
    return "soles per pay period" if _PER_PERIOD.fullmatch(name) else ""


# variable → codes of no answer, beside 999999 in money
NO_ANSWER = {"p208a": (99.0,), "ocu500": (0.0,)}
MONEY_UNKNOWN = 999999.0

# variables whose codes changed → first year of the new ones; what changed is in the texts
MOVED = {"p511a": 2012, "estrato": 2016}
