"""Work of the persons over their five visits: who works, loses, keeps or finds work, and who is found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.geography import Geography
from impact.data.peru_lab.sample import VISITS, Roster
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import QUARTERS, Exposure

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# participation and employment within the labour force: women 14-24, 25-39, 40-64, then men; aged 65 and over
PARTICIPATION = ((0.560, 0.728, 0.708), (0.640, 0.940, 0.930))
YOUNG_LOW, AGED_PARTICIPATION = 0.385, 0.40
EMPLOYED = (0.885, 0.955, 0.968)
MIGRANT_PARTICIPATION, MIGRANT_EMPLOYED = 0.80, 0.93
# share of those at work who still are a year later
KEEP = ((0.74, 0.80, 0.82), (0.76, 0.84, 0.85))
KEEP_YOUNG_LOW, KEEP_AGED, KEEP_MIGRANT = 0.72, 0.75, 0.78
# what a log point of labour demand does to the probability of keeping work
DEMAND_ON_KEEP = 0.5
SHOCK_SD, PLACE_SD, QUARTER_SD = 0.02, 0.08, 0.01
LOST_WORK_ATTRITION = 0.05
LOCKED = (25, 26, 27)  # second to fourth quarter of 2020
LOCKDOWN_ELSEWHERE = 0.6
LEAST, MOST = 0.01, 0.99


@dataclass(frozen=True, slots=True)
class Demand:
    """Labour demand by district and quarter, in log points: trend and autocorrelated shock."""

    level: Floats


@dataclass(frozen=True, slots=True)
class Careers:
    """States at five visits, arrays (n, 5).

    Arguments:
        employed, unemployed: flags. present: whether the person is found, in the years of the survey.
        keep: probability of still working a year later, as a linear function of exposure, for those who work (n,).
    """

    employed: Flags
    unemployed: Flags
    present: Flags
    keep: Floats


def make_demand(geography: Geography, exposure: Exposure, settings: Settings) -> Demand:
    """Trends that are correlated with settlement by ``rho_sort``, and AR(1) shocks."""
    knobs = settings.knobs
    noise = settings.generator(part="demand").standard_normal((geography.count, QUARTERS))
    shocks = SHOCK_SD * autocorrelated(noise, knobs.ar)
    return Demand(knobs.trend_sd * np.outer(geography.demand, exposure.years) + shocks)


def autocorrelated(noise: Floats, ar: float) -> Floats:
    """A stationary AR(1) of unit variance along the last axis, from standard normal draws."""
    found = np.empty_like(noise)
    found[..., 0] = noise[..., 0]
    for period in range(1, noise.shape[-1]):
        found[..., period] = ar * found[..., period - 1] + np.sqrt(1 - ar**2) * noise[..., period]
    return found


def is_young_low(roster: Roster) -> Flags:
    """Women of 14-24 with incomplete secondary or less."""
    return np.asarray(roster.woman & (roster.band == 0) & (roster.school == 0))


def keep_effect(roster: Roster, effects: Mapping[str, float]) -> Floats:
    """Effect of a point of exposure on the probability of keeping work: residents by group, migrants none."""
    low_women = roster.woman & (roster.school == 0) & ~roster.migrant
    found = np.full(roster.count, effects["B3"])
    found[low_women & (roster.band == 1)] = effects["B2"]
    found[low_women & (roster.band == 0)] = effects["B1"]
    found[roster.migrant] = 0.0
    return found


def make_careers(
    roster: Roster,
    exposure: Exposure,
    demand: Demand,
    effects: Mapping[str, float],
    settings: Settings,
) -> Careers:
    """Draw the five visits of everybody."""
    random = settings.generator(part="careers")
    works, looks = _rates(roster)
    keep = _keep_probability(roster, exposure, demand, keep_effect(roster, effects), random)
    first = random.random(roster.count) < works
    stays = random.random(roster.count) < np.where(
        first, keep, works * (1 - _base_keep(roster)) / (1 - works)
    )
    changes = random.integers(1, VISITS, roster.count)
    later = np.arange(VISITS) >= changes[:, None]
    path = np.where(later, stays[:, None], first[:, None])
    quarters = roster.start[:, None] + np.arange(VISITS)
    locked = np.isin(quarters, LOCKED) & (random.random(path.shape) < _lockdown(roster, settings)[:, None])
    employed = path & ~locked
    unemployed = ~path & (random.random(path.shape) < looks[:, None]) & (roster.band >= 0)[:, None]
    lost = first & ~stays
    gone = random.random(roster.count) < settings.knobs.attrition + LOST_WORK_ATTRITION * lost * (
        settings.knobs.attrition > 0
    )
    last = np.where(gone, random.integers(0, VISITS - 1, roster.count), VISITS - 1)
    present = (np.arange(VISITS) <= last[:, None]) & (quarters >= 0) & (quarters < QUARTERS)
    return Careers(employed, unemployed, present, keep)


def _rates(roster: Roster) -> tuple[Floats, Floats]:
    """Probability of working, and for those who do not of looking for work."""
    men, band = (~roster.woman).astype(np.int64), roster.band.clip(0, 2)
    force = np.array(PARTICIPATION)[men, band]
    force = np.where(is_young_low(roster), YOUNG_LOW, force)
    force = np.where(roster.band == 3, AGED_PARTICIPATION, force)
    rate = np.array(EMPLOYED)[band]
    force = np.where(roster.migrant, MIGRANT_PARTICIPATION, force)
    rate = np.where(roster.migrant, MIGRANT_EMPLOYED, rate)
    works = np.where(roster.band < 0, 0.0, force * rate)
    return works, np.asarray(force * (1 - rate) / (1 - force * rate))


def _base_keep(roster: Roster) -> Floats:
    found = np.array(KEEP)[(~roster.woman).astype(np.int64), roster.band.clip(0, 2)]
    found = np.where(is_young_low(roster), KEEP_YOUNG_LOW, found)
    found = np.where(roster.band == 3, KEEP_AGED, found)
    return np.asarray(np.where(roster.migrant, KEEP_MIGRANT, found))


def _keep_probability(
    roster: Roster, exposure: Exposure, demand: Demand, effect: Floats, random: np.random.Generator
) -> Floats:
    """Linear in exposure and in demand, with noise of place and of quarter."""
    quarter = roster.start.clip(0)
    place = PLACE_SD * random.standard_normal(int(roster.psu.max()) + 1)
    season = QUARTER_SD * random.standard_normal(QUARTERS)
    found = _base_keep(roster) + effect * exposure.exposure[roster.district, quarter]
    found += DEMAND_ON_KEEP * demand.level[roster.district, quarter]
    return np.asarray((found + place[roster.psu] + season[quarter]).clip(LEAST, MOST))


def _lockdown(roster: Roster, settings: Settings) -> Floats:
    metro = np.array([name.endswith("M") for name in roster.strata])[roster.stratum]
    return np.asarray(settings.knobs.lockdown * np.where(metro, 1.0, LOCKDOWN_ELSEWHERE))
