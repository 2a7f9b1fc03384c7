"""Formality, status, hours and income of the main job of everybody who works, a row a visit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.labour import Demand
from impact.data.peru_lab.permits import Permits
from impact.data.peru_lab.sample import VISITS, Roster
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import QUARTERS, Exposure

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

PAY, PAY_MIGRANT, LOG_SD = 1560.0, 1116.0, 0.75
INTRA_PLACE, PERSISTENT, QUARTER_SD = 0.05, 0.7, 0.02
SCHOOL_PAY = (0.0, 0.15, 0.30, 0.55)
WOMAN_PAY, FORMAL_PAY, YOUNG_PAY = -0.25, 0.35, -0.20
# informal share of those who work, by schooling; migrants whatever their schooling
INFORMAL, INFORMAL_MIGRANT = (0.92, 0.83, 0.64, 0.50), 0.855
# what one standard deviation of the unobserved advantage adds to log income and to the chance of a contract
ADVANTAGE_PAY, ADVANTAGE_CONTRACT = 0.15, 0.05
YOUNG_UP_TO = 24
RANK_SCHOOL = (-0.55, -0.10, 0.40, 1.10)
# status in employment (p507) of the informal and the formal, with its shares
STATUS = (2, 1, 3, 4, 5, 6)
STATUS_INFORMAL, STATUS_FORMAL = (0.42, 0.03, 0.17, 0.22, 0.11, 0.05), (0.08, 0.04, 0.60, 0.27, 0.0, 0.01)
UNPAID, OWN = 5, (1, 2)
CONTRACTS_FORMAL, CONTRACT_SHARES, NO_CONTRACT, FEES = (1, 2, 6), (0.32, 0.55, 0.13), 7, 5
FIRM_SIZES, FIRM_SHARES = (1, 2, 3, 4, 5), ((0.93, 0.04, 0.01, 0.01, 0.01), (0.35, 0.15, 0.10, 0.20, 0.20))
REGISTERED = ((0.03, 0.17, 0.80), (0.80, 0.20, 0.0))
IN_KIND, KIND_SCALE = 0.15, 60.0
MONTHS_A_YEAR, HOURS_MEAN, HOURS_SD, MOST_HOURS = 12, 44.0, 14.0, 98


@dataclass(frozen=True, slots=True)
class Rows:
    """One row a person and visit: positions in the roster, quarter 0-31, and whether the person works."""

    person: Whole
    quarter: Whole
    employed: Flags


@dataclass(frozen=True, slots=True)
class Jobs:
    """Main jobs, arrays (rows,), NaN for those who do not work.

    Arguments:
        formal: 1 or 0. status: p507. contract: p511a. firm: p512a. registered: p510a1. hours: a week.
        wage, profit: annual, of the dependent and of the others. wage_kind, profit_kind: in kind, annual.
        rank: of the occupation, in standard deviations.
    """

    formal: Floats
    status: Floats
    contract: Floats
    firm: Floats
    registered: Floats
    hours: Floats
    wage: Floats
    profit: Floats
    wage_kind: Floats
    profit_kind: Floats
    rank: Floats


def make_jobs(
    roster: Roster,
    rows: Rows,
    exposure: Exposure,
    demand: Demand,
    permits: Permits,
    *,
    effects: Mapping[str, float],
    settings: Settings,
) -> Jobs:
    """Draw the main jobs."""
    random = settings.generator(part="jobs")
    who, works = rows.person, rows.employed
    formal = _formality(roster, rows, permits, effects, random)
    status = _chosen(random.random(len(who)), STATUS, (STATUS_INFORMAL, STATUS_FORMAL), formal)
    log_pay = _log_pay(roster, rows, exposure, demand, formal, effects=effects, settings=settings)
    log_pay += permits.advantage[who] * ADVANTAGE_PAY * roster.migrant[who] + effects["G2"] * permits.holds(
        rows
    )
    annual = np.round(MONTHS_A_YEAR * np.exp(log_pay))
    own = np.isin(status, OWN)
    paid = works & (status != UNPAID)
    kind = np.round(MONTHS_A_YEAR * KIND_SCALE * random.standard_exponential(len(who)))
    kind = np.where(random.random(len(who)) < IN_KIND, kind, np.nan)
    contract = _chosen(random.random(len(who)), CONTRACTS_FORMAL, (CONTRACT_SHARES,) * 2, formal)
    fees = random.random(len(who)) < 0.06
    contract = np.where(formal, contract, np.where(fees, FEES, NO_CONTRACT))
    rank = _ranks(roster, rows, exposure, effects, random)
    hours = np.round(HOURS_MEAN + HOURS_SD * random.standard_normal(len(who))).clip(1, MOST_HOURS)
    return Jobs(
        formal=_where(works, formal),
        status=_where(works, status),
        contract=_where(works & ~own & (status != UNPAID), contract),
        firm=_where(works, _chosen(random.random(len(who)), FIRM_SIZES, FIRM_SHARES, formal)),
        registered=_where(works, _chosen(random.random(len(who)), (1, 2, 3), REGISTERED, formal)),
        hours=_where(works, hours),
        wage=_where(paid & ~own, annual),
        profit=_where(paid & own, annual),
        wage_kind=_where(paid & ~own, kind),
        profit_kind=_where(paid & own, kind),
        rank=_where(works, np.round(rank, 4)),
    )


def ages_at(roster: Roster, rows: Rows) -> Whole:
    """Age at each visit: everybody has a birthday before the last."""
    return np.asarray(roster.age[rows.person] + (rows.quarter - roster.start[rows.person] == VISITS - 1))


def are_young_low(roster: Roster, rows: Rows) -> Flags:
    """Women who are 14-24 at the visit, with incomplete secondary or less."""
    who, age = rows.person, ages_at(roster, rows)
    low = roster.woman[who] & (roster.school[who] == 0) & (roster.band[who] >= 0)
    return np.asarray(low & (age <= YOUNG_UP_TO))


def _where(flags: Flags, values: npt.NDArray[np.generic]) -> Floats:
    return np.where(flags, values.astype(np.float64), np.nan)


def _chosen(
    draw: Floats, codes: tuple[int, ...], shares: tuple[tuple[float, ...], ...], formal: Flags
) -> Whole:
    """A code for each row, with the shares of the informal and of the formal."""
    edges = np.cumsum(np.array(shares), axis=1)[:, :-1][formal.astype(np.int64)]
    return np.asarray(np.array(codes)[(draw[:, None] >= edges).sum(axis=1)])


def _formality(
    roster: Roster, rows: Rows, permits: Permits, effects: Mapping[str, float], random: np.random.Generator
) -> Flags:
    """Whether the job is formal: a person's taste is the same at all visits."""
    taste = random.random(roster.count)[rows.person]
    informal: Floats = np.asarray(
        np.where(roster.migrant, INFORMAL_MIGRANT, np.array(INFORMAL)[roster.school])
    )
    chance = 1 - informal[rows.person] + effects["G1"] * permits.holds(rows)
    chance += np.where(roster.migrant, ADVANTAGE_CONTRACT * permits.advantage, 0.0)[rows.person]
    return np.asarray(taste < chance)


def _log_pay(
    roster: Roster,
    rows: Rows,
    exposure: Exposure,
    demand: Demand,
    formal: Flags,
    *,
    effects: Mapping[str, float],
    settings: Settings,
) -> Floats:
    """Log monthly pay: mean and spread as given where exposure is zero, then the effects."""
    random = settings.generator(part="pay")
    who, migrant = rows.person, roster.migrant[rows.person]
    systematic = (
        np.array(SCHOOL_PAY)[roster.school[who]] + WOMAN_PAY * roster.woman[who] + FORMAL_PAY * formal
    )
    systematic = systematic + YOUNG_PAY * (roster.band[who] == 0)
    target: Floats = np.full(len(who), np.log(PAY) - 0.5 * LOG_SD**2)
    target[migrant] = np.log(PAY_MIGRANT) - 0.5 * LOG_SD**2
    centre, spread = np.zeros(len(who)), np.zeros(len(who))
    for group in (migrant, ~migrant):
        some = group & rows.employed
        centre[group] = systematic[some].mean() if some.any() else 0.0
        spread[group] = systematic[some].var() if some.any() else 0.0
    spread += np.where(migrant, ADVANTAGE_PAY**2, 0.0)
    rest = np.sqrt((LOG_SD**2 * (1 - INTRA_PLACE) - spread).clip(0.05))
    place = LOG_SD * np.sqrt(INTRA_PLACE) * random.standard_normal(int(roster.psu.max()) + 1)
    person, passing = random.standard_normal(roster.count), random.standard_normal(len(who))
    season = QUARTER_SD * random.standard_normal(QUARTERS)
    noise = rest * (np.sqrt(PERSISTENT) * person[who] + np.sqrt(1 - PERSISTENT) * passing)
    district = roster.district[who]
    shifted = demand.level[district, rows.quarter] + season[rows.quarter]
    shifted += pay_effect(roster, rows, formal, effects) * exposure.exposure[district, rows.quarter]
    return np.asarray(target + systematic - centre + place[roster.psu[who]] + noise + shifted)


def pay_effect(roster: Roster, rows: Rows, formal: Flags, effects: Mapping[str, float]) -> Floats:
    """Effect of a point of exposure on log pay: residents by group, migrants none."""
    found = np.where(formal, effects["B6"], effects["B5"])
    found = np.where(are_young_low(roster, rows), effects["B4"], found)
    return np.asarray(np.where(roster.migrant[rows.person], 0.0, found))


def _ranks(
    roster: Roster, rows: Rows, exposure: Exposure, effects: Mapping[str, float], random: np.random.Generator
) -> Floats:
    """Rank of the occupation: schooling and noise, of unit variance, and the effect on the low-skilled."""
    levels = np.array(RANK_SCHOOL)[roster.school]
    noise = random.standard_normal(roster.count)
    rank = (levels - levels.mean()) + np.sqrt(max(1 - levels.var(), 0.1)) * noise
    low = (roster.school == 0) & ~roster.migrant
    effect = np.where(low, effects["B9"], 0.0)[rows.person]
    passing = 0.1 * random.standard_normal(len(rows.person))
    return np.asarray(
        rank[rows.person] + passing + effect * exposure.exposure[roster.district[rows.person], rows.quarter]
    )
