"""The table of persons, a row a person and visit, with the names and codes of the household survey."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.geography import Geography, make_geography
from impact.data.peru_lab.incomes import Jobs, Rows, ages_at, are_young_low, make_jobs
from impact.data.peru_lab.labour import Careers, make_careers, make_demand
from impact.data.peru_lab.permits import Permits, make_permits
from impact.data.peru_lab.sample import BANDS, VISITS, Roster, make_roster, strata_of
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import FIRST_YEAR, QUARTERS, Exposure, make_exposure
from impact.data.peru_lab.weights import Traits, calibrated
from impact.data.peru_lab.worlds import effects_of

Floats = npt.NDArray[np.float64]
Columns = dict[str, npt.NDArray[Any]]

COLUMNS = (
    "conglome", "vivienda", "hogar", "codperso", "ubigeo", "dominio", "estrato", "stratum", "anio", "mes",
    "trimestre", "quarter", "visit", "p207", "p208a", "p301a", "p501", "ocu500", "p507", "p510a1", "p511a", "p512a",
    "p513t", "i524a1", "d529t", "i530a", "d536", "ocupinf", "job_rank", "fac500a", "migrante", "llegada", "ptp",
    "keep4", "exposure", "exposure_registry", "z_settlement", "z_distance",
)  # fmt: skip
HOUSEHOLD = "11"
WORKING_AGE = (14, 64)
OCU_EMPLOYED, OCU_UNEMPLOYED, OCU_OUTSIDE = 1, 2, 4


def make_persons(settings: Settings) -> Columns:
    """All columns of the table, ordered by quarter and person."""
    effects = dict(effects_of(settings))
    geography = make_geography(settings)
    exposure = make_exposure(geography, settings, periods=QUARTERS)
    demand = make_demand(geography, exposure, settings)
    roster = make_roster(geography, settings)
    careers = make_careers(roster, exposure, demand, effects, settings)
    permits = make_permits(roster.migrant, roster.arrival, effects, settings)
    rows, visit = _rows(roster, careers)
    jobs = make_jobs(roster, rows, exposure, demand, permits, effects=effects, settings=settings)
    found = _identity(roster, rows, geography, settings) | {"visit": visit + 1.0}
    found |= _work(roster, careers, rows, visit, jobs) | _migration(roster, rows, permits)
    unemployed = careers.unemployed[rows.person, visit]
    found["fac500a"] = _weights(roster, rows, unemployed, jobs, exposure, geography=geography)
    at = (roster.district[rows.person], rows.quarter)
    found["exposure"], found["exposure_registry"] = exposure.exposure[at], exposure.by_register[at]
    found["z_settlement"], found["z_distance"] = exposure.settlement[at], exposure.distance[at]
    return {name: found[name] for name in COLUMNS}


def _rows(roster: Roster, careers: Careers) -> tuple[Rows, npt.NDArray[np.int64]]:
    person, visit = np.nonzero(careers.present)
    quarter = roster.start[person] + visit
    order = np.lexsort((person, quarter))
    person, visit, quarter = person[order], visit[order], quarter[order]
    return Rows(person, quarter, careers.employed[person, visit]), visit


def _identity(roster: Roster, rows: Rows, geography: Geography, settings: Settings) -> Columns:
    """Keys, place, date, sex, age and schooling."""
    who, district = rows.person, roster.district[rows.person]
    month = settings.generator(part="month").integers(0, 3, roster.psu.max() + 1)[roster.psu[who]]
    season = rows.quarter % 4
    small = np.where(geography.urban, np.where(geography.natives > 150_000, 2, 4), 6)
    code = roster.school_code[who]
    return {
        "conglome": _codes(roster.psu[who] + 1, 6),
        "vivienda": _codes(roster.dwelling[who], 3),
        "hogar": np.full(len(who), HOUSEHOLD, dtype=object),
        "codperso": _codes(roster.member[who], 2),
        "ubigeo": np.array(geography.ubigeo.tolist(), dtype=object)[district],
        "dominio": geography.domain[district].astype(np.float64),
        "estrato": np.where(geography.metro, 1, small)[district].astype(np.float64),
        "stratum": np.array(roster.strata, dtype=object)[roster.stratum[who]],
        "anio": FIRST_YEAR + (rows.quarter // 4).astype(np.float64),
        "mes": 3.0 * season + month + 1,
        "trimestre": season + 1.0,
        "quarter": rows.quarter + 1.0,
        "p207": np.where(roster.woman[who], 2.0, 1.0),
        "p208a": ages_at(roster, rows).astype(np.float64),
        "p301a": np.where(code == 0, np.nan, code),
    }


def _codes(numbers: npt.NDArray[np.int64], width: int) -> npt.NDArray[Any]:
    """Numbers as text of a fixed width."""
    words = np.array([f"{number:0{width}d}" for number in range(int(numbers.max()) + 1)], dtype=object)
    return np.asarray(words[numbers])


def _work(roster: Roster, careers: Careers, rows: Rows, visit: npt.NDArray[np.int64], jobs: Jobs) -> Columns:
    """Activity and main job, and whether the person still works a year later."""
    who, works = rows.person, rows.employed
    adult = ages_at(roster, rows) >= BANDS[0][0]
    activity = np.where(
        works, OCU_EMPLOYED, np.where(careers.unemployed[who, visit], OCU_UNEMPLOYED, OCU_OUTSIDE)
    )
    seen = (visit == 0) & works & careers.present[who, VISITS - 1]
    return {
        "p501": np.where(adult, np.where(works, 1.0, 2.0), np.nan),
        "ocu500": np.where(adult, activity, np.nan),
        "p507": jobs.status,
        "p510a1": jobs.registered,
        "p511a": jobs.contract,
        "p512a": jobs.firm,
        "p513t": jobs.hours,
        "i524a1": jobs.wage,
        "d529t": jobs.wage_kind,
        "i530a": jobs.profit,
        "d536": jobs.profit_kind,
        "ocupinf": jobs.formal + 1,
        "job_rank": jobs.rank,
        "keep4": np.where(seen, careers.employed[who, VISITS - 1], np.nan),
    }


def _migration(roster: Roster, rows: Rows, permits: Permits) -> Columns:
    """Whether a migrant, the month of arrival, and the permit."""
    who = rows.person
    migrant = roster.migrant[who]
    months = np.floor(np.round((roster.arrival[who] - 1970) * 12, 6)).astype("datetime64[M]")
    arrival = np.where(migrant, months.astype("datetime64[D]"), np.datetime64("NaT"))
    return {
        "migrante": migrant.astype(np.float64),
        "llegada": arrival,
        "ptp": np.where(migrant, permits.holds(rows), np.nan),
    }


def _weights(
    roster: Roster,
    rows: Rows,
    unemployed: npt.NDArray[np.bool_],
    jobs: Jobs,
    exposure: Exposure,
    *,
    geography: Geography,
) -> Floats:
    """Weights of the design, scaled to the people of each quarter, then calibrated."""
    who, migrant = rows.person, roster.migrant[rows.person]
    stratum = roster.stratum[who]
    people = np.bincount(strata_of(geography)[1], geography.natives)
    sampled = np.bincount(stratum[~migrant], minlength=len(roster.strata))
    weights = np.where(migrant, 1.0, people[stratum] / np.maximum(sampled[stratum], 1))
    for group, stock in ((~migrant, exposure.natives), (migrant, exposure.migrants)):
        sums = np.bincount(rows.quarter[group], weights[group], QUARTERS)
        weights[group] *= (stock.sum(axis=0) / np.where(sums > 0, sums, 1.0))[rows.quarter[group]]
    found = calibrated(weights, _traits(roster, rows, unemployed, jobs, geography))
    return np.asarray(np.round(found, 4))


def _traits(
    roster: Roster, rows: Rows, unemployed: npt.NDArray[np.bool_], jobs: Jobs, geography: Geography
) -> Traits:
    who = rows.person
    place = np.where(geography.metro, 0, np.where(geography.urban, 1, 2))[roster.district[who]]
    work = np.where(rows.employed, np.where(jobs.formal == 1, 3, 2), np.where(unemployed, 1, 0))
    age = ages_at(roster, rows)
    working_age = (age >= WORKING_AGE[0]) & (age <= WORKING_AGE[1])
    schooling = np.where(working_age, np.where(roster.school_code[who] >= 7, 2, 1), 0)
    return Traits(
        woman=roster.woman[who].astype(np.int64),
        place=place,
        work=work,
        schooling=schooling,
        young_low=are_young_low(roster, rows).astype(np.int64),
        year=FIRST_YEAR + rows.quarter // 4,
        migrant=roster.migrant[who].astype(np.int64),
    )
